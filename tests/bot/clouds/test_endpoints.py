from __future__ import annotations

import pytest

from bot.clouds.endpoint import Endpoint
from bot.clouds.endpoints import ENDPOINTS, find_endpoint


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
