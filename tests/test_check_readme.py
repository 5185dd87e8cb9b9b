from __future__ import annotations

from pathlib import Path

import pytest

from bot.clouds.endpoints import ENDPOINTS
from bot.sandbox.demo import build_clouds
from tests import check_readme
from tests.check_readme import BEGIN, END, README, check, render
from tests.endpoint_usage import ENDPOINT_USAGE


def test_readme_is_fresh() -> None:
    """The README's tables are those of the code, and name tests that exist."""
    assert check(README) == []


@pytest.mark.parametrize("between", ["", "\n\n| call |\n\n", "\n\nan old table\n\n"])
def test_stale_tables_are_found_and_written(between: str, tmp_path: Path) -> None:
    """Whatever stands between the marks is replaced; what stands around them stays."""
    readme = tmp_path / "README.md"
    readme.write_text(f"# Before\n\n{BEGIN}{between}{END}\n\n## After\n", encoding="utf-8")
    assert check(readme) == ["README.md: the tables of calls are stale (--write)"]
    assert check(readme, write=True) == []
    assert check(readme) == []
    text = readme.read_text(encoding="utf-8")
    assert text.startswith(f"# Before\n\n{BEGIN}\n\n")
    assert text.endswith(f"\n\n{END}\n\n## After\n")


def test_readme_without_marks_is_an_error(tmp_path: Path) -> None:
    """A README that lost its marks is not called fresh."""
    readme = tmp_path / "README.md"
    readme.write_text("# Lagdesk\n", encoding="utf-8")
    with pytest.raises(ValueError, match="calls"):
        check(readme)


def test_every_call_has_a_line() -> None:
    """Path and place in the product of each row of the table stand in the text."""
    text = render()
    for row in ENDPOINTS:
        called = row.name if row.cloud == "volcengine" else row.path.removeprefix("/beta/")
        assert f"| `{row.method} {called}` |" in text
        assert ENDPOINT_USAGE[row.cloud, row.name] in text


@pytest.mark.parametrize(
    "limit",
    [
        "1/min, 1000/day, 1 h back, 1 h a question, 10 rows, 2 min late",
        "3/s, 1000/day, 3 d back, 10 rows, 20 s late",
        "Standard: 1/s, 1000/day, 1 d back, 8 h a question",
        "2/s, 30 d back, 7 d a question, 8 h late",
        "30/min (all of chapter 13 together), 5 d back, 1 d a question",
    ],
)
def test_limits_are_told_in_words(limit: str) -> None:
    """Rates, days, windows, rows and delays read as people say them."""
    assert limit in render()


def test_gaps_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call without a test, a test that is gone and a chapter left out are each said."""
    tested = {key: value for key, value in check_readme.TESTED.items() if key[1] != "lists"}
    monkeypatch.setattr(check_readme, "TESTED", tested | {("agora", "report"): "agora_report:gone"})
    chapters = {key: value for key, value in check_readme.NOT_BUILT.items() if key != "9.2"}
    monkeypatch.setattr(check_readme, "NOT_BUILT", chapters | {"13.1": ("rooms", "a mistake")})
    assert set(check_readme.find_gaps()) == {
        "no test is named for agora lists",
        "there is no test agora_report:gone",
        "chapter 9.2 is neither built nor listed",
        "chapter 13.1 is both built and listed",
    }


def test_demos_channels_are_the_demos() -> None:
    """Every channel of the README's table is held in the demo, by the app named before it."""
    apps = {sim_call.cname: sim_call.app for sim_call in build_clouds(0).sim_calls}
    rows = [line.split("|")[1:4] for line in README.read_text(encoding="utf-8").splitlines()]
    app, seen = "", 0
    for named, _, channel in (row for row in rows if len(row) == 3):
        app = named.strip(" `") or app
        cname = channel.strip(" `")
        if cname in apps:
            assert apps[cname] == app
            seen += 1
    assert seen == 17
