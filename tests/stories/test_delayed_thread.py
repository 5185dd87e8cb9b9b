"""A thread that was promised and cannot be opened: its reporter knows why, and what happens next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox.slack import Person, Workspace
from tests.conftest import FakeClock, Harness
from tests.scenario_helpers import (
    ExternalServices,
    direct_messages,
    find_card,
    find_diagnosis_posts,
    find_ticket,
    open_external_services,
    report,
    text_of,
)

CNAME: Final = "delayed-1"
Change = Callable[[Workspace], None]


@pytest.fixture
async def services(tmp_path: Path, fake_clock: FakeClock) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, fake_clock) as opened:
        yield opened


def archive(workspace: Workspace) -> None:
    """Archive the escalation channel."""
    workspace.archive("escalations")


def unarchive(workspace: Workspace) -> None:
    """Make the channel usable again."""
    workspace.unarchive("escalations")


def remove_bot(workspace: Workspace) -> None:
    """Remove Lagdesk from the channel."""
    workspace.remove_bot("escalations")


def add_bot(workspace: Workspace) -> None:
    """Invite Lagdesk again."""
    workspace.add_bot("escalations")


def refuse(code: str) -> Change:
    """Refuse messages in the channel with this code."""

    def change(workspace: Workspace) -> None:
        channel = workspace.channel("escalations").id
        for method in ("chat.postMessage", "conversations.history"):
            workspace.fail_next(method, code, times=1000, containing=channel)

    return change


def accept(workspace: Workspace) -> None:
    """Refuse nothing any more."""
    workspace.faults.clear()


def announcements(harness: Harness, person: Person) -> list[str]:
    """The messages that say that the thread cannot be opened."""
    texts = [text_of(each) for each in direct_messages(harness, person, CNAME)]
    return [text for text in texts if "cannot be opened" in text or "暂时无法创建" in text]


def confirmations(harness: Harness, person: Person) -> list[str]:
    """The normal confirmations."""
    texts = [text_of(each) for each in direct_messages(harness, person, CNAME)]
    return [text for text in texts if text not in announcements(harness, person)]


@pytest.mark.parametrize(
    ("reporter", "gone", "back", "reason"),
    [
        ("sam", archive, unarchive, "The escalation channel is archived."),
        ("lin", archive, unarchive, "升级频道已归档。"),
        ("sam", remove_bot, add_bot, "Lagdesk is not in the escalation channel."),
        ("sam", refuse("channel_not_found"), accept, "The escalation channel is gone"),
        ("sam", refuse("restricted_action"), accept, "may not post in the escalation channel"),
        (
            *("sam", refuse("restricted_action_read_only_channel"), accept),
            "may not post in the escalation channel",
        ),
        ("sam", refuse("team_not_found"), accept, "Slack refused: team"),
    ],
)
async def test_reporter_knows_that_the_thread_is_delayed(
    services: ExternalServices, reporter: str, gone: Change, back: Change, reason: str
) -> None:
    """Once, in their language; the normal confirmation follows the card."""
    async with services.run_lagdesk() as harness:
        workspace, person = harness.workspace, harness.workspace.person(reporter)
        gone(workspace)
        assert (await report(person, CNAME)).ok
        await harness.settled()
        (announced,) = announcements(harness, person)  # at once, not after the last try
        assert reason in announced
        for pause_s in (10, 60, 300, 300, 300):
            await harness.pass_time(pause_s)
        assert announcements(harness, person) == [announced]
        assert confirmations(harness, person) == []

        back(workspace)
        for pause_s in (300, 10):
            await harness.pass_time(pause_s)
        assert len(find_diagnosis_posts(harness, CNAME)) == 1
        (confirmed,) = confirmations(harness, person)
        assert "/archives/" in confirmed
        assert announcements(harness, person) == [announced]


@pytest.mark.parametrize(("gone", "back"), [(archive, unarchive), (remove_bot, add_bot)])
async def test_card_in_a_channel_that_was_closed_meanwhile(
    services: ExternalServices, gone: Change, back: Change
) -> None:
    """It is edited when that is possible again; there is no second card, and nothing to announce."""
    async with services.run_lagdesk() as harness:
        workspace, sam = harness.workspace, harness.workspace.person("sam")
        await report(sam, CNAME)
        await harness.settled()
        ticket, zhou = await find_ticket(harness, CNAME), workspace.person("zhou")
        gone(workspace)
        await harness.slack.services.tickets.claim(ticket.team, ticket.id, zhou.id)
        for pause_s in (10, 60, 300):
            await harness.pass_time(pause_s)
        back(workspace)
        for pause_s in (300, 10):
            await harness.pass_time(pause_s)
        assert len(find_diagnosis_posts(harness, CNAME)) == 1  # and one card
        assert "Claimed by" in text_of(find_card(harness, CNAME))
        assert announcements(harness, sam) == []


async def test_channel_that_is_replaced_by_another(services: ExternalServices) -> None:
    """The card of an older ticket moves with its next change: its channel does not exist."""
    async with services.run_lagdesk() as harness:
        await report(harness.workspace.person("sam"), CNAME)
        await harness.settled()
    workspace = services.workspace
    teachers, old = workspace.channel("teachers").id, workspace.channel("escalations")
    async with services.run_lagdesk(ESCALATION_CHANNEL=teachers) as harness:
        del workspace.channels[old.id]
        ticket, zhou = await find_ticket(harness, CNAME), workspace.person("zhou")
        await harness.slack.services.tickets.claim(ticket.team, ticket.id, zhou.id)
        await harness.settled()
        moved = await find_ticket(harness, CNAME)
        assert (ticket.thread.channel, moved.thread.channel) == (old.id, teachers)
        cards = [each for each in workspace.messages(teachers) if CNAME in text_of(each)]
        assert len(cards) == 1
        assert "Claimed by" in text_of(cards[0])
