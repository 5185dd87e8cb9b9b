"""Cases: calls whose cause somebody knows (docs/cases.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bot.diagnosis.cases_reader import accepts, diagnose_case

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    """The rules find what was wrong, and are no surer than they may be."""
    case = json.loads(path.read_text())
    verdict = diagnose_case(case)
    assert accepts(case, verdict), (verdict.cause, verdict.side, verdict.confidence)
