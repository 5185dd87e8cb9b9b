"""Sending private messages and notes: once, unless they are outdated or undeliverable."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest

from bot.errors import SlackTokenError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.notifications.jobs import NotificationJobs
from bot.services.notifications.rules import Notification
from bot.services.publishing import Publisher
from bot.store.models import SentNotification
from bot.ticket import Ticket
from tests.bot.services.conftest import REPORTER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import (
    SLACK_GONE,
    SLACK_NO_ACCESS,
    SLACK_REFUSED,
    SLACK_UNANSWERED,
    SLACK_UNREACHABLE,
    NoMessages,
    PostedMessages,
    RecordedCalls,
    job_functions,
)

MINUTE: Final = dt.timedelta(minutes=1)
SENT: Final = MessageRef("D1", "5.0")


def jobs(harness: ServiceHarness, sender: RecordedCalls, finder: Any = None) -> NotificationJobs:
    """The jobs that send with this sender."""
    return NotificationJobs(harness.context, Publisher(finder or NoMessages()), sender)


async def row(harness: ServiceHarness, notification: Notification) -> SentNotification | None:
    """Return the row of a message."""
    number, kind, person, occasion = notification.arguments
    key = (number, person, kind, occasion)
    return await harness.context.store.read(lambda session: session.get(SentNotification, key))


async def claimed(harness: ServiceHarness) -> tuple[Ticket, Notification]:
    """A ticket that was handed over, and the message about that to its assignee."""
    ticket = await harness.report()
    await harness.change(ticket.id, lambda t: t.hand_over(SUPPORT, "U-OTHER", harness.clock.now()))
    return ticket, Notification(ticket.id, "handed", SUPPORT, "1")


async def resolved(harness: ServiceHarness) -> Ticket:
    """A resolved ticket."""
    ticket = await harness.report()
    service = harness.services.tickets
    return await service.resolve(TEAM, ticket.id, SUPPORT, cause="", resolution="done")


async def test_message_is_sent_once(service_harness: ServiceHarness) -> None:
    """Its position is stored, and the same job again sends nothing."""
    _, notification = await claimed(service_harness)
    sender = RecordedCalls(send_direct_message=[SENT])
    made = jobs(service_harness, sender)
    for _ in range(2):
        await made.send_direct_message(Run(notification.name), *notification.arguments)
    assert [(name, sent, run.key) for name, _, sent, run in sender.calls] == [
        ("send_direct_message", notification, notification.name)
    ]
    stored = await row(service_harness, notification)
    now = service_harness.clock.now()
    assert stored is not None
    assert (stored.channel, stored.ts, stored.sent_at, stored.attempted_at) == (
        "D1",
        "5.0",
        now,
        now,
    )


async def test_message_of_an_earlier_attempt_is_not_sent_again(
    service_harness: ServiceHarness,
) -> None:
    """A retry searches the person's messages since the first attempt."""
    _, notification = await claimed(service_harness)
    sender = RecordedCalls(send_direct_message=[SLACK_UNANSWERED])
    run = Run(notification.name)
    with pytest.raises(type(SLACK_UNANSWERED)):
        await jobs(service_harness, sender).send_direct_message(run, *notification.arguments)
    attempted_at = service_harness.clock.now()
    service_harness.clock.move(60)
    finder = PostedMessages()
    finder.posted[notification.name] = SENT
    await jobs(service_harness, sender, finder).send_direct_message(run, *notification.arguments)
    assert sender.names == ["send_direct_message"]
    where = Destination(TEAM, person=SUPPORT)
    assert finder.searched == [(where, run.key, attempted_at - MINUTE / 2)]
    stored = await row(service_harness, notification)
    assert stored is not None
    assert (stored.ts, stored.sent_at) == ("5.0", service_harness.clock.now())


async def test_message_that_was_not_sent_is_sent_by_the_retry(
    service_harness: ServiceHarness,
) -> None:
    """The search finds none."""
    _, notification = await claimed(service_harness)
    sender = RecordedCalls(send_direct_message=[SLACK_UNREACHABLE, SENT])
    run = Run(notification.name)
    with pytest.raises(type(SLACK_UNREACHABLE)):
        await jobs(service_harness, sender).send_direct_message(run, *notification.arguments)
    made = jobs(service_harness, sender, PostedMessages())
    await made.send_direct_message(run, *notification.arguments)
    assert len(sender.calls) == 2


