"""Fetches one call: its users (`ListUserInfo`) and metrics (`ListCallDetail`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from bot.call import (
    Call,
    CallRecord,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
    Series,
)
from bot.clouds.publication import (
    newest_published,
    oldest_kept,
    published_window,
    widen,
)
from bot.clouds.volcengine.client import VolcengineClient
from bot.clouds.volcengine.schemas import (
    ID_PATTERN,
    CallDetails,
    UserDetailRow,
    UserPage,
    UserRow,
)
from bot.clouds.volcengine.series import build_participants, build_series
from bot.clouds.windows import RequestWindow, split_window, whole_seconds
from bot.ports import Window

_USERS_MAX: Final = 10  # ids one ListUserInfo takes
_MEASURED_MAX: Final = 40  # of a whole class
_PAGES_MAX: Final = 10
_THREAD_FROM_BYTES: Final = 512 * 1024


async def fetch_record(
    client: VolcengineClient, call: Call, uids: Sequence[str], window: Window
) -> CallRecord:
    """Return participants and series of these uids within the window, and what is missing.

    Without uids the record is of all users, and metrics are fetched of senders first. Data that
    is not published yet, expired or unknown is listed in `missing`; any other failure is raised
    as CloudError.
    """
    valid_uids = [uid for uid in dict.fromkeys(uids) if ID_PATTERN.fullmatch(uid)]
    endpoint, now = client.find_endpoint("ListCallDetail"), client.clock.now()
    listed_since = oldest_kept(client.find_endpoint("ListUserInfo"), now)
    span, missing = published_window(endpoint, call, window, now, oldest=listed_since)
    if span is None or (uids and not valid_uids):
        newest = newest_published(endpoint, now)
        return CallRecord(call, missing=missing or (_not_found(call),), fresh_until=newest)
    participants = await _participants(client, call, valid_uids, span)
    oldest = oldest_kept(endpoint, now)
    if span.until <= oldest:
        expired = MissingItem(MissingKind.CALL, MissingReason.FORGOTTEN, detail=call.id)
        return CallRecord(call, participants, missing=(*missing, expired), fresh_until=span.until)
    span = Window(max(span.since, oldest), span.until)
    rows = await _fetch_details(client, call, valid_uids or _senders_first(participants), span)

    def build() -> CallRecord:
        series = build_series(endpoint, call, rows, participants, span)
        missing_users = () if participants or series else (_not_found(call),)
        return CallRecord(call, participants, series, missing + missing_users, span.until)

    return build() if _size_bytes(rows) < _THREAD_FROM_BYTES else await asyncio.to_thread(build)


async def fetch_participants(
    client: VolcengineClient, call: Call, window: Window
) -> tuple[Participant, ...]:
    """Return who was in a call until the end of the window. Raises CloudError."""
    endpoint = client.find_endpoint("ListUserInfo")
    span, _ = published_window(endpoint, call, window, client.clock.now())
    return await _participants(client, call, (), span) if span else ()


async def fetch_witnesses(
    client: VolcengineClient, call: Call, uids: Sequence[str], window: Window
) -> tuple[Series, ...]:
    """Return what others than these uids measured within the window. Raises CloudError.

    Of as many as one request for metrics takes.
    """
    endpoint = client.find_endpoint("ListCallDetail")
    span, _ = published_window(endpoint, call, window, client.clock.now())
    if span is None:
        return ()
    everybody = await _participants(client, call, (), span)
    others = [one for one in everybody if one.uid not in uids]
    details = await _fetch_details(client, call, _senders_first(others)[: endpoint.page_size], span)
    return await asyncio.to_thread(build_series, endpoint, call, details, others, span)


def _not_found(call: Call) -> MissingItem:
    return MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id)


async def _participants(
    client: VolcengineClient, call: Call, uids: Sequence[str], span: Window
) -> tuple[Participant, ...]:
    """Fetch the users since the call began: somebody may have joined long before the window."""
    endpoint, now = client.find_endpoint("ListUserInfo"), client.clock.now()
    since = max(call.started_at, oldest_kept(endpoint, now))
    until = widen(endpoint, call, span, now).wider.until
    users: list[UserRow] = []
    for chunk in split_window(whole_seconds(Window(since, until)), endpoint.max_span):
        window = RequestWindow(Window(chunk.since, min(chunk.until, span.until)), chunk)
        for first in range(0, max(1, len(uids)), _USERS_MAX):
            users += await _user_pages(client, call, uids[first : first + _USERS_MAX], window)
    participants = build_participants(endpoint, call, users, uids)
    return tuple(one for one in participants if one.joined_at <= span.until)


async def _user_pages(
    client: VolcengineClient, call: Call, uids: Sequence[str], window: RequestWindow
) -> list[UserRow]:
    endpoint = client.find_endpoint("ListUserInfo")
    size = endpoint.page_size
    params = {"ExcludeServerUser": "true", "PageSize": str(size)}
    if uids:
        params["UserId"] = ",".join(uids)
    users: list[UserRow] = []
    for number in range(1, _PAGES_MAX + 1):
        paged = {**params, "PageNum": str(number)}
        page = await client.cached_get(call, endpoint, paged, UserPage, window)
        rows = page.user_list or []
        users += rows
        if len(rows) < size or len(users) >= (page.total or len(users) + 1):
            break
    return users


async def _fetch_details(
    client: VolcengineClient, call: Call, uids: Sequence[str], span: Window
) -> list[UserDetailRow]:
    endpoint, now = client.find_endpoint("ListCallDetail"), client.clock.now()
    size = endpoint.page_size
    rows: list[UserDetailRow] = []
    for chunk in split_window(whole_seconds(span), endpoint.max_span):
        window = widen(endpoint, call, chunk, now)
        for first in range(0, len(uids), size):
            params = {"UserId": ",".join(uids[first : first + size]), "Direction": "0"}
            body = await client.cached_get(call, endpoint, params, CallDetails, window)
            rows += body.user_call_detail or ()
    return rows


def _size_bytes(rows: Sequence[UserDetailRow]) -> int:
    """The size of the points, which are not parsed yet."""
    metrics = (metric for row in rows for metric in row.call_detail or ())
    return sum(memoryview(metric.data).nbytes for metric in metrics)


def _senders_first(participants: Sequence[Participant]) -> list[str]:
    """Without requested uids: the metrics of senders are most useful."""
    chosen = sorted(participants, key=lambda session: not session.sends)
    return list(
        dict.fromkeys(session.uid for session in chosen if ID_PATTERN.fullmatch(session.uid))
    )[:_MEASURED_MAX]
