"""Alert callbacks: each is stored once, and a job checks it."""

from __future__ import annotations

import datetime as dt
import hmac
import logging
from typing import Final
from zoneinfo import ZoneInfo

from bot.clouds.agora.alerts import Alert, parse_alert
from bot.services.context import Context
from bot.services.diagnosis.service import WINDOW_MARGIN
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.alerts import alerts
from bot.store.alerts.alerts import AlertState, CloudAlert

log = logging.getLogger(__name__)

CHECK: Final = "check_alerts"
MAX_AGE: Final = dt.timedelta(days=1)  # of what is still worth a ticket


class AlertReceiver:
    """Parses and stores the alerts of Agora."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def is_right(self, secret: str) -> bool:
        """Return whether this is AGORA_ALERT_SECRET; nothing is while it is not set."""
        expected = self._context.settings.alerts.secret
        return hmac.compare_digest(expected.encode(), secret.encode()) and bool(expected)

    def parse(self, body: bytes) -> Alert:
        """Parse a callback. Raises ValueError for what is no alert about a channel."""
        return parse_alert(body, self._context.clock.now())

    async def receive(self, alert: Alert, app: str = "") -> bool:
        """Store an alert; return whether it is new, and to be checked.

        `app` is the one that the address names. There is one alert for a channel and minute,
        however many are sent: the whole call is looked at when it is checked. Of what an app gets
        above the daily limit only the number is stored.
        """
        now = self._context.clock.now()
        found = self._find_app(alert.project, app)
        if alert.at < now - MAX_AGE:
            log.info("an alert from %s is too old", alert.at.isoformat())
            return False
        minute = int(alert.at.timestamp()) // 60
        row = CloudAlert(
            app=found,
            cname=alert.cname,
            minute=minute,
            uid=alert.uid,
            at=alert.at,
            received_at=now,
            due_at=self._published_at(found, alert.at, now),
            state=AlertState.WAITING if found else AlertState.UNKNOWN_APP,
        )
        return await self._context.commit(lambda session: self._save(session, row))

    def _save(self, session: Session, row: CloudAlert) -> bool:
        if alerts.is_stored(session, row):
            return False
        since = start_of_day(self._context, row.received_at)
        limit = self._context.settings.alerts.daily_limit
        is_single = alerts.count_stored(session, row.app, since) < limit
        if is_single and not alerts.add(session, row):
            return False
        if not is_single:
            row = self._count_of(row)
            alerts.add_count(session, row)
        if row.app:
            name = f"{CHECK}:{row.app}"
            store_jobs.enqueue(session, name, CHECK, row.app, due_at=row.due_at)
        return is_single and bool(row.app)

    def _count_of(self, row: CloudAlert) -> CloudAlert:
        """Return the row that counts alerts of an app in this minute; due when that is over."""
        minute = int(row.received_at.timestamp()) // 60
        end = dt.datetime.fromtimestamp((minute + 1) * 60, dt.UTC)
        return CloudAlert(
            app=row.app,
            cname="",
            minute=minute,
            at=row.received_at,
            received_at=row.received_at,
            due_at=self._published_at(row.app, end, end),
            state=row.state,
        )

    def _published_at(self, app: str, at: dt.datetime, now: dt.datetime) -> dt.datetime:
        """Return when the cloud has published the minutes around an alert: it is checked then."""
        if app not in self._context.clouds:
            return now
        delay = self._context.clouds[app].capabilities.metrics_delay
        return max(now, at + WINDOW_MARGIN + delay)

    def _find_app(self, project: str, app: str) -> str:
        """Return our name of an app, "" for an unknown one.

        Agora's callback has the project's name in its console: it is ours, the app's id, or there
        is only one app.
        """
        clouds = self._context.settings.clouds
        apps = next((dict(cloud.apps) for cloud in clouds if cloud.name == "agora"), {})
        if app or len(apps) != 1:
            names = {name.casefold(): name for name in apps}
            names |= {app_id.casefold(): name for name, app_id in apps.items()}
            return names.get((app or project).strip().casefold(), "")
        return next(iter(apps))


def start_of_day(context: Context, now: dt.datetime) -> dt.datetime:
    """Return when the day of the daily limit began, in TIMEZONE."""
    zone = ZoneInfo(context.workspaces.of("").timezone)
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
