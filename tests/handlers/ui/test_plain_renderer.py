"""Texts for readers outside Slack: no mrkdwn in them."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.call import ERASED
from bot.i18n.messages import PersonId, Uid, message
from bot.i18n.translator import Translator
from handlers.ui.plain_renderer import PlainRenderer, without_markup
from handlers.ui.renderer import Link

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
EN = PlainRenderer(Translator("en"), names={"U1": "Sam"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (PersonId("U1"), "Sam"),
        (PersonId("U2"), "U2"),
        (PersonId(ERASED), "erased"),
        (Uid("20002"), "•••02"),
        (NOON, "2026-11-20 12:00 UTC"),
        (Link("https://slack.example/p1", "LD-1"), "LD-1 (https://slack.example/p1)"),
        ("a < b & <@U1> *c*", "a < b & <@U1> *c*"),
    ],
)
def test_values(value: object, text: str) -> None:
    """People by name, times in full, links with their address, text as it is."""
    assert EN.mrkdwn(message("%(value)s", value=value)) == text
    assert EN.fact(value) == text


def test_countdown() -> None:
    """A moment, as nobody keeps a countdown up to date."""
    assert EN.countdown(NOON) == "2026-11-20 12:00 UTC"


def test_quote() -> None:
    """User text whole and without marks, its uids masked where the surface masks."""
    text = "<!channel> student 20002 *froze*\n10001 & others"
    assert EN.quote(text, ("10001", "20002")) == [
        "<!channel> student •••02 *froze*\n•••01 & others"
    ]
    assert PlainRenderer(Translator("en"), mask=False).quote(text, ("20002",)) == [text]
    assert EN.quote("", ()) == []


def test_without_markup() -> None:
    """Bold and emoji go, a lone asterisk and a time stay."""
    assert without_markup(":warning: *Weak Wi-Fi* · 2 * 3 · 12:00") == "Weak Wi-Fi · 2 * 3 · 12:00"
