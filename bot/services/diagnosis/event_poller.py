"""The background's looks at what a cloud tells of whole apps and soon forgets, and their pace.

How one look is made is the cloud's business; people's questions come first there.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import CloudCannotError, CloudError, CloudOverQuotaError
from bot.ports import EventSource, Gathering
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.diagnosis import events

log = logging.getLogger(__name__)

KIND: Final = "collect"
EAGER: Final = dt.timedelta(seconds=64)  # an allowance of a minute, and people's head start
EASY: Final = dt.timedelta(minutes=5)
RARE: Final = dt.timedelta(minutes=10)  # six looks still cover the hour a cloud remembers
REFUSED: Final = dt.timedelta(hours=1)  # a key or a plan is mended by people
AWAITED: Final = dt.timedelta(hours=2)  # about older tickets the cloud can tell nothing new
_DAY: Final = dt.timedelta(days=1)
_NIGHT_ENDS: Final = 7


class Collector:
    """Collects the events of every app whose cloud tells them of the whole app only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def begin(self) -> None:
        """Owe the first look at every such app; safe to repeat."""
        apps = [app for app in self._desk.clouds if self._source(app)]
        due_at = self._desk.clock.now() + EAGER

        def work(session: Session) -> None:
            for app in apps:
                store_jobs.owe(session, f"{KIND}:{app}", KIND, due_at=due_at)

        if apps:
            await self._desk.store.transact(work)
            await self._desk.wake()

    async def collect(self, duty: models.Duty) -> dt.datetime | None:
        """Look once; returns when to look again, None where there is nothing to collect."""
        app = duty.name.removeprefix(f"{KIND}:")
        source = self._source(app)
        if source is None:
            return None
        try:
            gathered = await source.gather_events(app)
        except CloudCannotError:
            return None
        except CloudError as error:
            log.info("nothing was collected of %s: %s", app, error)
            return self._after(error)
        now = self._desk.clock.now()
        is_awaited = await self._desk.store.read(
            lambda session: events.is_awaited(session, app, now - AWAITED)
        )
        zone = ZoneInfo(self._desk.settings.timezone)
        is_night = now.astimezone(zone).hour < _NIGHT_ENDS
        return next_look_at(now, gathered, is_awaited=is_awaited, is_night=is_night)

    def _source(self, app: str) -> EventSource | None:
        cloud = self._desk.clouds.get(app)
        if not isinstance(cloud, EventSource) or not cloud.capabilities.events:
            return None
        return cloud

    def _after(self, error: CloudError) -> dt.datetime:
        now = self._desk.clock.now()
        if isinstance(error, CloudOverQuotaError):
            return max(error.retry_at, now + dt.timedelta(seconds=1))
        return now + (EASY if error.retryable else REFUSED)


def next_look_at(
    now: dt.datetime, gathered: Gathering, *, is_awaited: bool, is_night: bool
) -> dt.datetime:
    """Choose the next look: every minute while somebody waits or much happens, else rarely.

    Whatever happens, enough of the day's calls is kept for a look every ten minutes until
    midnight UTC, when a new day is counted.
    """
    midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    if gathered.left == 0:
        return midnight
    is_short = gathered.left is not None and gathered.left <= (midnight - now) / RARE
    if is_short:
        return now + RARE
    if is_awaited or gathered.is_behind:
        return now + EAGER
    return now + (RARE if is_night else EASY)
