"""Huawei SparkRTC as the desk sees it. Only the joining of its rooms is here."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from bot.call import Call, CallRecord, Report
from bot.clouds.errors import clean_code, refused, unsupported
from bot.clouds.huawei.app_metric_queries import StatisticsApi
from bot.clouds.huawei.app_metrics import AppMetricsFetcher
from bot.clouds.huawei.calls import find_calls
from bot.clouds.huawei.client import HuaweiClient
from bot.clouds.huawei.client_events import ClientEvents
from bot.clouds.huawei.control import RoomControlApi
from bot.clouds.huawei.events import fetch_events
from bot.clouds.huawei.record import fetch_record
from bot.clouds.huawei.schemas import Id
from bot.clouds.response_cache import InMemoryResponseCache, ResponseCache
from bot.i18n.messages import message
from bot.ports import AppMetrics, Capabilities, EventsResult, Topic, Window

# SparkRTC's FAQ on RoomID and UserID: both up to 64 letters, digits, "_" and "-".
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME_HINT: Final = message("1 to 64 letters, digits, underscores or hyphens")
_APPS_PAGE: Final = 100
_APPS_PAGES_MAX: Final = 5


class _AppState(msgspec.Struct):
    state: str | None = None


class _AppRow(msgspec.Struct):
    """One app; its keys, which 5.2 shows, are not read."""

    app_id: Id
    state: _AppState | None = None


class _Apps(msgspec.Struct):
    count: int | None = None
    apps: list[_AppRow] | None = None


class HuaweiCloud:
    """SparkRTC's REST API of 2023-11. Implements `bot.ports.Cloud`.

    Beyond that: `statistics` of a whole app, `control` of rooms and recordings, and what clients
    told (`client_events`: `auto`, `on` or `off`).
    """

    name: Final = "huawei"

    def __init__(
        self,
        client: HuaweiClient,
        *,
        client_events: str = "auto",
        response_cache: ResponseCache | None = None,
    ) -> None:
        self._client = client
        self.statistics: Final = StatisticsApi(client)
        self._app_metrics = AppMetricsFetcher(
            client, self.statistics, response_cache or InMemoryResponseCache()
        )
        self.control: Final = RoomControlApi(client)
        self.client_events: Final = ClientEvents(client, client_events)

    def __repr__(self) -> str:
        return f"HuaweiCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of the apps it carries."""
        return tuple(self._client.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. It remembers rooms longer than metrics; metrics are what we need."""
        metrics = self._client.find_endpoint("qos")
        return Capabilities(
            reports=False,
            events=True,
            look_back=metrics.look_back or dt.timedelta(0),
            metrics_delay=metrics.delay,
            events_delay=self._client.find_endpoint("abnormal_events").delay,
            cname=_NAME,
            cname_hint=_NAME_HINT,
            uid=_NAME,
            uid_max=None,
            uid_hint=_NAME_HINT,
            rooms=True,
            recording=True,
            occupancy=True,
        )

    async def find_calls(self, app: str, cname: str, window: Window) -> tuple[Call, ...]:
        """Return the calls of this room that touch the window, newest first."""
        return await find_calls(self._client, app, cname, window)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        record = await fetch_record(self._client, call, uids, window)
        networks = await self.client_events.networks(call.app, call.cname, record.participants)
        participants = tuple(
            replace(one, network=networks.get(one.sid, "")) for one in record.participants
        )
        return replace(record, participants=participants)

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return Huawei's own diagnosis of a room, of all rooms when `cname` is "".

        Where 13.13, which names causes, tells nothing of a room, 13.12 may know that something
        went wrong, in numbers that have no table (W31).
        """
        answer = await fetch_events(self._client, app, cname, window)
        if answer.events or answer.missing or not cname:
            return answer
        events = await self.client_events.experiences_or_empty(app, cname, window)
        return replace(answer, events=events)

    async def fetch_app_metrics(self, app: str, topic: Topic) -> AppMetrics:
        """Return the figures of a whole app; what failed is told in it, never raised."""
        return await self._app_metrics.fetch(app, topic)

    async def send_report(self, report: Report) -> None:  # noqa: ARG002 - there is no such call
        """Raise CloudCannotError: Huawei takes no reports."""
        raise unsupported("huawei", "report")

    async def check(self, app: str) -> str:
        """Look the app up in the list of apps (5.2), which proves the key.

        Returns the kind of key and the app's state, such as `aksk, ACTIVATION`. Raises
        CloudRefusedError when this account has no such app.
        """
        endpoint = self._client.find_endpoint("apps")
        seen = 0
        for page in range(_APPS_PAGES_MAX):  # here the offset counts pages, not rows
            params = {"limit": str(_APPS_PAGE), "offset": str(page)}
            body = await self._client.body(app, endpoint, params, _Apps)
            rows = body.apps or []
            for each in rows:
                if str(each.app_id) == self._client.apps[app]:
                    state = clean_code((each.state.state if each.state else None) or "unknown")
                    return f"{self._client.credentials.name}, {state}"
            seen += len(rows)
            if not rows or seen >= (body.count or 0):
                break
        raise refused(endpoint, status=0, code="RTC.00001015")

    async def close(self) -> None:
        """Give connections back."""
        await self._client.close()
