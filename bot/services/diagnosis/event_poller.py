"""The job that polls the events of whole apps from clouds that delete them soon."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final
from zoneinfo import ZoneInfo

from bot.errors import CloudError, CloudQuotaExceededError, CloudUnsupportedError
from bot.jobs.run import Queue, Run, job
from bot.ports import PollResult, SupportsEventPolling
from bot.services.context import Context
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.diagnosis import events

log = logging.getLogger(__name__)

KIND: Final = "poll_events"
FAST_INTERVAL: Final = dt.timedelta(seconds=64)  # just over the minute in which quotas are counted
NORMAL_INTERVAL: Final = dt.timedelta(minutes=5)
SLOW_INTERVAL: Final = dt.timedelta(minutes=10)  # six polls cover the hour a cloud keeps events
REFUSED_INTERVAL: Final = dt.timedelta(hours=1)  # a key or a plan has to be changed by an operator
AWAITED_FOR: Final = dt.timedelta(hours=2)  # for older tickets the cloud has nothing new
_DAY: Final = dt.timedelta(days=1)
_NIGHT_ENDS: Final = 7


class EventPoller:
    """Polls the events of every app whose cloud returns them for whole apps only."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def start(self) -> None:
        """Enqueue the first poll of every such app; safe to repeat."""
        apps = [app for app in self._context.clouds if self._source(app)]
        due_at = self._context.clock.now() + FAST_INTERVAL

        def work(session: Session) -> None:
            for app in apps:
                store_jobs.enqueue(session, f"{KIND}:{app}", KIND, app, due_at=due_at)

        if apps:
            await self._context.commit(work)

    @job(KIND, Queue.BACKGROUND)
    async def poll(self, run: Run, app: str) -> dt.datetime | None:
        """Poll once; returns when to poll again, None for an app without events."""
        _ = run
        source = self._source(app)
        if source is None:
            return None
        try:
            polled = await source.poll_events(app)
        except CloudUnsupportedError:
            return None
        except CloudError as error:
            log.info("polling the events of %s failed: %s", app, error)
            return self._retry_after(error)
        now = self._context.clock.now()
        has_unresolved_tickets = await self._context.store.read(
            lambda session: events.has_unresolved_tickets(session, app, now - AWAITED_FOR)
        )
        zone = ZoneInfo(self._context.workspaces.of("").timezone)
        is_night = now.astimezone(zone).hour < _NIGHT_ENDS
        return next_poll_at(
            now, polled, has_unresolved_tickets=has_unresolved_tickets, is_night=is_night
        )

    def _source(self, app: str) -> SupportsEventPolling | None:
        cloud = self._context.clouds.get(app)
        if not isinstance(cloud, SupportsEventPolling) or not cloud.capabilities.events:
            return None
        return cloud

    def _retry_after(self, error: CloudError) -> dt.datetime:
        now = self._context.clock.now()
        if isinstance(error, CloudQuotaExceededError):
            return max(error.retry_at, now + dt.timedelta(seconds=1))
        return now + (NORMAL_INTERVAL if error.retryable else REFUSED_INTERVAL)


def next_poll_at(
    now: dt.datetime, polled: PollResult, *, has_unresolved_tickets: bool, is_night: bool
) -> dt.datetime:
    """Return when to poll next: every minute while a ticket waits or after a backlog, else rarely.

    Enough of the daily quota is reserved for a poll every ten minutes until midnight UTC, when
    a new day begins.
    """
    midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    if polled.left == 0:
        return midnight
    is_short = polled.left is not None and polled.left <= (midnight - now) / SLOW_INTERVAL
    if is_short:
        return now + SLOW_INTERVAL
    if has_unresolved_tickets or polled.has_backlog:
        return now + FAST_INTERVAL
    return now + (SLOW_INTERVAL if is_night else NORMAL_INTERVAL)
