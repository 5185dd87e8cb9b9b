"""Which data a cloud has published, and how long a response about it is kept."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.call import Call, MissingItem, MissingKind, MissingReason
from bot.clouds.endpoint import Endpoint
from bot.clouds.windows import CLOCK_SKEW, RequestWindow, round_down, whole_seconds
from bot.ports import Window

UNPUBLISHED_TTL: Final = dt.timedelta(seconds=15)
_NEW_TTL: Final = dt.timedelta(minutes=5)  # data may be later than documented
_FINAL_TTL: Final = dt.timedelta(hours=1)
_BESIDE: Final = dt.timedelta(minutes=10)  # a second diagnosis needs, and another ticket may


def newest_published(endpoint: Endpoint, now: dt.datetime) -> dt.datetime:
    """Return the moment up to which the cloud has data."""
    return now - endpoint.delay


def oldest_kept(endpoint: Endpoint, now: dt.datetime) -> dt.datetime:
    """Return the oldest moment that can be requested."""
    return now - endpoint.retention + CLOCK_SKEW


def time_to_live(endpoint: Endpoint, until: dt.datetime, now: dt.datetime) -> dt.timedelta:
    """Return how long a response about the time up to `until` is kept.

    What is published does not change any more, so it is not requested again within the hour.
    """
    age = newest_published(endpoint, now) - until
    if age < dt.timedelta(0):
        return UNPUBLISHED_TTL
    return _NEW_TTL if age < _NEW_TTL else _FINAL_TTL


def published_window(
    endpoint: Endpoint,
    call: Call,
    window: Window,
    now: dt.datetime,
    *,
    newest: dt.datetime | None = None,
    oldest: dt.datetime | None = None,
) -> tuple[Window | None, tuple[MissingItem, ...]]:
    """Return the part of a window within a call that can be requested, and what is missing.

    It ends at `newest` (by default what is published), begins at `oldest` (what is kept), and is
    None when nothing is left.
    """
    newest, oldest = newest or newest_published(endpoint, now), oldest or oldest_kept(endpoint, now)
    since = max(window.since, call.started_at)
    until = window.until if call.ended_at is None else min(window.until, call.ended_at)
    if until < since:
        return None, (MissingItem(MissingKind.CALL, MissingReason.NOT_FOUND, detail=call.id),)
    if until <= oldest:
        return None, (MissingItem(MissingKind.CALL, MissingReason.FORGOTTEN, detail=call.id),)
    missing: tuple[MissingItem, ...] = ()
    if until > newest_published(endpoint, now):
        due_at = until + endpoint.delay
        missing = (MissingItem(MissingKind.CALL, MissingReason.NOT_OUT_YET, due_at, call.id),)
    until = min(until, round_down(newest)) if until > newest else until
    since = max(since, oldest)
    return (Window(since, until) if until > since else None), missing


def widen(endpoint: Endpoint, call: Call, span: Window, now: dt.datetime) -> RequestWindow:
    """Add to a part of a call the minutes beside it that are published and not expired.

    None are added where one request does not take as much.
    """
    newest = newest_published(endpoint, now)
    since = max(span.since - _BESIDE, call.started_at, oldest_kept(endpoint, now))
    until = min(span.until + _BESIDE, newest, call.ended_at or newest)
    wider = whole_seconds(Window(since, max(until, span.until)))
    fits = endpoint.max_span is None or wider.span <= endpoint.max_span
    return RequestWindow(span, wider if fits else span)