async def test_account_without_access_is_given_up_after_a_day(
    service_harness: ServiceHarness,
) -> None:
    """Until then the job is retried."""
    _, notification = await claimed(service_harness)
    sender = RecordedCalls(send_direct_message=[SLACK_NO_ACCESS] * 3)
    made = jobs(service_harness, sender, PostedMessages())
    for seconds in (0, 24 * 3600 - 1):
        service_harness.clock.move(seconds)
        with pytest.raises(type(SLACK_NO_ACCESS)):
            await made.send_direct_message(Run("k"), *notification.arguments)
    service_harness.clock.move(1)
    await made.send_direct_message(Run("k"), *notification.arguments)
    assert len(sender.calls) == 3


@pytest.mark.parametrize(
    ("status", "kind", "person", "occasion", "is_true"),
    [
        ("claimed", "handed", SUPPORT, "1", True),
        ("claimed", "handed", "U-OTHER", "1", False),
        ("claimed", "alerted", "U7", "", False),
        ("resolved", "handed", SUPPORT, "1", False),
        ("resolved", "alerted", "U7", "", False),
        ("open", "alerted", "U7", "", True),
    ],
)
async def test_outdated_message_is_not_sent(
    service_harness: ServiceHarness,
    status: str,
    kind: str,
    person: str,
    occasion: str,
    *,
    is_true: bool,
) -> None:
    """What it says must still be so."""
    ticket, _ = await claimed(service_harness)
    if status == "open":
        await service_harness.services.tickets.unclaim(TEAM, ticket.id, SUPPORT)
    if status == "resolved":
        await service_harness.services.tickets.resolve(
            TEAM, ticket.id, SUPPORT, cause="", resolution=""
        )
    sender = RecordedCalls()
    made = jobs(service_harness, sender)
    await made.send_direct_message(Run("k"), ticket.id, kind, person, occasion)
    assert (len(sender.calls) == 1) is is_true


@pytest.mark.parametrize("error", [None, SLACK_GONE, SLACK_NO_ACCESS])
async def test_sent_message_is_edited(service_harness: ServiceHarness, error: Any) -> None:
    """At its position; a deleted one needs no edit."""
    ticket, notification = await claimed(service_harness)
    sender = RecordedCalls(send_direct_message=[SENT], update_notification=[error] if error else [])
    made = jobs(service_harness, sender)
    await made.send_direct_message(Run("k"), *notification.arguments)
    await made.update_notification(Run("k"), *notification.arguments)
    name, sent_ticket, position, edited = sender.calls[1]
    assert (name, sent_ticket.id, position, edited) == (
        "update_notification",
        ticket.id,
        SENT,
        notification,
    )


async def test_edit_without_a_token_is_tried_again(service_harness: ServiceHarness) -> None:
    """Else its old buttons would stand for good."""
    _, notification = await claimed(service_harness)
    revoked = SlackTokenError(message("revoked"), code="token_revoked")
    sender = RecordedCalls(send_direct_message=[SENT], update_notification=[revoked])
    made = jobs(service_harness, sender)
    await made.send_direct_message(Run("k"), *notification.arguments)
    with pytest.raises(SlackTokenError):
        await made.update_notification(Run("k"), *notification.arguments)


async def test_message_without_a_position_is_not_edited(service_harness: ServiceHarness) -> None:
    """It was never sent."""
    _, notification = await claimed(service_harness)
    sender = RecordedCalls()
    await jobs(service_harness, sender).update_notification(Run("k"), *notification.arguments)
    assert sender.calls == []


