"""Huawei's limits, as in table 1-2 and in chapter 13."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.clouds.endpoint import RateLimit
from bot.clouds.endpoints import ENDPOINTS, find_endpoint

_DAY = dt.timedelta(days=1)
_HOUR = dt.timedelta(hours=1)
SPANS = [
    ("rooms", 90 * _DAY, 90 * _DAY),
    ("users", 90 * _DAY, 90 * _DAY),
    ("realtime_scale", None, _DAY),
    ("realtime_quality", None, _DAY),
    ("realtime_network", None, _DAY),
    ("history_scale", 31 * _DAY, 31 * _DAY),
    ("history_quality", 31 * _DAY, 31 * _DAY),
    ("qos", 5 * _DAY, _DAY),
    ("client_events", 5 * _DAY, _HOUR),
    ("client_abnormal", 5 * _DAY, _HOUR),
    ("abnormal_events", None, _DAY),
    ("abnormal_dimension", None, _DAY),
]
RATES = [
    ("apps", RateLimit(60, 60)),
    ("start_job", RateLimit(10, 1)),
    ("job", RateLimit(10, 1)),
    ("stop_job", RateLimit(10, 1)),
    ("remove_users", RateLimit(60, 60)),
    ("dismiss", RateLimit(60, 60)),
]


@pytest.mark.parametrize("limits", SPANS, ids=lambda limits: str(limits[0]))
def test_spans_are_the_documents(limits: tuple[Any, ...]) -> None:
    """Section 5: look-back and window of the endpoints of chapter 13."""
    name, lookback, span = limits
    row = find_endpoint("huawei", name)
    assert (lookback, span) == (row.lookback, row.max_span)


@pytest.mark.parametrize("limits", RATES, ids=lambda limits: str(limits[0]))
def test_rates_are_the_documents(limits: tuple[str, RateLimit]) -> None:
    """Table 1-2: rate limits of the control endpoints."""
    assert (limits[1],) == find_endpoint("huawei", limits[0]).rates


def test_w2_chapter_13_shares_one_account() -> None:
    """W2: fourteen endpoints share a quota of thirty a minute per app."""
    rows = [
        row for row in ENDPOINTS if row.document.endswith(tuple(f", 13.{n}" for n in range(15)))
    ]
    assert len(rows) == 14
    assert {((RateLimit(30, 60),), "huawei.statistics.X")} == {
        (r.rates, r.bucket("X")) for r in rows
    }
