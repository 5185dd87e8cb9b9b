"""Agora's own diagnosis: one request a minute, with ten rows at most for all channels.

Each scan is stored per app for all processes, so that one response serves every channel and the
next request covers a window without a scan. A response of ten rows may be truncated: it is
requested again in shorter windows, down to a minute.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Final

from bot.call import AbnormalEvent, Code, Factor, MissingItem, MissingKind, MissingReason
from bot.clouds.agora.client import AgoraClient, span_params
from bot.clouds.agora.schemas import CauseRow, Diagnosis, EventRow, parse_required_time
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response, unsupported
from bot.clouds.reasons import reason_for, retry_time
from bot.clouds.storage import EventStore
from bot.clouds.windows import round_down, up_to_second
from bot.errors import CloudError, CloudQuotaExceededError, CloudRefusedError, CloudUnsupportedError
from bot.ports import MIN_SCAN_SPAN, EventScan, EventsResult, PollResult, Priority, Window

_CLOCK_SKEW: Final = dt.timedelta(seconds=15)  # our clock and the cloud's may differ
_PUBLISH_DELAY: Final = dt.timedelta(seconds=10)  # "now" is rounded down to this
_MARGIN: Final = dt.timedelta(minutes=1)  # requested too, for complaints a little later
_BUSY_FOR: Final = dt.timedelta(minutes=15)  # after a full response the next may be full again
_RECENT: Final = dt.timedelta(minutes=2)
_NOT_FOUND: Final = 404


class EventScanner:
    """Scans the diagnosis of every app, and reads the stored events."""

    def __init__(self, client: AgoraClient, event_store: EventStore) -> None:
        self._client = client
        self._event_store = event_store
        self._locks: dict[str, asyncio.Lock] = {}

    async def fetch(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return the events of a channel (of all when `cname` is "") within the window.

        Scans the windows without a scan, as far as the quota allows; the others are listed as
        missing, also after a failure. Raises CloudUnsupportedError in today's generation; when
        there is no scan at all, any other CloudError but CloudQuotaExceededError.
        """
        await self._require_seed(app)
        async with self._lock(app):
            missing = await self._fetch(app, window)
        return EventsResult(tuple(await self._event_store.events(app, cname, window)), missing)

    async def poll(self, app: str) -> PollResult:
        """Scan the longest window of the last hour without a scan, with background priority.

        Raises any CloudError.
        """
        await self._require_seed(app)
        endpoint = self._client.find_endpoint("diagnosis", "seed")
        async with self._lock(app):
            now = self._client.clock.now()
            span = Window(_oldest(endpoint, now), round_down(now - endpoint.delay))
            scans = list(await self._event_store.scans(app, span))
            target = next_background_scan(scans, span)
            if target is not None:
                scans.append(await self._scan(app, endpoint, target, Priority.BACKGROUND))
        remaining = await self._client.remaining_today(app, endpoint)
        has_backlog = _is_busy(scans, span) or bool(unscanned_windows(scans, span))
        return PollResult(has_backlog, remaining)

    async def stored_events(
        self, app: str, cname: str, window: Window, because: CloudError
    ) -> EventsResult:
        """Return the events of a channel that were polled before; see `SupportsEventPolling`."""
        now = self._client.clock.now()
        scans = list(await self._event_store.scans(app, window))
        span, missing = _available_window(
            self._client.find_endpoint("diagnosis", "seed"), scans, window, now
        )
        if not scans or span is None:
            return EventsResult()
        events = await self._event_store.events(app, cname, window)
        return EventsResult(tuple(events), missing + _gaps(scans, span, because, now))

    def _lock(self, app: str) -> asyncio.Lock:
        return self._locks.setdefault(app, asyncio.Lock())

    async def _require_seed(self, app: str) -> None:
        if await self._client.generation(app) != "seed":
            raise unsupported("agora", "diagnosis")

    async def _fetch(self, app: str, window: Window) -> tuple[MissingItem, ...]:
        endpoint = self._client.find_endpoint("diagnosis", "seed")
        now = self._client.clock.now()
        wide = Window(window.since - _MARGIN, window.until + _MARGIN)
        scans = list(await self._event_store.scans(app, wide))
        span, missing = _available_window(endpoint, scans, window, now)
        if span is None:
            return missing
        failure: CloudError | None = None
        while failure is None and unscanned_windows(scans, span):
            target = next_scan(scans, _widen(span, endpoint, now))
            if target is None:
                break
            try:
                scans.append(await self._scan(app, endpoint, target))
            except CloudUnsupportedError:
                raise
            except CloudError as error:
                failure = error
                # another process may have scanned meanwhile
                scans = list(await self._event_store.scans(app, wide))
                has_scan = any(scan.span.overlaps(span) for scan in scans)
                if not has_scan and not isinstance(error, CloudQuotaExceededError):
                    raise
        return missing + _gaps(scans, span, failure, now)

    async def _scan(
        self,
        app: str,
        endpoint: Endpoint,
        span: Window,
        priority: Priority = Priority.INTERACTIVE,
    ) -> EventScan:
        client = self._client.with_priority(priority)
        try:
            body = await client.get(app, endpoint, span_params(span), Diagnosis)
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND:
                raise
            raise unsupported("agora", endpoint.name) from None
        rows = body.data or []
        events = tuple(_event(endpoint, row) for row in rows)
        scan = EventScan(span, events, is_full=len(rows) >= endpoint.page_size)
        await self._event_store.add_scan(app, scan, self._client.clock.now())
        return scan


