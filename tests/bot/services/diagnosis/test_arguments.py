"""What /diagnose and /tickets ask, and what they refuse."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InputError
from bot.services.diagnosis.arguments import (
    DiagnoseArguments,
    diagnose_arguments,
    parse_diagnose,
)
from bot.services.tickets.query_parser import TicketsArguments, parse_tickets

APPS = ("kids", "adults")
INT64_MAX = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("class_77_1", DiagnoseArguments("kids", "class_77_1")),
        ("  class_77_1  ", DiagnoseArguments("kids", "class_77_1")),
        ("class_77_1 app=adults", DiagnoseArguments("adults", "class_77_1")),
        ("app=adults class_77_1", DiagnoseArguments("adults", "class_77_1")),
        ("APP=Adults class_77_1", DiagnoseArguments("adults", "class_77_1")),
        ('app="adults" class_77_1', DiagnoseArguments("adults", "class_77_1")),
        ("app=nobody class_77_1", DiagnoseArguments("nobody", "class_77_1")),
        ("since=30m class_77_1 app=adults", DiagnoseArguments("adults", "class_77_1", 1800)),
        ("class_77_1 since=90s", DiagnoseArguments("kids", "class_77_1", 90)),
        ("class_77_1 since=2h", DiagnoseArguments("kids", "class_77_1", 7200)),
        ("class_77_1 since=1h30m", DiagnoseArguments("kids", "class_77_1", 5400)),
        ("class_77_1 since=1.5h", DiagnoseArguments("kids", "class_77_1", 5400)),
        ("class_77_1 since=30", DiagnoseArguments("kids", "class_77_1", 1800)),
        ("class_77_1 since=24h", DiagnoseArguments("kids", "class_77_1", 86400)),
        ("class_77_1 since=1d", DiagnoseArguments("kids", "class_77_1", 86400)),
        ("class_77_1 since=30分钟", DiagnoseArguments("kids", "class_77_1", 1800)),
        ("class_77_1 since＝３０ｍ", DiagnoseArguments("kids", "class_77_1", 1800)),
        ("class_77_1 since=2小时", DiagnoseArguments("kids", "class_77_1", 7200)),
        ("15056678066620", DiagnoseArguments("kids", "15056678066620")),
        ("a=b", DiagnoseArguments("kids", "a=b")),
        ("foo=bar", DiagnoseArguments("kids", "foo=bar")),
        ("a&amp;b", DiagnoseArguments("kids", "a&b")),
        ("a&lt;b", DiagnoseArguments("kids", "a<b")),
        ('"my class"', DiagnoseArguments("kids", "my class")),
        ("“my class” app=adults", DiagnoseArguments("adults", "my class")),
        ("since=5m 'my class'", DiagnoseArguments("kids", "my class", 300)),
        ('"app=x"', DiagnoseArguments("kids", "app=x")),
        ("`class_77_1`", DiagnoseArguments("kids", "class_77_1")),
        ("happ=1", DiagnoseArguments("kids", "happ=1")),
        ("class_77_1 --app=adults", DiagnoseArguments("adults", "class_77_1")),
        ("class_77_1 —app=adults", DiagnoseArguments("adults", "class_77_1")),
        ("--app adults class_77_1", DiagnoseArguments("adults", "class_77_1")),
        ("class_77_1 app = adults", DiagnoseArguments("adults", "class_77_1")),
        ("class_77_1 app=*adults*", DiagnoseArguments("adults", "class_77_1")),
        ("class_77_1 app＝adults。", DiagnoseArguments("adults", "class_77_1")),
        ("--since=5m class_77_1", DiagnoseArguments("kids", "class_77_1", 300)),
        ("class_77_1 since= 30 min", DiagnoseArguments("kids", "class_77_1", 1800)),
        ("since=2 小时 class_77_1", DiagnoseArguments("kids", "class_77_1", 7200)),
        ("since= 30 class_77_1", DiagnoseArguments("kids", "class_77_1", 1800)),
        ("*class_77_1*", DiagnoseArguments("kids", "class_77_1")),
        ("class_77_1。", DiagnoseArguments("kids", "class_77_1")),
        ("class_77_1.", DiagnoseArguments("kids", "class_77_1")),
        ("class\u00ad_77_1\u200b", DiagnoseArguments("kids", "class_77_1")),
        ("-app", DiagnoseArguments("kids", "-app")),
    ],
)
def test_read_diagnose(text: str, wanted: DiagnoseArguments) -> None:
    """A channel and its options are read in any order."""
    assert wanted == parse_diagnose(text, APPS)


@pytest.mark.parametrize(("apps", "app"), [((), ""), (("kids",), "kids"), (APPS, "kids")])
def test_app_without_a_wish(apps: tuple[str, ...], app: str) -> None:
    """Without app= the first app is meant."""
    assert app == parse_diagnose("class_77_1", apps).app


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ('""', "missing"),
        ("app=kids", "missing"),
        ("since=5m", "missing"),
        ("class_77_1 class_77_2", "only one channel"),
        ("my class", "quotation marks"),
        ('"my class', "quotation marks"),
        ("class_77_1 foo=bar", "no option foo="),
        ("--level=5 class_77_1", "no option level="),
        ("class_77_1 app= since=5m", "after app="),
        ("class_77_1 since=0", "up to 24 hours"),
        ("class_77_1 since=0m", "up to 24 hours"),
        ("class_77_1 since=25h", "up to 24 hours"),
        ("class_77_1 since=999999d", "up to 24 hours"),
        ("class_77_1 since=-5m", "such as 90s"),
        ("class_77_1 since=soon", "such as 90s"),
        ("class_77_1 since=nan", "such as 90s"),
        ("class_77_1 since=inf", "such as 90s"),
        ("class_77_1 since=1e9", "such as 90s"),
        ("class_77_1 since=٣m", "such as 90s"),
        ("class_77_1 since=" + "9" * 5000, "such as 90s"),
        ("class_77_1 since=", "such as 90s"),
        ("class_77_1 app=", "after app="),
        ("class_77_1 app=kids app=adults", "app= only once"),
        ("class_77_1 since=1m SINCE=2m", "since= only once"),
        ("x" * 65, "at most 64"),
    ],
)
def test_diagnose_refuses(text: str, why: str) -> None:
    """Invalid arguments give a plain message."""
    with pytest.raises(InputError) as refused:
        parse_diagnose(text, APPS)
    assert why in str(refused.value.fields["text"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", TicketsArguments()),
        ("  ", TicketsArguments()),
        ("open", TicketsArguments("open")),
        ("Mine", TicketsArguments("mine")),
        ("ALL", TicketsArguments("all")),
        ("我的", TicketsArguments("mine")),
        ("全部", TicketsArguments("all")),
        ("所有", TicketsArguments("all")),
        ("打开", TicketsArguments("open")),
        ("未解决", TicketsArguments("open")),
        ("LD-12", TicketsArguments(number=12)),
        ("ld-12", TicketsArguments(number=12)),
        ("LD 12", TicketsArguments(number=12)),
        ("LD12", TicketsArguments(number=12)),
        ("ＬＤ－１２", TicketsArguments(number=12)),
        ("#12", TicketsArguments(number=12)),
        ("12", TicketsArguments(number=12)),
        ("012", TicketsArguments(number=12)),
        ("LD-0", TicketsArguments(number=0)),
        (f"LD-{INT64_MAX}", TicketsArguments(number=INT64_MAX)),
        ("123456789", TicketsArguments(number=123456789)),
        ("1234567890", TicketsArguments("all", words=("1234567890",))),
        ("15056678066620", TicketsArguments("all", words=("15056678066620",))),
        ("all 卡顿 wifi", TicketsArguments("all", words=("卡顿", "wifi"))),
        ("卡顿", TicketsArguments("all", words=("卡顿",))),
        ("wifi all", TicketsArguments("all", words=("wifi",))),
        ("mine 12", TicketsArguments("mine", words=("12",))),
        ("我的 卡顿", TicketsArguments("mine", words=("卡顿",))),
        ("open class_77_1", TicketsArguments("open", words=("class_77_1",))),
        ("LD-12 LD-13", TicketsArguments("all", words=("LD-12", "LD-13"))),
        ("LD-", TicketsArguments("all", words=("LD-",))),
        ("a &amp;&lt;", TicketsArguments("all", words=("a", "&<"))),
        ("１２", TicketsArguments(number=12)),
        ("*LD-12*", TicketsArguments(number=12)),
        ("ld-012。", TicketsArguments(number=12)),
        ("所有。", TicketsArguments("all")),
        ("--since=7 d", TicketsArguments("all", since_s=7 * 86400.0)),
        ("卡顿 since = 7天", TicketsArguments("all", words=("卡顿",), since_s=7 * 86400.0)),
        ("٣", TicketsArguments("all", words=("٣",))),
    ],
)
def test_read_tickets(text: str, wanted: TicketsArguments) -> None:
    """A number is a ticket; a choice or words are a list."""
    assert wanted == parse_tickets(text)


@pytest.mark.parametrize(
    "text",
    [
        f"LD-{INT64_MAX + 1}",
        "LD-" + "9" * 5000,
        "#" + "9" * 20,
        " ".join("abcdefghijk"),
        "x" * 301,
    ],
)
def test_tickets_refuses(text: str) -> None:
    """Numbers and searches beyond reason are refused, with a message."""
    with pytest.raises(InputError) as refused:
        parse_tickets(text)
    assert list(refused.value.fields) == ["text"]


@pytest.mark.parametrize("before", [None, 1, INT64_MAX])
@pytest.mark.parametrize(
    "text", ["", "mine", "all 卡顿 wifi", "“x” \\ <b> 😀", "all " + " ".join(['"' * 30] * 10)]
)
def test_a_list_survives_its_button(text: str, before: int | None) -> None:
    """A button's value gives the same list again, from the given position."""
    wanted = parse_tickets(text)
    written = wanted.to_json(before=before)
    assert len(written) <= 2000
    assert TicketsArguments(wanted.which, None, wanted.words, before) == TicketsArguments.from_json(
        written
    )


