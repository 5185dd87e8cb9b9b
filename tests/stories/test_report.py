"""The promises, from form to card, through both doors and in both languages."""

from __future__ import annotations

import pytest

from bot.sandbox.slack import Person
from tests.conftest import Harness
from tests.scenario_helpers import (
    FORM,
    Json,
    direct_messages,
    find_card,
    find_cards,
    find_replies,
    report,
    text_of,
)


@pytest.mark.parametrize(
    ("name", "title", "filed", "why"),
    [
        ("lin", "提交通话问题", "已提交，工单 <", "丢包"),
        ("sam", "Report a bad call", "Filed as <", "CPU is overloaded"),
    ],
)
async def test_teacher_reports_and_reads_why(
    harness: Harness, name: str, title: str, filed: str, why: str
) -> None:
    """From /report to a card, a private confirmation, an accepted report and a verdict."""
    person = harness.workspace.person(name)
    cname = {"lin": "class_77_2", "sam": "class_77_3"}[name]
    await person.command("/report", cname)
    view = await person.wait_for_view("report")
    assert title == view["title"]["text"]
    outcome = await person.submit(view, {**FORM, "cname": cname})
    assert outcome.errors == {}
    await harness.settled()

    card = find_card(harness, cname)
    assert "Reported to Agora: accepted" in text_of(card)
    assert "10001" not in text_of(card)
    assert "&lt;!channel&gt; &amp; student •••02" in text_of(card)
    answer = person.ephemerals("teachers")[-1]["text"]
    assert answer.startswith(filed)
    dm_messages = harness.workspace.messages(person.dm_channel_id())
    for text in (answer, text_of(dm_messages[-1])):
        assert "/archives/" in text
        assert "|LD-" in text
    sent = [r for r in harness.clouds.reports if r.fields["cname"] == cname]
    assert [r.fields["abnormal_uid"] for r in sent] == [20002]
    assert "not available yet" in text_of(find_replies(harness, card)[0])

    await harness.pass_time(400)
    replies = find_replies(harness, card)
    assert len(replies) == 1
    expected = {"class_77_2": "Packet loss (video, uplink)", "class_77_3": "CPU is overloaded"}
    assert expected[cname] in replies[0]["text"]

    (message,) = direct_messages(harness, person, cname)
    assert why in text_of(message)
    assert "/archives/" in text_of(message)
    await person_of_support(harness).click(find_card(harness, cname), "ticket.diagnose")
    await harness.settled()
    assert len(direct_messages(harness, person, cname)) == 1


def person_of_support(harness: Harness) -> Person:
    """Somebody who may press every button."""
    return harness.workspace.person("zhou")


async def test_diagnosis_shows_charts_and_asks_whether_it_was_right(harness: Harness) -> None:
    """Under the verdict stand Slack's own charts, if chosen, and what those cannot show in words."""
    sam = harness.workspace.person("sam")
    await person_of_support(harness).command("/lagdesk", "charts native")
    await report(sam, "class_77_8")
    await harness.settled()
    await harness.pass_time(400)
    (diagnosis,) = find_replies(harness, find_card(harness, "class_77_8"))
    loss, *_ = [block for block in diagnosis["blocks"] if block["type"] == "data_visualization"]
    assert "packet loss" in loss["title"]
    assert "reported" in loss["title"]
    assert "limit" in [series["name"] for series in loss["chart"]["series"]]
    assert "Each point is the worst value within 12" in text_of(diagnosis)
    assert "20002" not in text_of(diagnosis)
    outcome = await sam.click(diagnosis, "verdict.right")
    assert outcome.status == 200
    assert any("Thank you" in message["text"] for message in sam.ephemerals("escalations"))
    assert find_replies(harness, find_card(harness, "class_77_8")) == [diagnosis]
    await sam.command("/lagdesk", "accuracy")
    direct_messages = sam.ephemerals("teachers")[-1]["text"]
    assert "Packet loss: 100% right (1 rating)" in direct_messages
    await person_of_support(harness).command("/lagdesk", "charts picture")


async def test_the_same_call_reported_twice(harness: Harness) -> None:
    """Each card names the other, and the cloud gets one report; another student is another matter."""
    lin, wang = harness.workspace.person("lin"), harness.workspace.person("wang")
    for person, student in ((lin, "20002"), (wang, "20002"), (wang, "20009")):
        assert (await report(person, "twice_1", student_uid=student)).ok
        await harness.settled()
    first, second, other = find_cards(harness, "twice_1")
    numbers = [ticket_number(card) for card in (first, second)]
    assert f"|LD-{numbers[0]}>" in text_of(linked_line(second))
    assert f"|LD-{numbers[1]}>" in text_of(linked_line(first))
    assert linked_line(other) is None
    assert f"Not reported to Agora: LD-{numbers[0]} is about the same call" in text_of(second)
    sent = [each for each in harness.clouds.reports if each.fields["cname"] == "twice_1"]
    assert [each.fields["abnormal_uid"] for each in sent] == [20002, 20009]


def ticket_number(card: Json) -> str:
    """The number on a card."""
    return str(card["blocks"][-1]["elements"][0]["value"])


def linked_line(card: Json) -> Json | None:
    """The block of a card that names linked tickets."""
    return next((block for block in card["blocks"] if "Linked to" in text_of(block)), None)