def next_background_scan(scans: Iterable[EventScan], span: Window) -> Window | None:
    """Return the window the background scans next: the longest unsettled one, of equals the newest.

    Older gaps come before the newest minutes, unless a recent response was full: then None is
    returned for them. None: all is settled. Of a full window, at most the newest half is scanned.
    """
    scans = list(scans)
    parts = unscanned_windows(scans, span)
    if not parts:
        return None
    if len(parts) > 1 and parts[-1].span < _RECENT and not _is_busy(scans, span):
        parts.pop()
    part = max(parts, key=lambda part: (part.span, part.until))
    return Window(part.until - _length(scans, part), part.until)


def _is_busy(scans: Iterable[EventScan], span: Window) -> bool:
    """Return whether a response about the last minutes was full."""
    return any(scan.is_full and scan.span.until > span.until - _BUSY_FOR for scan in scans)


def next_scan(scans: Iterable[EventScan], span: Window) -> Window | None:
    """Return the window to scan next, the unsettled one nearest the middle; None: all is settled.

    Of a window whose response was full, at most half is scanned.
    """
    scans = list(scans)
    middle = span.since + span.span / 2
    unscanned = unscanned_windows(scans, span)
    if not unscanned:
        return None
    part = min(unscanned, key=lambda part: _distance(part, middle))
    length = _length(scans, part)
    since = min(max(middle - length / 2, part.since), part.until - length)
    since = since.replace(microsecond=0)
    return Window(since, since + length)


def _length(scans: Iterable[EventScan], part: Window) -> dt.timedelta:
    """How much of a window to scan, in whole seconds: half of what was full."""
    halves = [scan.span.span / 2 for scan in scans if scan.is_full and scan.span.overlaps(part)]
    length = min([part.span, *(max(MIN_SCAN_SPAN, half) for half in halves)])
    return dt.timedelta(seconds=math.ceil(length.total_seconds()))


def unscanned_windows(scans: Iterable[EventScan], span: Window) -> list[Window]:
    """Return the parts of a window that a further scan can add to, in order."""
    parts = [span]
    for scan in scans:
        if scan.is_settled:
            parts = [rest for part in parts for rest in _subtract(part, scan.span)]
    return parts


