"""Lagdesk goes and comes back on the same files, between any two steps; nothing is lost or twice."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.cloud_report import ReportState
from bot.jobs.run import Run
from bot.services.notifications.rules import FILED
from bot.services.tickets.service import CARD_TIMEOUT
from bot.services.tickets.submission import Submission
from bot.store import Session, job_leases, models
from bot.store import jobs as store_jobs
from bot.store.job_leases import ClaimedJob, FreeSlots
from bot.store.notifications import sent
from bot.store.tickets import tickets
from tests.conftest import NO_PACE, FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    count_cloud_reports,
    direct_messages,
    find_card,
    find_cards,
    find_diagnosis_posts,
    find_ticket,
    open_external_services,
    report,
    text_of,
)

_OF_TICKETS = ("card", "confirm", "report", "diagnose")


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, FakeClock()) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


def submission(harness: Harness, cname: str, origin: str = "V1") -> Submission:
    """Return a valid submission of the form."""
    return Submission(
        team=harness.workspace.team_id,
        origin=origin,
        reporter=harness.workspace.person("sam").id,
        app="kids",
        cname=cname,
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side="student",
        issue_type="3",
        occurred_at=harness.clock.now(),
    )


async def assert_delivered_once(harness: Harness, cname: str) -> None:
    """One card, one confirmation, one diagnosis, one report."""
    assert len(find_cards(harness, cname)) == 1
    assert len(find_diagnosis_posts(harness, cname)) == 1
    sam = harness.workspace.person("sam")
    assert len(direct_messages(harness, sam, cname)) == 1
    assert count_cloud_reports(harness, cname) == 1


async def test_two_processes_take_one_form(services: ExternalServices) -> None:
    """Two processes file the same view at the same moment; one ticket comes of it."""
    async with (
        services.run_lagdesk() as first,
        services.run_lagdesk(worker=False, connect=False) as second,
    ):
        filed = await asyncio.gather(
            *(
                harness.slack.services.tickets.report_call(submission(harness, "two-1"))
                for harness in (first, second, first, second)
            )
        )
        assert len({ticket.id for ticket in filed}) == 1
        await first.settled()
        await assert_delivered_once(first, "two-1")


async def test_killed_right_after_the_ticket_was_stored(services: ExternalServices) -> None:
    """A web process that nobody works for files; the worker that comes later does the rest."""
    async with services.run_lagdesk(worker=False) as web:
        assert (await report(services.workspace.person("sam"), "kill-1")).ok
        assert find_cards(web, "kill-1") == []
    async with services.run_lagdesk() as again:
        await again.pass_time(10)
        await assert_delivered_once(again, "kill-1")
        await again.pass_time(400)
        await assert_delivered_once(again, "kill-1")


@pytest.mark.parametrize("kind", ["card", "confirm", "diagnose"])
async def test_killed_after_the_post_before_our_row(services: ExternalServices, kind: str) -> None:
    """A post whose position was not stored is looked up in Slack, and not repeated."""
    cname = "class_77_10"
    async with services.run_lagdesk() as harness:
        await harness.slack.services.tickets.report_call(submission(harness, cname))
        await harness.pass_time(400)
        before = await find_ticket(harness, cname)
        await harness.application.store.transact(lambda session: forget(session, before.id, kind))
    async with services.run_lagdesk() as again:
        await again.settled()
        await again.pass_time(61)
        await assert_delivered_once(again, cname)
        after = await find_ticket(again, cname)
        assert (before.thread.card_ts, before.thread.diagnosis_ts) == (
            after.thread.card_ts,
            after.thread.diagnosis_ts,
        )


async def test_card_comes_while_the_reporter_is_told(services: ExternalServices) -> None:
    """A late card does not enqueue again what is being sent at that moment."""
    services.workspace.scopes.difference_update({"im:history"})  # no post in Slack can be looked up
    async with services.run_lagdesk(worker=False) as web:
        store, job_handlers = web.application.store, web.slack.job_handlers
        ticket = await web.slack.services.tickets.report_call(submission(web, "late-1"))
        services.clock.move(CARD_TIMEOUT.total_seconds())
        jobs = [
            await store.transact(partial(claim, name=f"{kind}:{ticket.label}", services=services))
            for kind in ("confirm", "card")
        ]
        for job in jobs:
            await job_handlers[job.kind].function(Run(job.name), *job.arguments)
        for job in jobs:
            assert await store.transact(partial(complete, job=job, services=services))
    async with services.run_lagdesk() as harness:
        await harness.pass_time(10)
        await assert_delivered_once(harness, "late-1")


def claim(session: Session, name: str, services: ExternalServices) -> ClaimedJob:
    """Claim a job."""
    now, lease = services.clock.now(), dt.timedelta(seconds=6)
    free = [FreeSlots([name.partition(":")[0]], 1, NO_PACE)]
    [job] = job_leases.claim(session, free, token="us", now=now, lease=lease, name=name)
    return job


def complete(session: Session, job: ClaimedJob, services: ExternalServices) -> bool:
    """Record that a job is done."""
    return job_leases.end(session, job.name, job.token, services.clock.now())


def forget(session: Session, number: int, kind: str) -> None:
    """Undo what was stored after a post, as a kill just before the commit does."""
    ticket = tickets.lock(session, number)
    if kind == "card":
        ticket.thread.move_to("", "")
        ticket.thread.permalink = ""
    if kind == "diagnose":
        ticket.thread.diagnosis_ts = ""
    session.add(ticket)
    for notice in sent.list_sent(session, number, FILED) if kind == "confirm" else ():
        notice.ts, notice.sent_at = "", None
    job = session.get(models.Job, f"{kind}:{ticket.label}")
    assert job is not None
    job.finished_at, job.locked_by, job.due_at = None, "a dead worker", ticket.created_at
    session.add(job)


async def test_killed_while_the_report_was_on_its_way(services: ExternalServices) -> None:
    """An attempt without a stored outcome becomes unconfirmed, and is not sent again."""
    async with services.run_lagdesk(worker=False) as web:
        ticket = await web.slack.services.tickets.report_call(submission(web, "begun-1"))

        def begin(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            stored.cloud_report.attempted_at, stored.cloud_report.attempts = services.clock.now(), 1
            session.add(stored)

        await web.application.store.transact(begin)
    async with services.run_lagdesk() as again:
        await again.settled()
        assert "sent, unconfirmed" in text_of(find_card(again, "begun-1"))
        assert count_cloud_reports(again, "begun-1") == 0


async def test_cloud_is_down_and_comes_back(services: ExternalServices) -> None:
    """Nobody listens at the cloud's address: the report waits, the card says why, and it is sent later."""
    async with services.run_lagdesk(AGORA_BASE_URL="http://127.0.0.1:9") as harness:
        await report(services.workspace.person("sam"), "down-1")
        await harness.settled()
        assert "waiting, will be tried again. Agora did not respond" in text_of(
            find_card(harness, "down-1")
        )
        assert "does not respond" in text_of(find_diagnosis_posts(harness, "down-1")[0])
    async with services.run_lagdesk() as again:
        await again.settled()
        await again.pass_time(10)
        assert "Reported to Agora: accepted" in text_of(find_card(again, "down-1"))
        await assert_delivered_once(again, "down-1")


