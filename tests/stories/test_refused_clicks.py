"""A click without effect is acknowledged only when its sender has read why."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from bot.sandbox.slack import Person
from bot.store import Store
from tests.conftest import Harness, open_harness
from tests.database_faults import SQLITE_FAULTS
from tests.scenario_helpers import (
    ephemeral_texts,
    find_card,
    find_cards,
    find_ticket,
    report,
)

CNAME = "refused-1"


@pytest.fixture
async def guest(http_harness: Harness) -> Person:
    """A person who may not claim the ticket."""
    if not find_cards(http_harness, CNAME):
        assert (await report(http_harness.workspace.person("sam"), CNAME)).ok
        await http_harness.settled()
    http_harness.workspace.faults.clear()
    return http_harness.workspace.person("guest")


async def claim(harness: Harness, person: Person) -> bool:
    """Press the button of the card; return whether that is acknowledged."""
    return (await person.click(find_card(harness, CNAME), "ticket.claim")).ok


async def test_acknowledged_after_the_refusal(http_harness: Harness, guest: Person) -> None:
    """A process that dies right after the acknowledgement leaves nobody in the dark."""
    before = len(ephemeral_texts(guest, "escalations"))
    assert await claim(http_harness, guest)
    assert len(ephemeral_texts(guest, "escalations")) == before + 1


@pytest.mark.parametrize(
    ("database", "error"),
    [("", "http_500"), ("", "dropped"), ("", "used_url"), ("read-only", "timeout")],
)
async def test_refusal_that_is_not_sent(
    http_harness: Harness, guest: Person, database: str, error: str
) -> None:
    """Slack itself says that the click failed; it does not wait for a slow Slack for that."""
    store: Store = http_harness.application.store
    http_harness.workspace.fail_next("response_url", error, times=10)
    with SQLITE_FAULTS[database](store) if database else nullcontext():
        assert not await claim(http_harness, guest)


async def test_support_is_not_refused_for_a_slow_slack(tmp_path: Path) -> None:
    """While Slack does not say who is support, everybody reads that, in their language."""
    async with open_harness(tmp_path) as harness:
        zhou, guest = (harness.workspace.person(name) for name in ("zhou", "guest"))
        assert (await report(guest, CNAME)).ok
        await harness.settled()
        harness.workspace.fail_next("conversations.members", "dropped", times=1000)
        for person, why in (
            (zhou, "无法向 Slack 查询谁是支持人员"),
            (guest, "Slack could not be asked"),
        ):
            await claim(harness, person)
            assert why in ephemeral_texts(person, "escalations")[-1]
        assert why in (await guest.command("/tickets", "open")).text
        harness.workspace.faults.clear()
        await claim(harness, zhou)
        assert (await find_ticket(harness, CNAME)).assignee == zhou.id
