"""The filters of /tickets, the query they become, and the limits of a button's list."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any, Final

import pytest

from bot.errors import InputError
from bot.i18n.translator import Translator
from bot.services.tickets.query_parser import FilterVocabulary, TicketsArguments, parse_tickets
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status

NOON: Final = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
VOCABULARY: Final = FilterVocabulary(
    apps=("Kids", "adults"),
    clouds={"agora": ("Agora", "声网"), "huawei": ("Huawei Cloud", "华为云")},
    causes=lambda name: ("network.loss", "network.jitter") if name == "loss" else (),
)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("app=kids", {"app": "Kids"}),
        ("应用=adults", {"app": "adults"}),
        ("cloud=agora", {"cloud": "agora"}),
        ("cloud=华为", {"cloud": "huawei"}),
        ("cause=loss", {"causes": ("network.loss", "network.jitter")}),
        ("by=me", {"by": "me"}),
        ("by=<@U0123456|ann>", {"by": "U0123456"}),
        ("assignee=@U0123456", {"assignee": "U0123456"}),
        ("since=7d", {"since_s": 604800.0}),
        ("since=3660d", {"since_s": 316224000.0}),
        ("app=kids since=30m", {"app": "Kids", "since_s": 1800.0}),
    ],
)
def test_filters(text: str, fields: dict[str, Any]) -> None:
    """Without a state they search all tickets."""
    assert parse_tickets(text, VOCABULARY) == TicketsArguments(which="all", **fields)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", TicketsArguments()),
        ("mine", TicketsArguments("mine")),
        ("my resolved", TicketsArguments("resolved", is_mine=True)),
        ("claimed mine resolved", TicketsArguments("claimed", is_mine=True)),
        ("已解决 卡", TicketsArguments("resolved", words=("卡",))),
        ('video "a  b"', TicketsArguments("all", words=("video", "a", "b"))),
        ("open " * 6, TicketsArguments("open", words=("open",))),
        ("x " * 10, TicketsArguments("all", words=("x",) * 10)),
        ("x" * 300, TicketsArguments("all", words=("x" * 300,))),
    ],
)
def test_states_and_words(text: str, arguments: TicketsArguments) -> None:
    """In any order; the first state counts, and words alone search all tickets."""
    assert parse_tickets(text, VOCABULARY) == arguments


@pytest.mark.parametrize(
    "text",
    [
        *("app=nobody", "app=", "cloud=aws", "cloud=", "cause=weather", "cause=", "by=ann", "by="),
        *("since=0m", "since=soon", "since=3661d", "app=kids app=kids", "colour=red"),
        *("x " * 11, "x" * 301),
    ],
)
def test_wrong_filters(text: str) -> None:
    """Each is refused under the command."""
    with pytest.raises(InputError) as error:
        parse_tickets(text, VOCABULARY)
    assert list(error.value.fields) == ["text"]


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (TicketsArguments(), {"statuses": (Status.OPEN, Status.CLAIMED)}),
        (TicketsArguments("claimed"), {"statuses": (Status.CLAIMED,)}),
        (TicketsArguments("resolved"), {"statuses": (Status.RESOLVED,)}),
        (TicketsArguments("mine"), {"involved_user": "U1"}),
        (
            TicketsArguments("resolved", is_mine=True),
            {"statuses": (Status.RESOLVED,), "involved_user": "U1"},
        ),
        (TicketsArguments("all", by="me", assignee="U2"), {"reporter": "U1", "assignee": "U2"}),
        (TicketsArguments("all", app="kids", cloud="agora"), {"app": "kids", "cloud": "agora"}),
        (
            TicketsArguments("all", causes=("a.b",), words=("x",)),
            {"causes": ("a.b",), "words": ("x",)},
        ),
        (TicketsArguments("all", since_s=60.0), {"since": NOON - dt.timedelta(minutes=1)}),
        (TicketsArguments("all", before=15), {"before": 15}),
    ],
)
def test_query_of_the_store(arguments: TicketsArguments, query: dict[str, Any]) -> None:
    """For the person who asks."""
    assert arguments.query("T1", "U1", NOON) == TicketQuery("T1", **query)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("LD-12", 12), ("#0012", 12), ("ld 9223372036854775807", 2**63 - 1)],
)
def test_number_of_a_ticket(text: str, number: int) -> None:
    """With or without its letters."""
    assert parse_tickets(text) == TicketsArguments(number=number)


def test_examples_of_causes_are_a_list_of_the_language() -> None:
    """Not an English list in a Chinese sentence."""
    with pytest.raises(InputError) as caught:
        parse_tickets("cause=zzz", VOCABULARY)
    assert "loss、jitter、wifi_weak" in Translator("zh").translate(caught.value.user_message)


def test_longer_numbers() -> None:
    """A bare one of more than nine digits is a word; no ticket has a higher number."""
    assert parse_tickets("123456789").number == 123456789
    assert parse_tickets("1234567890").words == ("1234567890",)
    with pytest.raises(InputError):
        parse_tickets("LD-9223372036854775808")


@pytest.mark.parametrize(
    ("fields", "is_valid"),
    [
        ({"words": ["x" * 300]}, True),
        ({"words": ["x" * 301]}, False),
        ({"words": ["x"] * 10}, True),
        ({"words": ["x"] * 11}, False),
        ({"words": ["a b"]}, False),
        ({"words": "x"}, False),
        ({"words": ["a\x00"]}, False),
        ({"causes": ["a.b"] * 60}, True),
        ({"causes": ["a.b"] * 61}, False),
        ({"which": "mine"}, True),
        ({"which": "theirs"}, False),
        ({"is_mine": True}, True),
        ({"is_mine": 1}, False),
        ({"before": 1}, True),
        ({"before": 0}, False),
        ({"before": 2**63 - 1}, True),
        ({"before": 2**63}, False),
        ({"before": True}, False),
        ({"since_s": 316224000.0}, True),
        ({"since_s": 316224000.5}, False),
        ({"since_s": 0.0}, False),
        ({"since_s": 60}, False),
        ({"app": "x" * 100}, True),
        ({"app": "x" * 101}, False),
        ({"app": 7}, False),
        ({"number": 12}, False),
        ({}, True),
        ({"colour": "red"}, False),
    ],
)
def test_fields_of_a_button(fields: dict[str, Any], *, is_valid: bool) -> None:
    """Only what we could have written ourselves is read; the rest is an old list."""
    text = json.dumps(fields)
    if not is_valid:
        with pytest.raises(InputError):
            TicketsArguments.from_json(text)
        return
    values: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()
    }
    assert TicketsArguments.from_json(text) == TicketsArguments(**values)


@pytest.mark.parametrize("text", ["", "{", "[]", '"all"', "[" * 1999, "{}" + " " * 1999])
def test_button_of_something_else(text: str) -> None:
    """It is refused as an old list."""
    with pytest.raises(InputError):
        TicketsArguments.from_json(text)


def test_longest_list_of_a_button() -> None:
    """It has 2000 characters; the last words are left out where they do not fit."""
    words, causes = tuple("一二三四五六七八九"), ("x" * 30,) * 57
    for last, kept in (("x" * 33, (*words, "x" * 33)), ("x" * 34, words)):
        listed = TicketsArguments("all", words=(*words, last), causes=causes)
        read = TicketsArguments.from_json(listed.to_json(before=7))
        assert read == replace(listed, words=kept, before=7)
    assert json.loads(TicketsArguments(app="kids").to_json()) == {"which": "open", "app": "kids"}
