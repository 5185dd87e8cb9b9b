"""Which call and which moment a report probably means, if no call ran in its channel then."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from bot.call import Call, Report
from bot.clouds.windows import split_window
from bot.errors import CloudError
from bot.ports import Cloud, Priority, Window

NEAR: Final = dt.timedelta(minutes=10)  # people report when a class is over, or type a round time
_MARGIN: Final = dt.timedelta(minutes=2)  # before and after a moment, its metrics are judged
_ENOUGH: Final = dt.timedelta(seconds=90)  # of a call within the margins to judge it
_PART: Final = dt.timedelta(hours=8)  # every cloud lists this much in one request
_PARTS: Final = (0, -1, 1, -2, 2, -3, 3)  # of the days around the moment, the nearest first
_PARTS_ELSEWHERE: Final = (0, -1)  # in other apps and capitals
_LIMIT_S: Final = 20.0  # the diagnosis waits for the search
_MOST_APPS: Final = 10  # a search costs each app up to three requests of its quota

_Place = tuple[str, str]  # app and channel


async def find_likely_call(
    clouds: Mapping[str, Cloud], report: Report, now: dt.datetime, *, limit_s: float = _LIMIT_S
) -> Call | None:
    """Return the call, searched in the likeliest place first; None without one in `limit_s`.

    Around the reported time, where its own app has no call: this channel in other apps, then in
    other capitals. Then at other hours, within a day, in its own app first; of several calls the
    nearest. A cloud that fails, or has no quota to spare, is skipped.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            for (app, cname), window in _searches(clouds, report, now):
                with suppress(CloudError):
                    calls = await clouds[app].find_calls(
                        app, cname, window, priority=Priority.SCHEDULED
                    )
                    if calls:
                        return min(calls, key=lambda call: call.distance(report.occurred_at))
    return None


async def find_last_call(cloud: Cloud, app: str, cname: str, window: Window) -> Call | None:
    """Return the last call of a channel in a window, searched in parts, the newest first."""
    for part in split_window(window, _PART):
        calls = await cloud.find_calls(app, cname, part, fresh=True)
        if calls:
            return calls[0]
    return None


def _searches(
    clouds: Mapping[str, Cloud], report: Report, now: dt.datetime
) -> Iterator[tuple[_Place, Window]]:
    at, (own, *others) = report.occurred_at, _places(clouds, report)
    for place in others:
        yield place, Window.around(at, NEAR)
    for part in _PARTS:
        around = Window.around(at + part * _PART, _PART / 2)
        for place in (own, *others) if part in _PARTS_ELSEWHERE else (own,):
            oldest = now - clouds[place[0]].capabilities.lookback
            window = Window(max(around.since, oldest), min(around.until, now))
            if window.since < window.until:
                yield place, window


def _places(clouds: Mapping[str, Cloud], report: Report) -> list[_Place]:
    """Return where the channel may be, its own app first."""
    name = report.cname
    apps = [each for each in clouds if each != report.app][:_MOST_APPS]
    names = dict.fromkeys((name.lower(), name[:1].upper() + name[1:], name.upper()))
    capitals = [(report.app, other) for other in names if other != name]
    return [(report.app, name), *((app, name) for app in apps), *capitals]


def moment_to_judge(calls: Sequence[Call], at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return the reported moment, or the nearest one of these calls if none ran then."""
    around = Window.around(at, _MARGIN)
    overlaps = [call.overlap(around.since, around.until) for call in calls]
    is_judged = any(call.covers(at) for call in calls) or max(overlaps, default=_ENOUGH) >= _ENOUGH
    if is_judged:
        return at
    return nearest_moment(min(calls, key=lambda call: call.distance(at)), at, now)


def nearest_moment(call: Call, at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return the moment that is nearest to another, with whole minutes of the call around it."""
    end = call.ended_at or now
    margin = min(_MARGIN, (end - call.started_at) / 2)
    return min(max(at, call.started_at + margin), end - margin)
