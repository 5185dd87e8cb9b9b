"""Asking for one call: `ListUserInfo` for who was there, `ListCallDetail` for what was measured."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.call import Call, CallRecord, Lack, LackReason, Missing, Participant
from bot.clouds.endpoints import Endpoint
from bot.clouds.volcengine.client import Asking, coarse, pieces, span_params, whole_seconds
from bot.clouds.volcengine.ids import ID
from bot.clouds.volcengine.record import participants_of, series_of
from bot.clouds.volcengine.schemas import CallDetails, UserDetailRow, UserPage, UserRow
from bot.ports import Window

_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_ENDED_FRESH: Final = dt.timedelta(minutes=10)
_RUNNING_FRESH: Final = dt.timedelta(seconds=20)
_USERS_MAX: Final = 10  # ids one ListUserInfo takes
_MEASURED_MAX: Final = 40  # of a whole class
_PAGES_MAX: Final = 10
_THREAD_FROM_BYTES: Final = 512 * 1024


@dataclass(slots=True)
class _Measured:
    """What the questions about one call brought, still in Volcengine's rows."""

    rows: list[UserDetailRow] = field(default_factory=list)
    size_bytes: int = 0


async def fetch_record(
    asking: Asking, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    Without uids everybody is told of, and those who send are measured first. What is not out
    yet, forgotten or unknown is said in `missing`; any other failure is raised as CloudError.
    """
    asked = [uid for uid in dict.fromkeys(uids) if ID.fullmatch(uid)]
    row, now = asking.endpoint("ListCallDetail"), asking.clock.now()
    newest = now - row.delay
    span, missing = _out(row, call, window, newest)
    if span is None or (uids and not asked):
        return CallRecord(call, missing=missing or (_unknown(call),), fresh_until=newest)
    participants = await _participants(asking, call, asked, span)
    oldest = now - (row.look_back or dt.timedelta(0)) + _EDGE
    if span.until <= oldest:
        forgotten = Missing(Lack.CALL, LackReason.FORGOTTEN, detail=call.id)
        return CallRecord(call, participants, missing=(*missing, forgotten), fresh_until=span.until)
    span = Window(max(span.since, oldest), span.until)
    measured = await _measured(asking, call, asked or _loudest(participants), span)

    def build() -> CallRecord:
        series = series_of(row, call, measured.rows, participants, span)
        nobody = () if participants or series else (_unknown(call),)
        return CallRecord(call, participants, series, missing + nobody, span.until)

    is_small = measured.size_bytes < _THREAD_FROM_BYTES
    return build() if is_small else await asyncio.to_thread(build)


def _unknown(call: Call) -> Missing:
    return Missing(Lack.CALL, LackReason.NOT_FOUND, detail=call.id)


def _out(
    row: Endpoint, call: Call, window: Window, newest: dt.datetime
) -> tuple[Window | None, tuple[Missing, ...]]:
    """The part of the window that lies in the call and is out already."""
    since = max(window.since, call.started_at)
    until = window.until if call.ended_at is None else min(window.until, call.ended_at)
    if until < since:
        return None, (_unknown(call),)
    missing: tuple[Missing, ...] = ()
    if until > newest:
        missing = (Missing(Lack.CALL, LackReason.NOT_OUT_YET, until + row.delay, call.id),)
        until = coarse(newest)
    return (Window(since, until) if until > since else None), missing


async def _participants(
    asking: Asking, call: Call, uids: Sequence[str], span: Window
) -> tuple[Participant, ...]:
    """Ask who was there from the call's beginning on: somebody may have come long before."""
    row = asking.endpoint("ListUserInfo")
    oldest = asking.clock.now() - (row.look_back or dt.timedelta(0)) + _EDGE
    whole = whole_seconds(Window(max(call.started_at, oldest), span.until))
    users: list[UserRow] = []
    for piece in pieces(whole, row.max_span):
        for first in range(0, max(1, len(uids)), _USERS_MAX):
            users += await _user_pages(asking, call, uids[first : first + _USERS_MAX], piece)
    return participants_of(row, call, users, uids)


async def _user_pages(
    asking: Asking, call: Call, uids: Sequence[str], span: Window
) -> list[UserRow]:
    row = asking.endpoint("ListUserInfo")
    size = row.row_cap or 1
    params = {**span_params(span), "RoomId": call.cname, "ExcludeServerUser": "true"}
    if uids:
        params["UserId"] = ",".join(uids)
    users: list[UserRow] = []
    for number in range(1, _PAGES_MAX + 1):
        paged = {**params, "PageNum": str(number), "PageSize": str(size)}
        page, _ = await asking.kept_get(call.app, row, paged, UserPage, _fresh_for(call, span))
        found = page.user_list or []
        users += found
        if len(found) < size or len(users) >= (page.total or len(users) + 1):
            break
    return users


async def _measured(asking: Asking, call: Call, uids: Sequence[str], span: Window) -> _Measured:
    row = asking.endpoint("ListCallDetail")
    size = row.row_cap or 1
    measured = _Measured()
    for piece in pieces(whole_seconds(span), row.max_span):
        for first in range(0, len(uids), size):
            params = {
                **span_params(piece),
                "RoomId": call.cname,
                "UserId": ",".join(uids[first : first + size]),
                "Direction": "0",
            }
            body, size_bytes = await asking.kept_get(
                call.app, row, params, CallDetails, _fresh_for(call, piece)
            )
            measured.rows += body.user_call_detail or ()
            measured.size_bytes += size_bytes
    return measured


def _loudest(participants: Sequence[Participant]) -> list[str]:
    """Nobody in particular was asked for: those who send tell the most."""
    chosen = sorted(participants, key=lambda stay: not stay.sends)
    return list(dict.fromkeys(stay.uid for stay in chosen if ID.fullmatch(stay.uid)))[
        :_MEASURED_MAX
    ]


def _fresh_for(call: Call, span: Window) -> dt.timedelta:
    has_ended = call.ended_at is not None and span.until >= call.ended_at
    return _ENDED_FRESH if has_ended else _RUNNING_FRESH
