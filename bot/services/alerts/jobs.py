"""The job that asks the cloud about its alerts, and files what it confirms."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Protocol

from bot.causes import WITHOUT_CAUSE
from bot.jobs.run import Queue, Run, job
from bot.ports import Diagnosis
from bot.services.alerts.filing import (
    Reporter,
    build_ticket,
    file_ticket,
    note_counted,
    note_unchecked,
)
from bot.services.alerts.receiver import CHECK, start_of_day
from bot.services.context import Context
from bot.services.diagnosis.retry_policy import DIAGNOSIS_TIMEOUT, is_final, schedule_retry
from bot.services.diagnosis.service import DiagnosisService
from bot.store import Session
from bot.store.alerts import alerts
from bot.store.alerts.alerts import AlertState, CloudAlert

log = logging.getLogger(__name__)


class ReporterFinder(Protocol):
    """Finds Lagdesk's own user."""

    async def find_reporter(self, team: str) -> Reporter:
        """Return it in a workspace; "" stands for the only one. Raises SlackError."""


class AlertJobs:
    """Checks the alerts of an app one after another."""

    def __init__(
        self, context: Context, diagnosis: DiagnosisService, reporters: ReporterFinder
    ) -> None:
        self._context = context
        self._diagnosis = diagnosis
        self._reporters = reporters

    @job(CHECK, Queue.BACKGROUND)
    async def check(self, run: Run, app: str) -> dt.datetime | None:
        """Check the next alert of an app; returns when the one after it is due.

        In quiet hours none is checked. Above the daily limit none is, either: they are counted in
        the thread of the app's newest incident.
        """
        now = self._context.clock.now()
        alert = await self._context.store.read(lambda session: alerts.find_next(session, app))
        if alert is None or app not in self._context.clouds:
            return None
        due_at = self._context.settings.quiet_hours.after(max(alert.due_at, now))
        if due_at > now:
            return due_at
        if alert.is_count:
            await self._context.commit(run.fenced(lambda s: note_counted(s, alert, now)))
        elif alert.checked_at is None and await self._is_over_limit(app, now):
            await self._context.commit(run.fenced(lambda s: note_unchecked(s, app, now)))
        else:
            await self._check(run, alert)
        return self._context.clock.now()

    async def _is_over_limit(self, app: str, now: dt.datetime) -> bool:
        since = start_of_day(self._context, now)
        checked = await self._context.store.read(lambda s: alerts.count_checked(s, app, since))
        return checked >= self._context.settings.alerts.daily_limit

    async def _check(self, run: Run, alert: CloudAlert) -> None:
        """Diagnose the call at the time of an alert; postpone it, refute it, or file it."""
        diagnosis = schedule_retry(
            await self._diagnosis.diagnose_channel(
                alert.app, alert.cname, at=alert.at, student_uid=alert.uid
            ),
            self._context.clock.now(),
            alert.received_at,
            DIAGNOSIS_TIMEOUT,
        )
        verdict = diagnosis.verdict
        if verdict.cause not in WITHOUT_CAUSE:
            reporters = [await self._reporters.find_reporter(t) for t in self._teams(alert.app)]
            await self._file(run, alert, diagnosis, reporters)
        elif not is_final(verdict) and verdict.retry_at is not None:
            alert.due_at = verdict.retry_at
            await self._decide(run, alert, AlertState.WAITING)
        else:
            log.info("an alert about app %s is not confirmed: %s", alert.app, verdict.cause)
            await self._decide(run, alert, AlertState.REFUTED)

    def _teams(self, app: str) -> Sequence[str]:
        """Return the workspaces that have an app; "" stands for the only one."""
        workspaces = self._context.workspaces
        if not self._context.settings.has_oauth:
            return [""]
        teams = [team for team in workspaces.installed if workspaces.is_served(team)]
        return [
            team
            for team in teams
            if workspaces.of(team).is_set_up and app in workspaces.of(team).apps
        ]

    async def _file(
        self, run: Run, alert: CloudAlert, diagnosis: Diagnosis, reporters: Sequence[Reporter]
    ) -> None:
        """Make a ticket of an alert in each workspace that has its app."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            alerts.decide(session, alert, AlertState.FILED, now)
            for reporter in reporters:
                new = build_ticket(alert, diagnosis, reporter, now)
                file_ticket(self._context, session, new, now)

        await self._context.commit(run.fenced(work))

    async def _decide(self, run: Run, alert: CloudAlert, state: AlertState) -> None:
        """Store what becomes of an alert that makes no ticket."""
        now = self._context.clock.now()
        await self._context.commit(
            run.fenced(lambda session: alerts.decide(session, alert, state, now))
        )
