"""Volcengine RTC as a `bot.ports.Cloud`, and how it is built from its settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

from bot.call import Call, CallRecord, Participant, Report, Series
from bot.cloud_settings import CloudSettings
from bot.clouds.dependencies import CloudDependencies
from bot.clouds.errors import unsupported
from bot.clouds.response_cache import CachedFetcher, ResponseCache
from bot.clouds.volcengine.app_metric_queries import StatisticsApi
from bot.clouds.volcengine.app_metrics import AppMetricsFetcher
from bot.clouds.volcengine.calls import find_calls, probe
from bot.clouds.volcengine.client import VolcengineClient
from bot.clouds.volcengine.schemas import ID_HINT, ID_PATTERN
from bot.clouds.volcengine.signing import SignatureAuth
from bot.i18n.messages import Message, message
from bot.ports import (
    AppMetrics,
    Capabilities,
    EventsResult,
    Occupancy,
    Priority,
    RemainingQuota,
    Topic,
    Window,
)

_CHECK_SPAN: Final = dt.timedelta(minutes=10)


class VolcengineCloud:
    """Volcengine RTC. Implements `bot.ports.Cloud` and `SupportsOccupancy`.

    It has no endpoints for causes or reports.
    """

    name: Final = "volcengine"

    def __init__(self, client: VolcengineClient, *, response_cache: ResponseCache) -> None:
        self._client = client
        self._fetcher = CachedFetcher(response_cache, client.clock)
        self.statistics: Final = StatisticsApi(client)

    def __repr__(self) -> str:
        return f"VolcengineCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of its apps."""
        return tuple(self._client.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it supports. Calls are kept for 14 days, their metrics for 6."""
        rooms = self._client.find_endpoint("ListRoomInfo")
        return Capabilities(
            reports=False,
            events=False,
            lookback=rooms.retention,
            metrics_delay=self._client.find_endpoint("ListCallDetail").delay,
            cname=ID_PATTERN,
            cname_hint=ID_HINT,
            uid=ID_PATTERN,
            uid_max=None,
            uid_hint=ID_HINT,
            occupancy=True,
        )

    async def restore_state(self) -> None:
        """There is nothing to load."""

    async def find_calls(
        self,
        app: str,
        cname: str,
        window: Window,
        *,
        priority: Priority = Priority.INTERACTIVE,
        fresh: bool = False,
    ) -> tuple[Call, ...]:
        """Return the calls of this room that touch the window, newest first."""
        client = self._client.with_priority(priority)
        return await find_calls(client, app, cname, window, fresh=fresh)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        from bot.clouds.volcengine.record import fetch_record  # noqa: PLC0415 - numpy is slow to import

        return await fetch_record(self._client, call, uids, window)

    async def fetch_participants(self, call: Call, window: Window) -> tuple[Participant, ...]:
        """Return who was in a call until the end of the window."""
        from bot.clouds.volcengine.record import fetch_participants  # noqa: PLC0415 - numpy is slow to import

        return await fetch_participants(self._client, call, window)

    async def fetch_witnesses(
        self, call: Call, uids: Sequence[str], window: Window
    ) -> tuple[Series, ...]:
        """Return what others than these uids measured, of at most twenty."""
        from bot.clouds.volcengine.record import fetch_witnesses  # noqa: PLC0415 - numpy is slow to import

        return await fetch_witnesses(self._client, call, uids, window)

    async def fetch_events(
        self,
        app: str,  # noqa: ARG002 - the protocol's
        cname: str,  # noqa: ARG002 - the protocol's
        window: Window,  # noqa: ARG002 - the protocol's
    ) -> EventsResult:
        """Raise CloudUnsupportedError: Volcengine has no endpoint for causes."""
        raise unsupported(self.name, "events")

    async def fetch_app_metrics(
        self, app: str, topic: Topic, *, priority: Priority = Priority.INTERACTIVE
    ) -> AppMetrics:
        """Return metrics of a whole app; failures are listed in it, never raised."""
        client = self._client.with_priority(priority)
        return await AppMetricsFetcher(client, self._fetcher).fetch(app, topic)

    async def remaining_quotas(
        self, app: str, names: Collection[str] | None = None
    ) -> tuple[RemainingQuota, ...]:
        """Return what is left of an app's quotas."""
        return await self._client.remaining_quotas(app, names)

    async def occupancy(self, app: str, cname: str) -> Occupancy | None:
        """Return who is in a room now, None when nobody is."""
        occupants = await self.statistics.online_users(app, cname)
        if not (occupants.visible or occupants.invisible):
            return None
        uids = tuple(sorted({*occupants.visible, *occupants.invisible}))
        return Occupancy(uids, invisible=occupants.invisible)

    async def send_report(self, report: Report) -> None:  # noqa: ARG002 - the protocol's
        """Raise CloudUnsupportedError: Volcengine has no endpoint for reports."""
        raise unsupported(self.name, "report")

    async def check(self, app: str) -> Message:
        """List one room of the last minutes to test the key.

        Returns the Version used of ListQualityDistribution.
        """
        await probe(self._client, app, _CHECK_SPAN)
        return message("The key works (%(detail)s).", detail=self._client.version)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def build_volcengine(settings: CloudSettings, dependencies: CloudDependencies) -> VolcengineCloud:
    """Build Volcengine from its settings."""
    keys = (settings.secrets["access_key"], settings.secrets["secret_key"])
    client = VolcengineClient(
        http=dependencies.http(settings, auth=SignatureAuth(*keys, dependencies.clock)),
        clock=dependencies.clock,
        cache=dependencies.cache(),
        apps=settings.apps,
        delay_scale=dependencies.delay_scale,
        version=settings.options.get("api_version", "2020-12-01"),
    )
    return VolcengineCloud(client, response_cache=dependencies.response_cache)
