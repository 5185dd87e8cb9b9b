"""Cards, confirmations and the status of mentioned tickets, as they reach Slack."""

from __future__ import annotations

import pytest

from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from handlers.tickets.mentions import SlackMentionPosts
from handlers.tickets.posts import SlackTicketPosts
from tests.handlers.posting_harness import LIN, SAM, PostingHarness, posted_ticket
from tests.handlers.samples import NOW, make_ticket


def posts(posting: PostingHarness, *, has_menu: bool = False) -> SlackTicketPosts:
    """The posts of tickets."""
    return SlackTicketPosts(
        posting.poster,
        posting.users,
        posting.workspaces,
        has_menu=lambda _: has_menu,
    )


@pytest.mark.parametrize("has_menu", [True, False])
async def test_a_card(posting: PostingHarness, *, has_menu: bool) -> None:
    """In the escalation channel, in its language, with the menu that this ticket has."""
    card = await posts(posting, has_menu=has_menu).post_card(make_ticket(), Run("card"))
    (message,) = posting.messages()
    assert card == MessageRef(posting.channel, message["ts"])
    assert message["text"] == "LD-12: Complaint about channel class_77_1. Open."
    options = message["blocks"][1]["accessory"]["options"]
    assert (options[-1]["value"] == "12:room") is has_menu
    assert await posting.poster.find(Destination("T1", posting.channel), "card", NOW) in (
        card,
        None,
    )


async def test_a_card_is_updated(posting: PostingHarness) -> None:
    """In place."""
    ticket = await posted_ticket(posting)
    ticket.claim(SAM, NOW)
    await posts(posting).update_card(ticket)
    (message,) = posting.messages()
    assert message["text"].endswith("Claimed.")
    assert f"Claimed by <@{SAM}>" in str(message["blocks"])
    assert ticket.thread.card_ts.replace(".", "") in await posts(posting).permalink(ticket)


async def test_the_reporters_message(posting: PostingHarness) -> None:
    """By direct message, in the reporter's language; edited afterwards."""
    ticket = make_ticket(reporter=LIN)
    message_ref = await posts(posting).confirm(ticket, Run("confirm"), None)
    (message,) = posting.direct_messages("lin")
    assert message["text"] == "已创建工单 LD-12：class_77_1。"
    ticket.claim(SAM, NOW)
    await posts(posting).update_confirmation(ticket, message_ref, None)
    (message,) = posting.direct_messages("lin")
    assert f"<@{SAM}> 正在处理。" in str(message["blocks"])


async def test_mentions(posting: PostingHarness) -> None:
    """The owner by name, also where uids are not masked elsewhere."""
    sender = SlackMentionPosts(posting.poster, posting.users)
    ticket = make_ticket(assignee=SAM, claimed_at=NOW, cname="room-20002")
    await sender.post_status(
        Destination("T1", posting.channel),
        [ticket, make_ticket(number=13)],
        Run("m"),
    )
    (message,) = posting.messages()
    text = str(message["blocks"])
    name = await posting.users.name("T1", SAM)
    assert name
    assert f"Claimed by {name}, " in text
    assert "room-•••02" in text
    assert "Nobody has claimed it yet." in text
