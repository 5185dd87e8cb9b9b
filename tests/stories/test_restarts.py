"""Lagdesk goes and comes back on the same files, between any two steps; nothing is lost or twice."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.services.notifications.rules import EXPLAINED, FILED
from bot.services.tickets.jobs import Carriers
from bot.services.tickets.service import CARD_PATIENCE
from bot.services.tickets.submission import Submission
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.notifications import sent
from bot.store.tickets import tickets
from bot.ticket import ReportState
from tests.conftest import MovedClock, Stage, faults_of
from tests.scenario_helpers import (
    World,
    card_of,
    cards_of,
    count_reports,
    findings_of,
    open_world,
    report,
    text_of,
    ticket_of,
    told,
)

_OF_TICKETS = ("card", "confirm", "report", "diagnose", "explain")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Slack and the clouds, without Lagdesk."""
    async with open_world(tmp_path, MovedClock()) as built:
        yield built
        assert [] == faults_of(built.workspace)


def submission(stage: Stage, cname: str, origin: str = "V1") -> Submission:
    """What the form's story hands to the desk."""
    return Submission(
        team=stage.workspace.team_id,
        origin=origin,
        reporter=stage.workspace.person("sam").id,
        app="kids",
        cname=cname,
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side="student",
        issue_type="3",
        occurred_at=stage.clock.now(),
    )


async def see_everything_once(stage: Stage, cname: str) -> None:
    """One card, one confirmation, one diagnosis, one report."""
    assert 1 == len(cards_of(stage, cname))
    assert 1 == len(findings_of(stage, cname))
    sam = stage.workspace.person("sam")
    assert 1 == len([m for m in told(stage, sam, cname) if "is filed" in m["text"]])
    assert 1 == count_reports(stage, cname)


async def test_two_processes_take_one_form(world: World) -> None:
    """Two processes file the same view at the same moment; one ticket comes of it."""
    async with world.lagdesk() as first, world.lagdesk(worker=False, connect=False) as second:
        filed = await asyncio.gather(
            *(
                stage.house.desk.report_call(submission(stage, "two-1"))
                for stage in (first, second, first, second)
            )
        )
        assert 1 == len({ticket.id for ticket in filed})
        await first.settled()
        await see_everything_once(first, "two-1")


async def test_killed_right_after_the_ticket_was_stored(world: World) -> None:
    """A web process that nobody works for files; the worker that comes later does the rest."""
    async with world.lagdesk(worker=False) as web:
        assert (await report(world.workspace.person("sam"), "kill-1")).ok
        assert [] == cards_of(web, "kill-1")
    async with world.lagdesk() as again:
        await again.pass_time(10)
        await see_everything_once(again, "kill-1")
        await again.pass_time(400)
        await see_everything_once(again, "kill-1")


@pytest.mark.parametrize("kind", ["card", "confirm", "diagnose", "explain"])
async def test_killed_after_the_post_before_our_row(world: World, kind: str) -> None:
    """What stands in Slack but not in our table is found again, and not posted twice."""
    cname = "class_77_10"
    async with world.lagdesk() as stage:
        await stage.house.desk.report_call(submission(stage, cname))
        await stage.pass_time(400)
        before = await ticket_of(stage, cname)
        sam = world.workspace.person("sam")
        assert 2 == len(told(stage, sam, cname))
        await stage.house.store.transact(lambda session: forget(session, before.id, kind))
    async with world.lagdesk() as again:
        await again.settled()
        await again.pass_time(61)
        await see_everything_once(again, cname)
        assert 2 == len(told(again, sam, cname))
        after = await ticket_of(again, cname)
        assert (before.card_ts, before.diagnosis_ts) == (after.card_ts, after.diagnosis_ts)


async def test_card_comes_while_the_reporter_is_told(world: World) -> None:
    """A card that comes late does not ask once more for what is being said just then."""
    world.workspace.scopes.difference_update({"im:history"})  # nothing in Slack can be found again
    async with world.lagdesk(worker=False) as web:
        desk, store = web.house.desk, web.house.store
        assert desk.speaker is not None
        carriers = Carriers(desk, desk.speaker)
        ticket = await desk.report_call(submission(web, "late-1"))
        world.clock.move(CARD_PATIENCE.total_seconds())
        confirm = await store.transact(partial(take, name=f"confirm:{ticket.label}", world=world))
        await carriers.confirm(confirm)
        card = await store.transact(partial(take, name=f"card:{ticket.label}", world=world))
        await carriers.show_card(card)
        for name in (confirm.name, card.name):
            end = partial(store_jobs.settle, name=name, now=world.clock.now())
            assert await store.transact(end)
    async with world.lagdesk() as stage:
        await stage.pass_time(10)
        await see_everything_once(stage, "late-1")


def take(session: Session, name: str, world: World) -> models.Duty:
    """Begin to carry out a duty."""
    duty = store_jobs.take(session, name, "us", world.clock.now())
    assert duty is not None
    return duty


def forget(session: Session, number: int, kind: str) -> None:
    """Undo what was noted after a post, as a kill just before the commit does."""
    ticket = tickets.lock(session, number)
    if kind == "card":
        ticket.channel = ticket.card_ts = ticket.permalink = ""
    if kind == "diagnose":
        ticket.diagnosis_ts = ""
    session.add(ticket)
    expected = {"confirm": FILED, "explain": EXPLAINED}.get(kind)
    for notice in sent.sent(session, number, expected) if expected else ():
        notice.ts, notice.told_at = "", None
    duty = session.get(models.Duty, f"{kind}:{ticket.label}")
    assert duty is not None
    duty.done_at, duty.holder = None, "a worker that is dead"
    session.add(duty)


