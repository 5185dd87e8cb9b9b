"""Posts that page support and leads, and posts of incidents."""

from __future__ import annotations

from typing import Any

from bot.escalation import EscalationEvent, EscalationTarget
from bot.jobs.run import Run
from bot.ports import MessageRef
from bot.services.escalation.incidents import IncidentFacts
from handlers.escalation.posts import SlackIncidentPosts, SlackPager
from tests.handlers.posting_harness import LIN, SAM, PostingHarness, posted_ticket
from tests.handlers.samples import NOW, make_ticket


async def test_paging(posting: PostingHarness) -> None:
    """In the thread: the group, everybody there, leads or who is on call by name, or both."""
    ticket = await posted_ticket(posting)
    support, leads, on_call = (
        EscalationTarget.SUPPORT,
        EscalationTarget.LEADS,
        EscalationTarget.ON_CALL,
    )
    for target, group, people in (
        (support, "S1", ()),
        (support, "", ()),
        (leads, "S1", (SAM, LIN)),
        (on_call, "S1", (SAM,)),
        (support, "S1", (SAM,)),
    ):
        event = EscalationEvent(1, NOW, target, "", people, 1)
        workspaces = posting.workspaces_with(support_group=group)
        await SlackPager(posting.poster, posting.users, workspaces).page(
            ticket,
            event,
            Run(f"{target}{group}{people}"),
        )
    texts = [m["text"] for m in posting.messages(ticket.thread.card_ts)[1:]]
    called = [text.removesuffix(" LD-12 needs somebody to claim it.") for text in texts]
    assert called[:2] == ["<!subteam^S1>", "<!here>"]
    assert called[3:] == [f"<@{SAM}>", f"<@{SAM}> <!subteam^S1>"]
    assert called[2].startswith(f"<@{SAM}> <@{LIN}> LD-12 was reported")


async def test_incidents(posting: PostingHarness) -> None:
    """Posted in the escalation channel and updated in place."""
    sender = SlackIncidentPosts(posting.poster, posting.users, posting.workspaces)
    facts: dict[str, Any] = {"cause": "network.loss", "network": "", "opened_at": NOW}
    names: dict[str, Any] = {"id": 3, "label": "INC-3", "team": "T1", "app": "kids"}
    incident = IncidentFacts(**names, **facts, closed_at=None, closed_by="")
    tickets = [make_ticket(), make_ticket(number=13)]
    ref = await sender.post(incident, tickets, Run("incident"))
    (message,) = posting.messages()
    assert ref == MessageRef(posting.channel, message["ts"])
    assert "<!here> INC-3 needs somebody" in str(message["blocks"])
    closed = IncidentFacts(**names, **facts, closed_at=NOW, closed_by=SAM)
    await sender.update(closed, tickets, ref)
    (message,) = posting.messages()
    assert f"Closed by <@{SAM}>" in str(message["blocks"])
    assert ref.ts.replace(".", "") in await sender.permalink("T1", ref)
