"""Escalation: who is mentioned when, what the card says, and what ends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.scenario import build_simulated_call
from bot.sandbox.slack import Person
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    Json,
    direct_messages,
    find_card,
    find_replies,
    find_ticket,
    open_external_services,
    report,
    text_of,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
AFTER_S = 900


@pytest.fixture(scope="module")
async def services(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds on a morning in Shanghai, without Lagdesk."""
    folder: Path = tmp_path_factory.mktemp("lagdesk")
    clock = FakeClock()
    now = clock.now().astimezone(SHANGHAI)
    morning = now.replace(hour=9, minute=0, second=0) + dt.timedelta(days=1)
    clock.move((morning - now).total_seconds())
    async with open_external_services(folder, clock) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


def calls(harness: Harness, cname: str) -> list[Json]:
    """The posts that call support, or somebody by name, into a ticket's thread."""
    replies = find_replies(harness, find_card(harness, cname))
    return [m for m in replies if m["text"].startswith(("<!", "<@"))]


def state_of(harness: Harness, cname: str) -> str:
    """The lines of state on a card."""
    (block,) = [b for b in find_card(harness, cname)["blocks"] if b["block_id"].startswith("state")]
    return text_of(block)


async def filed(harness: Harness, person: Person, cname: str) -> None:
    """Report a call and wait for what follows."""
    await report(person, cname)
    await harness.settled()


async def test_from_the_first_call_to_the_last(services: ExternalServices) -> None:
    """Support, support again, the lead by name and privately; over three starts, each once."""
    sam, maya = services.workspace.person("sam"), services.workspace.person("maya")
    async with services.run_lagdesk(ESCALATE_TO=maya.id) as harness:
        await filed(harness, sam, "alone-1")
        assert "If unclaimed, next alert: support · <!date^" in state_of(harness, "alone-1")
        await harness.pass_time(AFTER_S - 90)
        assert calls(harness, "alone-1") == []
        await harness.pass_time(91)
        assert len(calls(harness, "alone-1")) == 1
        state = state_of(harness, "alone-1")
        assert "Escalated to support · <!date^" in state
        assert "next alert: support again · <!date^" in state
    async with services.run_lagdesk(ESCALATE_TO=maya.id) as harness:
        await harness.settled()
        assert len(calls(harness, "alone-1")) == 1
        await harness.pass_time(AFTER_S)
        assert "is still unclaimed, 30 min after" in calls(harness, "alone-1")[1]["text"]
        assert f"next alert: <@{maya.id}> · <!date^" in state_of(harness, "alone-1")
        services.workspace.fail_next("chat.postMessage", "dropped", after_effect=True, times=2)
    services.workspace.faults.clear()
    async with services.run_lagdesk(ESCALATE_TO=maya.id) as harness:
        services.workspace.fail_next("chat.postMessage", "http_500", after_effect=True, times=2)
        for _ in range(4):
            await harness.pass_time(AFTER_S)
        services.workspace.faults.clear()
        await harness.pass_time(24 * 3600)
        *_, last = calls(harness, "alone-1")
        assert len(calls(harness, "alone-1")) == 3
        assert last["text"].startswith(f"<@{maya.id}> LD-1 was reported 45 min ago")
        (private,) = direct_messages(harness, maya, "alone-1")
        assert "was reported 45 min ago, and nobody has claimed it" in private["text"]
        assert "ticket.claim" in text_of(private)
        assert "/archives/" in text_of(private)
        state = state_of(harness, "alone-1")
        assert state.count("Escalated to support") == 1
        assert " · again · <!date^" in state
        assert f"alerted <@{maya.id}> · <!date^" in state
        assert "next" not in state


async def test_what_people_do_counts(services: ExternalServices) -> None:
    """The button is a step, a claim ends it, a reopening begins anew; the last call is for all."""
    sam = services.workspace.person("sam")
    async with services.run_lagdesk() as harness:
        await filed(harness, sam, "hand-1")
        await sam.click(find_card(harness, "hand-1"), "ticket.escalate")
        await harness.settled()
        state = state_of(harness, "hand-1")
        assert f"Escalated to support by <@{sam.id}>" in state
        assert "next alert: support again" in state
        assert f"<@{sam.id}> asks for help with LD-" in calls(harness, "hand-1")[0]["text"]
        await harness.pass_time(AFTER_S + 1)
        assert len(calls(harness, "hand-1")) == 2
        assert "If unclaimed, final alert" in state_of(harness, "hand-1")
        await sam.click(find_card(harness, "hand-1"), "ticket.claim")
        await harness.settled()
        assert "next" not in state_of(harness, "hand-1")
        await harness.pass_time(3 * AFTER_S)
        assert len(calls(harness, "hand-1")) == 2
        await sam.click(find_card(harness, "hand-1"), "ticket.resolve")
        view = await sam.wait_for_view("resolve")
        await sam.submit(view, {"cause": "none", "resolution": "fine now"})
        await harness.settled()
        await sam.click(find_card(harness, "hand-1"), "ticket.reopen")
        await harness.settled()
        state = state_of(harness, "hand-1")
        assert "Escalated" not in state
        assert "next alert: support · <!date^" in state
        for number in (3, 4, 5, 5):
            await harness.pass_time(AFTER_S + 1)
            assert number == len(calls(harness, "hand-1"))
        assert "<!here> Final alert: " in calls(harness, "hand-1")[-1]["text"]
        assert "final alert · <!date^" in state_of(harness, "hand-1")


