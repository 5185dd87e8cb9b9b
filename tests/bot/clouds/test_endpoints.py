from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.clouds.endpoint import Endpoint, RateLimit
from bot.clouds.endpoints import ENDPOINTS, find_endpoint

_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)

LIMITS = [
    ("lists", "seed", None, [RateLimit(3, 1)], 1000, 3 * _DAY, None, 10, 20),
    ("details", "seed", None, [RateLimit(1, 1)], 1000, 3 * _DAY, 3 * _HOUR, 10, 150),
    ("diagnosis", "seed", None, [RateLimit(1, 60)], 1000, _HOUR, _HOUR, 10, 120),
    ("reportV2", "seed", None, [RateLimit(10, 1)], None, None, None, None, 0),
    ("report", "current", None, [RateLimit(10, 1)], None, None, None, None, 0),
    ("lists", "current", "standard", [RateLimit(1, 1)], 1000, _DAY, 8 * _HOUR, 100, 60),
    ("lists", "current", "premium", [RateLimit(3, 1)], 2000, 7 * _DAY, 16 * _HOUR, 100, 20),
    ("lists", "current", "enterprise", [RateLimit(10, 1)], 10000, 15 * _DAY, _DAY, 100, 20),
    ("sessions", "current", "standard", [RateLimit(1, 1)], 1000, _DAY, _HOUR, 100, 300),
    ("sessions", "current", "premium", [RateLimit(3, 1)], 2000, 7 * _DAY, 3 * _HOUR, 100, 150),
    (
        "call_statistics",
        "current",
        "premium",
        [RateLimit(3, 1)],
        2000,
        7 * _DAY,
        3 * _HOUR,
        None,
        150,
    ),
    ("usage_spread", "current", "premium", [RateLimit(3, 60)], 40, 14 * _DAY, 3 * _DAY, 20, 43200),
    (
        "quality_spread",
        "current",
        "enterprise",
        [RateLimit(10, 60)],
        60,
        30 * _DAY,
        7 * _DAY,
        20,
        21600,
    ),
    ("usage_ranking", "current", "premium", [RateLimit(3, 60)], 480, _HOUR * 2 / 3, None, 20, 40),
    ("quality_ranking", "current", "enterprise", [RateLimit(10, 60)], 1440, _HOUR, None, 20, 20),
    ("metrics", "current", "enterprise", [RateLimit(10, 1)], 10000, 15 * _DAY, 6 * _HOUR, 20, 100),
]


@pytest.mark.parametrize("limits", LIMITS, ids=lambda limits: "-".join(map(str, limits[:3])))
def test_limits_are_the_documents(limits: tuple[Any, ...]) -> None:
    """A7, A8, A9, A13 and section 5: every limit in the table is the documented one."""
    name, generation, plan, *expected = limits
    row = find_endpoint("agora", name, generation=generation, plan=plan)
    matches = [
        list(row.rates),
        row.daily_limit,
        row.lookback,
        row.max_span,
        row.max_rows,
        row.delay_s,
    ]
    assert expected == matches


def test_generations_share_an_allowance_of_the_same_path() -> None:
    """`lists` of the seed and of today's API share one quota."""
    seed = find_endpoint("agora", "lists", generation="seed")
    current = find_endpoint("agora", "lists", generation="current", plan="premium")
    assert seed.bucket("X") == current.bucket("X")


def test_no_row_is_there_twice() -> None:
    """Cloud, name, generation and plan name one row."""

    def key(row: Endpoint) -> tuple[str, str, str, str | None]:
        return (row.cloud, row.name, row.generation, row.plan)

    assert len(ENDPOINTS) == len({key(row) for row in ENDPOINTS})


def test_an_unknown_endpoint_is_a_programming_error() -> None:
    """No endpoint falls back to another endpoint's limits."""
    with pytest.raises(KeyError):
        find_endpoint("agora", "details", generation="current", plan="standard")
