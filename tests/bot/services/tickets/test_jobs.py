"""Posting and editing cards, and the confirmation to the reporter."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.errors import SlackAccessLostError, SlackTokenError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.publishing import Publisher
from bot.services.tickets.jobs import TicketJobs
from bot.ticket import Ticket
from tests.bot.services.conftest import REPORTER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_GONE,
    SLACK_NO_ACCESS,
    NoMessages,
    PostedMessages,
    RecordedCalls,
    job_functions,
)

SECOND: Final = dt.timedelta(seconds=1)
CARD: Final = MessageRef("C-SUPPORT", "1.0")
LINK: Final = "https://slack/1"


def jobs(harness: ServiceHarness, posts: RecordedCalls, finder: Any = None) -> TicketJobs:
    """The jobs that post with these posts."""
    return TicketJobs(harness.context, Publisher(finder or NoMessages()), posts)


async def with_card(harness: ServiceHarness, permalink: str = "") -> Ticket:
    """A ticket with a card."""
    ticket = await harness.report()

    def change(stored: Ticket) -> None:
        stored.thread.move_to("C-SUPPORT", "1.0")
        stored.thread.permalink = permalink

    await harness.change(ticket.id, change)
    return ticket


async def test_first_card(service_harness: ServiceHarness) -> None:
    """Its position and address are stored; what waits for it runs now."""
    ticket = await service_harness.report()
    posts = RecordedCalls(post_card=[CARD], permalink=[LINK])
    key = f"card:{ticket.label}"
    service_harness.clock.move(2)
    assert await jobs(service_harness, posts).post_or_update_card(Run(key), ticket.id) is None
    assert posts.names == ["post_card", "permalink"]
    assert posts.calls[0][2].key == key
    stored = await service_harness.ticket(ticket.id)
    thread = stored.thread
    assert (thread.channel, thread.card_ts, thread.permalink) == ("C-SUPPORT", "1.0", LINK)
    assert stored.history == []
    for kind in ("confirm", "diagnose"):
        job = await service_harness.job(f"{kind}:{ticket.label}")
        assert job is not None
        assert job.due_at == service_harness.clock.now()


async def test_card_of_an_earlier_attempt_is_edited(service_harness: ServiceHarness) -> None:
    """A retry finds it in the escalation channel since the report, and posts no second one."""
    ticket = await service_harness.report()
    filed_at = service_harness.clock.now()
    posts, finder = RecordedCalls(permalink=[LINK]), PostedMessages(k=CARD)
    service_harness.clock.move(2)
    run = Run("k", is_retry=True)
    await jobs(service_harness, posts, finder).post_or_update_card(run, ticket.id)
    assert posts.names == ["permalink", "update_card"]
    where = Destination(TEAM, service_harness.context.settings.escalation_channel)
    assert finder.searched == [(where, "k", filed_at - 30 * SECOND)]
    assert (await service_harness.ticket(ticket.id)).thread.card_ts == "1.0"


async def test_existing_card_is_edited(service_harness: ServiceHarness) -> None:
    """Six times a second; then at the end of a second."""
    ticket = await with_card(service_harness)
    posts = RecordedCalls()
    made = jobs(service_harness, posts)
    for _ in range(6):
        assert await made.post_or_update_card(Run("k"), ticket.id) is None
    waits_until = await made.post_or_update_card(Run("k"), ticket.id)
    assert waits_until == service_harness.clock.now() + SECOND
    assert posts.names == ["update_card"] * 6


async def test_deleted_card_is_posted_again(service_harness: ServiceHarness) -> None:
    """The history says so, the address is fetched anew, and the diagnosis is posted under it."""
    ticket = await with_card(service_harness, LINK)
    await service_harness.finish_jobs()
    posts = RecordedCalls(
        update_card=[SLACK_GONE],
        post_card=[MessageRef("C-SUPPORT", "2.0")],
        permalink=["https://slack/2"],
    )
    assert await jobs(service_harness, posts).post_or_update_card(Run("k"), ticket.id) is None
    stored = await service_harness.ticket(ticket.id)
    assert posts.names == ["update_card", "post_card", "permalink"]
    assert (stored.thread.card_ts, stored.thread.permalink) == ("2.0", "https://slack/2")
    assert [event["what"] for event in stored.history] == ["reposted"]
    assert await service_harness.job(f"card:{ticket.label}")
    assert await service_harness.job(f"diagnose:{ticket.label}")
    assert await service_harness.job(f"confirm:{ticket.label}") is None


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("error", [None, SLACK_GONE, SLACK_NO_ACCESS])
async def test_reporter_gets_one_message(
    service_harness: ServiceHarness, error: Exception | None, *, known: bool
) -> None:
    """With the card's address, which is fetched unless it is known; edited afterwards."""
    ticket, target = (
        await with_card(service_harness, LINK if known else ""),
        await with_card(service_harness),
    )
    sent = MessageRef("D1", "5.0")
    posts = RecordedCalls(
        permalink=[LINK], confirm=[sent], update_confirmation=[error] if error else []
    )
    made = jobs(service_harness, posts)
    await made.confirm(Run("confirm:1"), ticket.id)
    assert posts.names == (["confirm"] if known else ["permalink", "confirm"])
    _, posted, run, merged_into = posts.calls[-1]
    assert (posted.reporter, posted.thread.permalink, run.key) == (REPORTER, LINK, "confirm:1")
    assert merged_into is None
    assert (await service_harness.ticket(ticket.id)).thread.permalink == LINK
    now = service_harness.clock.now()
    await service_harness.change(ticket.id, lambda t: t.merge(target, SUPPORT, now))
    await made.confirm(Run("confirm:1"), ticket.id)
    name, posted, message_ref, merged_into = posts.calls[-1]
    assert (name, posted.id, message_ref) == ("update_confirmation", ticket.id, sent)
    assert merged_into.id == target.id