async def test_note_is_posted_in_the_thread(service_harness: ServiceHarness) -> None:
    """It waits for the card; a retry finds the note of the attempt before."""
    ticket, _ = await claimed(service_harness)
    thread = await service_harness.report()
    sender = RecordedCalls()
    waits_until = await jobs(service_harness, sender).post_note(Run("k"), thread.id, ticket.id, 0)
    assert waits_until == service_harness.clock.now() + MINUTE
    assert sender.calls == []
    await service_harness.change(thread.id, lambda t: t.thread.move_to("C1", "1.0"))
    event = (await service_harness.ticket(ticket.id)).history[0]
    assert await jobs(service_harness, sender).post_note(Run("k"), thread.id, ticket.id, 0) is None
    name, in_thread, of, posted, run = sender.calls[0]
    assert (name, in_thread.id, of.id, posted, run.key) == (
        "post_note",
        thread.id,
        ticket.id,
        event,
        "k",
    )
    finder = PostedMessages(k=SENT)
    retry = jobs(service_harness, sender, finder)
    await retry.post_note(Run("k", is_retry=True), thread.id, ticket.id, 0)
    assert len(sender.calls) == 1
    since = dt.datetime.fromisoformat(event["at"]) - MINUTE / 2
    assert finder.searched == [(Destination(TEAM, "C1", "1.0"), "k", since)]


async def offer(
    harness: ServiceHarness, ticket: Ticket, sender: RecordedCalls, ts: str, channel: str = ""
) -> None:
    """Run the job of an offer to reopen."""
    await jobs(harness, sender).offer_reopening(Run("k"), ticket.id, ts, channel)


@pytest.mark.parametrize(("channel", "in_thread"), [("", True), ("D1", False)])
async def test_offer_is_made_where_the_reply_is(
    service_harness: ServiceHarness, channel: str, *, in_thread: bool
) -> None:
    """In the thread or in private, to the reporter."""
    ticket = await resolved(service_harness)
    sender = RecordedCalls(offer_reopening=[MessageRef("C1", "")])
    await offer(service_harness, ticket, sender, "1.5", channel)
    name, _, notification, where = sender.calls[0]
    assert (name, where) == ("offer_reopening", in_thread)
    assert notification == Notification(ticket.id, "offered", REPORTER, "1.5")
    stored = await row(service_harness, notification)
    assert stored is not None
    assert stored.sent_at == service_harness.clock.now()


async def test_replies_in_a_row_get_one_offer(service_harness: ServiceHarness) -> None:
    """The next one after ten minutes; the same reply never again."""
    ticket = await resolved(service_harness)
    sender = RecordedCalls()
    await offer(service_harness, ticket, sender, "1.5")
    service_harness.clock.move(599)
    await offer(service_harness, ticket, sender, "1.6")
    assert len(sender.calls) == 1
    service_harness.clock.move(1)
    await offer(service_harness, ticket, sender, "1.5")
    assert len(sender.calls) == 1
    await offer(service_harness, ticket, sender, "1.7")
    assert len(sender.calls) == 2


async def test_open_ticket_is_not_offered(service_harness: ServiceHarness) -> None:
    """It needs no reopening."""
    ticket, _ = await claimed(service_harness)
    sender = RecordedCalls()
    await offer(service_harness, ticket, sender, "1.5")
    assert sender.calls == []


@pytest.mark.parametrize(
    ("error", "is_raised", "is_repeated"),
    [
        (SLACK_UNREACHABLE, True, True),
        (SLACK_UNANSWERED, True, False),
        (SLACK_REFUSED, True, True),
        (SLACK_NO_ACCESS, False, True),
    ],
)
async def test_offer_that_fails(
    service_harness: ServiceHarness, error: Exception, *, is_raised: bool, is_repeated: bool
) -> None:
    """It is repeated unless it may have arrived: an ephemeral message cannot be searched for."""
    ticket = await resolved(service_harness)
    sender = RecordedCalls(offer_reopening=[error])
    if is_raised:
        with pytest.raises(type(error)):
            await offer(service_harness, ticket, sender, "1.5")
    else:
        await offer(service_harness, ticket, sender, "1.5")
    await offer(service_harness, ticket, sender, "1.5")
    assert len(sender.calls) == (2 if is_repeated else 1)


def test_notification_handlers(service_harness: ServiceHarness) -> None:
    """The names under which jobs are stored."""
    made = jobs(service_harness, RecordedCalls())
    assert job_functions(made) == {
        "notify": made.send_direct_message,
        "update_notification": made.update_notification,
        "thread_note": made.post_note,
        "reopen_offer": made.offer_reopening,
    }