async def test_wrong_key_is_named_and_corrected(services: ExternalServices) -> None:
    """A wrong key is a refusal with advice; once it is corrected, the report is sent."""
    async with services.run_lagdesk(AGORA_CUSTOMER_SECRET="wrong") as harness:
        await report(services.workspace.person("sam"), "key-1")
        await harness.settled()
        card = text_of(find_card(harness, "key-1"))
        assert "refused. Agora rejected our key" in card
    async with services.run_lagdesk() as again:
        await again.pass_time(301)
        assert "Reported to Agora: accepted" in text_of(find_card(again, "key-1"))
        assert count_cloud_reports(again, "key-1") == 1


@pytest.mark.parametrize(
    ("setting", "expected", "endpoint"),
    [
        ("off", "reports to Agora are switched off", None),
        ("report", "Reported to Agora: accepted", "analytics/feedback/report"),
        ("reportV2", "Reported to Agora: accepted", "analytics/feedback/reportV2"),
    ],
)
async def test_report_setting(
    services: ExternalServices, setting: str, expected: str, endpoint: str | None
) -> None:
    """AGORA_REPORT chooses the call, or none."""
    async with services.run_lagdesk(AGORA_REPORT=setting) as harness:
        await report(services.workspace.person("sam"), "setting-1")
        await harness.settled()
        assert expected in text_of(find_card(harness, "setting-1"))
        assert ([endpoint] if endpoint else []) == [r.endpoint for r in services.clouds.reports]
        state = ReportState.ACCEPTED if endpoint else ReportState.OFF
        assert state is (await find_ticket(harness, "setting-1")).cloud_report.state


