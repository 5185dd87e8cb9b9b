"""The alert rules, the dashboard and the table of metrics name only metrics that are exported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.services.admin.exposition import render
from bot.services.summary.weekly_figures import WeeklyFigures
from bot.store.admin.counts import StoredCounts

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy" / "prometheus-rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"
DOCUMENT = ROOT / "docs" / "operate.md"
_METRIC = re.compile(r"\blagdesk_[a-z_]+")
_PARTS = re.compile(r"_(?:bucket|sum|count)$")


def exported() -> set[str]:
    """The names of all metrics, as Prometheus stores them."""
    counts = StoredCounts({}, {}, {}, {}, {}, 1.0)
    text = render(counts, {}, WeeklyFigures())[0].decode()
    types = re.findall(r"^# TYPE (lagdesk_\w+) \w+$", text, re.MULTILINE)
    return set(types) - {name for name in types if name.endswith("_created")}


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard."""
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda file: str(file.name))
def test_every_metric_is_exported(file: Path) -> None:
    """A metric that is renamed leaves no rule and no panel behind."""
    named = {_PARTS.sub("", name) for name in _METRIC.findall(file.read_text())}
    assert named
    assert named - exported() == set()


def test_the_table_has_every_metric() -> None:
    """What is exported is described, and nothing else."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `lagdesk_")]
    assert {name for row in rows for name in _METRIC.findall(row.split("|")[1])} == exported()


def test_panels_are_complete() -> None:
    """Each has a title and queries, and no two overlap."""
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels()}) == len(panels())
    for panel in panels():
        assert panel["title"]
        assert all(target["expr"] and target["legendFormat"] for target in panel["targets"])


@pytest.fixture
def promtool() -> str:
    """Prometheus's own checker, of Debian's package prometheus."""
    path = shutil.which("promtool")
    if path is None and os.environ.get("LAGDESK_NEEDS_PROMTOOL"):
        pytest.fail("promtool is not installed")
    return path or pytest.skip("promtool is not installed")


def test_rules(promtool: str) -> None:
    """Every alert fires when it should, and none on a healthy day."""
    file = ROOT / "tests" / "deploy" / "prometheus-rules-test.yml"
    for arguments in (["check", "rules", str(RULES)], ["test", "rules", str(file)]):
        run = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own files
        assert run.returncode == 0, run.stdout + run.stderr


def test_queries_of_the_dashboard(promtool: str, tmp_path: Path) -> None:
    """Prometheus can parse them."""
    queries = [target["expr"] for panel in panels() for target in panel["targets"]]
    rules = [
        {"record": f"panel{number}:query", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries)
    ]
    file = tmp_path / "queries.yml"  # JSON is YAML too
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    command = [promtool, "check", "rules", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own file
    assert run.returncode == 0, run.stdout + run.stderr