async def test_killed_while_the_report_was_on_its_way(world: World) -> None:
    """A report that was begun and never noted is shown as unconfirmed, and not sent again."""
    async with world.lagdesk(worker=False) as web:
        ticket = await web.house.desk.report_call(submission(web, "begun-1"))

        def begin(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            stored.report_begun_at, stored.report_attempts = world.clock.now(), 1
            session.add(stored)

        await web.house.store.transact(begin)
    async with world.lagdesk() as again:
        await again.settled()
        assert "sent, unconfirmed" in text_of(card_of(again, "begun-1"))
        assert 0 == count_reports(again, "begun-1")


async def test_cloud_is_down_and_comes_back(world: World) -> None:
    """Nobody listens at the cloud's address: the report waits, says why, and goes out later."""
    async with world.lagdesk(AGORA_BASE_URL="http://127.0.0.1:9") as stage:
        await report(world.workspace.person("sam"), "down-1")
        await stage.settled()
        assert "waiting, will be tried again. Agora did not answer" in text_of(
            card_of(stage, "down-1")
        )
        assert "does not answer" in text_of(findings_of(stage, "down-1")[0])
    async with world.lagdesk() as again:
        await again.settled()
        await again.pass_time(10)
        assert "Reported to Agora: accepted" in text_of(card_of(again, "down-1"))
        await see_everything_once(again, "down-1")


async def test_wrong_key_is_told_and_mended(world: World) -> None:
    """A wrong key is a refusal with advice; once it is right, the report goes out."""
    async with world.lagdesk(AGORA_CUSTOMER_SECRET="wrong") as stage:
        await report(world.workspace.person("sam"), "key-1")
        await stage.settled()
        shown = text_of(card_of(stage, "key-1"))
        assert "refused. Agora does not accept our key" in shown
    async with world.lagdesk() as again:
        await again.pass_time(301)
        assert "Reported to Agora: accepted" in text_of(card_of(again, "key-1"))
        assert 1 == count_reports(again, "key-1")


@pytest.mark.parametrize(
    ("setting", "said", "endpoint"),
    [
        ("off", "reports to Agora are switched off", None),
        ("report", "Reported to Agora: accepted", "analytics/feedback/report"),
        ("reportV2", "Reported to Agora: accepted", "analytics/feedback/reportV2"),
    ],
)
async def test_report_setting(world: World, setting: str, said: str, endpoint: str | None) -> None:
    """AGORA_REPORT chooses the call, or none."""
    async with world.lagdesk(AGORA_REPORT=setting) as stage:
        await report(world.workspace.person("sam"), "setting-1")
        await stage.settled()
        assert said in text_of(card_of(stage, "setting-1"))
        assert ([endpoint] if endpoint else []) == [r.endpoint for r in world.clouds.reports]
        expected = ReportState.ACCEPTED if endpoint else ReportState.OFF
        assert expected is (await ticket_of(stage, "setting-1")).report_state


async def test_explanation_survives_a_restart(world: World) -> None:
    """What the reporter is owed is told after a start, once; a rerun tells nothing again."""
    sam = world.workspace.person("sam")
    async with world.lagdesk() as stage:
        await report(sam, "class_77_3")
        await stage.settled()
        world.workspace.fail_next("chat.postMessage", "dropped", times=2)
        await stage.pass_time(400)
        assert 1 == len(told(stage, sam, "class_77_3"))
    world.workspace.faults.clear()
    async with world.lagdesk() as again:
        await again.settled()
        assert 2 == len(told(again, sam, "class_77_3"))
        assert "CPU is overloaded" in text_of(told(again, sam, "class_77_3")[1])
        ticket = await ticket_of(again, "class_77_3")
        await again.house.desk.diagnose_again(ticket.team, ticket.id, sam.id)
        await again.settled()
        assert 2 == len(told(again, sam, "class_77_3"))


async def test_unknown_for_good_is_explained_too(world: World) -> None:
    """When there is nothing left to wait for, the reporter is told that too, in Chinese."""
    lin = world.workspace.person("lin")
    async with world.lagdesk() as stage:
        await report(lin, "nobody-knows-1")
        await stage.settled()
        assert 1 == len(told(stage, lin, "nobody-knows-1"))
        for _ in range(6):
            await stage.pass_time(120)
        assert 2 == len(told(stage, lin, "nobody-knows-1"))
        assert "Not enough data to say why" in findings_of(stage, "nobody-knows-1")[0]["text"]
        owed = await stage.house.store.read(store_jobs.count_owed)
        assert {} == {kind: count for kind, count in owed.items() if kind in _OF_TICKETS}


async def test_waiting_ends_and_says_so(world: World) -> None:
    """A cloud that stays away for more than a day is asked ever more rarely, then no more."""
    async with world.lagdesk(AGORA_BASE_URL="http://127.0.0.1:9") as stage:
        ticket = await stage.house.desk.report_call(submission(stage, "away-1"))
        await stage.settled()
        looks = 0
        while await is_owed(stage, f"diagnose:{ticket.label}"):
            looks += 1
            await stage.pass_time(3 * 3600)
        assert 5 < looks < 12
        assert "Not enough data to say why" in findings_of(stage, "away-1")[0]["text"]
        assert "Asked again" not in text_of(findings_of(stage, "away-1")[0])
        assert world.clock.now() - ticket.created_at > dt.timedelta(hours=26)


async def is_owed(stage: Stage, name: str) -> bool:
    """Tell whether a duty is not done yet."""
    duty = await stage.house.store.read(lambda session: session.get(models.Duty, name))
    return duty is not None and duty.done_at is None
