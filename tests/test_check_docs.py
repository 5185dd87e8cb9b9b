from __future__ import annotations

from pathlib import Path

import pytest

from bot.clouds.endpoints import ENDPOINTS
from bot.sandbox.demo import build_clouds
from tests import check_docs
from tests.check_docs import (
    BEGIN,
    COMMANDS_BEGIN,
    COMMANDS_END,
    END,
    ROOT,
    check_commands,
    check_metrics,
    check_paths,
    check_tables,
    check_threats,
    render,
)
from tests.endpoint_usage import UNUSED_HUAWEI, USAGE, Usage


def test_tables_are_current() -> None:
    """The tables in docs/clouds.md are those of the code, and name tests that exist."""
    assert check_tables() == []


def test_metrics_are_current() -> None:
    """Every metric of every cloud is in the table, with what it is used for."""
    assert check_metrics() == []


def test_commands_are_current() -> None:
    """README's table of commands is that of the declarations."""
    assert check_commands() == []


def test_stale_commands_are_reported_and_written(tmp_path: Path) -> None:
    """A command that changed makes the table stale, until it is written again."""
    path = tmp_path / "README.md"
    path.write_text(f"{COMMANDS_BEGIN}\n| `/old` |\n{COMMANDS_END}\nAfter\n", encoding="utf-8")
    assert check_commands(path) == ["README.md: the table of commands is stale (--write)"]
    assert check_commands(path, write=True) == []
    assert check_commands(path) == []
    text = path.read_text(encoding="utf-8")
    assert "/old" not in text
    assert "| `/diagnose class_77_1` |" in text
    assert text.endswith("\nAfter\n")


def test_every_named_path_exists() -> None:
    """Links and paths in README, CONTRIBUTING and docs lead to something."""
    assert check_paths() == []


@pytest.mark.parametrize("between", ["", "\n\n| endpoint |\n\n", "\n\nan old table\n\n"])
def test_stale_tables_are_reported_and_written(between: str, tmp_path: Path) -> None:
    """The text between the marks is replaced; the text around them is kept."""
    path = tmp_path / "clouds.md"
    path.write_text(f"# Before\n\n{BEGIN}{between}{END}\n\n## After\n", encoding="utf-8")
    assert check_tables(path) == ["clouds.md: the tables are stale (--write)"]
    assert check_tables(path, write=True) == []
    assert check_tables(path) == []
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# Before\n\n{BEGIN}\n\n")
    assert text.endswith(f"\n\n{END}\n\n## After\n")


def test_document_without_marks_is_an_error(tmp_path: Path) -> None:
    """A document that lost its marks is not reported as current."""
    path = tmp_path / "clouds.md"
    path.write_text("# Clouds\n", encoding="utf-8")
    with pytest.raises(ValueError, match="endpoints"):
        check_tables(path)


def test_every_endpoint_has_a_line() -> None:
    """Each endpoint's path and purpose are in the tables."""
    text = render()
    for row in ENDPOINTS:
        path = row.name if row.cloud == "volcengine" else row.path.removeprefix("/beta/")
        assert f"| `{row.method} {path}` |" in text
        assert USAGE[row.cloud, row.name].purpose in text


@pytest.mark.parametrize(
    "limit",
    [
        "1/min, 1000/day, 1 h back, 1 h a request, 10 rows, 2 min late",
        "3/s, 1000/day, 3 d back, 10 rows, 20 s late",
        "Standard: 1/s, 1000/day, 1 d back, 8 h a request",
        "2/s, 30 d back, 7 d a request, 8 h late",
        "30/min (all of chapter 13 together), 5 d back, 1 d a request",
    ],
)
def test_limits_are_written_with_units(limit: str) -> None:
    """Rates, daily limits, windows, rows and delays."""
    assert limit in render()


def test_gaps_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing usage, a missing test and a missing section are each reported."""
    usage = {key: value for key, value in USAGE.items() if key[1] != "lists"}
    usage["agora", "report"] = Usage("a ticket", "agora_report:gone")
    monkeypatch.setattr(check_docs, "USAGE", usage)
    sections = {key: value for key, value in UNUSED_HUAWEI.items() if key != "9.2"}
    monkeypatch.setattr(check_docs, "UNUSED_HUAWEI", sections | {"13.1": ("rooms", "a mistake")})
    assert set(check_tables()) == {
        "no usage is listed for agora lists",
        "there is no test agora_report:gone",
        "section 9.2 is neither used nor listed",
        "section 13.1 is both used and listed",
    }


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("see [the code](../bot/call.py) and bot/call.py", []),
        ("see [it](gone.md)", ["gone.md"]),
        ('<img src="screens/gone.png">', ["screens/gone.png"]),
        ("in `bot/gone.py`.", ["bot/gone.py"]),
        ("in `bot/clouds/<cloud>/client.py` and `bot/{call,ticket}.py`", []),
        ("in bot/{call,gone}.py", ["bot/{call,gone}.py"]),
        ("at https://host/bot/gone.py", []),
    ],
)
def test_missing_paths_are_named(text: str, missing: list[str], tmp_path: Path) -> None:
    """Links are relative to their document, paths in the text to the repository."""
    for name in ("bot/call.py", "bot/ticket.py", "bot/clouds/agora/client.py", "docs/x.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "docs" / "x.md").write_text(text, encoding="utf-8")
    assert check_paths(tmp_path) == [f"docs/x.md: {name} does not exist" for name in missing]


def test_channels_in_the_readme_are_in_the_demo() -> None:
    """Every channel of the README's table is in the demo, under the app named before it."""
    apps = {sim_call.cname: sim_call.app for sim_call in build_clouds(lambda: 0).sim_calls}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in readme.splitlines()]
    app, count = "", 0
    for named, _, channel in (row for row in rows if len(row) == 3):
        app = named.strip(" `") or app
        cname = channel.strip(" `")
        if cname in apps:
            assert apps[cname] == app
            count += 1
    assert count == 17


def test_readme_is_short() -> None:
    """The README has at most 200 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


@pytest.mark.parametrize(
    ("rows", "problems"),
    [
        ("| a | b | `check_docs:threats_and_their_tests` |", []),
        ("| a | b | |", ["no test for: a"]),
        ("| a | b | `check_docs:no_such` |", ["there is no test check_docs:no_such"]),
        ("", ["no threats"]),
    ],
)
def test_threats_and_their_tests(rows: str, problems: list[str], tmp_path: Path) -> None:
    """Each threat names a test, and each named test exists."""
    path = tmp_path / "SECURITY.md"
    head = "| threat | defence | tests |\n|---|---|---|\n| **Requests** | | |\n"
    path.write_text(f"## Threat model\n\n{head}{rows}\n")
    assert check_threats(path) == [f"SECURITY.md: {problem}" for problem in problems]
    assert check_threats() == []
