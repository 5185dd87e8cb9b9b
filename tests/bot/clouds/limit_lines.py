"""Section 5 of the list of contract traps: how a line of limits is written."""

from __future__ import annotations

import datetime as dt

from bot.clouds.endpoint import Endpoint
from bot.clouds.endpoints import ENDPOINTS

HOUR = dt.timedelta(hours=1)


def hours(span: dt.timedelta | None) -> str:
    """A span in hours, as the lines have it."""
    if span is None:
        return "-"
    return "2/3" if span == dt.timedelta(minutes=40) else f"{span / HOUR:g}"


def line_of(row: Endpoint) -> str:
    """Limits as a line has them: rate, a day, back, span, rows, delay in s; - where there is none."""
    (rate,) = row.rates
    counts = [
        str(each or "-") for each in (row.daily_limit, hours(row.lookback), hours(row.max_span))
    ]
    rest = [str(row.max_rows or "-"), f"{row.delay_s:g}"]
    return " ".join([f"{rate.calls}/{rate.period_s:g}", *counts, *rest])


def limits_of(cloud: str) -> dict[str, str]:
    """The limits of every endpoint of a cloud, by its name, generation and plan."""
    return {
        f"{row.name} {row.generation or '-'} {row.plan or '-'}": line_of(row)
        for row in ENDPOINTS
        if row.cloud == cloud and row.rates
    }


def limits_in(lines: str) -> dict[str, str]:
    """The limits of a table whose lines are `names generation plan | limits`."""
    limits: dict[str, str] = {}
    for line in lines.strip().splitlines():
        who, expected = line.split(" | ")
        names, generation, plan = who.split()
        limits |= {f"{name} {generation} {plan}": expected for name in names.split(",")}
    return limits


def methods_of(cloud: str) -> dict[str, str]:
    """The method of every endpoint of a cloud that is no GET."""
    return {row.name: row.method for row in ENDPOINTS if row.cloud == cloud and row.method != "GET"}
