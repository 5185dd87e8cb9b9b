"""Agora as the desk sees it. Only the joining of its rooms is here; see the files beside."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from bot.call import Call, CallRecord, Report
from bot.clouds.agora.app_metrics import AppMetricsFetcher
from bot.clouds.agora.call_statistics import CallStatisticsFetcher
from bot.clouds.agora.calls import find_calls
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.agora.details import fetch_record
from bot.clouds.agora.events import EventScanner
from bot.clouds.agora.schemas import Envelope
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import refused, unsupported
from bot.clouds.response_cache import InMemoryResponseCache, ResponseCache
from bot.clouds.storage import EventStore
from bot.errors import CloudError, CloudRefusedError
from bot.i18n.messages import message
from bot.ports import (
    AppMetrics,
    CallStatistics,
    Capabilities,
    EventsResult,
    PollResult,
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
    """Agora Analytics, of the 2020 contract or of today's. Implements `bot.ports.Cloud`.

    `report` is `reportV2`, `report` or `off`.
    """

    name: Final = "agora"

    def __init__(
        self,
        client: AgoraClient,
        *,
        report: str = "reportV2",
        event_store: EventStore | None = None,
        response_cache: ResponseCache | None = None,
    ) -> None:
        self._client = client
        self._app_metrics = AppMetricsFetcher(client, response_cache or InMemoryResponseCache())
        self._report = report
        self._event_scanner = EventScanner(client, event_store)
        self._call_statistics = CallStatisticsFetcher(client)

    def __repr__(self) -> str:
        return f"AgoraCloud(apps={sorted(self.apps)})"

    @property
    def apps(self) -> Sequence[str]:
        """Our names of the apps it carries."""
        return tuple(self._client.apps)

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; while the generation is not known yet, what either can."""
        is_current = self._client.known_generation == "current"
        lists = self._client.find_endpoint("lists", "current" if is_current else "seed")
        record = self._client.find_endpoint(
            *(("metrics", "current") if is_current else ("details", "seed"))
        )
        diagnosis = self._client.find_endpoint("diagnosis", "seed")
        return Capabilities(
            reports=self._report != "off",
            events=not is_current,
            look_back=lists.look_back or dt.timedelta(0),
            metrics_delay=record.delay,
            events_delay=diagnosis.delay,
            cname=_CNAME,
            cname_hint=message(
                "1 to 64 letters, digits, spaces or these characters: %(signs)s", signs=_CNAME_SIGNS
            ),
            uid=_UID,
            uid_max=UID_MAX,
            call_statistics=is_current,
            uid_hint=message("A whole number from 1 to %(most)s", most=UID_MAX),
        )

    @property
    def generation(self) -> str:
        """Which generation of the API answers, "" while that is not known yet."""
        return self._client.known_generation or ""

    async def load_state(self) -> None:
        """Take over what other processes learnt, so that `capabilities` are right at once."""
        await self._client.load_state()

    async def find_calls(self, app: str, cname: str, window: Window) -> tuple[Call, ...]:
        """Return the calls of this channel that touch the window, newest first."""
        return await find_calls(self._client, app, cname, window)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return participants and series of these uids within the window."""
        return await fetch_record(self._client, call, uids, window)

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return Agora's own diagnosis of a channel, of all channels when `cname` is ""."""
        return await self._event_scanner.fetch(app, cname, window)

    async def read_polled_events(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventsResult:
        """Return what was seen of a channel by earlier looks; asks the cloud nothing."""
        return await self._event_scanner.stored_events(app, cname, window, because)

    async def poll_events(self, app: str) -> PollResult:
        """Look once where nobody has looked, with what people leave of the allowance."""
        return await self._event_scanner.poll(app)

    async def fetch_call_statistics(self, call: Call, window: Window) -> CallStatistics:
        """Return how everybody in a call fared; today's API only. Raises CloudError."""
        return await self._call_statistics.fetch(call, window)

    async def fetch_app_metrics(self, app: str, topic: Topic) -> AppMetrics:
        """Return the figures of a whole app; what failed is told in it, never raised."""
        return await self._app_metrics.fetch(app, topic)

    async def send_report(self, report: Report) -> None:
        """Report a bad call; never asked twice in here, for Agora would file it twice.

        Raises CloudCannotError when reports are off or today's Agora has no such call,
        CloudRefusedError for uids it cannot take, and any other CloudError.
        """
        if self._report == "off":
            raise unsupported("agora", "reportV2")
        endpoint = self._client.find_endpoint(self._report)
        content = msgspec.json.encode(_report_body(endpoint, report))
        try:
            await self._client.body(report.app, endpoint, {}, Envelope, content=content)
        except CloudRefusedError as error:
            if error.status == _NOT_FOUND and self._client.known_generation == "current":
                raise unsupported("agora", endpoint.name) from None
            raise

    async def check(self, app: str) -> str:
        """List the last minutes' calls, which proves the key; returns the generation and plan."""
        generation = await self._client.generation(app)
        endpoint = self._client.find_endpoint("lists", generation)
        until = self._client.clock.now() - endpoint.delay
        await self._client.lists(app, endpoint, span_params(Window(until - _CHECK_SPAN, until)))
        return generation if generation == "seed" else f"{generation}, {self._client.plan}"

    async def close(self) -> None:
        """Give connections back."""
        await self._client.close()


def _report_body(endpoint: Endpoint, report: Report) -> dict[str, str | int]:
    """The app id goes into the address, everything else into the body; uids are numbers."""
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