def hold(services: ExternalServices, cname: str, *, minutes_left: float) -> None:
    """Let a class have begun half an hour ago, which goes on a little longer."""
    length_s = 1800 + 60 * minutes_left
    started_at = services.clock() - 1800
    services.clouds.add(
        build_simulated_call(
            *("uplink_loss_video", cname),
            seed=9,
            started_at=started_at,
            length_s=length_s,
            complaint_after_s=1800,
        )
    )


async def test_a_class_that_is_on_is_faster(services: ExternalServices) -> None:
    """Half the interval while the class is on; after its end the next step is postponed."""
    sam = services.workspace.person("sam")
    hold(services, "on-1", minutes_left=20)  # over between the second step and the third
    async with services.run_lagdesk() as harness:
        await filed(harness, sam, "on-1")
        assert "· class in progress" in state_of(harness, "on-1")
        services.clouds.fail_next("analytics/call/lists", "http_500", times=99)
        await harness.pass_time(AFTER_S / 2 + 1)
        (first,) = calls(harness, "on-1")
        assert first["text"].endswith("The class is still in progress.")
        await harness.pass_time(AFTER_S / 2)
        assert len(calls(harness, "on-1")) == 2
        services.clouds.clear_faults()
        await harness.pass_time(AFTER_S / 2)
        assert len(calls(harness, "on-1")) == 2
        assert "· class in progress" not in state_of(harness, "on-1")
        ticket = await find_ticket(harness, "on-1")
        assert ticket.is_live is False
        await harness.pass_time(AFTER_S)
        assert len(calls(harness, "on-1")) == 2
        await harness.pass_time(AFTER_S / 2 + 60)
        assert len(calls(harness, "on-1")) == 3


async def test_quiet_hours(services: ExternalServices) -> None:
    """At night a ticket waits for the morning, a class that is on does not; both cards say so."""
    lin = services.workspace.person("lin")
    now = services.clock.now().astimezone(SHANGHAI)
    evening = now.replace(hour=21, minute=50, second=0) + dt.timedelta(days=1)
    services.clock.move((evening - now).total_seconds())
    hold(services, "night-on", minutes_left=60)
    hours = "22:00-08:00"
    async with services.run_lagdesk(QUIET_HOURS=hours, DEFAULT_LOCALE="both") as harness:
        await filed(harness, lin, "night-1")
        await filed(harness, lin, "night-on")
        state = state_of(harness, "night-1")
        assert "· 在此之前是免打扰时段 / quiet hours until then" in state
        morning = (evening + dt.timedelta(days=1)).replace(hour=8, minute=0)
        assert f"<!date^{int(morning.timestamp())}^" in state
        await harness.pass_time(AFTER_S + 1)
        assert (calls(harness, "night-1"), len(calls(harness, "night-on"))) == ([], 1)
        assert "正在上课" in calls(harness, "night-on")[0]["text"]
        await harness.pass_time(9 * 3600)
        assert calls(harness, "night-1") == []
    async with services.run_lagdesk(QUIET_HOURS=hours) as harness:
        await harness.pass_time(3600)
        assert len(calls(harness, "night-1")) == 1


async def test_policy_in_words(services: ExternalServices) -> None:
    """/lagdesk policy says what the settings mean, in the reader's language."""
    sam, lin = services.workspace.person("sam"), services.workspace.person("lin")
    hours = "22:00-08:00"
    async with services.run_lagdesk(ESCALATE_TO=sam.id, QUIET_HOURS=hours, ESCALATE_AFTER="20m"):
        english = (await sam.command("/lagdesk", "policy")).text
        chinese = (await lin.command("/lagdesk", "policy")).text
    for phrase in ("20 min after the report", f"<@{sam.id}>", "every wait is 10 min", "40 min"):
        assert phrase in english
    assert "22:00–08:00 Asia/Shanghai" in english
    for phrase in ("20 分", f"<@{sam.id}>", "10 分", "22:00–08:00 Asia/Shanghai", "免打扰时段"):
        assert phrase in chinese
