"""A worker dies right after Slack or the cloud has carried out its request; nothing is twice."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from bot.cloud_report import ReportState
from bot.jobs.run import Run
from bot.jobs.worker import LEASE
from bot.sandbox.slack.errors import NoAckError
from bot.sandbox.slack.state.model import Ack, Delivery, Transport
from bot.services.notifications.rules import NOTIFY
from bot.services.summary.jobs import DETAILS, POST, job_name
from bot.services.summary.weeks import Week
from bot.services.tickets.actions import ActionRequest
from bot.services.tickets.submission import Submission
from bot.store import Session, job_leases
from bot.store import jobs as store_jobs
from bot.store.job_leases import ClaimedJob, FreeSlots
from bot.store.summary import weeks as store_weeks
from tests.conftest import NO_PACE, FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    FORM,
    ExternalServices,
    Json,
    Watched,
    count_cloud_reports,
    find_card,
    find_cards,
    find_ticket,
    key_of,
    open_external_services,
    text_of,
)

CNAME: Final = "class_77_10"  # the cloud knows its cause
WEEK: Final = Week(2026, 45)  # the last one over
CLOUD: Final = "the cloud's report"
_MOST_JOBS: Final = 60


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, FakeClock()) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


@dataclass(slots=True)
class _DoomedWorker:
    """Runs jobs until one of a kind has made a request; stores nothing of that attempt."""

    web: Harness
    kind: str
    request: str
    is_dead: bool = False
    _running: tuple[ClaimedJob, asyncio.Task[dt.datetime | None]] | None = field(default=None)

    def __post_init__(self) -> None:
        log = self.web.workspace.request_log
        log.entries = Watched(lambda entry: self._reach(entry["name"]))
        self.web.clouds.agora.reports = Watched(lambda _: self._reach(CLOUD))

    async def work(self) -> None:
        """Run one job after another, letting time pass when none is due."""
        for _ in range(_MOST_JOBS):
            job = await self.web.application.store.transact(self._claim)
            if job is None:
                self.web.clock.move(10)
                continue
            function = self.web.slack.job_handlers[job.kind].function
            task = asyncio.ensure_future(function(Run(job.name, job.attempt > 1), *job.arguments))
            self._running = job, task
            done, _ = await asyncio.wait([task])
            if self.is_dead:
                return
            await self._record(job, done.pop().result())
        raise AssertionError(self)

    def _reach(self, request: str) -> None:
        if self.is_dead or self._running is None:
            return
        job, task = self._running
        if (job.kind, request) == (self.kind, self.request):
            self.is_dead = True
            task.cancel()

    def _claim(self, session: Session) -> ClaimedJob | None:
        free = [FreeSlots(list(self.web.slack.job_handlers), 1, NO_PACE)]
        now = self.web.clock.now()
        claimed = job_leases.claim(session, free, token="dead", now=now, lease=LEASE)
        return claimed[0] if claimed else None

    async def _record(self, job: ClaimedJob, again_at: dt.datetime | None) -> None:
        now = self.web.clock.now()
        await self.web.application.store.transact(
            lambda session: job_leases.end(session, job.name, job.token, now, again_at)
        )


@pytest.mark.parametrize(
    ("kind", "request_name"),
    [
        ("card", "chat.postMessage"),
        ("card", "chat.getPermalink"),
        ("card", "chat.update"),
        ("confirm", "chat.postMessage"),
        ("diagnose", "chat.postMessage"),
        ("chart", "files.completeUploadExternal"),
        ("attach_chart", "chat.update"),
        ("confirm", "chat.update"),
        (NOTIFY, "chat.postMessage"),
        ("report", CLOUD),
        (POST, "chat.postMessage"),
        (DETAILS, "chat.postMessage"),
    ],
)
async def test_killed_after_the_request(
    services: ExternalServices, kind: str, request_name: str
) -> None:
    """The next worker finds what was posted, and sends no report that may have arrived."""
    channel = services.workspace.channel("teachers").id
    async with services.run_lagdesk(worker=False, SUMMARY_CHANNEL=channel) as web:
        expected = await (_enqueue_week if kind in (POST, DETAILS) else _report_and_hand_over)(web)
        await _DoomedWorker(web, kind, request_name).work()
    services.clock.move(LEASE.total_seconds() + 1)
    async with services.run_lagdesk(SUMMARY_CHANNEL=channel) as again:
        await again.settled()
        await again.pass_time(120)
        assert _posts(services) == dict.fromkeys(expected, 1)
        if kind in (POST, DETAILS):
            return
        state = (await find_ticket(again, CNAME)).cloud_report.state
        assert state is (ReportState.UNCONFIRMED if kind == "report" else ReportState.ACCEPTED)
        assert ("sent, unconfirmed" in text_of(find_card(again, CNAME))) == (kind == "report")
        assert count_cloud_reports(again, CNAME) == 1


async def _report_and_hand_over(web: Harness) -> list[str]:
    """Report a call and hand the ticket over; return the messages that follow."""
    lin, sam, zhou = (web.workspace.person(name).id for name in ("lin", "sam", "zhou"))
    submission = Submission(
        team=web.workspace.team_id,
        origin="V1",
        reporter=lin,
        app="kids",
        cname=CNAME,
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side="student",
        issue_type="3",
        occurred_at=web.clock.now(),
    )
    tickets = web.slack.services.tickets
    ticket = await tickets.report_call(submission)
    request = ActionRequest(ticket.team, ticket.id, sam, "V2")
    await web.slack.services.ticket_actions.hand_over(request, zhou)
    posts = [f"{kind}:{ticket.label}" for kind in ("card", "confirm", "diagnose")]
    return [*posts, f"{NOTIFY}:{ticket.label}:handed:{zhou}:1"]


async def _enqueue_week(web: Harness) -> list[str]:
    """Let a summary be due; return the messages that follow."""
    channel, now = web.settings.summary_channel, web.clock.now()
    names = [job_name(kind, WEEK, channel, "") for kind in (POST, DETAILS)]

    def work(session: Session) -> None:
        store_weeks.enqueue(session, WEEK.label, channel, "", now)
        store_jobs.enqueue(session, names[0], POST, WEEK.label, channel, due_at=now)

    await web.application.store.transact(work)
    return names


def _posts(services: ExternalServices) -> dict[str, int]:
    """Count Lagdesk's messages by the names of their jobs."""
    channels = services.workspace.channels.values()
    messages: list[Json] = [each for channel in channels for each in channel.messages.values()]
    return Counter(key for each in messages if (key := key_of(each)))


