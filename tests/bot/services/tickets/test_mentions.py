"""Replies to messages that name tickets: which tickets, for whom, and how often."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any, Final

import pytest
from sqlmodel import select

from bot.jobs.run import Run
from bot.ports import Destination
from bot.services.publishing import Publisher
from bot.services.tickets.mentions import ChannelMessage, MentionJobs
from bot.store.models import Job, Mention
from bot.ticket import Ticket
from tests.bot.services.conftest import OUTSIDER, REPORTER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_NO_ACCESS,
    SLACK_UNREACHABLE,
    NoMessages,
    PostedMessages,
    RecordedCalls,
    job_functions,
)

_times = count(1)
CARD_LINK: Final = "https://x.slack.com/archives/C0SUPPORT/p1700000000{:06d}"


def say(text: str, person: str = SUPPORT, **changes: Any) -> ChannelMessage:
    """A message that starts a thread of its own."""
    ts = changes.pop("ts", f"1700000000.{next(_times):06d}")
    fields = {"team": TEAM, "channel": "C0TALK", "ts": ts, "thread_ts": ts}
    return ChannelMessage(**{**fields, "person": person, "text": text, **changes})


async def replies_to(harness: ServiceHarness, *messages: ChannelMessage) -> list[list[int]]:
    """Return the tickets of the replies that some messages enqueue."""

    async def enqueued() -> dict[str, Job]:
        query = select(Job).where(Job.kind == "mention")
        jobs = await harness.context.store.read(lambda session: session.exec(query).all())
        return {job.name: job for job in jobs}

    before = await enqueued()
    for message in messages:
        await harness.services.mentions.handle_message(message)
    new = [job for name, job in (await enqueued()).items() if name not in before]
    for job in new:
        ts, numbers = job.arguments[2:]
        assert job.arguments[:2] == [TEAM, "C0TALK"]
        assert job.name == f"mention:{TEAM}:C0TALK:{ts}:{'+'.join(map(str, numbers))}"
        assert job.due_at == harness.clock.now()
    return [job.arguments[3] for job in new]


async def test_three_tickets_are_answered(service_harness: ServiceHarness) -> None:
    """In the order in which they are named, each once; a message that names more is a list."""
    numbers = [(await service_harness.report()).id for _ in range(5)]
    named = [numbers[1], numbers[0], numbers[1], *numbers[2:]]
    text = " ".join(f"LD-{number}" for number in named)
    assert await replies_to(service_harness, say(text)) == [[numbers[1], numbers[0], numbers[2]]]


@pytest.mark.parametrize(
    ("person", "is_answered"), [(SUPPORT, True), (REPORTER, True), (OUTSIDER, False)]
)
async def test_only_tickets_that_the_author_may_see(
    service_harness: ServiceHarness, person: str, *, is_answered: bool
) -> None:
    """Support sees all, other people those they reported."""
    ticket = await service_harness.report()
    replies = await replies_to(service_harness, say(f"{ticket.label}?", person))
    assert replies == ([[ticket.id]] if is_answered else [])


async def test_tickets_beyond_the_twentieth_name_are_not_read(
    service_harness: ServiceHarness,
) -> None:
    """A message may name thousands."""
    ticket = await service_harness.report()
    unknown = [f"LD-{900000 + number}" for number in range(20)]
    assert await replies_to(service_harness, say(" ".join([*unknown, ticket.label]))) == []
    names = [*unknown[:19], ticket.label]
    assert await replies_to(service_harness, say(" ".join(names))) == [[ticket.id]]


async def test_unknown_tickets_and_other_teams(service_harness: ServiceHarness) -> None:
    """Neither is answered."""
    ticket = await service_harness.report()
    foreign = await service_harness.report(team="T2")
    assert await replies_to(service_harness, say("hello")) == []
    assert await replies_to(service_harness, say(f"LD-999999 {foreign.label}")) == []
    message = say(f"LD-999999 {foreign.label} {ticket.label}")
    assert await replies_to(service_harness, message) == [[ticket.id]]


async def test_link_to_a_card_names_its_ticket(service_harness: ServiceHarness) -> None:
    """But not in the ticket's own thread, where everybody sees it."""
    ticket = await service_harness.report()
    position = next(_times)
    ts = f"1700000000.{position:06d}"
    await service_harness.change(ticket.id, lambda t: t.thread.move_to("C0SUPPORT", ts))
    link = f"<{CARD_LINK.format(position)}>"
    assert await replies_to(service_harness, say(f"{link} {ticket.label}")) == [[ticket.id]]
    within = say(link, channel="C0SUPPORT", thread_ts=ts)
    assert await replies_to(service_harness, within) == []


