"""Buttons under a verdict, and how often people agreed with verdicts."""

from __future__ import annotations

import pytest

from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.i18n.messages import LocaleName
from bot.i18n.translator import Translator
from bot.services.diagnosis.feedback import CauseAccuracy
from handlers.diagnosis.accuracy import accuracy
from handlers.diagnosis.feedback import feedback_blocks
from handlers.ui.renderer import Renderer
from tests.handlers.samples import EN, NOW, ZH, buttons_of, make_ticket, texts_of

RATINGS = [
    ("verdict.right", "12", "Yes, that was it"),
    ("verdict.partly", "12", "Partly"),
    ("verdict.wrong", "12", "No"),
]
DETAILS = ("verdict.details", "12", "Details")
CHINESE = ("verdict.own_language", "12", "用我的语言查看")


@pytest.mark.parametrize(
    ("cause", "block_ids", "buttons"),
    [
        ("network.loss", ["judge_question", "judge"], [*RATINGS, DETAILS, CHINESE]),
        (HEALTHY, ["judge_question", "judge"], [*RATINGS, DETAILS, CHINESE]),
        (UNKNOWN, ["judge"], [DETAILS, CHINESE]),
    ],
)
def test_a_verdict_can_be_rated(
    cause: str,
    block_ids: list[str],
    buttons: list[tuple[str, str, str]],
) -> None:
    """There is nothing to rate where nothing is known; the details are always there."""
    blocks = feedback_blocks(make_ticket(), Verdict(cause, NOW, NOW), EN)
    assert [block["block_id"] for block in blocks] == block_ids
    assert buttons_of(blocks[-1]) == buttons
    if len(blocks) > 1:
        assert texts_of(blocks)["judge_question"] == ["Was this right?"]


@pytest.mark.parametrize(("locale", "label"), [("zh", "In my language"), ("both", None)])
def test_readers_of_other_languages(locale: LocaleName, label: str | None) -> None:
    """The button is in the languages the post is not in."""
    renderer = Renderer(Translator(locale))
    (judge,) = feedback_blocks(make_ticket(), Verdict(UNKNOWN, NOW, NOW), renderer)
    assert [button[2] for button in buttons_of(judge)][1:] == ([label] if label else [])


def test_accuracy() -> None:
    """A line for each cause, in whole percent."""
    rows = [CauseAccuracy("network.loss", 2, 0, 1), CauseAccuracy("device.cpu_high", 1, 0, 0)]
    assert EN.mrkdwn(accuracy(rows)).splitlines() == [
        "*How often verdicts were right, last 90 days*",
        "• Packet loss: 67% right (3 ratings)",
        "• The device's CPU is overloaded: 100% right (1 rating)",
    ]
    assert EN.plain_text(accuracy([])) == "Nobody has rated a verdict in the last 90 days."
    assert "90 天" in ZH.plain_text(accuracy([]))
