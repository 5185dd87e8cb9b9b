"""Finds the calls of a channel; one list serves every ticket about the same minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.call import Call
from bot.clouds.cache import CacheEntry
from bot.clouds.client import CloudClient
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import data_expired
from bot.clouds.publication import UNPUBLISHED_TTL, newest_published, oldest_kept, time_to_live
from bot.clouds.windows import round_down, split_window, whole_seconds
from bot.ports import Window

_MAX_CALL_AGE: Final = dt.timedelta(hours=24)  # how long before the window a call may have begun
_AHEAD: Final = dt.timedelta(minutes=10)  # a window this recent is listed up to now
_RUNNING_TTL: Final = dt.timedelta(minutes=10)  # longer than any cloud takes to publish metrics

FetchCalls = Callable[[Window], Awaitable[Iterable[Call]]]


@dataclass(frozen=True, slots=True)
class _CallList:
    """The calls of a channel in a window, of which the cloud had published what it ends with."""

    calls: tuple[Call, ...]
    span: Window
    published_until: dt.datetime
    fetched_at: dt.datetime

    @property
    def is_running(self) -> bool:
        """Return whether a call was running, which may have ended since."""
        return any(call.ended_at is None for call in self.calls)

    def serves(self, window: Window, now: dt.datetime, *, fresh: bool) -> bool:
        """Return whether another request would return the same calls of this window.

        No other call of a channel begins while one is running.
        """
        age = now - self.fetched_at
        is_published = window.until <= self.published_until
        is_recent = age < UNPUBLISHED_TTL and round_down(window.until - age) <= self.span.until
        is_known = not fresh if self.is_running else is_published
        return self.span.since <= window.since and (is_known or is_recent)


async def find_calls(
    client: CloudClient,
    endpoint: Endpoint,
    app: str,
    window: Window,
    *,
    cname: str,
    newest: dt.datetime,
    fetch: FetchCalls,
    fresh: bool,
) -> tuple[Call, ...]:
    """Return the calls of a channel that touch the window, newest first.

    `fetch` requests the calls of a window of at most `endpoint.max_span`, `newest` is the latest
    moment it may request. A call listed as running may have ended meanwhile, unless `fresh`.
    Raises CloudDataExpiredError when the cloud keeps no data of the window, and the errors of
    `fetch`.
    """
    now = client.clock.now()
    oldest = oldest_kept(endpoint, now)
    if window.until <= oldest:
        raise data_expired(endpoint)
    wanted = whole_seconds(Window(max(window.since, oldest), min(window.until, newest)))

    async def fetch_list() -> CacheEntry[_CallList]:
        span = _listed_span(endpoint, wanted, oldest, newest)
        calls: dict[str, Call] = {}
        for chunk in split_window(span, endpoint.max_span):
            calls |= {call.id: call for call in await fetch(chunk) if call.cname == cname}
        published_until = min(span.until, newest_published(endpoint, now))
        call_list = _CallList(tuple(calls.values()), span, published_until, now)
        return CacheEntry(call_list, now + _time_to_live(endpoint, call_list))

    call_list = await client.cache.get(
        ("calls", app, cname), fetch_list, lambda cached: cached.serves(wanted, now, fresh=fresh)
    )
    touching = [call for call in call_list.calls if call.touches(window.since, window.until)]
    return tuple(sorted(touching, key=lambda call: call.started_at, reverse=True))


def _listed_span(
    endpoint: Endpoint, wanted: Window, oldest: dt.datetime, newest: dt.datetime
) -> Window:
    """Return the window to list: as much as one request takes, and up to now if that is near."""
    until = wanted.until if wanted.until + _AHEAD <= newest else round_down(newest)
    since = min(wanted.since, until - (endpoint.max_span or _MAX_CALL_AGE))
    return whole_seconds(Window(max(since, oldest), until))


def _time_to_live(endpoint: Endpoint, call_list: _CallList) -> dt.timedelta:
    if call_list.is_running:
        return _RUNNING_TTL
    return time_to_live(endpoint, call_list.published_until, call_list.fetched_at)
