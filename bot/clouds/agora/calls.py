"""Finds the calls of a channel: `call/lists` of both generations."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds import call_list
from bot.clouds.agora.client import AgoraClient, Generation, span_params
from bot.clouds.agora.schemas import CallList, CallRow, parse_required_time, parse_time
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import invalid_response
from bot.clouds.publication import newest_published
from bot.errors import CloudDataExpiredError, CloudRefusedError
from bot.ports import Window

_PAGES_MAX: Final = 10
_UNEXPECTED_STATUSES: Final = (400, 404)
_SECOND: Final = dt.timedelta(seconds=1)


async def find_calls(
    client: AgoraClient, app: str, cname: str, window: Window, *, fresh: bool
) -> tuple[Call, ...]:
    """Return the calls of this channel that touch the window, newest first.

    Raises CloudDataExpiredError when the cloud keeps no data of the window, and any other
    CloudError.
    """
    generation = await client.generation(app)
    try:
        return await _find_calls(client, app, cname, window, generation, fresh=fresh)
    except CloudRefusedError as error:
        if not _is_unexpected(error) or not await client.has_changed(app):
            raise
        changed = await client.generation(app)
        return await _find_calls(client, app, cname, window, changed, fresh=fresh)


async def _find_calls(
    client: AgoraClient,
    app: str,
    cname: str,
    window: Window,
    generation: Generation,
    *,
    fresh: bool,
) -> tuple[Call, ...]:
    endpoint = client.find_endpoint("lists", generation)
    fetch_rows = _fetch_backwards if generation == "seed" else _fetch_pages

    async def fetch(span: Window) -> list[Call]:
        rows = await fetch_rows(client, app, endpoint, cname, span)
        return [_call(endpoint, app, row) for row in rows]

    newest = newest_published(endpoint, client.clock.now())
    return await call_list.find_calls(
        client, endpoint, app, window, cname=cname, newest=newest, fetch=fetch, fresh=fresh
    )


def _is_unexpected(error: CloudRefusedError) -> bool:
    """Tell an error that our checks rule out: the API is of the other generation."""
    expired_early = isinstance(error, CloudDataExpiredError) and bool(error.status)
    return error.status in _UNEXPECTED_STATUSES or expired_early


async def _fetch_backwards(
    client: AgoraClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[CallRow]:
    """The API of 2020 has `has_more` but no pages: request again, up to the oldest call so far.

    Ends when nothing new is returned: more calls in one second than a response holds cannot be
    listed.
    """
    rows: dict[str, CallRow] = {}
    until = span.until
    for _ in range(_PAGES_MAX):
        params = {"cname": cname}
        body = await _fetch_page(client, app, endpoint, params, Window(span.since, until))
        fresh = [call for call in body.call_lists or () if str(call.call_id) not in rows]
        rows.update((str(call.call_id), call) for call in fresh)
        if not body.has_more or not fresh:
            break
        until = min(_time(endpoint, call.created_ts) for call in fresh) + _SECOND
        if until <= span.since:
            break
    return list(rows.values())


async def _fetch_pages(
    client: AgoraClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[CallRow]:
    rows: list[CallRow] = []
    for page_no in range(1, _PAGES_MAX + 1):
        size = endpoint.page_size
        params = {"cname": cname, "page_no": str(page_no), "page_size": str(size)}
        body = await _fetch_page(client, app, endpoint, params, span)
        page = body.call_lists or []
        rows += page
        if len(page) < size or len(rows) >= (body.total_size or len(rows) + 1):
            break
    return rows


async def _fetch_page(
    client: AgoraClient, app: str, endpoint: Endpoint, params: dict[str, str], span: Window
) -> CallList:
    return await client.get(app, endpoint, {**params, **span_params(span)}, CallList)


def _call(endpoint: Endpoint, app: str, row: CallRow) -> Call:
    try:
        ended_at = None if row.finished is False else parse_time(row.destroyed_ts)
    except ValueError:
        raise invalid_response(endpoint, "destroyed_ts") from None
    return Call(
        cloud=endpoint.cloud,
        app=app,
        id=str(row.call_id),
        cname=row.cname,
        started_at=_time(endpoint, row.created_ts),
        ended_at=ended_at,
    )


def _time(endpoint: Endpoint, value: float | str | None) -> dt.datetime:
    try:
        return parse_required_time(value)
    except ValueError:
        raise invalid_response(endpoint, "created_ts") from None
