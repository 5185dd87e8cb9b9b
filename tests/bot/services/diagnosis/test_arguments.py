"""What /diagnose and /tickets ask, and what they refuse."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import InputError
from bot.services.diagnosis.arguments import DiagnoseWanted, read_diagnose
from bot.services.tickets.query_parser import TicketsWanted, read_tickets

APPS = ("kids", "adults")
INT64_MAX = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("class_77_1", DiagnoseWanted("kids", "class_77_1")),
        ("  class_77_1  ", DiagnoseWanted("kids", "class_77_1")),
        ("class_77_1 app=adults", DiagnoseWanted("adults", "class_77_1")),
        ("app=adults class_77_1", DiagnoseWanted("adults", "class_77_1")),
        ("APP=Adults class_77_1", DiagnoseWanted("adults", "class_77_1")),
        ('app="adults" class_77_1', DiagnoseWanted("adults", "class_77_1")),
        ("app=nobody class_77_1", DiagnoseWanted("nobody", "class_77_1")),
        ("since=30m class_77_1 app=adults", DiagnoseWanted("adults", "class_77_1", 1800)),
        ("class_77_1 since=90s", DiagnoseWanted("kids", "class_77_1", 90)),
        ("class_77_1 since=2h", DiagnoseWanted("kids", "class_77_1", 7200)),
        ("class_77_1 since=1h30m", DiagnoseWanted("kids", "class_77_1", 5400)),
        ("class_77_1 since=1.5h", DiagnoseWanted("kids", "class_77_1", 5400)),
        ("class_77_1 since=30", DiagnoseWanted("kids", "class_77_1", 1800)),
        ("class_77_1 since=24h", DiagnoseWanted("kids", "class_77_1", 86400)),
        ("class_77_1 since=1d", DiagnoseWanted("kids", "class_77_1", 86400)),
        ("class_77_1 since=30分钟", DiagnoseWanted("kids", "class_77_1", 1800)),
        ("class_77_1 since＝３０ｍ", DiagnoseWanted("kids", "class_77_1", 1800)),
        ("class_77_1 since=2小时", DiagnoseWanted("kids", "class_77_1", 7200)),
        ("15056678066620", DiagnoseWanted("kids", "15056678066620")),
        ("a=b", DiagnoseWanted("kids", "a=b")),
        ("foo=bar", DiagnoseWanted("kids", "foo=bar")),
        ("a&amp;b", DiagnoseWanted("kids", "a&b")),
        ("a&lt;b", DiagnoseWanted("kids", "a<b")),
        ('"my class"', DiagnoseWanted("kids", "my class")),
        ("“my class” app=adults", DiagnoseWanted("adults", "my class")),
        ("since=5m 'my class'", DiagnoseWanted("kids", "my class", 300)),
        ('"app=x"', DiagnoseWanted("kids", "app=x")),
        ("`class_77_1`", DiagnoseWanted("kids", "class_77_1")),
        ("happ=1", DiagnoseWanted("kids", "happ=1")),
    ],
)
def test_read_diagnose(text: str, wanted: DiagnoseWanted) -> None:
    """A channel and its options are read in any order."""
    assert wanted == read_diagnose(text, APPS)


@pytest.mark.parametrize(("apps", "app"), [((), ""), (("kids",), "kids"), (APPS, "kids")])
def test_app_without_a_wish(apps: tuple[str, ...], app: str) -> None:
    """Without app= the first app is meant."""
    assert app == read_diagnose("class_77_1", apps).app


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ('""', "missing"),
        ("app=kids", "missing"),
        ("since=5m", "missing"),
        ("class_77_1 class_77_2", "one channel only"),
        ("my class", "quotation marks"),
        ('"my class', "quotation marks"),
        ("class_77_1 foo=bar", "no option foo="),
        ("--since=5m class_77_1", "no option since="),
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
    """What cannot be taken is said in plain words."""
    with pytest.raises(InputError) as refused:
        read_diagnose(text, APPS)
    assert why in str(refused.value.fields["text"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", TicketsWanted()),
        ("  ", TicketsWanted()),
        ("open", TicketsWanted("open")),
        ("Mine", TicketsWanted("mine")),
        ("ALL", TicketsWanted("all")),
        ("我的", TicketsWanted("mine")),
        ("全部", TicketsWanted("all")),
        ("所有", TicketsWanted("all")),
        ("打开", TicketsWanted("open")),
        ("未解决", TicketsWanted("open")),
        ("LD-12", TicketsWanted(number=12)),
        ("ld-12", TicketsWanted(number=12)),
        ("LD 12", TicketsWanted(number=12)),
        ("LD12", TicketsWanted(number=12)),
        ("ＬＤ－１２", TicketsWanted(number=12)),
        ("#12", TicketsWanted(number=12)),
        ("12", TicketsWanted(number=12)),
        ("012", TicketsWanted(number=12)),
        ("LD-0", TicketsWanted(number=0)),
        (f"LD-{INT64_MAX}", TicketsWanted(number=INT64_MAX)),
        ("123456789", TicketsWanted(number=123456789)),
        ("1234567890", TicketsWanted("all", words=("1234567890",))),
        ("15056678066620", TicketsWanted("all", words=("15056678066620",))),
        ("all 卡顿 wifi", TicketsWanted("all", words=("卡顿", "wifi"))),
        ("卡顿", TicketsWanted("all", words=("卡顿",))),
        ("wifi all", TicketsWanted("all", words=("wifi",))),
        ("mine 12", TicketsWanted("mine", words=("12",))),
        ("我的 卡顿", TicketsWanted("mine", words=("卡顿",))),
        ("open class_77_1", TicketsWanted("open", words=("class_77_1",))),
        ("LD-12 LD-13", TicketsWanted("all", words=("LD-12", "LD-13"))),
        ("LD-", TicketsWanted("all", words=("LD-",))),
        ("a &amp;&lt;", TicketsWanted("all", words=("a", "&<"))),
        ("１２", TicketsWanted(number=12)),
        ("٣", TicketsWanted("all", words=("٣",))),
    ],
)
def test_read_tickets(text: str, wanted: TicketsWanted) -> None:
    """A number asks for a ticket, a choice or words for a list."""
    assert wanted == read_tickets(text)


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
        read_tickets(text)
    assert ["text"] == list(refused.value.fields)


@pytest.mark.parametrize("before", [None, 1, INT64_MAX])
@pytest.mark.parametrize(
    "text", ["", "mine", "all 卡顿 wifi", "“x” \\ <b> 😀", "all " + " ".join(['"' * 30] * 10)]
)
def test_a_list_comes_back_from_its_button(text: str, before: int | None) -> None:
    """A list written on a button asks for the same list, from the place given."""
    wanted = read_tickets(text)
    written = wanted.to_json(before=before)
    assert len(written) <= 2000
    assert TicketsWanted(wanted.which, None, wanted.words, before) == TicketsWanted.from_json(
        written
    )


def test_a_button_has_room_for_2000_characters() -> None:
    """However much is searched for, the button stays valid."""
    wanted = TicketsWanted("all", words=("\x00" * 400,) * 9)
    assert {"which": "all", "before": 7} == json.loads(wanted.to_json(before=7))


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
    """Whatever a forged button says is refused, with a message."""
    with pytest.raises(InputError):
        TicketsWanted.from_json(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"(ld|app=|since=|all |[\"“ ']|[0-9mh]){1,12}"))
def test_any_arguments_are_read_or_refused(text: str) -> None:
    """Whatever is typed or forged, the only exception is InputError."""
    for read in (read_tickets, TicketsWanted.from_json, lambda typed: read_diagnose(typed, APPS)):
        wanted: object = None
        with contextlib.suppress(InputError):
            wanted = read(text)
        assert isinstance(wanted, (DiagnoseWanted, TicketsWanted, type(None)))


def test_the_longest_arguments_are_read_at_once() -> None:
    """Forty thousand quotation marks, options or digits cost no more than their reading."""
    for piece in ('"', '"a ', "app=", "app=x ", "since=1", "9", "LD-", "<@", "a=b "):
        text = (piece * 40_000)[:40_000]
        with pytest.raises(InputError):
            read_diagnose(text, APPS)
        with pytest.raises(InputError):
            read_tickets(text)
