"""The weekly summary as a duty: when each is due, and that each is posted once.

A summary's row is written when it is owed; the duty's row is the lock, whoever carries it out.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from bot.clouds.quota import leaving_reserve
from bot.errors import LagdeskError, SpeakError
from bot.i18n.messages import message
from bot.ports import Posted, Topic
from bot.services.admin import audit_log
from bot.services.app_metrics.service import Overviews
from bot.services.permissions import refuse
from bot.services.summary.report import WeekReport, count_week
from bot.services.summary.week_over_week import CloudWeek, find_drifts
from bot.services.summary.weeks import Schedule, Week, last_complete
from bot.services.tickets import export
from bot.services.tickets.jobs import SEARCH_BEFORE, Carrier
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.summary import weeks as store

log = logging.getLogger(__name__)

POST, DETAILS, CSV, WATCH = "weekly", "weekly_details", "weekly_csv", "watch"
MADE_UP: Final = 4  # weeks; whoever comes back after longer reads the newest ones
WATCH_EVERY: Final = dt.timedelta(minutes=10)
PATIENCE: Final = dt.timedelta(minutes=30)  # a restart or a busy hour is no gap
_IN_TURN: Final = dt.timedelta(seconds=4)  # so that missed weeks stand in order
_WAIT_S, _POLL_S = 60, 0.5
_TOPICS: Final = (Topic.USAGE, Topic.EXPERIENCE)


class Announcer(Protocol):
    """Slack, as the weekly summary sees it. Every method raises SpeakError."""

    async def workspace(self, channel: str) -> str:
        """The workspace a channel is in."""

    async def post(self, team: str, channel: str, report: WeekReport, key: str) -> Posted:
        """Post a week's summary."""

    async def post_details(
        self, place: store.Summary, report: WeekReport, told: Sequence[CloudWeek], key: str
    ) -> Posted:
        """Post the details in the summary's thread."""

    async def find(self, place: store.Summary, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""

    async def send_file(self, team: str, person: str, name: str, content: bytes) -> None:
        """Give somebody a file in their direct channel."""


class Weekly:
    """Counts weeks, and posts each once. Without an announcer it only counts."""

    def __init__(self, desk: Desk, announcer: Announcer | None = None) -> None:
        self._desk = desk
        self._announcer = announcer
        self._zone = ZoneInfo(desk.settings.timezone)
        self._schedule = Schedule.read(desk.settings.summary_schedule)
        self._posted: set[str] = set()  # duties whose posts went out from here

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {
            POST: self.post,
            DETAILS: self.post_details,
            CSV: self.send_csv,
            WATCH: self.watch,
        }

    @property
    def zone(self) -> ZoneInfo:
        """Where weeks begin and end."""
        return self._zone

    @property
    def last_week(self) -> Week:
        """The last complete week."""
        return last_complete(self._desk.clock.now(), self._zone)

    @property
    def this_week(self) -> Week:
        """The week that goes on."""
        return Week.of(self._desk.clock.now(), self._zone)

    async def begin(self) -> None:
        """Owe what is due and what comes next; safe to repeat."""
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            store_jobs.owe(session, f"{WATCH}:lagdesk", WATCH, due_at=now)
            self._plan(session, now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def watch(self, duty: models.Duty) -> dt.datetime | None:
        """Note that Lagdesk runs, so that a silent week can be told from a missed one."""
        now = self._desk.clock.now()
        await self._desk.store.transact(lambda s: store.note_running(s, now, PATIENCE))
        log.debug("%s: noted", duty.name)
        return now + WATCH_EVERY

    async def count(self, week: Week, team: str | None = None) -> WeekReport:
        """Count one week."""
        now, zone = self._desk.clock.now(), self._zone
        since, until = week.since(zone), min(week.until(zone), now)
        early = week.shift(-1).since(zone)

        def work(session: Session) -> WeekReport:
            runs = store.stretches(session, since, until)
            newest = store.newest_run(session)
            if newest is not None and until - PATIENCE <= newest < until:
                runs.append((newest, until))  # it runs on; the next note is to come
            return count_week(
                week,
                store.outlines_of(session, early, until, team),
                store.judgements_of(session, since, until, team),
                runs,
                now=now,
                zone=zone,
                patience=PATIENCE,
                earlier_runs=store.stretches(session, early, since),
            )

        return await self._desk.store.read(work)

    def _plan(self, session: Session, now: dt.datetime) -> None:
        """Owe the summaries whose time has come and the next one."""
        channel = self._desk.settings.summary_channel
        if not channel:
            return
        newest = store.newest(session, channel)
        if newest is not None and newest.posted_at is None and newest.due_at > now:
            return
        known = Week.read(newest.week) if newest else None
        for place, (week, due_at) in enumerate(self.coming(known, now)):
            self._owe(session, week, max(due_at, now + _IN_TURN * (place + 1)))

    def coming(self, known: Week | None, now: dt.datetime) -> list[tuple[Week, dt.datetime]]:
        """Say which weeks are due when, after the newest known one; the last is yet to come.

        At each moment of the schedule the last complete week is due, once. Where nothing is known
        Lagdesk is new here, and begins with the next moment.
        """
        at = self._schedule.first_from(now, self._zone)
        if known is None:
            return [] if at is None else [(last_complete(at, self._zone), at)]
        found: list[tuple[Week, dt.datetime]] = []
        week = max(known.shift(1), self.last_week.shift(1 - MADE_UP))
        while True:
            at = self._schedule.first_from(week.until(self._zone), self._zone)
            if at is None:
                return found
            week = last_complete(at, self._zone)
            found.append((week, at))
            if at > now:
                return found
            week = week.shift(1)

    def _owe(self, session: Session, week: Week, due_at: dt.datetime) -> None:
        channel = self._desk.settings.summary_channel
        store.owe(session, week.label, channel, due_at)
        store_jobs.owe(session, name_of(POST, week, channel), POST, due_at=due_at)

    async def post(self, duty: models.Duty) -> dt.datetime | None:
        """Post a week's summary, unless it is posted."""
        now = self._desk.clock.now()
        await self._desk.store.transact(lambda session: self._plan(session, now))
        await self._desk.wake()
        place, week = await self._place(duty)
        if place is None or self._announcer is None or place.posted_at is not None:
            return None
        place.team = await self._announcer.workspace(place.channel)
        posted = await self._find(duty, place, week)
        if posted is None:
            report = await self.count(week, self._only(place.team))
            posted = await self._announcer.post(place.team, place.channel, report, duty.name)
            self._posted.add(duty.name)
        await self._note(place, week, posted)
        return None

    async def post_details(self, duty: models.Duty) -> dt.datetime | None:
        """Post the details in the summary's thread, unless they are posted."""
        place, week = await self._place(duty)
        if place is None or self._announcer is None or not place.ts or place.details_ts:
            return None
        figures: dict[str, float] = {}
        posted = await self._find(duty, place, week)
        if posted is None:
            report = await self.count(week, self._only(place.team))
            told = await self._ask_clouds(week, place.channel)
            posted = await self._announcer.post_details(place, report, told, duty.name)
            figures = {key: mean for each in told for key, mean in each.means.items()}
        ts = posted.ts

        def work(session: Session) -> None:
            stored = store.find(session, place.week, place.channel)
            if stored is not None:
                stored.details_ts = ts
                stored.figures = figures or stored.figures

        await self._desk.store.transact(work)
        return None

    async def _ask_clouds(self, week: Week, channel: str) -> list[CloudWeek]:
        """Ask each cloud how much its apps are used and how good they are; people come first."""
        before = week.shift(-1).label
        known = await self._desk.store.read(lambda s: store.find(s, before, channel))
        kept = (known.figures if known else None) or {}
        asking, found = Overviews(self._desk), []
        with leaving_reserve():
            for app in self._desk.clouds:
                for topic in _TOPICS:
                    overview = await asking.fetch(app, topic)
                    drifts = find_drifts(overview, week, self._zone, kept)
                    found.append(CloudWeek(overview, drifts))
        return found

    async def _place(self, duty: models.Duty) -> tuple[store.Summary | None, Week]:
        """Find the summary a duty is about; None when the channel is no longer the one."""
        _, label, channel = duty.name.split(":", 2)
        found = await self._desk.store.read(lambda session: store.find(session, label, channel))
        wanted = channel == self._desk.settings.summary_channel
        return (found if wanted else None), Week.read(label)

    async def _find(self, duty: models.Duty, place: store.Summary, week: Week) -> Posted | None:
        if duty.attempt <= 1 or self._announcer is None:
            return None
        since = week.until(self._zone) - SEARCH_BEFORE
        return await self._announcer.find(place, duty.name, since)

    def _only(self, team: str) -> str | None:
        """One workspace must not read of another's tickets."""
        return team if self._desk.settings.has_oauth else None

    async def _note(self, place: store.Summary, week: Week, posted: Posted) -> None:
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            stored = store.find(session, place.week, place.channel)
            if stored is not None:
                stored.team, stored.ts, stored.posted_at = place.team, posted.ts, now
            store_jobs.owe(session, name_of(DETAILS, week, place.channel), DETAILS, due_at=now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def post_now(self, week: Week) -> bool:
        """Post a week's summary from a terminal; tells whether it is new.

        Raises SpeakError when Slack does not take it; a worker will try again.
        """
        channel, worker = self._desk.settings.summary_channel, f"terminal-{secrets.token_hex(4)}"
        now = self._desk.clock.now()

        def begin(session: Session) -> bool:
            found = store.find(session, week.label, channel)
            if found is not None and found.posted_at is not None:
                return False
            self._owe(session, week, now)
            store_jobs.beat(session, worker, now)
            return True

        if not await self._desk.store.transact(begin):
            return False
        name = name_of(POST, week, channel)
        try:
            if await self._carry(name, worker):
                await self._carry(name_of(DETAILS, week, channel), worker)
            else:
                await self._await_posted(week, channel)
        finally:
            await self._desk.store.transact(
                lambda session: store_jobs.leave(session, worker, self._desk.clock.now())
            )
        return name in self._posted

    async def _carry(self, name: str, worker: str) -> bool:
        """Carry a duty out here unless somebody does; tells whether we did."""
        now = self._desk.clock.now()
        duty = await self._desk.store.transact(lambda s: store_jobs.take(s, name, worker, now))
        if duty is None:
            return False
        try:
            await self.table[duty.kind](duty)
        except SpeakError as error:
            why, later = str(error), now + dt.timedelta(minutes=1)
            await self._desk.store.transact(
                lambda s: store_jobs.postpone(s, name, later, why, holder=worker, failed=True)
            )
            raise
        await self._desk.store.transact(
            lambda s: store_jobs.settle(s, name, self._desk.clock.now(), holder=worker)
        )
        return True

    async def _await_posted(self, week: Week, channel: str) -> None:
        """Wait for whoever posts it just now."""
        for _ in range(int(_WAIT_S / _POLL_S)):
            found = await self._desk.store.read(lambda s: store.find(s, week.label, channel))
            if found is not None and found.posted_at is not None:
                return
            await asyncio.sleep(_POLL_S)
        raise LagdeskError(message("Another process is still posting this summary. Try again."))

    async def ask_csv(self, team: str, person: str, week: Week, origin: str) -> None:
        """Owe support the week's tickets as a file; NotAllowedError for others.

        The file has full uids, so that reading the summary's channel is not enough.
        """
        if not await self._desk.is_support(team, person):
            only = message("Only support can download the tickets.")
            raise refuse(self._desk.settings, only)
        now, name = self._desk.clock.now(), f"{CSV}:{week.label}:{team}:{person}:{origin}"

        def work(session: Session) -> None:
            store_jobs.owe(session, name, CSV, due_at=now)
            audit_log.note_export(session, team, person, week.label, origin=name, at=now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def send_csv(self, duty: models.Duty) -> dt.datetime | None:
        """Send the week's tickets as a file to whoever asked."""
        _, label, team, person, _ = duty.name.split(":", 4)
        week = Week.read(label)
        since, until = week.since(self._zone), week.until(self._zone)
        found = await self._desk.store.read(
            lambda session: store.filed_between(session, since, until, self._only(team))
        )
        out = io.StringIO(newline="")
        export.write_tickets(found, out, "csv")
        if self._announcer is not None:
            content = out.getvalue().encode("utf-8-sig")  # else Excel reads no Chinese
            await self._announcer.send_file(team, person, f"lagdesk-{label}.csv", content)
        return None


def name_of(kind: str, week: Week, channel: str) -> str:
    """Name a week's duty in a channel, such as `weekly:2026-W46:C1`."""
    return f"{kind}:{week.label}:{channel}"