async def test_same_message_and_its_edits(service_harness: ServiceHarness) -> None:
    """Delivered again it is not answered, an edit for what it adds."""
    one, other = await service_harness.report(), await service_harness.report()
    first = say(one.label)
    edit = say(f"{one.label} {other.label}", ts=first.ts)
    replies = await replies_to(service_harness, first, first, edit, first)
    assert replies == [[one.id], [other.id]]


@pytest.mark.parametrize(("after_s", "is_answered"), [(3599, False), (3600, True)])
async def test_thread_gets_one_reply_an_hour(
    service_harness: ServiceHarness, after_s: int, *, is_answered: bool
) -> None:
    """About each ticket, whoever asks; another thread gets its own."""
    ticket = await service_harness.report()
    first = say(ticket.label)
    assert await replies_to(service_harness, first) == [[ticket.id]]
    service_harness.clock.move(after_s)
    again = say(ticket.label, REPORTER, thread_ts=first.ts)
    assert await replies_to(service_harness, again) == ([[ticket.id]] if is_answered else [])
    assert await replies_to(service_harness, say(ticket.label)) == [[ticket.id]]


async def mentioned(harness: ServiceHarness) -> tuple[Ticket, ChannelMessage]:
    """A ticket, and a message of a thread that names it."""
    ticket = await harness.report()
    message = say(ticket.label, thread_ts="1600000000.000001")
    await harness.services.mentions.handle_message(message)
    return ticket, message


async def reply(
    harness: ServiceHarness, posts: RecordedCalls, ts: str, numbers: list[int], **options: Any
) -> None:
    """Run the job of a reply."""
    publisher = Publisher(options.get("finder") or NoMessages())
    made = MentionJobs(harness.context, publisher, posts)
    assert job_functions(made) == {"mention": made.post_status}
    run = Run("mention:k", is_retry="finder" in options)
    await made.post_status(run, TEAM, "C0TALK", ts, numbers)


async def test_status_is_posted_in_the_thread(service_harness: ServiceHarness) -> None:
    """Of the tickets that exist; a retry finds the reply of the attempt before."""
    ticket, message = await mentioned(service_harness)
    posts, finder = RecordedCalls(), PostedMessages()
    numbers = [999999, ticket.id]
    await reply(service_harness, posts, message.ts, numbers, finder=finder)
    where = Destination(TEAM, "C0TALK", "1600000000.000001")
    name, thread, tickets, run = posts.calls[0]
    assert (name, thread, [each.id for each in tickets], run.key) == (
        "post_status",
        where,
        [ticket.id],
        "mention:k",
    )
    since = service_harness.clock.now() - dt.timedelta(seconds=30)
    assert finder.searched == [(where, "mention:k", since)]


async def test_nothing_to_say(service_harness: ServiceHarness) -> None:
    """A message that is not stored, or no ticket."""
    ticket, message = await mentioned(service_harness)
    posts = RecordedCalls()
    await reply(service_harness, posts, "1.5", [ticket.id])
    await reply(service_harness, posts, message.ts, [999999])
    assert posts.calls == []


@pytest.mark.parametrize(("after_s", "is_posted"), [(600, True), (601, False)])
async def test_late_reply_is_of_no_use(
    service_harness: ServiceHarness, after_s: int, *, is_posted: bool
) -> None:
    """After ten minutes."""
    ticket, message = await mentioned(service_harness)
    service_harness.clock.move(after_s)
    posts = RecordedCalls()
    await reply(service_harness, posts, message.ts, [ticket.id])
    assert (len(posts.calls) == 1) is is_posted


async def test_reply_that_cannot_be_posted(service_harness: ServiceHarness) -> None:
    """Without access it is given up; what can be retried is raised."""
    ticket, message = await mentioned(service_harness)
    posts = RecordedCalls(post_status=[SLACK_NO_ACCESS, SLACK_UNREACHABLE])
    await reply(service_harness, posts, message.ts, [ticket.id])
    with pytest.raises(type(SLACK_UNREACHABLE)):
        await reply(service_harness, posts, message.ts, [ticket.id])


async def test_mention_is_stored(service_harness: ServiceHarness) -> None:
    """With its author and its thread."""
    ticket, message = await mentioned(service_harness)
    key = (TEAM, "C0TALK", message.ts)
    stored = await service_harness.context.store.read(lambda s: s.get_one(Mention, key))
    assert (stored.person, stored.thread_ts, stored.ticket_numbers) == (
        SUPPORT,
        "1600000000.000001",
        [ticket.id],
    )
