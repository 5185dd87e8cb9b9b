"""Nothing reported is lost, and nothing said twice, whatever Slack does to our posts."""

from __future__ import annotations

import pytest

from bot.sandbox.slack import Workspace
from bot.store import models
from tests.conftest import Stage
from tests.scenario_helpers import (
    card_of,
    cards_of,
    count_reports,
    findings_of,
    report,
    text_of,
    ticket_of,
    told,
)

FAULTS = [
    ("ratelimited", False),
    ("http_500", False),
    ("http_500", True),
    ("dropped", False),
    ("dropped", True),
    ("internal_error", True),
    ("fatal_error", False),
]
METHODS = ["chat.postMessage", "chat.update", "chat.getPermalink"]


async def outlast(stage: Stage, rounds: int = 7) -> None:
    """Let the growing pauses between tries go by."""
    await stage.settled()
    for number in range(rounds):
        await stage.pass_time(min(6 * 2**number, 300))


async def see_everything_once(stage: Stage, cname: str) -> None:
    """One card, one confirmation, one diagnosis, one report; the card up to date."""
    card = card_of(stage, cname)
    assert "Reported to Agora: accepted" in text_of(card)
    assert 1 == len(findings_of(stage, cname))
    ticket = await ticket_of(stage, cname)
    reporter = stage.workspace.person(ticket.reporter)
    assert 1 == len([m for m in told(stage, reporter, cname) if "is filed" in m["text"]])
    assert 1 == count_reports(stage, cname)


# First, since hours pass in it: every ticket of the stage is then looked at again and again.
@pytest.mark.parametrize("way", ["archived", "removed", "scope"])
async def test_escalation_channel_is_gone_and_comes_back(http_stage: Stage, way: str) -> None:
    """The ticket stays, the reporter is told, and the card appears when it can."""
    workspace, cname = http_stage.workspace, f"gone-{way}"
    person = workspace.person("sam")
    open_escalations(workspace, way, is_open=False)
    assert (await report(person, cname)).ok
    await outlast(http_stage, 12)
    assert [] == cards_of(http_stage, cname)
    assert (way != "scope") == bool(told(http_stage, person, cname))
    assert cname == (await ticket_of(http_stage, cname)).cname
    open_escalations(workspace, way, is_open=True)
    await http_stage.pass_time(300)
    await http_stage.pass_time(60)
    await see_everything_once(http_stage, cname)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("error", "after_effect"), FAULTS)
async def test_slack_fails_around_our_posts(
    http_stage: Stage, method: str, error: str, *, after_effect: bool
) -> None:
    """Refused, broken or cut off, before or after the effect: everything stands once."""
    cname = f"slack-{METHODS.index(method)}-{FAULTS.index((error, after_effect))}"
    person = http_stage.workspace.person("sam")
    http_stage.workspace.fail_next(method, error, retry_after=0, times=3, after_effect=after_effect)
    assert (await report(person, cname)).ok
    await outlast(http_stage)
    http_stage.workspace.faults.clear()
    await see_everything_once(http_stage, cname)


async def test_permalink_is_learnt_later(http_stage: Stage) -> None:
    """When Slack does not tell the card's address at first, the explanation has it."""
    person = http_stage.workspace.person("sam")
    http_stage.workspace.fail_next("chat.getPermalink", "http_500", times=2)
    await report(person, "class_77_16")
    await outlast(http_stage)
    assert "/archives/" in text_of(told(http_stage, person, "class_77_16")[-1])


def open_escalations(workspace: Workspace, way: str, *, is_open: bool) -> None:
    """Close the escalation channel to Lagdesk, or open it again."""
    if way == "archived":
        (workspace.unarchive if is_open else workspace.archive)("escalations")
    elif way == "removed":
        (workspace.add_bot if is_open else workspace.remove_bot)("escalations")
    elif is_open:
        workspace.scopes.add("chat:write")
    else:
        workspace.scopes.discard("chat:write")


async def test_optional_scopes_may_be_missing(http_stage: Stage) -> None:
    """Without the right to read history a failed post is sent again rather than lost."""
    workspace = http_stage.workspace
    taken = {"channels:history", "groups:history", "im:history"}
    had = taken & workspace.scopes
    workspace.scopes.difference_update(taken)
    workspace.fail_next("chat.postMessage", "http_500", times=2)
    await report(workspace.person("sam"), "no-history")
    await outlast(http_stage)
    workspace.scopes.update(had)
    await see_everything_once(http_stage, "no-history")


async def test_deleted_card_is_posted_anew(http_stage: Stage) -> None:
    """When an admin deletes the card, the next change brings card and diagnosis back."""
    workspace = http_stage.workspace
    await report(workspace.person("sam"), "deleted-1")
    await http_stage.settled()
    channel = workspace.channel("escalations")
    del channel.messages[card_of(http_stage, "deleted-1")["ts"]]
    http_stage.clock.move(1)
    ticket = await ticket_of(http_stage, "deleted-1")
    desk = http_stage.house.desk
    await desk.claim(ticket.team, ticket.id, workspace.person("zhou").id)
    await outlast(http_stage, 2)
    card = card_of(http_stage, "deleted-1")
    assert ticket.card_ts != card["ts"]
    assert "Claimed by" in text_of(card)
    assert "the earlier card is gone" in text_of(card)
    assert 1 == len(findings_of(http_stage, "deleted-1"))


async def test_person_who_cannot_be_written_to(http_stage: Stage) -> None:
    """Somebody whose direct channel is closed for good is given up after a day."""
    workspace = http_stage.workspace
    sam, zhou = workspace.person("sam"), workspace.person("zhou")
    await report(sam, "left-us")
    await http_stage.settled()
    ticket = await ticket_of(http_stage, "left-us")
    name = f"tell:{ticket.label}:claimed:{sam.id}:0"
    workspace.fail_next("chat.postMessage", "account_inactive", times=10**6)
    await zhou.click(card_of(http_stage, "left-us"), "ticket.claim")
    await outlast(http_stage, 3)
    assert await is_owed(http_stage, name)
    await http_stage.pass_time(25 * 3600)
    workspace.faults.clear()
    assert not await is_owed(http_stage, name)


async def is_owed(stage: Stage, name: str) -> bool:
    """Tell whether a duty is not done yet."""
    duty = await stage.house.store.read(lambda session: session.get(models.Duty, name))
    return duty is not None and duty.done_at is None