def test_a_button_has_room_for_2000_characters() -> None:
    """However long the search text is, the button's value is short enough."""
    wanted = TicketsArguments("all", words=("\x00" * 400,) * 9)
    assert json.loads(wanted.to_json(before=7)) == {"which": "all", "before": 7}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "12",
        "{",
        "[" * 2000,
        '{"which":"closed"}',
        '{"which":["open"]}',
        '{"which":null}',
        '{"number":1}',
        '{"words":"卡顿"}',
        '{"words":[1]}',
        '{"words":[""]}',
        '{"words":["a b"]}',
        '{"words":["\\u0000"]}',
        '{"words":["\\ud800"]}',
        '{"words":["a","a","a","a","a","a","a","a","a","a","a"]}',
        json.dumps({"words": ["x" * 301]}),
        json.dumps({"words": [], "which": "open", "more": "x" * 2000}),
        '{"before":0}',
        '{"before":-1}',
        '{"before":true}',
        '{"before":1.0}',
        '{"before":"1"}',
        '{"before":NaN}',
        f'{{"before":{INT64_MAX + 1}}}',
        '{"before":' + "9" * 1900 + "}",
    ],
)
def test_forged_buttons_are_refused(text: str) -> None:
    """A forged button value is refused with a message."""
    with pytest.raises(InputError):
        TicketsArguments.from_json(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"(ld|app=|since=|all |[\"“ ']|[0-9mh]){1,12}"))
