"""The promises, from form to card, through both doors and in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.workspace import Person
from tests.conftest import Stage

FORM = {
    "teacher_uid": "10001",
    "student_uid": "20002",
    "abnormal_side": "student",
    "issue_type": "3",
    "comments": "卡住了 <!channel> & student 20002",
}


async def report(person: Person, cname: str, **fields: Any) -> Any:
    """Report a call as a person does: command, form, submit."""
    await person.command("/report", cname)
    view = await person.view_opened("report")
    return await person.submit(view, {**FORM, "cname": cname, **fields})


def text_of(message: dict[str, Any]) -> str:
    """Everything a reader sees of a message, as one string."""
    return repr([message.get("text"), message.get("blocks")])


def card_of(stage: Stage, cname: str) -> dict[str, Any]:
    """The card about a channel, in the escalation channel."""
    cards = [m for m in stage.workspace.messages(stage.escalations) if cname in text_of(m)]
    assert 1 == len(cards)
    return cards[0]


def thread_of(stage: Stage, card: dict[str, Any]) -> list[dict[str, Any]]:
    """The replies under a card."""
    return stage.workspace.messages(stage.escalations, card["ts"])[1:]


@pytest.mark.parametrize(
    ("name", "title", "filed"),
    [("lin", "提交通话问题", "LD-"), ("sam", "Report a bad call", "is filed")],
)
async def test_teacher_reports_and_reads_why(
    stage: Stage, name: str, title: str, filed: str
) -> None:
    """From /report to a card, a private confirmation, an accepted report and a verdict."""
    person = stage.workspace.person(name)
    cname = {"lin": "class_77_2", "sam": "class_77_3"}[name]
    await person.command("/report", cname)
    view = await person.view_opened("report")
    assert title == view["title"]["text"]
    outcome = await person.submit(view, {**FORM, "cname": cname})
    assert {} == outcome.errors
    await stage.settled()

    card = card_of(stage, cname)
    assert "Reported to Agora: accepted" in text_of(card)
    assert "10001" not in text_of(card)
    assert "&lt;!channel&gt; &amp; student •••02" in text_of(card)
    direct = stage.workspace.messages(person.direct())
    assert filed in text_of(direct[-1])
    assert "/archives/" in text_of(direct[-1])
    sent = [r for r in stage.clouds.reports if r.fields["cname"] == cname]
    assert [20002] == [r.fields["abnormal_uid"] for r in sent]
    assert "not out yet" in text_of(thread_of(stage, card)[0])

    await stage.pass_time(400)
    replies = thread_of(stage, card)
    assert 1 == len(replies)
    expected = {"class_77_2": "Packet loss (video, uplink)", "class_77_3": "CPU is overloaded"}
    assert expected[cname] in replies[0]["text"]