class _Deaf:
    """Delivers to Lagdesk, which dies before Slack has its response."""

    name = "http"
    connected = True

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, delivery: Delivery) -> Ack:
        """Deliver, and report that there was no response."""
        await self._transport.send(delivery)
        reason = "connection_failed"
        raise NoAckError(reason)

    async def close(self) -> None:
        """Close nothing: the transport is not ours."""


async def test_killed_before_the_acknowledgement(services: ExternalServices) -> None:
    """A form and a click that are repeated, as they were not acknowledged, count once."""
    lin, sam = (services.workspace.person(name) for name in ("lin", "sam"))
    async with services.run_lagdesk() as harness:
        transports = services.workspace.transports
        deaf = _Deaf(transports[0])
        await lin.command("/report", CNAME)
        view = await lin.wait_for_view("report")
        transports.insert(0, deaf)
        assert not (await lin.submit(view, {**FORM, "cname": CNAME})).ok
        transports.remove(deaf)
        assert (await lin.submit(view, {**FORM, "cname": CNAME})).ok
        await harness.settled()
        card = find_card(harness, CNAME)
        transports.insert(0, deaf)
        assert not (await sam.click(card, "ticket.claim")).ok
        transports.remove(deaf)
        await sam.click(card, "ticket.claim")
        await harness.pass_time(400)
        assert len(find_cards(harness, CNAME)) == 1
        ticket = await find_ticket(harness, CNAME)
        assert [event["what"] for event in ticket.history].count("claimed") == 1
        assert set(_posts(services).values()) == {1}


async def test_killed_after_the_form_was_opened(services: ExternalServices) -> None:
    """A form whose process died is still open, and another process stores it."""
    lin = services.workspace.person("lin")
    async with services.run_lagdesk():
        await lin.command("/report", CNAME)
        view = await lin.wait_for_view("report")
    async with services.run_lagdesk() as again:
        assert (await lin.submit(view, {**FORM, "cname": CNAME})).ok
        await again.settled()
        assert len(find_cards(again, CNAME)) == 1
