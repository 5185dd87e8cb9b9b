from __future__ import annotations

import datetime as dt

import pytest

from bot.cli.main import main, parse
from bot.cli.parser import UsageError, read_date, read_time
from bot.i18n.translator import Translator
from bot.ports import Topic
from bot.services.summary.weeks import Week

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
    demo = parse(["demo"])
    assert (demo.port, demo.locale, demo.no_browser) == (None, None, False)
    quality = parse(["quality"])
    assert (quality.topic, quality.app, quality.json) == (Topic.LIVE, None, False)
    summary = parse(["summary"])
    assert (summary.week, summary.post) == (None, False)
    callback = parse(["callback"])
    assert (callback.url, callback.replace) == ("", False)
    assert parse(["manifest"]).url == ""
    assert parse(["socket"]).no_worker is parse(["doctor"]).json is False


def test_options() -> None:
    """Each option has its type."""
    serve = parse(["serve", "--host", "::1", "--port", "65535", "--no-worker"])
    assert (serve.host, serve.port, serve.no_worker) == ("::1", 65535, True)
    demo = parse(["demo", "--port", "0", "--locale", "zh", "--no-browser"])
    assert (demo.port, demo.locale, demo.no_browser) == (0, "zh", True)
    quality = parse(["quality", "usage", "--app", "kids", "--json"])
    assert (quality.topic, quality.app, quality.json) == (Topic.USAGE, "kids", True)
    summary = parse(["summary", "--week", "2026-W46", "--post"])
    assert (summary.week, summary.post) == (Week(2026, 46), True)
    callback = parse(["callback", "--url", "http://h", "--replace"])
    assert (callback.url, callback.replace) == ("http://h", True)
    export = parse(["export", "--format", "jsonl", "--since", "2026-11-09"])
    assert (export.format, export.since) == ("jsonl", dt.datetime(2026, 11, 9, tzinfo=dt.UTC))
    line = "diagnose class --app kids --at 1794189900 --teacher 1 --student 2 --json"
    diagnose = parse(line.split())
    assert (diagnose.cname, diagnose.app, diagnose.at) == ("class", "kids", MOMENT)
    assert (diagnose.teacher, diagnose.student, diagnose.json) == ("1", "2", True)
    assert parse(["socket", "--no-worker"]).no_worker is parse(["doctor", "--json"]).json is True


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["move"], "--to is missing", "缺少 --to"),
        (["summary", "--month"], "--month is unknown", "没有 --month 这个参数"),
        (["serve", "--port"], "--port needs a value", "--port 缺少值"),
        (["demo", "--locale", "fr"], "--locale cannot be fr", "--locale 不能是 fr"),
    ],
)
def test_wrong_arguments_are_named_in_both_languages(
    arguments: list[str], english: str, chinese: str
) -> None:
    """What argparse says in English only."""
    with pytest.raises(UsageError) as error:
        parse(arguments)
    reason = error.value.user_message
    assert f"Invalid arguments ({english}). See: " in Translator("en").translate(reason)
    assert f"参数有误（{chinese}）。用法见：" in Translator("zh").translate(reason)
