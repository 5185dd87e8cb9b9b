"""Nothing reported is lost, and nothing is posted twice, whatever Slack does to our posts."""

from __future__ import annotations

import pytest

from bot.sandbox.slack import Workspace
from bot.services.tickets.actions import ActionRequest
from bot.store import models
from tests.conftest import Harness
from tests.scenario_helpers import (
    count_cloud_reports,
    direct_messages,
    find_card,
    find_cards,
    find_diagnosis_posts,
    find_ticket,
    own_messages,
    report,
    text_of,
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
CASES = [
    *((method, *fault) for method in METHODS[:2] for fault in FAULTS),
    *((METHODS[2], *fault) for fault in FAULTS[:2]),  # it only reads
]


async def outlast(harness: Harness, rounds: int = 5) -> None:
    """Let the growing pauses between tries go by."""
    await harness.settled()
    for number in range(rounds):
        await harness.pass_time(min(6 * 2**number, 300))


async def assert_delivered_once(harness: Harness, cname: str) -> None:
    """One card, one confirmation, one diagnosis, one report; the card up to date."""
    card = find_card(harness, cname)
    assert "Reported to Agora: accepted" in text_of(card)
    assert len(find_diagnosis_posts(harness, cname)) == 1
    ticket = await find_ticket(harness, cname)
    reporter = harness.workspace.person(ticket.reporter)
    assert len(own_messages(harness, reporter, cname)) == 1
    assert count_cloud_reports(harness, cname) == 1


# First, since its class is in progress only until hours have passed.
async def test_chart_is_uploaded_once(http_harness: Harness) -> None:
    """However often Slack refuses the edit that adds it to the diagnosis."""
    workspace, before = http_harness.workspace, len(http_harness.workspace.files)
    workspace.fail_next("chat.update", "ratelimited", times=99, containing="slack_file")
    await report(workspace.person("sam"), "class_77_19")
    await outlast(http_harness)
    for _ in range(5):
        await http_harness.pass_time(2)
    assert len(workspace.files) == before + 1
    workspace.faults.clear()
    await outlast(http_harness)
    (diagnosis,) = find_diagnosis_posts(http_harness, "class_77_19")
    assert "slack_file" in text_of(diagnosis)


# Second, since hours pass in it: every ticket is then diagnosed again and again.
@pytest.mark.parametrize("way", ["archived", "removed", "scope"])
async def test_escalation_channel_is_gone_and_comes_back(http_harness: Harness, way: str) -> None:
    """The ticket stays, the reporter is notified, and the card is posted as soon as possible."""
    workspace, cname = http_harness.workspace, f"gone-{way}"
    person = workspace.person("sam")
    open_escalations(workspace, way, is_open=False)
    assert (await report(person, cname)).ok
    await outlast(http_harness, 12)
    assert find_cards(http_harness, cname) == []
    assert (way != "scope") == bool(direct_messages(http_harness, person, cname))
    assert cname == (await find_ticket(http_harness, cname)).cname
    open_escalations(workspace, way, is_open=True)
    await http_harness.pass_time(300)
    await http_harness.pass_time(60)
    await assert_delivered_once(http_harness, cname)


@pytest.mark.parametrize(("method", "error", "after_effect"), CASES)
async def test_slack_fails_around_our_posts(
    http_harness: Harness, method: str, error: str, *, after_effect: bool
) -> None:
    """Refused, broken or cut off, before or after the effect: everything stands once."""
    cname = f"slack-{METHODS.index(method)}-{FAULTS.index((error, after_effect))}"
    person = http_harness.workspace.person("sam")
    http_harness.workspace.fail_next(
        method, error, retry_after=0, times=3, after_effect=after_effect
    )
    assert (await report(person, cname)).ok
    await outlast(http_harness)
    http_harness.workspace.faults.clear()
    await assert_delivered_once(http_harness, cname)


async def test_permalink_is_learnt_later(http_harness: Harness) -> None:
    """When the card's permalink is missing at first, the edited message has it."""
    person = http_harness.workspace.person("sam")
    http_harness.workspace.fail_next("chat.getPermalink", "http_500", times=2)
    await report(person, "class_77_16")
    await outlast(http_harness)
    assert "/archives/" in text_of(direct_messages(http_harness, person, "class_77_16")[-1])


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


async def test_optional_scopes_may_be_missing(http_harness: Harness) -> None:
    """Without the right to read history a failed post is sent again rather than lost."""
    workspace = http_harness.workspace
    taken = {"channels:history", "groups:history", "im:history"}
    had = taken & workspace.scopes
    workspace.scopes.difference_update(taken)
    workspace.fail_next("chat.postMessage", "http_500", times=2)
    await report(workspace.person("sam"), "no-history")
    await outlast(http_harness)
    workspace.scopes.update(had)
    await assert_delivered_once(http_harness, "no-history")


async def test_deleted_card_is_posted_anew(http_harness: Harness) -> None:
    """When an admin deletes the card, the next change brings card and diagnosis back."""
    workspace = http_harness.workspace
    await report(workspace.person("sam"), "deleted-1")
    await http_harness.settled()
    channel = workspace.channel("escalations")
    del channel.messages[find_card(http_harness, "deleted-1")["ts"]]
    http_harness.clock.move(1)
    ticket = await find_ticket(http_harness, "deleted-1")
    ticket_service = http_harness.slack.services.tickets
    await ticket_service.claim(ticket.team, ticket.id, workspace.person("zhou").id)
    await outlast(http_harness, 2)
    card = find_card(http_harness, "deleted-1")
    assert ticket.thread.card_ts != card["ts"]
    assert "Claimed by" in text_of(card)
    assert "the earlier card is gone" in text_of(card)
    assert len(find_diagnosis_posts(http_harness, "deleted-1")) == 1


async def test_person_who_cannot_be_written_to(http_harness: Harness) -> None:
    """Somebody whose direct channel is closed for good is given up after a day."""
    workspace = http_harness.workspace
    sam, zhou = workspace.person("sam"), workspace.person("zhou")
    await report(sam, "left-us")
    await http_harness.settled()
    ticket = await find_ticket(http_harness, "left-us")
    name = f"notify:{ticket.label}:handed:{sam.id}:1"
    workspace.fail_next("chat.postMessage", "account_inactive", times=10**6)
    act = ActionRequest(ticket.team, ticket.id, zhou.id, "V")
    await http_harness.slack.services.ticket_actions.hand_over(act, sam.id)
    await outlast(http_harness, 3)
    assert await is_enqueued(http_harness, name)
    await http_harness.pass_time(25 * 3600)
    workspace.faults.clear()
    assert not await is_enqueued(http_harness, name)


async def is_enqueued(harness: Harness, name: str) -> bool:
    """Return whether a job is not finished yet."""
    job = await harness.application.store.read(lambda session: session.get(models.Job, name))
    return job is not None and job.finished_at is None