async def test_delay_is_announced_once_and_before_the_confirmation(
    service_harness: ServiceHarness,
) -> None:
    """The confirmation waits for the card then; after the card there is nothing to announce."""
    ticket = await service_harness.report()
    posts = RecordedCalls(post_card=[SLACK_NO_ACCESS, SLACK_NO_ACCESS], permalink=["", ""])
    made = jobs(service_harness, posts)
    for _ in range(2):
        with pytest.raises(SlackAccessLostError):
            await made.post_or_update_card(Run("k"), ticket.id)
        job = await service_harness.job(f"announce_delay:{ticket.label}")
        assert job is not None
        await made.announce_delay(Run(job.name), *job.arguments)
    waits_until = await made.confirm(Run("c"), ticket.id)
    assert waits_until == service_harness.clock.now() + 300 * SECOND
    ((name, _, run, code),) = [call for call in posts.calls if call[0] != "post_card"]
    announcement = ("announce_delay", f"announce_delay:{ticket.label}", "channel_not_found")
    assert (name, run.key, code) == announcement
    await made.post_or_update_card(Run("k"), ticket.id)
    assert await made.confirm(Run("c"), ticket.id) is None
    assert posts.names.count("confirm") == 1

    other = await with_card(service_harness)
    await made.announce_delay(Run("d"), other.id, "is_archived")
    assert posts.names.count("announce_delay") == 1


async def test_no_delay_is_announced_without_a_token(service_harness: ServiceHarness) -> None:
    """The reporter cannot be written to either, and gets the confirmation afterwards."""
    ticket = await service_harness.report()
    revoked = SlackTokenError(message("revoked"), code="token_revoked")
    made = jobs(service_harness, RecordedCalls(post_card=[revoked]))
    with pytest.raises(SlackTokenError):
        await made.post_or_update_card(Run("k"), ticket.id)
    assert await service_harness.job(f"announce_delay:{ticket.label}") is None


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_card_in_a_channel_that_is_gone(
    service_harness: ServiceHarness, *, is_replaced: bool
) -> None:
    """It waits for its channel, unless another one is the escalation channel by now."""
    ticket = await with_card(service_harness)
    escalations = service_harness.context.settings.escalation_channel

    def change(stored: Ticket) -> None:
        stored.thread.channel = "C-OLD" if is_replaced else escalations

    await service_harness.change(ticket.id, change)
    posts = RecordedCalls(
        update_card=[SLACK_NO_ACCESS],
        post_card=[MessageRef(escalations, "2.0")],
        permalink=[""],
    )
    made = jobs(service_harness, posts)
    if is_replaced:
        await made.post_or_update_card(Run("k"), ticket.id)
        assert (await service_harness.ticket(ticket.id)).thread.channel == escalations
    else:
        with pytest.raises(SlackAccessLostError):
            await made.post_or_update_card(Run("k"), ticket.id)
        assert posts.names == ["update_card"]
        assert await service_harness.job(f"announce_delay:{ticket.label}") is None


async def test_confirmation_without_a_card(service_harness: ServiceHarness) -> None:
    """It is sent without an address, which is not asked for."""
    ticket = await service_harness.report()
    posts = RecordedCalls()
    await jobs(service_harness, posts).confirm(Run("k"), ticket.id)
    assert posts.names == ["confirm"]


async def test_unknown_address_stays_unknown(service_harness: ServiceHarness) -> None:
    """It is optional: Slack may not return it now."""
    ticket = await with_card(service_harness)
    posts = RecordedCalls(permalink=[""])
    await jobs(service_harness, posts).confirm(Run("k"), ticket.id)
    assert posts.names == ["permalink", "confirm"]
    assert (await service_harness.ticket(ticket.id)).thread.permalink == ""


def test_card_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = jobs(service_harness, RecordedCalls())
    assert job_functions(made) == {
        "card": made.post_or_update_card,
        "confirm": made.confirm,
        "announce_delay": made.announce_delay,
        "answer_report": made.answer_report,
    }


async def test_answer_where_the_report_was_requested(service_harness: ServiceHarness) -> None:
    """Once the card is posted, else after ten seconds; not when its URL is not valid any more."""
    url = "https://hooks.slack.com/commands/1"
    clock = service_harness.clock
    tickets = [await service_harness.report(response_url=url) for _ in range(2)]
    posts = RecordedCalls(permalink=[LINK], answer_report=[None, SLACK_GONE])
    made = jobs(service_harness, posts)
    await made.post_or_update_card(Run("k"), tickets[0].id)
    due_at = []
    for ticket in tickets:
        job = await service_harness.job(f"answer_report:{ticket.label}")
        assert job is not None
        due_at.append(job.due_at)
        await made.answer_report(Run(job.name), *job.arguments)
    assert due_at == [clock.now(), clock.now() + 10 * SECOND]
    clock.move(30 * 60)
    await made.answer_report(Run("k"), tickets[0].id, url)
    answers = [call for call in posts.calls if call[0] == "answer_report"]
    assert [(ticket.thread.permalink, sent) for _, ticket, sent in answers] == [
        (LINK, url),
        ("", url),
    ]
    silent = await service_harness.report()
    assert await service_harness.job(f"answer_report:{silent.label}") is None
