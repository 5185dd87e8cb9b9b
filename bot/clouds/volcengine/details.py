"""Asking for one call: `ListUserInfo` for who was there, `ListCallDetail` for what was measured."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.call import Call, CallRecord, MissingItem, MissingKind, MissingReason, Participant
from bot.clouds.endpoint import Endpoint
from bot.clouds.volcengine.client import (
    VolcengineClient,
    round_down,
    span_params,
    split_window,
    whole_seconds,
)
from bot.clouds.volcengine.ids import ID
from bot.clouds.volcengine.record import build_participants, build_series
from bot.clouds.volcengine.schemas import CallDetails, UserDetailRow, UserPage, UserRow
from bot.ports import Window

_CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_ENDED_TTL: Final = dt.timedelta(minutes=10)
_RUNNING_TTL: Final = dt.timedelta(seconds=20)
_USERS_MAX: Final = 10  # ids one ListUserInfo takes
_MEASURED_MAX: Final = 40  # of a whole class
_PAGES_MAX: Final = 10
_THREAD_FROM_BYTES: Final = 512 * 1024


@dataclass(slots=True)
class _CallDetailRows:
    """What the questions about one call brought, still in Volcengine's rows."""

    rows: list[UserDetailRow] = field(default_factory=list)
    size_bytes: int = 0


async def fetch_record(
    client: VolcengineClient, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    Without uids everybody is told of, and those who send are measured first. What is not out
    yet, forgotten or unknown is said in `missing`; any other failure is raised as CloudError.
    """
    valid_uids = [uid for uid in dict.fromkeys(uids) if ID.fullmatch(uid)]
    endpoint, now = client.find_endpoint("ListCallDetail"), client.clock.now()
    newest = now - endpoint.delay
    span, missing = _available_window(endpoint, call, window, newest)
    if span is None or (uids and not valid_uids):
        return CallRecord(call, missing=missing or (_not_found(call),), fresh_until=newest)
    participants = await _participants(client, call, valid_uids, span)
    oldest = now - (endpoint.look_back or dt.timedelta(0)) + _CLOCK_SKEW
    if span.until <= oldest:
        forgotten = MissingItem(MissingKind.CALL, MissingReason.FORGOTTEN, detail=call.id)
        return CallRecord(call, participants, missing=(*missing, forgotten), fresh_until=span.until)
    span = Window(max(span.since, oldest), span.until)
    detail_rows = await _fetch_details(
        client, call, valid_uids or _senders_first(participants), span
    )

    def build() -> CallRecord:
        series = build_series(endpoint, call, detail_rows.rows, participants, span)
        nobody = () if participants or series else (_not_found(call),)
        return CallRecord(call, participants, series, missing + nobody, span.until)

    is_small = detail_rows.size_bytes < _THREAD_FROM_BYTES
    return build() if is_small else await asyncio.to_thread(build)


def _not_found(call: Call) -> MissingItem:
    return MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id)


def _available_window(
    endpoint: Endpoint, call: Call, window: Window, newest: dt.datetime
) -> tuple[Window | None, tuple[MissingItem, ...]]:
    """The part of the window that lies in the call and is out already."""
    since = max(window.since, call.started_at)
    until = window.until if call.ended_at is None else min(window.until, call.ended_at)
    if until < since:
        return None, (_not_found(call),)
    missing: tuple[MissingItem, ...] = ()
    if until > newest:
        missing = (
            MissingItem(
                MissingKind.CALL, MissingReason.NOT_OUT_YET, until + endpoint.delay, call.id
            ),
        )
        until = round_down(newest)
    return (Window(since, until) if until > since else None), missing


async def _participants(
    client: VolcengineClient, call: Call, uids: Sequence[str], span: Window
) -> tuple[Participant, ...]:
    """Ask who was there from the call's beginning on: somebody may have come long before."""
    endpoint = client.find_endpoint("ListUserInfo")
    oldest = client.clock.now() - (endpoint.look_back or dt.timedelta(0)) + _CLOCK_SKEW
    whole = whole_seconds(Window(max(call.started_at, oldest), span.until))
    users: list[UserRow] = []
    for chunk in split_window(whole, endpoint.max_span):
        for first in range(0, max(1, len(uids)), _USERS_MAX):
            users += await _user_pages(client, call, uids[first : first + _USERS_MAX], chunk)
    return build_participants(endpoint, call, users, uids)


async def _user_pages(
    client: VolcengineClient, call: Call, uids: Sequence[str], span: Window
) -> list[UserRow]:
    endpoint = client.find_endpoint("ListUserInfo")
    size = endpoint.max_rows or 1
    params = {**span_params(span), "RoomId": call.cname, "ExcludeServerUser": "true"}
    if uids:
        params["UserId"] = ",".join(uids)
    users: list[UserRow] = []
    for number in range(1, _PAGES_MAX + 1):
        paged = {**params, "PageNum": str(number), "PageSize": str(size)}
        page, _ = await client.cached_get(call.app, endpoint, paged, UserPage, _ttl(call, span))
        found = page.user_list or []
        users += found
        if len(found) < size or len(users) >= (page.total or len(users) + 1):
            break
    return users


async def _fetch_details(
    client: VolcengineClient, call: Call, uids: Sequence[str], span: Window
) -> _CallDetailRows:
    endpoint = client.find_endpoint("ListCallDetail")
    size = endpoint.max_rows or 1
    detail_rows = _CallDetailRows()
    for chunk in split_window(whole_seconds(span), endpoint.max_span):
        for first in range(0, len(uids), size):
            params = {
                **span_params(chunk),
                "RoomId": call.cname,
                "UserId": ",".join(uids[first : first + size]),
                "Direction": "0",
            }
            body, size_bytes = await client.cached_get(
                call.app, endpoint, params, CallDetails, _ttl(call, chunk)
            )
            detail_rows.rows += body.user_call_detail or ()
            detail_rows.size_bytes += size_bytes
    return detail_rows


def _senders_first(participants: Sequence[Participant]) -> list[str]:
    """Nobody in particular was asked for: those who send tell the most."""
    chosen = sorted(participants, key=lambda session: not session.sends)
    return list(dict.fromkeys(session.uid for session in chosen if ID.fullmatch(session.uid)))[
        :_MEASURED_MAX
    ]


def _ttl(call: Call, span: Window) -> dt.timedelta:
    has_ended = call.ended_at is not None and span.until >= call.ended_at
    return _ENDED_TTL if has_ended else _RUNNING_TTL
