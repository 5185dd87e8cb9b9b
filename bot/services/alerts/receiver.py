"""Alert callbacks: each is stored once, and a job checks it."""

from __future__ import annotations

import datetime as dt
import hmac
import logging
from typing import Final

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
        however many are sent: the whole call is looked at when it is checked.
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
        return await self._context.commit(lambda session: _save(session, row))

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


def _save(session: Session, row: CloudAlert) -> bool:
    if not alerts.add(session, row) or not row.app:
        return False
    store_jobs.enqueue(session, f"{CHECK}:{row.app}", CHECK, row.app, due_at=row.due_at)
    return True
