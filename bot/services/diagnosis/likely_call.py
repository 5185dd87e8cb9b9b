"""Which call a report probably means, when its cloud lists none: another app, spelling or hour."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from bot.call import Call, Report
from bot.clouds.windows import split_window
from bot.errors import CloudError
from bot.ports import Cloud, Window
from bot.ticket import Ticket

_LOOKBACK: Final = dt.timedelta(hours=24)
_SEARCHED_AT_ONCE: Final = dt.timedelta(hours=8)  # every cloud lists this much in one request
_MARGIN: Final = dt.timedelta(minutes=2)  # before and after a moment, its metrics are judged
_LIMIT_S: Final = 20.0  # the diagnosis waits for the search
_MOST_APPS: Final = 10  # a search costs each app one request of its quota


async def find_likely_call(
    clouds: Mapping[str, Cloud],
    report: Report,
    window: Window,
    now: dt.datetime,
    *,
    limit_s: float = _LIMIT_S,
) -> Call | None:
    """Return the call, searched in the likeliest place first; None without one in `limit_s`.

    At the reported time: this channel in other apps, then other capitals. At another time: the
    channel itself, within a day. A cloud that fails or has no quota left is skipped.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            for app, cname, searched in _places(clouds, report, window, now):
                with suppress(CloudError):
                    if calls := await clouds[app].find_calls(app, cname, searched):
                        return calls[0]
    return None


def _places(
    clouds: Mapping[str, Cloud], report: Report, window: Window, now: dt.datetime
) -> Iterator[tuple[str, str, Window]]:
    name = report.cname
    for app in [each for each in clouds if each != report.app][:_MOST_APPS]:
        yield app, name, window
    for other in dict.fromkeys((name.lower(), name[:1].upper() + name[1:], name.upper())):
        if other != name:
            yield report.app, other, window
    lookback = min(_LOOKBACK, clouds[report.app].capabilities.lookback)
    for part in split_window(Window(now - lookback, now), _SEARCHED_AT_ONCE):
        yield report.app, name, part


def moment_in(call: Call, ticket: Ticket, now: dt.datetime) -> dt.datetime:
    """Return the reported time if the call ran then, or else when it was reported.

    If it did not run then either, the nearest moment with whole minutes of the call around it.
    """
    for moment in (ticket.occurred_at, ticket.created_at):
        if call.covers(moment):
            return moment
    end = call.ended_at or now
    margin = min(_MARGIN, (end - call.started_at) / 2)
    return min(max(ticket.occurred_at, call.started_at + margin), end - margin)
