"""Incidents: many reports of one cause make one thread, and what happened before in one line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import NotAllowedError
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.escalation import incidents
from bot.store.models import Job
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import ephemeral_texts, find_replies, find_ticket, report, text_of


async def diagnose_all(harness: Harness, new_tickets: int) -> None:
    """Let the data be published, and requests that a rate limit deferred be repeated."""
    await harness.settled()
    for seconds in (200, *[40] * new_tickets):
        await harness.pass_time(seconds)


@pytest.fixture(scope="module")
async def five_reports(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk in two languages, with five reports of one cause within ten minutes."""
    folder = tmp_path_factory.mktemp("lagdesk")
    async with open_harness(folder, DEFAULT_LOCALE="both") as built:
        for _ in range(5):
            await report(built.workspace.person("sam"), "class_77_1")
            built.clock.move(1)
        await diagnose_all(built, 5)
        yield built
        assert slack_errors_of(built.workspace) == []


def threads_of(harness: Harness) -> list[dict[str, Any]]:
    """The incidents' posts in the escalation channel."""
    return [m for m in harness.workspace.messages(harness.escalations) if "INC-" in m["text"]]


def ticket_cards(harness: Harness) -> list[dict[str, Any]]:
    """The tickets' cards in the escalation channel, oldest first."""
    posts = harness.workspace.messages(harness.escalations)
    return [post for post in posts if "ticket.claim" in text_of(post)]


def card_number(harness: Harness, number: int) -> dict[str, Any]:
    """One ticket's card."""
    (card,) = [card for card in ticket_cards(harness) if f" LD-{number} · " in text_of(card)]
    return card


async def test_history_in_both_languages(five_reports: Harness) -> None:
    """The line counts this student's tickets and the causes that were theirs."""
    post = text_of(find_replies(five_reports, card_number(five_reports, 5))[0])
    assert "这位学生 / This student · 30 天内的工单数 / tickets in 30 days 5 · " in post
    assert "20002" not in post
    assert "in 30 days" not in text_of(find_replies(five_reports, card_number(five_reports, 1))[0])


async def test_five_reports_make_one_incident(five_reports: Harness) -> None:
    """One post links five tickets, and each card links it."""
    (incident,) = threads_of(five_reports)
    text = text_of(incident)
    assert [n for n in range(1, 6) if f"|LD-{n}>" not in text] == []
    assert sum("|INC-1>" in text_of(card) for card in ticket_cards(five_reports)) == 5
    assert "kids · 5 次提交 / 5 reports · " in text
    assert "INC-1 · Wi-Fi 信号弱 / Weak Wi-Fi signal" in incident["text"]
    assert "INC-1 需要有人认领 / needs somebody to claim it" in text


async def test_tickets_of_an_incident_do_not_shout(five_reports: Harness) -> None:
    """Time to escalate comes, and no thread calls the group again; the incident did."""
    await five_reports.pass_time(15 * 60)
    cards = ticket_cards(five_reports)
    replies = [reply["text"] for card in cards for reply in find_replies(five_reports, card)]
    assert [text for text in replies if "<!here>" in text] == []
    assert "<!here>" in text_of(threads_of(five_reports)[0])
    assert all("Escalated" in text_of(card) for card in cards)


async def test_only_support_closes_an_incident(five_reports: Harness) -> None:
    """Somebody else is refused; support's click closes it, and the post says who."""
    (incident,) = threads_of(five_reports)
    lin, zhou = five_reports.workspace.person("lin"), five_reports.workspace.person("zhou")
    ticket = await find_ticket(five_reports, "class_77_1")
    with pytest.raises(NotAllowedError):
        await five_reports.slack.services.incidents.close(ticket.team, 1, lin.id)
    await five_reports.settled()
    assert "incident.close" in text_of(threads_of(five_reports)[0])
    assert (await zhou.click(incident, "incident.close")).ok
    await five_reports.settled()
    (closed,) = threads_of(five_reports)
    assert "incident.close" not in text_of(closed)
    assert f"Closed by <@{zhou.id}>" in text_of(closed)


async def test_later_judgement_counts_once(five_reports: Harness) -> None:
    """Somebody changes their mind; one judgement stays."""
    sam = five_reports.workspace.person("sam")
    post = find_replies(five_reports, card_number(five_reports, 5))[0]
    await sam.click(post, "verdict.wrong")
    await sam.click(post, "verdict.right")
    await sam.command("/lagdesk", "accuracy")
    assert "100% right (1 rating)" in ephemeral_texts(sam)[-1]


async def test_quiet_incident_closes_itself(five_reports: Harness) -> None:
    """Three reports are none, the fourth opens one, a fifth joins, and quiet closes it."""
    sam = five_reports.workspace.person("sam")
    for number, expected in ((3, 1), (1, 2), (1, 2)):
        for _ in range(number):
            await report(sam, "class_77_2")
        await diagnose_all(five_reports, number)
        assert expected == len(threads_of(five_reports))
    assert "5 reports" in threads_of(five_reports)[1]["text"]
    await five_reports.pass_time(2 * 3600 + 1)
    second = text_of(threads_of(five_reports)[1])
    assert "Closed automatically" in second
    assert "已自动关闭" in second


async def test_a_post_whose_answer_was_lost_is_found_again(five_reports: Harness) -> None:
    """A worker that died between posting and noting leaves one post, not two."""
    posts = len(threads_of(five_reports))

    def forget(session: Session) -> None:
        incident = incidents.lock(session, 1)
        assert incident is not None
        incident.ts = ""
        session.add(incident)
        store_jobs.enqueue(
            session, "incident:INC-1", "incident", 1, due_at=five_reports.clock.now()
        )
        session.get_one(Job, "incident:INC-1").attempt = 1

    await five_reports.application.store.transact(forget)
    await five_reports.pass_time(1)
    assert posts == len(threads_of(five_reports))
    post = await five_reports.application.store.read(lambda session: incidents.lock(session, 1))
    assert post is not None
    assert threads_of(five_reports)[0]["ts"] == post.ts
