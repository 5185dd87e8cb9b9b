"""Escalation: who is called when, what the card says of it, and what ends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.scenario import build_lesson
from bot.sandbox.slack import Person
from tests.conftest import MovedClock, Stage, faults_of
from tests.scenario_helpers import (
    Json,
    World,
    card_of,
    open_world,
    report,
    text_of,
    thread_of,
    ticket_of,
    told,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
AFTER_S = 900


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Slack and the clouds on a morning in Shanghai, without Lagdesk."""
    folder: Path = tmp_path_factory.mktemp("house")
    clock = MovedClock()
    now = clock.now().astimezone(SHANGHAI)
    morning = now.replace(hour=9, minute=0, second=0) + dt.timedelta(days=1)
    clock.move((morning - now).total_seconds())
    async with open_world(folder, clock) as built:
        yield built
        assert [] == faults_of(built.workspace)


def calls(stage: Stage, cname: str) -> list[Json]:
    """The posts that call support, or somebody by name, into a ticket's thread."""
    replies = thread_of(stage, card_of(stage, cname))
    return [m for m in replies if m["text"].startswith(("<!", "<@"))]


def state_of(stage: Stage, cname: str) -> str:
    """The lines of state on a card."""
    (block,) = [b for b in card_of(stage, cname)["blocks"] if b["block_id"].startswith("state")]
    return text_of(block)


async def filed(stage: Stage, person: Person, cname: str) -> None:
    """Report a call and wait for what follows."""
    await report(person, cname)
    await stage.settled()


async def test_from_the_first_call_to_the_last(world: World) -> None:
    """Support, support again, the lead by name and privately; over three starts, each once."""
    sam, maya = world.workspace.person("sam"), world.workspace.person("maya")
    async with world.lagdesk(ESCALATE_TO=maya.id) as stage:
        await filed(stage, sam, "alone-1")
        assert "If nobody claims it, next: support, <!date^" in state_of(stage, "alone-1")
        await stage.pass_time(AFTER_S - 90)
        assert [] == calls(stage, "alone-1")
        await stage.pass_time(91)
        assert 1 == len(calls(stage, "alone-1"))
        shown = state_of(stage, "alone-1")
        assert "Escalated to support, <!date^" in shown
        assert "next: support again, <!date^" in shown
    async with world.lagdesk(ESCALATE_TO=maya.id) as stage:
        await stage.settled()
        assert 1 == len(calls(stage, "alone-1"))
        await stage.pass_time(AFTER_S)
        assert "still has nobody, 30 min after" in calls(stage, "alone-1")[1]["text"]
        assert f"next: <@{maya.id}>, <!date^" in state_of(stage, "alone-1")
        world.workspace.fail_next("chat.postMessage", "dropped", after_effect=True, times=2)
    world.workspace.faults.clear()
    async with world.lagdesk(ESCALATE_TO=maya.id) as stage:
        world.workspace.fail_next("chat.postMessage", "http_500", after_effect=True, times=2)
        for _ in range(4):
            await stage.pass_time(AFTER_S)
        world.workspace.faults.clear()
        await stage.pass_time(24 * 3600)
        *_, last = calls(stage, "alone-1")
        assert 3 == len(calls(stage, "alone-1"))
        assert last["text"].startswith(f"<@{maya.id}> LD-1 was reported 45 min ago")
        (private,) = told(stage, maya, "alone-1")
        assert "Support was called for LD-1" in private["text"]
        assert "/archives/" in text_of(private)
        shown = state_of(stage, "alone-1")
        assert 1 == shown.count("Escalated to support")
        assert " · again, <!date^" in shown
        assert f"<@{maya.id}> called, <!date^" in shown
        assert "next" not in shown


async def test_what_people_do_counts(world: World) -> None:
    """The button is a step, a claim ends it, a reopening begins anew; the last call is for all."""
    sam = world.workspace.person("sam")
    async with world.lagdesk() as stage:
        await filed(stage, sam, "hand-1")
        await sam.click(card_of(stage, "hand-1"), "ticket.escalate")
        await stage.settled()
        shown = state_of(stage, "hand-1")
        assert f"Escalated to support by <@{sam.id}>" in shown
        assert "next: support again" in shown
        assert f"<@{sam.id}> asks for help with LD-" in calls(stage, "hand-1")[0]["text"]
        await stage.pass_time(AFTER_S + 1)
        assert 2 == len(calls(stage, "hand-1"))
        assert "next: a last call" in state_of(stage, "hand-1")
        await sam.click(card_of(stage, "hand-1"), "ticket.claim")
        await stage.settled()
        assert "next" not in state_of(stage, "hand-1")
        await stage.pass_time(3 * AFTER_S)
        assert 2 == len(calls(stage, "hand-1"))
        await sam.click(card_of(stage, "hand-1"), "ticket.resolve")
        view = await sam.view_opened("resolve")
        await sam.submit(view, {"cause": "none", "resolution": "fine now"})
        await stage.settled()
        await sam.click(card_of(stage, "hand-1"), "ticket.reopen")
        await stage.settled()
        shown = state_of(stage, "hand-1")
        assert "Escalated" not in shown
        assert "next: support, <!date^" in shown
        for number in (3, 4, 5, 5):
            await stage.pass_time(AFTER_S + 1)
            assert number == len(calls(stage, "hand-1"))
        assert "<!here> Last call: " in calls(stage, "hand-1")[-1]["text"]
        assert "last call, <!date^" in state_of(stage, "hand-1")


