"""Agora as a `bot.ports.Cloud`, and how it is built from its settings."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import Final

from bot.call import Call, CallRecord, Participant, Report, Series
from bot.cloud_settings import CloudSettings
from bot.clouds.agora.app_metrics import AppMetricsFetcher
from bot.clouds.agora.call_statistics import CallStatisticsFetcher
from bot.clouds.agora.calls import find_calls
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.agora.events import EventScanner
from bot.clouds.agora.schemas import CallList, Envelope
from bot.clouds.dependencies import CloudDependencies
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import refused, unsupported
from bot.clouds.response_cache import CachedFetcher, ResponseCache
from bot.clouds.storage import EventStore
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import Message, message
from bot.ports import (
    AppMetrics,
    CallStatistics,
    Capabilities,
    EventsResult,
    PollResult,
    Priority,
    RemainingQuota,
    Topic,
    Window,
)

UID_MAX: Final = 2**32 - 1
_CNAME_SIGNS: Final = "! # $ % & ( ) + - : ; < = . > ? @ [ ] ^ _ { } | ~ ,"
_CNAME: Final = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,64}")
_UID: Final = re.compile(r"[1-9][0-9]{0,9}")
_CHECK_SPAN: Final = dt.timedelta(minutes=10)
_NOT_FOUND: Final = 404


class AgoraCloud:
    """Agora Analytics, with its API of 2020 or of today. Implements `bot.ports.Cloud`.

    `report` is `reportV2`, `report` or `off`.
    """

    name: Final = "agora"

    def __init__(
        self,
        client: AgoraClient,
        *,
        report: str = "reportV2",
        event_store: EventStore,
        response_cache: ResponseCache,
    ) -> None:
        self._client = client
        self._fetcher = CachedFetcher(response_cache, client.clock)
        self._report = report
        self._capabilities = {
            current: self._capabilities_of(is_current=current) for current in (False, True)
        }
        self._event_scanner = EventScanner(client, event_store)
        self._call_statistics = CallStatisticsFetcher(client)

    def __repr__(self) -> str:
        return f"AgoraCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of its apps."""
        return tuple(self._client.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it supports; while the generation is not known, what either supports."""
        return self._capabilities[self._client.known_generation == "current"]

    def _capabilities_of(self, *, is_current: bool) -> Capabilities:
        lists = self._client.find_endpoint("lists", "current" if is_current else "seed")
        record = self._client.find_endpoint(
            *(("metrics", "current") if is_current else ("details", "seed"))
        )
        return Capabilities(
            reports=self._report != "off",
            events=not is_current,
            lookback=lists.retention,
            metrics_delay=record.delay,
            cname=_CNAME,
            cname_hint=message(
                "1 to 64 letters, digits, spaces or these characters: %(signs)s", signs=_CNAME_SIGNS
            ),
            uid=_UID,
            uid_max=UID_MAX,
            call_statistics=is_current,
            uid_hint=message("A whole number from 1 to %(most)s", most=UID_MAX),
        )

    async def restore_state(self) -> None:
        """Load the detected generation, so that `capabilities` are right at once."""
        await self._client.restore_state()

    async def find_calls(
        self,
        app: str,
        cname: str,
        window: Window,
        *,
        priority: Priority = Priority.INTERACTIVE,
        fresh: bool = False,
    ) -> tuple[Call, ...]:
        """Return the calls of this channel that touch the window, newest first."""
        client = self._client.with_priority(priority)
        return await find_calls(client, app, cname, window, fresh=fresh)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        from bot.clouds.agora.record import fetch_record  # noqa: PLC0415 - numpy is slow to import

        return await fetch_record(self._client, call, uids, window)

    async def fetch_participants(self, call: Call, window: Window) -> tuple[Participant, ...]:
        """Return who was in a call within the window."""
        from bot.clouds.agora.record import fetch_participants  # noqa: PLC0415 - numpy is slow to import

        return await fetch_participants(self._client, call, window)

    async def fetch_witnesses(
        self, call: Call, uids: Sequence[str], window: Window
    ) -> tuple[Series, ...]:
        """Return what others than these uids measured; at most twenty of today's API."""
        from bot.clouds.agora.record import fetch_witnesses  # noqa: PLC0415 - numpy is slow to import

        return await fetch_witnesses(self._client, call, uids, window)

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return Agora's own diagnosis of a channel, of all channels when `cname` is ""."""
        return await self._event_scanner.fetch(app, cname, window)

    async def read_polled_events(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventsResult:
        """Return the events of a channel from earlier scans; sends no request."""
        return await self._event_scanner.stored_events(app, cname, window, because)

    async def poll_events(self, app: str) -> PollResult:
        """Scan one window without a scan, with background priority."""
        return await self._event_scanner.poll(app)

    async def fetch_call_statistics(self, call: Call, window: Window) -> CallStatistics:
        """Return the freezes of everybody in a call; today's API only. Raises CloudError."""
        return await self._call_statistics.fetch(call, window)

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

    async def send_report(self, report: Report) -> None:
        """Report a bad call; sent once, because Agora would store a second one as well.

        Raises CloudUnsupportedError when reports are off or today's Agora has no such endpoint,
        CloudRefusedError for uids that are no numbers, and any other CloudError.
        """
        if self._report == "off":
            raise unsupported("agora", "reportV2")
        endpoint = self._client.find_endpoint(self._report)
        try:
            await self._client.post(report.app, endpoint, _report_body(endpoint, report), Envelope)
        except CloudRefusedError as error:
            if error.status == _NOT_FOUND and self._client.known_generation == "current":
                raise unsupported("agora", endpoint.name) from None
            raise

    async def check(self, app: str) -> Message:
        """List the calls of the last minutes to test the key; returns the generation and plan."""
        generation = await self._client.generation(app)
        endpoint = self._client.find_endpoint("lists", generation)
        until = self._client.clock.now() - endpoint.delay
        params = span_params(Window(until - _CHECK_SPAN, until))
        await self._client.get(app, endpoint, params, CallList)
        detail = generation if generation == "seed" else f"{generation}, {self._client.plan}"
        return message("The key works; API generation: %(detail)s.", detail=detail)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


def _report_body(endpoint: Endpoint, report: Report) -> dict[str, str | int]:
    """The body of a report; the app id is in the URL, and uids are numbers."""
    body: dict[str, str | int] = {
        "cname": report.cname,
        "teacher_uid": _number(endpoint, report.teacher_uid),
        "ts": int(report.occurred_at.timestamp()),
        "type": int(report.issue_type),
    }
    if endpoint.name == "reportV2":
        body["student_uid"] = _number(endpoint, report.student_uid)
        body["abnormal_uid"] = _number(endpoint, report.abnormal_uid)
    if report.comments:
        body["comments"] = report.comments
    return body


def _number(endpoint: Endpoint, uid: str) -> int:
    if not _UID.fullmatch(uid) or int(uid) > UID_MAX:
        raise refused(endpoint, status=0, code="uid")
    return int(uid)


def build_agora(settings: CloudSettings, dependencies: CloudDependencies) -> AgoraCloud:
    """Build Agora from its settings."""
    auth = (settings.secrets["customer_id"], settings.secrets["customer_secret"])
    client = AgoraClient(
        http=dependencies.http(settings, auth=auth),
        clock=dependencies.clock,
        cache=dependencies.cache(),
        apps=settings.apps,
        delay_scale=dependencies.delay_scale,
        key_value_store=dependencies.key_value_store,
        api=settings.options.get("api", "auto"),
        plan=settings.options.get("plan", "standard"),
    )
    return AgoraCloud(
        client,
        report=settings.options.get("report", "reportV2"),
        event_store=dependencies.event_store,
        response_cache=dependencies.response_cache,
    )
