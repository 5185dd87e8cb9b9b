"""Notifications, notes and offers, as they reach Slack."""

from __future__ import annotations

import pytest

from bot.jobs.run import Run
from bot.ports import MessageRef
from bot.services.notifications.rules import Notification
from handlers.notifications.posts import SlackTicketNotifications
from tests.handlers.posting_harness import LIN, SAM, PostingHarness, posted_ticket
from tests.handlers.samples import NOW


async def test_notifications(posting: PostingHarness) -> None:
    """By direct message; updated in place; notes and offers in the thread."""
    sender = SlackTicketNotifications(posting.poster, posting.users)
    ticket = await posted_ticket(posting)
    ticket.resolve(SAM, NOW, cause="network.loss", resolution="cable")
    notification = Notification(12, "offered", LIN, "0")
    ref = await sender.send_direct_message(ticket, notification, Run(notification.name))
    (message,) = posting.direct_messages("lin")
    before = message["text"]
    assert ref.ts == message["ts"]
    ticket.reopen(LIN, NOW)
    await sender.update_notification(ticket, ref, notification)
    (updated,) = posting.direct_messages("lin")
    assert updated["text"] != before
    await sender.post_note(ticket, ticket, ticket.history[-1], Run("note"))
    assert [m["text"] for m in posting.messages(ticket.thread.card_ts)[1:]] == [
        f"LD-12 · <@{LIN}> opened it again\nResolved before by <@{SAM}>",
    ]


@pytest.mark.parametrize("in_thread", [True, False])
async def test_offers_to_reopen(posting: PostingHarness, *, in_thread: bool) -> None:
    """One person sees it in the thread, or it is a direct message."""
    sender = SlackTicketNotifications(posting.poster, posting.users)
    ticket = await posted_ticket(posting)
    ticket.resolve(SAM, NOW, cause="network.loss", resolution="cable")
    sam = posting.workspace.person("sam")
    offer = Notification(12, "offered", SAM, "0")
    ref = await sender.offer_reopening(ticket, offer, in_thread=in_thread)
    assert len(sam.ephemerals("escalations")) == int(in_thread)
    assert len(posting.direct_messages("sam")) == int(not in_thread)
    assert (ref == MessageRef(posting.channel, "")) is in_thread
