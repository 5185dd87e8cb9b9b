from __future__ import annotations

import datetime as dt

import pytest

from bot.cli.main import main, parse
from bot.cli.parser import UsageError, read_date, read_time

MOMENT = dt.datetime(2026, 11, 9, 2, 5, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-09T02:05:00Z",
        "2026-11-09T10:05:00+08:00",
        "2026-11-09 02:05+00:00",
        "20261109T020500Z",
        str(int(MOMENT.timestamp())),
        f"{int(MOMENT.timestamp())}.0",
    ],
)
def test_times(text: str) -> None:
    """ISO 8601 with any form of zone, and epoch seconds, are converted to UTC."""
    moment = read_time(text)
    assert (moment, moment.tzinfo) == (MOMENT, dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-09T10:05:00",
        "2026-11-09",
        "10:05",
        "2026-13-09T10:05:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9" * 11 + "9",
        "9" * 5000,
        "١٧٩٥٠٠٠٠٠٠",
        "-1",
        "1e9",
        "nan",
        "2026-11-09T10:05:00+99:00",
        "\udcff",
    ],
)
def test_no_times(text: str) -> None:
    """A time without a zone, or none at all, is a wrong argument."""
    with pytest.raises(UsageError):
        read_time(text)


def test_dates() -> None:
    """A date is its midnight in UTC."""
    assert dt.datetime(2026, 11, 9, tzinfo=dt.UTC) == read_date("2026-11-09")
    assert read_date("2026-11-09T02:05:00Z") == MOMENT


@pytest.mark.parametrize("text", ["2026-02-30", "2026-11", "soon", "09.11.2026", "２０２６-11-09"])
def test_no_dates(text: str) -> None:
    """What is no date is a wrong argument."""
    with pytest.raises(UsageError):
        read_date(text)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "9" * 5000],
        ["serve", "--port", "-1"],
        ["serve", "--port", "３０００"],
        ["serve", "--nonsense"],
        ["serve", "--po", "1"],
        ["demo", "--locale", "fr"],
        ["diagnose"],
        ["diagnose", "one", "two"],
        ["diagnose", "class", "--at", "yesterday"],
        ["export", "--format", "xml"],
        ["export", "--since", "soon"],
        ["manifest", "--url", "lagdesk.example"],
        ["manifest", "--url", "https://a b"],
        ["quality", "nonsense"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong arguments are one line on standard error and exit 2."""
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert (output.out, len(output.err.splitlines())) == ("", 1)


def test_defaults() -> None:
    """What is left out is left to the settings."""
    serve = parse(["serve"])
    assert (serve.host, serve.port, serve.no_worker) == (None, None, False)
    diagnose = parse(["diagnose", "class"])
    assert (
        diagnose.app,
        diagnose.at,
        diagnose.teacher,
        diagnose.student,
        diagnose.json,
    ) == ("", None, "", "", False)
    assert (parse(["export"]).format, parse(["export"]).since) == ("csv", None)