def test_any_arguments_are_read_or_refused(text: str) -> None:
    """Whatever is typed or forged, the only exception is InputError."""
    for read in (
        parse_tickets,
        TicketsArguments.from_json,
        lambda typed: parse_diagnose(typed, APPS),
    ):
        wanted: object = None
        with contextlib.suppress(InputError):
            wanted = read(text)
        assert isinstance(wanted, (DiagnoseArguments, TicketsArguments, type(None)))


def test_arguments_one_by_one() -> None:
    """They mean the same as in one text."""
    assert diagnose_arguments(" class_77_1 ", "", "", APPS) == parse_diagnose("class_77_1", APPS)
    wanted = parse_diagnose("class_77_1 app=adults since=30m", APPS)
    assert diagnose_arguments("class_77_1", "Adults", "30m", APPS) == wanted
    for wrong in (("", "", ""), ("x" * 65, "", ""), ("class_77_1", "", "9d")):
        with pytest.raises(InputError):
            diagnose_arguments(*wrong, APPS)


def test_the_longest_arguments_are_read_at_once() -> None:
    """Forty thousand quotation marks, options or digits cost no more than their reading."""
    for piece in ('"', '"a ', "app=", "app=x ", "since=1", "9", "LD-", "<@", "a=b "):
        text = (piece * 40_000)[:40_000]
        with pytest.raises(InputError):
            parse_diagnose(text, APPS)
        with pytest.raises(InputError):
            parse_tickets(text)
