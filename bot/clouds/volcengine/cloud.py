"""Volcengine as the desk sees it. Only the joining of its rooms is here; see the files beside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from bot.call import Call, CallRecord, Report
from bot.clouds.errors import unsupported
from bot.clouds.response_cache import InMemoryResponseCache, ResponseCache
from bot.clouds.volcengine.app_metric_queries import StatisticsApi
from bot.clouds.volcengine.app_metrics import AppMetricsFetcher
from bot.clouds.volcengine.calls import find_calls, probe
from bot.clouds.volcengine.client import VolcengineClient
from bot.clouds.volcengine.details import fetch_record
from bot.clouds.volcengine.ids import ID, ID_HINT
from bot.ports import AppMetrics, Capabilities, EventsResult, Occupancy, Topic, Window

_CHECK_SPAN: Final = dt.timedelta(minutes=10)


class VolcengineCloud:
    """Volcengine RTC. Implements `bot.ports.Cloud` and `SupportsOccupancy`.

    It names no causes and takes no reports.

    `statistics` has the numbers of whole apps.
    """

    name: Final = "volcengine"

    def __init__(
        self, client: VolcengineClient, *, response_cache: ResponseCache | None = None
    ) -> None:
        self._client = client
        self.statistics: Final = StatisticsApi(client)
        self._app_metrics = AppMetricsFetcher(
            client, self.statistics, response_cache or InMemoryResponseCache()
        )

    def __repr__(self) -> str:
        return f"VolcengineCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of the apps it carries."""
        return tuple(self._client.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. Calls are remembered for 14 days, what was measured for 6."""
        rooms = self._client.find_endpoint("ListRoomInfo")
        return Capabilities(
            reports=False,
            events=False,
            look_back=rooms.look_back or dt.timedelta(0),
            metrics_delay=self._client.find_endpoint("ListCallDetail").delay,
            events_delay=dt.timedelta(0),
            cname=ID,
            cname_hint=ID_HINT,
            uid=ID,
            uid_max=None,
            uid_hint=ID_HINT,
            occupancy=True,
        )

    async def find_calls(self, app: str, cname: str, window: Window) -> tuple[Call, ...]:
        """Return the calls of this room that touch the window, newest first."""
        return await find_calls(self._client, app, cname, window)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        return await fetch_record(self._client, call, uids, window)

    async def fetch_events(
        self,
        app: str,  # noqa: ARG002 - the protocol's
        cname: str,  # noqa: ARG002 - the protocol's
        window: Window,  # noqa: ARG002 - the protocol's
    ) -> EventsResult:
        """Raise CloudCannotError: Volcengine has no call that names causes."""
        raise unsupported(self.name, "events")

    async def fetch_app_metrics(self, app: str, topic: Topic) -> AppMetrics:
        """Return the figures of a whole app; what failed is told in it, never raised."""
        return await self._app_metrics.fetch(app, topic)

    async def occupancy(self, app: str, cname: str) -> Occupancy | None:
        """Return who is in a room this moment, None when nobody is."""
        occupants = await self.statistics.online_users(app, cname)
        if not (occupants.visible or occupants.invisible):
            return None
        uids = tuple(sorted({*occupants.visible, *occupants.invisible}))
        return Occupancy(uids, invisible=occupants.invisible)

    async def send_report(self, report: Report) -> None:  # noqa: ARG002 - the protocol's
        """Raise CloudCannotError: Volcengine has no call that takes reports."""
        raise unsupported(self.name, "report")

    async def check(self, app: str) -> str:
        """List one room of the last minutes, which proves the key.

        Returns the Version used of ListQualityDistribution.
        """
        await probe(self._client, app, _CHECK_SPAN)
        return self._client.version

    async def close(self) -> None:
        """Give connections back."""
        await self._client.close()