def hold(world: World, cname: str, *, minutes_left: float) -> None:
    """Let a class have begun half an hour ago, which goes on a little longer."""
    length_s = 1800 + 60 * minutes_left
    started_at = world.clock() - 1800
    world.clouds.add(
        build_lesson("healthy", cname, seed=9, started_at=started_at, length_s=length_s)
    )


async def test_a_class_that_is_on_is_faster(world: World) -> None:
    """Half the pause while it is on; found to be over, the next step is put off, and seen so."""
    sam = world.workspace.person("sam")
    hold(world, "on-1", minutes_left=20)  # over between the second step and the third
    async with world.lagdesk() as stage:
        await filed(stage, sam, "on-1")
        assert "(the class is still on)" in state_of(stage, "on-1")
        world.clouds.fail_next("analytics/call/lists", "http_500", times=9)
        await stage.pass_time(AFTER_S / 2 + 1)
        world.clouds.clear_faults()
        (first,) = calls(stage, "on-1")
        assert first["text"].endswith("The class is still on.")
        await stage.pass_time(AFTER_S / 2)
        assert 2 == len(calls(stage, "on-1"))
        await stage.pass_time(AFTER_S / 2)
        assert 2 == len(calls(stage, "on-1"))
        assert "(the class is still on)" not in state_of(stage, "on-1")
        ticket = await ticket_of(stage, "on-1")
        assert ticket.class_ended_at is not None
        assert ticket.is_live is False
        await stage.pass_time(AFTER_S)
        assert 2 == len(calls(stage, "on-1"))
        await stage.pass_time(AFTER_S / 2 + 60)
        assert 3 == len(calls(stage, "on-1"))


async def test_quiet_hours(world: World) -> None:
    """At night a ticket waits for the morning, a class that is on does not; both cards say so."""
    lin = world.workspace.person("lin")
    now = world.clock.now().astimezone(SHANGHAI)
    evening = now.replace(hour=21, minute=50, second=0) + dt.timedelta(days=1)
    world.clock.move((evening - now).total_seconds())
    hold(world, "night-on", minutes_left=60)
    hours = "22:00-08:00"
    async with world.lagdesk(QUIET_HOURS=hours, DEFAULT_LOCALE="both") as stage:
        await filed(stage, lin, "night-1")
        await filed(stage, lin, "night-on")
        shown = state_of(stage, "night-1")
        assert "(quiet hours until then)" in shown
        assert "免打扰" in shown
        morning = (evening + dt.timedelta(days=1)).replace(hour=8, minute=0)
        assert f"<!date^{int(morning.timestamp())}^" in shown
        await stage.pass_time(AFTER_S + 1)
        assert ([], 1) == (calls(stage, "night-1"), len(calls(stage, "night-on")))
        assert "还没下课" in calls(stage, "night-on")[0]["text"]
        await stage.pass_time(9 * 3600)
        assert [] == calls(stage, "night-1")
    async with world.lagdesk(QUIET_HOURS=hours) as stage:
        await stage.pass_time(3600)
        assert 1 == len(calls(stage, "night-1"))


async def test_policy_in_words(world: World) -> None:
    """/lagdesk policy says what the settings mean, in the reader's language."""
    sam, lin = world.workspace.person("sam"), world.workspace.person("lin")
    hours = "22:00-08:00"
    async with world.lagdesk(ESCALATE_TO=sam.id, QUIET_HOURS=hours, ESCALATE_AFTER="20m"):
        english = (await sam.command("/lagdesk", "policy")).text
        chinese = (await lin.command("/lagdesk", "policy")).text
    for said in ("20 min after it was filed", f"<@{sam.id}>", "every pause is 10 min", "40 min"):
        assert said in english
    assert "22:00–08:00 Asia/Shanghai" in english
    for said in ("20 分", f"<@{sam.id}>", "10 分", "22:00–08:00 Asia/Shanghai", "免打扰时段"):
        assert said in chinese
