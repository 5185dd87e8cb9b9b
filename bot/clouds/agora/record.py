"""Fetches one call: `call/details` of 2020, today's `call/sessions` and `call/metrics`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.call import Call, CallRecord, MissingItem, MissingKind, MissingReason, Participant, Series
from bot.clouds.agora.client import AgoraClient, Generation, span_params
from bot.clouds.agora.schemas import Details, SessionMetricsRow, UserRow
from bot.clouds.agora.series import (
    build_participants,
    build_series,
    missing_participants,
    truncated_uids,
)
from bot.clouds.agora.sessions import SessionQuery, SessionRows
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import NotYetPublishedError
from bot.clouds.publication import (
    newest_published,
    published_window,
    widen,
)
from bot.clouds.windows import RequestWindow, split_window, whole_seconds
from bot.errors import CloudRefusedError
from bot.ports import Window

_THREAD_FROM_BYTES: Final = 1024 * 1024
_NOT_FOUND: Final = 404

_FetchCurrent = Callable[[SessionQuery], Awaitable[SessionRows]]


@dataclass(slots=True)
class _CallRows:
    """The rows of one call, from all its requests."""

    users: list[UserRow] = field(default_factory=list)
    sessions: list[SessionMetricsRow] = field(default_factory=list)

    def add(self, users: Iterable[UserRow], sessions: Iterable[SessionMetricsRow]) -> None:
        """Add the rows of a request."""
        self.users += users
        self.sessions += sessions

    @property
    def size_bytes(self) -> int:
        """The size of the points, which are not parsed yet."""
        metrics = (metric for session in self.sessions for metric in session.data or ())
        return sum(memoryview(metric.kvs).nbytes for metric in metrics)


async def fetch_record(
    client: AgoraClient, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    Data that is not published yet, expired, unknown or truncated is listed in `missing`; any
    other failure is raised as CloudError.
    """
    generation = await client.generation(call.app)
    try:
        return await _fetch(client, call, uids, window, generation)
    except CloudRefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        return await _fetch_other_generation(client, call, uids, window, generation)


async def fetch_participants(
    client: AgoraClient, call: Call, window: Window
) -> tuple[Participant, ...]:
    """Return who was in a call within the window. Raises CloudError."""
    generation = await client.generation(call.app)
    endpoint = _record_endpoint(client, generation)
    span, _ = published_window(endpoint, call, window, client.clock.now())
    if span is None:
        return ()
    call_rows = await _fetch_rows(
        client, call, span, generation, lambda query: query.list_everybody()
    )
    everybody = build_participants(endpoint, call_rows.users, ())
    return tuple(one for one in everybody if one.touches(span.since, span.until))


async def fetch_witnesses(
    client: AgoraClient, call: Call, uids: Sequence[str], window: Window
) -> tuple[Series, ...]:
    """Return what others than these uids measured within the window. Raises CloudError.

    The API of 2020 returned it with the record; today's takes one request, or two where there
    are others.
    """
    generation = await client.generation(call.app)
    endpoint = _record_endpoint(client, generation)
    span, _ = published_window(endpoint, call, window, client.clock.now())
    if span is None:
        return ()
    call_rows = await _fetch_rows(
        client, call, span, generation, lambda query: query.fetch_others(uids)
    )
    others = [
        one for one in build_participants(endpoint, call_rows.users, ()) if one.uid not in uids
    ]
    return await asyncio.to_thread(
        build_series, endpoint, call_rows.sessions, others, span, generation
    )


def _record_endpoint(client: AgoraClient, generation: Generation) -> Endpoint:
    return client.find_endpoint("details" if generation == "seed" else "metrics", generation)


async def _fetch_other_generation(
    client: AgoraClient, call: Call, uids: Sequence[str], window: Window, generation: Generation
) -> CallRecord:
    """404: either the API is of the other generation, or it has no such call."""
    other: Generation = "current" if generation == "seed" else "seed"
    if client.is_auto:
        try:
            record = await _fetch(client, call, uids, window, other)
        except CloudRefusedError as error:
            if error.status != _NOT_FOUND:
                raise
        else:
            await client.save_generation(other)
            return record
    return CallRecord(
        call, missing=(MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id),)
    )


async def _fetch(
    client: AgoraClient, call: Call, uids: Sequence[str], window: Window, generation: Generation
) -> CallRecord:
    endpoint = _record_endpoint(client, generation)
    now = client.clock.now()
    span, missing = published_window(endpoint, call, window, now)
    if span is None:
        return CallRecord(call, missing=missing, fresh_until=newest_published(endpoint, now))
    try:
        call_rows = await _fetch_rows(
            client, call, span, generation, lambda query: query.fetch(uids)
        )
    except NotYetPublishedError as error:
        early = MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, error.retry_at, call.id)
        return CallRecord(call, missing=(early,), fresh_until=newest_published(endpoint, now))
    listed = build_participants(endpoint, call_rows.users, uids)
    participants = tuple(one for one in listed if one.touches(span.since, span.until))
    if not (call_rows.users if uids else participants):
        missing_users = (
            ()
            if uids and generation == "current"
            else (missing_participants(call, endpoint, span),)
        )
        return CallRecord(call, missing=missing + missing_users, fresh_until=span.until)
    if generation == "seed":
        missing += truncated_uids(endpoint, call_rows.users, uids)

    def build() -> CallRecord:
        series = build_series(endpoint, call_rows.sessions, participants, span, generation)
        return CallRecord(call, participants, series, missing, span.until)

    return build() if call_rows.size_bytes < _THREAD_FROM_BYTES else await asyncio.to_thread(build)


async def _fetch_rows(
    client: AgoraClient, call: Call, span: Window, generation: Generation, fetch: _FetchCurrent
) -> _CallRows:
    """Fetch what the API of 2020 has of everybody, or with `fetch` from today's."""
    call_rows = _CallRows()
    endpoint, now = _record_endpoint(client, generation), client.clock.now()
    for chunk in split_window(whole_seconds(span), endpoint.max_span):
        if generation == "seed":
            details = await _fetch_details(client, call, endpoint, chunk)
            call_rows.add(details.call_info or (), details.metrics or ())
        else:
            query = SessionQuery(client, call, widen(endpoint, call, chunk, now))
            call_rows.add(*await fetch(query))
    return call_rows


async def _fetch_details(
    client: AgoraClient, call: Call, endpoint: Endpoint, span: Window
) -> Details:
    """Fetch users and metrics from the API of 2020: of exactly this window, as it lists ten."""
    params = {
        **span_params(span),
        "exclude_server_user": "true",
        "exclude_metrics_info": "false",
    }
    window = RequestWindow(span, span)
    return (await client.cached_get(call, endpoint, params, Details, window)).body
