"""Finding the calls of a channel, in both generations of Agora's `call/lists`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds.agora.client import AgoraClient, Generation, round_down, span_params
from bot.clouds.agora.schemas import CallList, CallRow, parse_required_time, parse_time
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired, invalid_response
from bot.errors import CloudDataExpiredError, CloudRefusedError
from bot.ports import Window

_MAX_CALL_AGE: Final = dt.timedelta(hours=24)  # how long before the window a call may have begun
_CLOCK_SKEW: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_PAGES_MAX: Final = 10
_RUNNING_TTL: Final = dt.timedelta(seconds=15)
_ENDED_TTL: Final = dt.timedelta(minutes=5)
_ODD_REFUSALS: Final = (400, 404)
_SECOND: Final = dt.timedelta(seconds=1)


async def find_calls(client: AgoraClient, app: str, cname: str, window: Window) -> tuple[Call, ...]:
    """Return the calls of this channel that touch the window, newest first.

    Raises CloudForgotError when the whole window lies before the time the cloud remembers, and
    any other CloudError.
    """
    generation = await client.generation(app)
    try:
        return await _find_calls(client, app, cname, window, generation)
    except CloudRefusedError as error:
        if not _is_odd(error) or not await client.has_changed(app):
            raise
        changed = await client.generation(app)
        return await _find_calls(client, app, cname, window, changed)


async def _find_calls(
    client: AgoraClient, app: str, cname: str, window: Window, generation: Generation
) -> tuple[Call, ...]:
    endpoint = client.find_endpoint("lists", generation)
    now = client.clock.now()
    oldest = now - (endpoint.look_back or _MAX_CALL_AGE) + _CLOCK_SKEW
    if window.until < oldest:
        raise data_expired(endpoint)
    newest = now - endpoint.delay
    until = window.until if window.until <= newest else round_down(newest)
    since = max(min(window.since, until - (endpoint.max_span or _MAX_CALL_AGE)), oldest)
    found: dict[str, Call] = {}
    fetch_rows = _fetch_backwards if generation == "seed" else _fetch_pages
    for chunk in split_window(Window(since, until), endpoint.max_span):
        for call_row in await fetch_rows(client, app, endpoint, cname, chunk):
            call = _call(endpoint, app, call_row)
            if call.cname == cname and _overlaps(call, window):
                found[call.id] = call
    return tuple(sorted(found.values(), key=lambda call: call.started_at, reverse=True))


def _is_odd(error: CloudRefusedError) -> bool:
    """Tell a refusal that we should have foreseen: the way one generation answers the other."""
    forgot_too_soon = isinstance(error, CloudDataExpiredError) and error.status
    return error.status in _ODD_REFUSALS or bool(forgot_too_soon)


def split_window(span: Window, max_span: dt.timedelta | None) -> tuple[Window, ...]:
    """Cut a stretch into questions no longer than the cloud takes; none for an empty stretch."""
    windows: list[Window] = []
    until = span.until
    while until > span.since:
        since = span.since if max_span is None else max(span.since, until - max_span)
        windows.append(Window(since, until))
        until = since
    return tuple(windows)


async def _fetch_backwards(
    client: AgoraClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[CallRow]:
    """The seed says `has_more` but has no page: ask again up to the oldest call seen.

    Ends when nothing new comes: more calls in one second than an answer holds cannot be listed.
    """
    found: dict[str, CallRow] = {}
    until = span.until
    for _ in range(_PAGES_MAX):
        params = {"cname": cname}
        body = await _fetch_page(client, app, endpoint, params, Window(span.since, until))
        fresh = [call for call in body.call_lists or () if str(call.call_id) not in found]
        found.update((str(call.call_id), call) for call in fresh)
        if not body.has_more or not fresh:
            break
        until = min(_time(endpoint, call.created_ts) for call in fresh) + _SECOND
        if until <= span.since:
            break
    return list(found.values())


async def _fetch_pages(
    client: AgoraClient, app: str, endpoint: Endpoint, cname: str, span: Window
) -> list[CallRow]:
    found: list[CallRow] = []
    for page_no in range(1, _PAGES_MAX + 1):
        size = endpoint.max_rows or 1
        params = {"cname": cname, "page_no": str(page_no), "page_size": str(size)}
        body = await _fetch_page(client, app, endpoint, params, span)
        found += body.call_lists or ()
        if len(body.call_lists or ()) < size or len(found) >= (body.total_size or len(found) + 1):
            break
    return found


async def _fetch_page(
    client: AgoraClient, app: str, endpoint: Endpoint, params: dict[str, str], span: Window
) -> CallList:
    is_running = span.until > client.clock.now() - endpoint.delay - _ENDED_TTL
    ttl = _RUNNING_TTL if is_running else _ENDED_TTL
    query = {**params, **span_params(span)}
    return (await client.cached_body(app, endpoint, query, CallList, ttl))[0]


def _call(endpoint: Endpoint, app: str, found: CallRow) -> Call:
    try:
        ended_at = None if found.finished is False else parse_time(found.destroyed_ts)
    except ValueError:
        raise invalid_response(endpoint, "destroyed_ts") from None
    return Call(
        cloud=endpoint.cloud,
        app=app,
        id=str(found.call_id),
        cname=found.cname,
        started_at=_time(endpoint, found.created_ts),
        ended_at=ended_at,
    )


def _time(endpoint: Endpoint, value: float | str | None) -> dt.datetime:
    try:
        return parse_required_time(value)
    except ValueError:
        raise invalid_response(endpoint, "created_ts") from None


def _overlaps(call: Call, window: Window) -> bool:
    begun = call.started_at <= window.until
    return begun and (call.ended_at is None or call.ended_at >= window.since)