def _available_window(
    endpoint: Endpoint, scans: Sequence[EventScan], window: Window, now: dt.datetime
) -> tuple[Window | None, tuple[MissingItem, ...]]:
    """The part of the window that is published and not expired, in whole seconds."""
    newest, oldest = round_down(now - endpoint.delay), _oldest(endpoint, now)
    missing: list[MissingItem] = []
    if window.until > newest:
        # a little later than necessary, so that complaints of one moment share a request
        due_at = window.until + endpoint.delay * 1.25 + _PUBLISH_DELAY
        missing.append(MissingItem(MissingKind.EVENTS, MissingReason.NOT_OUT_YET, due_at))
    gone = Window(window.since, min(oldest, window.until))
    if gone.until > gone.since:
        missing += [
            MissingItem(MissingKind.MINUTES, MissingReason.FORGOTTEN, detail=_format_window(part))
            for part in unscanned_windows(scans, gone)
        ]
    since = max(window.since.replace(microsecond=0), oldest)
    until = min(up_to_second(window.until), newest)
    return (Window(since, until) if until > since else None), tuple(missing)


def _widen(span: Window, endpoint: Endpoint, now: dt.datetime) -> Window:
    """Scan a little more at no cost: the next complaint is often about nearly the same minutes."""
    since = max(span.since - _MARGIN, _oldest(endpoint, now))
    return Window(
        since, max(span.until, min(span.until + _MARGIN, round_down(now - endpoint.delay)))
    )


def _oldest(endpoint: Endpoint, now: dt.datetime) -> dt.datetime:
    """The oldest moment that can be requested."""
    return (now - endpoint.retention + _CLOCK_SKEW).replace(microsecond=0)


def _gaps(
    scans: list[EventScan], span: Window, failure: CloudError | None, now: dt.datetime
) -> tuple[MissingItem, ...]:
    """Return the windows without a scan, and those whose response may be truncated."""
    gaps = [
        MissingItem(
            MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE, detail=_format_window(scan.span)
        )
        for scan in scans
        if scan.is_full and scan.is_settled and scan.span.overlaps(span)
    ]
    reason = reason_for(failure) if failure else MissingReason.OVER_QUOTA
    retry_at = retry_time(failure, now) if failure else None
    for part in unscanned_windows(scans, span):
        was_full = any(scan.is_full and scan.span.overlaps(part) for scan in scans)
        what, why = (
            (MissingKind.EVENTS, MissingReason.MAY_BE_INCOMPLETE)
            if was_full
            else (MissingKind.MINUTES, reason)
        )
        gaps.append(MissingItem(what, why, retry_at, _format_window(part)))
    return tuple(gaps)


def _event(endpoint: Endpoint, row: EventRow) -> AbnormalEvent:
    try:
        at = parse_required_time(row.ts)
    except ValueError:
        raise invalid_response(endpoint, "ts") from None
    return AbnormalEvent(
        uid=str(row.user),
        cname=row.cname,
        kind=Code("agora.exp_id", clean_code(row.exp_id)),
        at=at,
        factors=tuple(_factor(cause) for cause in row.cause_tags or ()),
    )


def _factor(cause: CauseRow) -> Factor:
    """The same factor may occur twice, once per person it is attributed to; both are kept."""
    peer_uid = None if cause.host_user in (None, 0, "0", "") else str(cause.host_user)
    return Factor(Code("agora.factor_id", clean_code(cause.factor_id)), peer_uid)


def _subtract(part: Window, taken: Window) -> list[Window]:
    if not part.overlaps(taken):
        return [part]
    rest = [Window(part.since, taken.since), Window(taken.until, part.until)]
    return [chunk for chunk in rest if chunk.until > chunk.since]


def _distance(part: Window, moment: dt.datetime) -> dt.timedelta:
    if part.since <= moment <= part.until:
        return dt.timedelta(0)
    return min(abs(part.since - moment), abs(part.until - moment))


def _format_window(span: Window) -> str:
    """A window as it is displayed: ISO 8601 UTC, both ends."""
    ends = (span.since.astimezone(dt.UTC), span.until.astimezone(dt.UTC))
    return "/".join(f"{end:%Y-%m-%dT%H:%M:%SZ}" for end in ends)
