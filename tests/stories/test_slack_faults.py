"""What people see of each fault of Slack, and that everything is there once when it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox.slack import Person
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    FORM,
    count_cloud_reports,
    direct_messages,
    early_calls,
    find_card,
    find_cards,
    find_diagnosis_posts,
    open_external_services,
    own_messages,
    report,
    text_of,
)

_RETRY_AFTER_S: Final = 30
_TIMEOUT_S: Final = 0.5  # of a call to Slack; ten seconds outside tests
_ALWAYS: Final = 10**6


@dataclass(frozen=True, slots=True)
class Row:
    """A fault. `form` is what a person reads for whom no form opens.

    A fault of a channel has a `reason`, which its reporter reads; it leaves private messages and
    forms alone. After an `arrived` fault, which happens once, the message stands in Slack.
    """

    error: str
    form: str = ""
    reason: str = ""
    arrived: bool = False

    def begin(self, harness: Harness, method: str) -> None:
        """Begin to fail calls of a method."""
        is_chat = method.startswith("chat.")
        harness.workspace.fail_next(
            *(method, self.error),
            retry_after=_RETRY_AFTER_S,
            times=1 if self.arrived else _ALWAYS,
            containing=harness.escalations if self.reason and is_chat else "",
            after_effect=self.arrived and is_chat,
        )


ROWS: Final = [
    Row("ratelimited", form="Please try again in 30 s"),
    Row("http_500", form="too slow"),
    Row("timeout", form="too slow", arrived=True),
    Row("token_revoked", form="no longer accepts Lagdesk's token"),
    Row("is_archived", reason="The escalation channel is archived."),
    Row("channel_not_found", reason="The escalation channel is gone"),
    Row("not_in_channel", reason="Lagdesk is not in the escalation channel."),
    Row("restricted_action", reason="may not post in the escalation channel"),
]


@pytest.fixture
async def harness(tmp_path: Path, fake_clock: FakeClock) -> AsyncIterator[Harness]:
    """A Lagdesk that soon gives up waiting for Slack."""
    async with (
        open_external_services(tmp_path, fake_clock, slack_timeout_s=_TIMEOUT_S) as services,
        services.run_lagdesk() as opened,
    ):
        yield opened
        assert slack_errors_of(services.workspace) == []
        assert early_calls(services.workspace, _RETRY_AFTER_S) == []


def count_messages(harness: Harness, person: Person, cname: str, words: str) -> int:
    """Count the private messages to a person about a channel that contain these words."""
    texts = [text_of(each) for each in direct_messages(harness, person, cname)]
    return sum(words in text for text in texts)


async def outlast(harness: Harness) -> None:
    """Let the fault last for five minutes."""
    await harness.settled()
    for pause_s in (10, 60, 230):
        await harness.pass_time(pause_s)


async def end_fault(harness: Harness) -> None:
    """Let Slack work again, and the pause before the next attempt pass."""
    harness.workspace.faults.clear()
    for pause_s in (300, 10, 10):
        await harness.pass_time(pause_s)


def assert_delivered_once(harness: Harness, cname: str, status: str) -> None:
    """One card, one diagnosis, one confirmation, one report to the cloud."""
    sam = harness.workspace.person("sam")
    assert status in text_of(find_card(harness, cname))
    assert len(find_diagnosis_posts(harness, cname)) == 1
    assert len(own_messages(harness, sam, cname)) == 1
    assert count_cloud_reports(harness, cname) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.error)
async def test_fault_at_each_call(harness: Harness, row: Row) -> None:
    """What a person sees while it lasts, and that all is there once when it is over."""
    if row.form:
        await no_form_opens(harness, row)
    await no_card_is_posted(harness, row)
    await card_is_not_edited(harness, row)
    await private_message_is_looked_for(harness, row)


async def no_form_opens(harness: Harness, row: Row) -> None:
    """views.open: whoever asked for a form reads why, and what to do."""
    row.begin(harness, "views.open")
    outcome = await harness.workspace.person("sam").command("/report", "card-1")
    assert outcome.ok
    assert row.form in outcome.text
    harness.workspace.faults.clear()
    harness.clock.move(_RETRY_AFTER_S)


async def no_card_is_posted(harness: Harness, row: Row) -> None:
    """chat.postMessage: the form is accepted; in a closed channel the reporter reads why."""
    sam = harness.workspace.person("sam")
    row.begin(harness, "chat.postMessage")
    assert (await report(sam, "card-1")).ok
    await harness.settled()
    assert len(find_cards(harness, "card-1")) == int(row.arrived)
    await outlast(harness)
    assert count_messages(harness, sam, "card-1", "cannot be opened") == bool(row.reason)
    assert count_messages(harness, sam, "card-1", row.reason) >= bool(row.reason)
    await end_fault(harness)
    assert_delivered_once(harness, "card-1", "Open")
    assert count_messages(harness, sam, "card-1", "cannot be opened") == bool(row.reason)


async def card_is_not_edited(harness: Harness, row: Row) -> None:
    """chat.update: the click counts; card and private message are behind for a while."""
    sam, zhou = (harness.workspace.person(name) for name in ("sam", "zhou"))
    row.begin(harness, "chat.update")
    assert (await zhou.click(find_card(harness, "card-1"), "ticket.claim")).ok
    await harness.settled()
    assert ("Claimed by" in text_of(find_card(harness, "card-1"))) == row.arrived
    await outlast(harness)
    await end_fault(harness)
    assert_delivered_once(harness, "card-1", "Claimed by")
    edited = count_messages(harness, sam, "card-1", "is working on it")
    assert edited == (not row.reason), "an edit that is refused for good is given up"


async def private_message_is_looked_for(harness: Harness, row: Row) -> None:
    """conversations.open: a message that may have arrived is not sent again before it is known."""
    sam, created = harness.workspace.person("sam"), "has been created"
    harness.workspace.fail_next(
        "chat.postMessage", "http_500", after_effect=True, containing=created
    )
    row.begin(harness, "conversations.open")
    assert (await report(sam, "private-1")).ok
    await outlast(harness)
    assert len(own_messages(harness, sam, "private-1")) == 1
    await end_fault(harness)
    assert_delivered_once(harness, "private-1", "Open")
    assert any(call["name"] == "conversations.open" for call in harness.workspace.calls)


@pytest.mark.parametrize("error", ["dropped", "token_revoked"])
async def test_all_of_slack_is_away_for_minutes(harness: Harness, error: str) -> None:
    """What was submitted and clicked meanwhile counts, and appears when Slack is back."""
    workspace = harness.workspace
    sam, zhou = workspace.person("sam"), workspace.person("zhou")
    await zhou.command("/tickets")  # then Lagdesk knows who is support
    await report(sam, "outage-1")
    await harness.settled()
    await sam.command("/report", "outage-2")
    view = await sam.wait_for_view("report")
    workspace.fail_next("*", error, retry_after=_RETRY_AFTER_S, times=_ALWAYS)
    assert (await sam.submit(view, {**FORM, "cname": "outage-2"})).ok
    assert (await zhou.click(find_card(harness, "outage-1"), "ticket.claim")).ok
    await outlast(harness)
    assert find_cards(harness, "outage-2") == []
    assert "Claimed by" not in text_of(find_card(harness, "outage-1"))
    await end_fault(harness)
    assert_delivered_once(harness, "outage-1", "Claimed by")
    assert_delivered_once(harness, "outage-2", "Open")
    assert count_messages(harness, sam, "outage-1", "is working on it") == 1
