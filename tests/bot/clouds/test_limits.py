"""Section 5 of the list of contract traps: every limit of every cloud, line by line."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pytest

from bot.clouds.endpoint import Endpoint
from bot.clouds.endpoints import ENDPOINTS

HOUR = dt.timedelta(hours=1)

# cloud names generation plan | rate, a day, back, span, rows, delay in s; - where there is none
LIMITS: Final = """
agora lists seed - | 3/1 1000 72 - 10 20
agora details seed - | 1/1 1000 72 3 10 150
agora insight_usage seed - | 1/60 10 168 - - 28800
agora live_scale,live_experience,live_network seed - | 1/60 1000 1 1 - 120
agora diagnosis seed - | 1/60 1000 1 1 10 120
agora report,reportV2 - - | 10/1 - - - - 0
agora lists current standard | 1/1 1000 24 8 100 60
agora lists current premium | 3/1 2000 168 16 100 20
agora lists current enterprise | 10/1 10000 360 24 100 20
agora sessions current standard | 1/1 1000 24 1 100 300
agora sessions current premium | 3/1 2000 168 3 100 150
agora sessions current enterprise | 10/1 10000 360 6 100 100
agora metrics current standard | 1/1 1000 24 1 20 300
agora metrics current premium | 3/1 2000 168 3 20 150
agora metrics current enterprise | 10/1 10000 360 6 20 100
agora insight_quality current premium | 3/60 40 336 72 - 21600
agora insight_usage current premium | 3/60 40 336 72 - 43200
agora insight_quality,insight_usage current enterprise | 10/60 60 720 168 - 21600
agora realtime_usage,realtime_quality current premium | 3/60 480 2/3 2/3 - 40
agora realtime_usage,realtime_quality current enterprise | 10/60 1440 1 1 - 20
volcengine ListQualityDistribution 2020-12-01 - | 2/1 - 720 168 - 28800
volcengine ListQuality,ListQualityDistribution 2023-11-01 - | 2/1 - 720 168 - 28800
volcengine ListRealTimeQuality,ListRealTimeQualityDistribution 2023-11-01 - | 2/1 - 1 1 - 60
volcengine ListRoomInfo 2023-11-01 - | 10/1 - 336 24 100 20
volcengine ListUserInfo 2023-11-01 - | 10/1 - 336 6 100 100
volcengine ListCallDetail 2023-11-01 - | 10/1 - 144 1 20 100
huawei rooms,users - - | 30/60 - 2160 2160 100 300
huawei realtime_scale,realtime_quality,realtime_network - - | 30/60 - - 24 - 300
huawei history_scale,history_quality - - | 30/60 - 744 744 - 300
huawei qos - - | 30/60 - 120 24 100 300
huawei client_events,client_abnormal - - | 30/60 - 120 1 - 300
huawei abnormal_events - - | 30/60 - - 24 100 300
huawei abnormal_dimension - - | 30/60 - - 24 - 300
huawei remove_users,dismiss - - | 60/60 - - - - 0
"""


def hours(span: dt.timedelta | None) -> str:
    """A span in hours, as the lines above have it."""
    if span is None:
        return "-"
    return "2/3" if span == dt.timedelta(minutes=40) else f"{span / HOUR:g}"


def line_of(row: Endpoint) -> str:
    """A row's limits, as the lines above have them."""
    (rate,) = row.rates
    counts = [
        str(each or "-") for each in (row.daily_limit, hours(row.lookback), hours(row.max_span))
    ]
    rest = [str(row.max_rows or "-"), f"{row.delay_s:g}"]
    return " ".join([f"{rate.calls}/{rate.period_s:g}", *counts, *rest])


@pytest.mark.parametrize("line", LIMITS.strip().splitlines())
def test_section_5_is_in_the_table(line: str) -> None:
    """Section 5: our limits are the documented ones, and each names an existing endpoint."""
    who, expected = line.split(" | ")
    cloud, names, generation, plan = who.split()
    rows = [
        row
        for row in ENDPOINTS
        if (row.cloud, row.generation or "-", row.plan or "-") == (cloud, generation, plan)
        and row.name in names.split(",")
    ]
    assert len(names.split(",")) == len(rows)
    assert {expected} == {line_of(row) for row in rows}
