"""Finding the calls of a channel, in both generations of Agora's `call/lists`."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call
from bot.clouds.agora.client import Asking, Generation, coarse, span_params
from bot.clouds.agora.schemas import CallRow, Lists, moment, required
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import forgot, nonsense
from bot.errors import CloudForgotError, CloudRefusedError
from bot.ports import Window

_REACH: Final = dt.timedelta(hours=24)  # how long before the window a call may have begun
_EDGE: Final = dt.timedelta(seconds=30)  # our clock and the cloud's may differ
_PAGES_MAX: Final = 10
_RUNNING_FRESH: Final = dt.timedelta(seconds=15)
_ENDED_FRESH: Final = dt.timedelta(minutes=5)
_ODD_REFUSALS: Final = (400, 404)
_SECOND: Final = dt.timedelta(seconds=1)


async def find_calls(asking: Asking, app: str, cname: str, window: Window) -> tuple[Call, ...]:
    """Return the calls of this channel that touch the window, newest first.

    Raises CloudForgotError when the whole window lies before the time the cloud remembers, and
    any other CloudError.
    """
    generation = await asking.generation(app)
    try:
        return await _find_calls(asking, app, cname, window, generation)
    except CloudRefusedError as error:
        if not _is_odd(error) or not await asking.has_changed(app):
            raise
        changed = await asking.generation(app)
        return await _find_calls(asking, app, cname, window, changed)


async def _find_calls(
    asking: Asking, app: str, cname: str, window: Window, generation: Generation
) -> tuple[Call, ...]:
    row = asking.endpoint("lists", generation)
    now = asking.clock.now()
    oldest = now - (row.look_back or _REACH) + _EDGE
    if window.until < oldest:
        raise forgot(row)
    newest = now - row.delay
    until = window.until if window.until <= newest else coarse(newest)
    since = max(min(window.since, until - (row.max_span or _REACH)), oldest)
    found: dict[str, Call] = {}
    listed = _walk_back if generation == "seed" else _turn_pages
    for piece in pieces(Window(since, until), row.max_span):
        for call_row in await listed(asking, app, row, cname, piece):
            call = _call(row, app, call_row)
            if call.cname == cname and _touches(call, window):
                found[call.id] = call
    return tuple(sorted(found.values(), key=lambda call: call.started_at, reverse=True))


def _is_odd(error: CloudRefusedError) -> bool:
    """Tell a refusal that we should have foreseen: the way one generation answers the other."""
    forgot_too_soon = isinstance(error, CloudForgotError) and error.status
    return error.status in _ODD_REFUSALS or bool(forgot_too_soon)


def pieces(span: Window, max_span: dt.timedelta | None) -> tuple[Window, ...]:
    """Cut a stretch into questions no longer than the cloud takes; none for an empty stretch."""
    cut: list[Window] = []
    until = span.until
    while until > span.since:
        since = span.since if max_span is None else max(span.since, until - max_span)
        cut.append(Window(since, until))
        until = since
    return tuple(cut)


async def _walk_back(
    asking: Asking, app: str, row: Endpoint, cname: str, span: Window
) -> list[CallRow]:
    """The seed says `has_more` but has no page: ask again up to the oldest call seen.

    Ends when nothing new comes: more calls in one second than an answer holds cannot be listed.
    """
    found: dict[str, CallRow] = {}
    until = span.until
    for _ in range(_PAGES_MAX):
        params = {"cname": cname}
        body = await _ask(asking, app, row, params, Window(span.since, until))
        fresh = [call for call in body.call_lists or () if str(call.call_id) not in found]
        found.update((str(call.call_id), call) for call in fresh)
        if not body.has_more or not fresh:
            break
        until = min(_time(row, call.created_ts) for call in fresh) + _SECOND
        if until <= span.since:
            break
    return list(found.values())


async def _turn_pages(
    asking: Asking, app: str, row: Endpoint, cname: str, span: Window
) -> list[CallRow]:
    found: list[CallRow] = []
    for page_no in range(1, _PAGES_MAX + 1):
        size = row.row_cap or 1
        params = {"cname": cname, "page_no": str(page_no), "page_size": str(size)}
        body = await _ask(asking, app, row, params, span)
        found += body.call_lists or ()
        if len(body.call_lists or ()) < size or len(found) >= (body.total_size or len(found) + 1):
            break
    return found


async def _ask(
    asking: Asking, app: str, row: Endpoint, params: dict[str, str], span: Window
) -> Lists:
    is_moving = span.until > asking.clock.now() - row.delay - _ENDED_FRESH
    fresh_for = _RUNNING_FRESH if is_moving else _ENDED_FRESH
    asked = {**params, **span_params(span)}
    return (await asking.kept_body(app, row, asked, Lists, fresh_for))[0]


def _call(row: Endpoint, app: str, found: CallRow) -> Call:
    try:
        ended_at = None if found.finished is False else moment(found.destroyed_ts)
    except ValueError:
        raise nonsense(row, "destroyed_ts") from None
    return Call(
        cloud=row.cloud,
        app=app,
        id=str(found.call_id),
        cname=found.cname,
        started_at=_time(row, found.created_ts),
        ended_at=ended_at,
    )


def _time(row: Endpoint, value: float | str | None) -> dt.datetime:
    try:
        return required(value)
    except ValueError:
        raise nonsense(row, "created_ts") from None


def _touches(call: Call, window: Window) -> bool:
    begun = call.started_at <= window.until
    return begun and (call.ended_at is None or call.ended_at >= window.since)
