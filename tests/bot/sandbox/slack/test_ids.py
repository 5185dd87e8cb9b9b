"""Identifiers and timestamps in Slack's format."""

from __future__ import annotations

import re

import pytest

from bot.sandbox.slack.state.ids import IdGenerator


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([1.5], ["1.500000"]),
        ([1_795_000_000.0], ["1795000000.000000"]),
        ([1.0, 1.0, 1.0], ["1.000000", "1.000001", "1.000002"]),
        ([2.0, 1.0], ["2.000000", "2.000001"]),
        ([1.0, 1.0, 2.0], ["1.000000", "1.000001", "2.000000"]),
    ],
)
def test_timestamps(times: list[float], expected: list[str]) -> None:
    """The clock's time, and always later than the one before."""
    clock = iter(times)
    ids = IdGenerator(lambda: next(clock))
    assert [ids.make_ts() for _ in times] == expected


def test_identifiers() -> None:
    """Each kind has Slack's form."""
    ids = IdGenerator(lambda: 7.9)
    assert re.fullmatch(r"V0[0-9A-Z]{8}", ids.make("V"))
    assert re.fullmatch(r"C0[0-9A-Z]{10}", ids.make("C", 12))
    assert re.fullmatch(r"\d{1,12}\.\d{1,12}\.[0-9a-f]{32}", ids.make_trigger())
    assert re.fullmatch(r"7\.[0-9a-f]{8}", ids.make_hash())
