"""Fetches one call: `call/details` of 2020, today's `call/sessions` and `call/metrics`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.call import Call, CallRecord, MissingItem, MissingKind, MissingReason, Series
from bot.clouds.agora.client import AgoraClient, Generation, span_params
from bot.clouds.agora.schemas import Details, SessionMetricsRow, UserRow
from bot.clouds.agora.series import (
    build_participants,
    build_series,
    missing_participants,
    truncated_uids,
)
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import NotYetPublishedError
from bot.clouds.publication import (
    newest_published,
    oldest_kept,
    published_window,
    time_to_live,
)
from bot.clouds.windows import split_window, whole_seconds
from bot.errors import CloudRefusedError
from bot.ports import Window

_UIDS_MAX: Final = 10
_SIDS_MAX: Final = 20
_SESSIONS_MAX: Final = 40  # of a whole class, at one request a second
_PAGES_MAX: Final = 10
_THREAD_FROM_BYTES: Final = 1024 * 1024
_NOT_FOUND: Final = 404


@dataclass(slots=True)
class _CallRows:
    """The rows of one call, from all its requests."""

    users: list[UserRow] = field(default_factory=list)
    sessions: list[SessionMetricsRow] = field(default_factory=list)

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


async def fetch_witnesses(
    client: AgoraClient, call: Call, uids: Sequence[str], window: Window
) -> tuple[Series, ...]:
    """Return what others than these uids measured within the window. Raises CloudError.

    The API of 2020 returned it with the record; today's takes one request, or two where there
    are others.
    """
    generation = await client.generation(call.app)
    endpoint = _record_endpoint(client, generation)
    now = client.clock.now()
    newest, oldest = newest_published(endpoint, now), oldest_kept(endpoint, now)
    span, _ = published_window(endpoint, call, window, now, newest=newest, oldest=oldest)
    if span is None:
        return ()
    call_rows = _CallRows()
    query = _CallQuery(client, call, whole_seconds(span), call_rows)
    await (query.fetch_details() if generation == "seed" else query.fetch_others(uids))
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
    newest, oldest = newest_published(endpoint, now), oldest_kept(endpoint, now)
    span, missing = published_window(endpoint, call, window, now, newest=newest, oldest=oldest)
    if span is None:
        return CallRecord(call, missing=missing, fresh_until=newest)
    try:
        call_rows = await _fetch_rows(client, call, uids, span, generation)
    except NotYetPublishedError as error:
        early = MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, error.retry_at, call.id)
        return CallRecord(call, missing=(early,), fresh_until=newest)
    if not call_rows.users:
        missing_users = (
            ()
            if uids and generation == "current"
            else (missing_participants(call, endpoint, span),)
        )
        return CallRecord(call, missing=missing + missing_users, fresh_until=span.until)
    if generation == "seed":
        missing += truncated_uids(endpoint, call_rows.users, uids)

    def build() -> CallRecord:
        participants = build_participants(endpoint, call_rows.users, uids)
        series = build_series(endpoint, call_rows.sessions, participants, span, generation)
        return CallRecord(call, participants, series, missing, span.until)

    return build() if call_rows.size_bytes < _THREAD_FROM_BYTES else await asyncio.to_thread(build)


async def _fetch_rows(
    client: AgoraClient, call: Call, uids: Sequence[str], span: Window, generation: Generation
) -> _CallRows:
    call_rows = _CallRows()
    endpoint = _record_endpoint(client, generation)
    for chunk in split_window(whole_seconds(span), endpoint.max_span):
        call_query = _CallQuery(client, call, chunk, call_rows)
        await (
            call_query.fetch_details() if generation == "seed" else call_query.fetch_sessions(uids)
        )
    return call_rows


@dataclass(frozen=True, slots=True)
class _CallQuery:
    """The requests about one window of one call; the rows are collected in `call_rows`."""

    client: AgoraClient
    call: Call
    span: Window
    call_rows: _CallRows

    async def fetch_details(self) -> None:
        """Fetch all users and metrics from the API of 2020, which has no filter."""
        params = {"exclude_server_user": "true", "exclude_metrics_info": "false"}
        body = await self._fetch_rows("details", params)
        self.call_rows.users += body.call_info or ()
        self.call_rows.sessions += body.metrics or ()

    async def fetch_sessions(self, uids: Sequence[str]) -> None:
        """Fetch from today's API: the sessions of these uids, then their metrics."""
        users: list[UserRow] = []
        for first in range(0, max(1, len(uids)), _UIDS_MAX):
            users += await self._session_pages(uids[first : first + _UIDS_MAX])
        self.call_rows.users += users
        # Without uids: the metrics of senders are most useful.
        chosen = users if uids else sorted(users, key=lambda user: not user.speaker)[:_SESSIONS_MAX]
        sids = sorted({str(user.sid) for user in chosen})
        for first in range(0, len(sids), _SIDS_MAX):
            params = {"sids": ",".join(sids[first : first + _SIDS_MAX])}
            self.call_rows.sessions += (await self._fetch_rows("metrics", params)).metrics or ()

    async def fetch_others(self, uids: Sequence[str]) -> None:
        """Fetch from today's API what others than these uids measured, with one request each.

        So they are of the first page of sessions, and no more than one request for metrics takes.
        """
        size = self.client.find_endpoint("sessions", "current").page_size
        params = {"exclude_server_user": "true", "page_size": str(size), "page_no": "1"}
        users = (await self._fetch_rows("sessions", params)).call_info or ()
        others = [user for user in users if str(user.uid) not in uids][:_SIDS_MAX]
        self.call_rows.users += others
        if others:
            metrics = {"sids": ",".join(sorted(str(user.sid) for user in others))}
            self.call_rows.sessions += (await self._fetch_rows("metrics", metrics)).metrics or ()

    async def _session_pages(self, uids: Sequence[str]) -> list[UserRow]:
        size = self.client.find_endpoint("sessions", "current").page_size
        params = {"exclude_server_user": "true", "page_size": str(size)}
        if uids:
            params["uids"] = ",".join(uids)
        users: list[UserRow] = []
        for page_no in range(1, _PAGES_MAX + 1):
            body = await self._fetch_rows("sessions", {**params, "page_no": str(page_no)})
            page = body.call_info or []
            users += page
            if len(page) < size or len(users) >= (body.total_size or len(users) + 1):
                break
        return users

    async def _fetch_rows(self, name: str, params: dict[str, str]) -> Details:
        endpoint = self.client.find_endpoint(name, "seed" if name == "details" else "current")
        ttl = time_to_live(endpoint, self.span.until, self.client.clock.now())
        query = {"call_id": self.call.id, **span_params(self.span), **params}
        return await self.client.cached_get(self.call.app, endpoint, query, Details, ttl)
