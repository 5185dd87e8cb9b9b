"""Huawei SparkRTC as a `bot.ports.Cloud`, and how it is built from its settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from bot.call import Call, CallRecord, Participant, Report, Series
from bot.cloud_settings import CloudSettings
from bot.clouds.dependencies import CloudDependencies
from bot.clouds.errors import clean_code, refused, unsupported
from bot.clouds.huawei.app_metric_queries import StatisticsApi
from bot.clouds.huawei.app_metrics import AppMetricsFetcher
from bot.clouds.huawei.calls import find_calls
from bot.clouds.huawei.client import HuaweiClient
from bot.clouds.huawei.client_events import ClientEvents
from bot.clouds.huawei.control import RoomControlApi
from bot.clouds.huawei.credentials import (
    AccessKeyCredentials,
    Credentials,
    IamTokenCredentials,
    IamUser,
)
from bot.clouds.huawei.events import fetch_events
from bot.clouds.huawei.schemas import Apps
from bot.clouds.response_cache import CachedFetcher, ResponseCache
from bot.i18n.messages import Message, message
from bot.ports import (
    AppMetrics,
    Capabilities,
    EventsResult,
    Priority,
    RemainingQuota,
    Topic,
    Window,
)

# SparkRTC's FAQ on RoomID and UserID: both up to 64 letters, digits, "_" and "-".
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME_HINT: Final = message("1 to 64 letters, digits, underscores or hyphens")
_APPS_PAGE: Final = 100
_APPS_PAGES_MAX: Final = 5


class HuaweiCloud:
    """SparkRTC's REST API of 2023-11. Implements `bot.ports.Cloud`.

    `control` controls rooms and recordings. `client_events` is `auto`, `on` or `off`.
    """

    name: Final = "huawei"

    def __init__(
        self,
        client: HuaweiClient,
        *,
        client_events: str = "auto",
        response_cache: ResponseCache,
    ) -> None:
        self._client = client
        self._fetcher = CachedFetcher(response_cache, client.clock)
        self.statistics: Final = StatisticsApi(client)
        self.control: Final = RoomControlApi(client)
        self.client_events: Final = ClientEvents(client, client_events)

    def __repr__(self) -> str:
        return f"HuaweiCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of its apps."""
        return tuple(self._client.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it supports. Rooms are kept longer than metrics; `lookback` is that of metrics."""
        metrics = self._client.find_endpoint("qos")
        return Capabilities(
            reports=False,
            events=True,
            lookback=metrics.retention,
            metrics_delay=metrics.delay,
            cname=_NAME,
            cname_hint=_NAME_HINT,
            uid=_NAME,
            uid_max=None,
            uid_hint=_NAME_HINT,
            rooms=True,
            recording=True,
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
        from bot.clouds.huawei.record import fetch_record  # noqa: PLC0415 - numpy is slow to import

        record = await fetch_record(self._client, call, uids, window)
        networks = await self.client_events.networks(call.app, call.cname, record.participants)
        participants = tuple(
            replace(one, network=networks.get(one.sid, "")) for one in record.participants
        )
        return replace(record, participants=participants)

    async def fetch_participants(self, call: Call, window: Window) -> tuple[Participant, ...]:
        """Return who was in a call within the window."""
        from bot.clouds.huawei.record import fetch_participants  # noqa: PLC0415 - numpy is slow to import

        return await fetch_participants(self._client, call, window)

    async def fetch_witnesses(
        self, call: Call, uids: Sequence[str], window: Window
    ) -> tuple[Series, ...]:
        """Return what others than these uids measured of networks, with one request."""
        from bot.clouds.huawei.record import fetch_witnesses  # noqa: PLC0415 - numpy is slow to import

        return await fetch_witnesses(self._client, call, uids, window)

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return Huawei's own diagnosis of a room, of all rooms when `cname` is "".

        Where 13.13, which names causes, has no events of a room, those of 13.12 are returned,
        whose numbers are documented nowhere (W31).
        """
        result = await fetch_events(self._client, app, cname, window)
        if result.events or result.missing or not cname:
            return result
        events = await self.client_events.experiences_or_empty(app, cname, window)
        return replace(result, events=events)

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

    async def send_report(self, report: Report) -> None:  # noqa: ARG002 - the protocol's
        """Raise CloudUnsupportedError: Huawei has no endpoint for reports."""
        raise unsupported("huawei", "report")

    async def check(self, app: str) -> Message:
        """Find the app in the list of apps (5.2), which tests the key.

        Returns the kind of key and the app's state, such as `aksk, ACTIVATION`. Raises
        CloudRefusedError when this account has no such app.
        """
        endpoint = self._client.find_endpoint("apps")
        listed = 0
        for page in range(_APPS_PAGES_MAX):  # here the offset counts pages, not rows
            params = {"limit": str(_APPS_PAGE), "offset": str(page)}
            body = await self._client.get(app, endpoint, params, Apps)
            rows = body.apps or []
            for each in rows:
                if str(each.app_id) == self._client.apps[app]:
                    state = clean_code((each.state.state if each.state else None) or "unknown")
                    detail = f"{self._client.credentials.name}, {state}"
                    return message("The key works (%(detail)s).", detail=detail)
            listed += len(rows)
            if not rows or listed >= (body.count or 0):
                break
        raise refused(endpoint, status=0, code="RTC.00001015")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def build_huawei(settings: CloudSettings, dependencies: CloudDependencies) -> HuaweiCloud:
    """Build Huawei from its settings."""
    client = HuaweiClient(
        http=dependencies.http(settings),
        clock=dependencies.clock,
        cache=dependencies.cache(),
        apps=settings.apps,
        delay_scale=dependencies.delay_scale,
        credentials=_build_credentials(settings, dependencies),
        key_value_store=dependencies.key_value_store,
        project_id=settings.options["project_id"],
        array_style=settings.options.get("array_style", "comma"),
    )
    return HuaweiCloud(
        client,
        client_events=settings.options.get("client_events", "auto"),
        response_cache=dependencies.response_cache,
    )


def _build_credentials(settings: CloudSettings, dependencies: CloudDependencies) -> Credentials:
    secrets, project_id = settings.secrets, settings.options["project_id"]
    if "access_key" in secrets:
        host = urlsplit(settings.base_url).netloc
        keys = (secrets["access_key"], secrets["secret_key"])
        return AccessKeyCredentials(*keys, project_id, host, dependencies.clock)
    http = dependencies.http(settings, base_url=settings.options["iam_url"])
    names = ("iam_user", "iam_password", "iam_domain", "iam_project")
    user = IamUser(*(secrets[name] for name in names))
    return IamTokenCredentials(http, user, project_id, dependencies.clock)