async def test_explanation_survives_a_restart(services: ExternalServices) -> None:
    """The reporter's message is edited after a restart; nothing is sent a second time."""
    sam = services.workspace.person("sam")
    async with services.run_lagdesk() as harness:
        await report(sam, "class_77_3")
        await harness.settled()
        services.workspace.fail_next("chat.update", "dropped", times=20)
        await harness.pass_time(400)
        assert len(direct_messages(harness, sam, "class_77_3")) == 1
    services.workspace.faults.clear()
    async with services.run_lagdesk() as again:
        await again.settled()
        await again.pass_time(61)
        (message,) = direct_messages(again, sam, "class_77_3")
        assert "CPU is overloaded" in text_of(message)
        ticket = await find_ticket(again, "class_77_3")
        await again.slack.services.tickets.diagnose_again(ticket.team, ticket.id, sam.id)
        await again.settled()
        assert len(direct_messages(again, sam, "class_77_3")) == 1


async def test_unknown_for_good_is_explained_too(services: ExternalServices) -> None:
    """Without any data to wait for, the reporter is notified of that too, in Chinese."""
    lin = services.workspace.person("lin")
    async with services.run_lagdesk() as harness:
        await report(lin, "nobody-knows-1")
        await harness.settled()
        for _ in range(6):
            await harness.pass_time(120)
        (message,) = direct_messages(harness, lin, "nobody-knows-1")
        assert "nobody-knows-1" in message["text"]
        assert "没有" in message["text"]
        assert (
            "No call was found in nobody-knows-1"
            in find_diagnosis_posts(harness, "nobody-knows-1")[0]["text"]
        )
        pending = await harness.application.store.read(store_jobs.count_pending)
        assert {kind: count for kind, count in pending.items() if kind in _OF_TICKETS} == {}


async def test_waiting_ends_and_says_so(services: ExternalServices) -> None:
    """During an outage of more than a day the cloud is queried ever more rarely, then no more."""
    async with services.run_lagdesk(AGORA_BASE_URL="http://127.0.0.1:9") as harness:
        ticket = await harness.slack.services.tickets.report_call(submission(harness, "outage-1"))
        await harness.settled()
        looks = 0
        while await is_enqueued(harness, f"diagnose:{ticket.label}"):
            looks += 1
            await harness.pass_time(3 * 3600)
        assert 5 < looks < 12
        assert "Not enough data to say why" in find_diagnosis_posts(harness, "outage-1")[0]["text"]
        assert "Asked again" not in text_of(find_diagnosis_posts(harness, "outage-1")[0])
        assert services.clock.now() - ticket.created_at > dt.timedelta(hours=26)


async def is_enqueued(harness: Harness, name: str) -> bool:
    """Return whether a job is not finished yet."""
    job = await harness.application.store.read(lambda session: session.get(models.Job, name))
    return job is not None and job.finished_at is None
