"""A card that Slack refuses: plain text in its place, named by doctor, drawn again later."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from bot.cli import doctor
from bot.i18n.translator import Translator
from bot.sandbox.slack import Workspace
from handlers.admin import healthcheck_view
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

ONLY_CARDS: Final = "ticket.diagnose"  # a button of the full card, and of no other message
POINTER: Final = "[json-pointer:/blocks/1]"
CODES: Final = ["invalid_blocks", "msg_too_long", "invalid_blocks_format"]


@pytest.fixture
async def services(tmp_path: Path, fake_clock: FakeClock) -> AsyncIterator[ExternalServices]:
    """A Slack that refuses cards, and the clouds."""
    async with open_external_services(tmp_path, fake_clock) as opened:
        yield opened


def refuse_cards(workspace: Workspace, code: str, times: int = 1000) -> None:
    """Refuse full cards, new ones and edits."""
    for method in ("chat.postMessage", "chat.update"):
        workspace.fail_next(method, code, times=times, containing=ONLY_CARDS)


async def doctor_row(harness: Harness) -> dict[str, str]:
    """What doctor says about cards."""
    results = await doctor.run_checks(harness.settings, harness.clock.timing)
    rows = healthcheck_view.to_json(results, Translator("en"))
    return next(row for row in rows if row["name"] == "cards")


def count_refusals(harness: Harness) -> int:
    """Count the full cards that Slack refused."""
    return sum("'ok': False" in str(call["response"]) for call in harness.workspace.calls)


def is_full(card: dict[str, Any]) -> bool:
    """Whether a card has its buttons."""
    return ONLY_CARDS in text_of(card)


@pytest.mark.parametrize("code", CODES)
async def test_plain_card_stands_in_until_the_next_change(
    services: ExternalServices, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It has the facts and the reason; thread, confirmation and diagnosis come all the same."""
    caplog.set_level(logging.INFO)
    async with services.run_lagdesk() as harness:
        sam, cname = harness.workspace.person("sam"), "refused-1"
        refuse_cards(harness.workspace, code)
        assert (await report(sam, cname)).ok
        await harness.settled()
        card = find_card(harness, cname)
        assert not card.get("blocks")
        for fact in (
            "LD-1",
            cname,
            "kids",
            "Complaint",
            sam.id,
            "accepted",
            "卡住了",
            code,
        ):
            assert fact in card["text"]
        assert "10001" not in card["text"]  # masked, as on the full card
        assert (POINTER in card["text"]) == (code == "invalid_blocks")
        assert "/archives/" in text_of(direct_messages(harness, sam, cname)[0])
        assert len(find_diagnosis_posts(harness, cname)) == 1

        row = await doctor_row(harness)
        assert row["state"] == "warning"
        assert "LD-1 (1 in all)" in row["detail"]
        assert code in row["detail"]

        await harness.pass_time(400)  # the verdict changes the ticket
        refused = count_refusals(harness)
        for _ in range(3):
            await harness.pass_time(100)
        assert count_refusals(harness) == refused  # no loop
        named = [each.getMessage() for each in caplog.records if code in each.getMessage()]
        assert len(named) == 1
        assert (POINTER in named[0]) == (code == "invalid_blocks")

        harness.workspace.faults.clear()
        ticket, zhou = await find_ticket(harness, cname), harness.workspace.person("zhou")
        await harness.slack.services.tickets.claim(ticket.team, ticket.id, zhou.id)
        await harness.settled()
        card = find_card(harness, cname)
        assert is_full(card)
        assert "Claimed by" in text_of(card)
        assert (await doctor_row(harness))["state"] == "ok"


async def test_edit_that_is_refused(services: ExternalServices) -> None:
    """The old buttons do not stand beside facts that are no longer true."""
    async with services.run_lagdesk() as harness:
        await report(harness.workspace.person("sam"), "refused-2")
        await harness.settled()
        assert is_full(find_card(harness, "refused-2"))
        refuse_cards(harness.workspace, "invalid_blocks")
        ticket, zhou = await find_ticket(harness, "refused-2"), harness.workspace.person("zhou")
        await harness.slack.services.tickets.claim(ticket.team, ticket.id, zhou.id)
        await harness.settled()
        card = find_card(harness, "refused-2")
        assert not card.get("blocks")
        assert "Claimed by" in card["text"]


async def test_restart_draws_the_full_card(services: ExternalServices) -> None:
    """A newer version may write it correctly; as long as it does not, it is tried once a start."""
    async with services.run_lagdesk() as harness:
        refuse_cards(harness.workspace, "invalid_blocks")
        await report(harness.workspace.person("sam"), "refused-3")
        await harness.settled()
        refused = count_refusals(harness)
    async with services.run_lagdesk() as harness:
        await harness.settled()
        assert count_refusals(harness) == refused + 1
        assert not is_full(find_card(harness, "refused-3"))
    services.workspace.faults.clear()
    async with services.run_lagdesk() as harness:
        await harness.settled()
        assert is_full(find_card(harness, "refused-3"))


async def test_refused_diagnosis_becomes_text(
    services: ExternalServices, caplog: pytest.LogCaptureFixture
) -> None:
    """The verdict is in the thread and is stored, whatever Slack thinks of its blocks."""
    async with services.run_lagdesk() as harness:
        workspace, cname = harness.workspace, "class_77_1"
        for method in ("chat.postMessage", "chat.update"):
            workspace.fail_next(method, "invalid_blocks", times=1000, containing="verdict.details")
        await report(workspace.person("sam"), cname)
        await harness.settled()
        (posted,) = find_diagnosis_posts(harness, cname)
        assert not posted.get("blocks")
        assert "invalid_blocks" in posted["text"]
        assert len(posted["text"]) > 40
        assert (await find_ticket(harness, cname)).verdict is not None
        assert POINTER in caplog.text
