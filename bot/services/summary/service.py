"""Counting weeks, and requesting a week's tickets as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.admin import audit_log
from bot.services.context import Context
from bot.services.summary.report import WeekReport, build_week_report
from bot.services.summary.weeks import Week, last_complete
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.summary import weeks as store
from bot.ticket import Ticket

CSV: Final = "weekly_csv"
MAX_GAP: Final = dt.timedelta(minutes=30)  # a restart or a busy hour is no gap


class SummaryService:
    """Counts the tickets of a week."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def zone(self, team: str) -> ZoneInfo:
        """Return the time zone in which a workspace's weeks begin and end."""
        return ZoneInfo(self._context.workspaces.of(team).timezone)

    def last_week(self, team: str = "") -> Week:
        """Return the last complete week."""
        return last_complete(self._context.clock.now(), self.zone(team))

    def this_week(self, team: str = "") -> Week:
        """Return the current week."""
        return Week.of(self._context.clock.now(), self.zone(team))

    async def count(self, week: Week, team: str = "") -> WeekReport:
        """Count one week of a workspace; of all workspaces for ""."""
        now, zone = self._context.clock.now(), self.zone(team)
        counted = self._counted(team)
        since, until = week.since(zone), min(week.until(zone), now)
        early = week.shift(-1).since(zone)

        def work(session: Session) -> WeekReport:
            return build_week_report(
                week,
                store.list_weekly_rows(session, early, until, counted),
                store.list_ratings(session, since, until, counted),
                store.uptime(session, since, until),
                now=now,
                zone=zone,
                max_gap=MAX_GAP,
                earlier_runs=store.uptime(session, early, since),
                targets=self._context.workspaces.policy_of(team).targets,
            )

        return await self._context.store.read(work)

    async def list_tickets(self, week: Week, team: str) -> Sequence[Ticket]:
        """Return the tickets of a workspace that were reported in a week."""
        zone, counted = self.zone(team), self._counted(team)
        since, until = week.since(zone), week.until(zone)
        return await self._context.store.read(
            lambda session: store.list_reported_between(session, since, until, counted)
        )

    def _counted(self, team: str) -> str | None:
        """Return the workspace whose tickets alone are counted, None for all."""
        return (team or None) if self._context.settings.has_oauth else None

    def read_week(self, text: str, team: str) -> Week:
        """Read `2026-W46`, "" for the last complete week. Raises InputError, for later ones too."""
        try:
            week = Week.read(text) if text else self.last_week(team)
        except ValueError:
            wrong = message("%(text)s is not a week. Write it like 2026-W46.", text=text[:80])
            raise InputError({"week": wrong}) from None
        if week > self.this_week(team):
            raise InputError({"week": message("Week %(week)s is in the future.", week=week.label)})
        return week

    async def count_for(self, week: Week, team: str, person: str) -> WeekReport:
        """Count a week for one reader: the oldest tickets are left out for non-support."""
        report = await self.count(week, team)
        is_support = bool(await self._context.permissions.is_support(team, person))
        return report if is_support else replace(report, oldest=())

    async def preview(self, team: str, person: str) -> tuple[bool, list[WeekReport]]:
        """Count the last complete week and the current one for one reader.

        Returns whether the reader is support.
        """
        is_support = bool(await self._context.permissions.is_support(team, person))
        weeks = (self.last_week(team), self.this_week(team))
        return is_support, [await self.count_for(week, team, person) for week in weeks]

    async def request_csv(self, team: str, person: str, week: Week, origin: str) -> None:
        """Enqueue sending the week's tickets as a file, once for each origin.

        Raises NotAllowedError for non-support: the file has full uids, so reading the summary's
        channel is not enough.
        """
        refusal = message("Only support can download the tickets.")
        await self._context.require_support(team, person, refusal)
        now, name = self._context.clock.now(), f"{CSV}:{week.label}:{team}:{person}:{origin}"

        def work(session: Session) -> None:
            if audit_log.record_export(session, team, person, week.label, origin=name, at=now):
                store_jobs.enqueue(session, name, CSV, week.label, team, person, due_at=now)

        await self._context.commit(work)
