"""Distributions of an app's metrics as tables: one for each dimension and time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.call import Code, Distribution, DistributionRow, MetricDefinition, Unit
from handlers.app_metrics.distributions import distribution_tables
from handlers.ui.native_charts import Table
from tests.handlers.samples import EN, NOW

HOUR = dt.timedelta(hours=1)
FREEZE = MetricDefinition(Code("agora.live_metric", "videoFreezeRate"))
JOINS = MetricDefinition(Code("agora.live_metric", "joinSuccessRate"))


def distribution(
    *rows: tuple[str, float],
    dimension: str = "network",
    **values: Any,
) -> Distribution:
    """Values by network."""
    built = tuple(DistributionRow((Code("agora.network", name),), value) for name, value in rows)
    return Distribution(dimension, Unit.PERCENT, built, **values)


def tables(*distributions: Distribution) -> list[Table]:
    """The tables, in English."""
    return distribution_tables(distributions, EN)


def texts(table: Table) -> list[list[str]]:
    """A table's cells."""
    return [[cell.text for cell in row] for row in table.rows]


@pytest.mark.parametrize(
    ("one", "title"),
    [
        (distribution(("4G", 1.5), definition=FREEZE), "Video freeze rate by network type"),
        (distribution(("4G", 1.5)), "Users by network type"),
        (distribution(("4G", 1.5), dimension="shoe_size"), "Users by shoe_size"),
    ],
)
def test_one_metric(one: Distribution, title: str) -> None:
    """The title names it; its column is the value."""
    (table,) = tables(one)
    assert table.title == title
    assert table.head[1:] == ("Value",)
    assert texts(table) == [["4G", "1.5%"]]
    assert table.rows[0][1].value == 1.5


def test_metrics_of_one_dimension_share_a_table() -> None:
    """A column each; a value without a row in one of them is a dash."""
    first = distribution(("4G", 1.5), ("5G", 2.0), definition=FREEZE)
    second = distribution(("5G", 99.0), ("Wi-Fi", 98.0), definition=JOINS)
    third = distribution(("4G", 7.0))
    (table,) = tables(first, second, third)
    assert table.title == "Metrics by network type"
    assert table.head == ("network type", "Video freeze", "Join success", "Users")
    assert texts(table) == [
        ["4G", "1.5%", "–", "7%"],
        ["5G", "2%", "99%", "–"],
        ["Wi-Fi", "–", "98%", "–"],
    ]
    assert table.rows[0][2].value is None


def test_times_are_in_the_titles_only_where_they_differ() -> None:
    """One dimension at two times makes two tables with their times."""
    one = distribution(("4G", 1.5), since=NOW)
    by_os = distribution(("iOS", 1.0), dimension="os", since=NOW)
    assert [table.title for table in tables(one, by_os)] == [
        "Users by network type",
        "Users by system",
    ]
    later = replace(one, since=NOW + HOUR)
    assert [table.title for table in tables(one, later)] == [
        "Users by network type, from 2026-11-21 03:20 UTC on",
        "Users by network type, from 2026-11-21 04:20 UTC on",
    ]


def test_a_distribution_without_rows_has_no_table() -> None:
    """Nor does it count as another time."""
    one = distribution(("4G", 1.5), since=NOW)
    assert [table.title for table in tables(one, distribution(since=NOW + HOUR))] == [
        "Users by network type",
    ]
    assert tables(distribution()) == []


def test_a_table_has_twenty_rows() -> None:
    """The first ones, which are the largest."""
    (table,) = tables(distribution(*[(f"net{n:02}", 30.0 - n) for n in range(25)]))
    assert [row[0].text for row in table.rows] == [f"net{n:02}" for n in range(20)]


@pytest.mark.parametrize(("length", "count"), [(6998, 2), (6999, 1)])
def test_tables_that_do_not_fit_a_message_are_left_out(length: int, count: int) -> None:
    """All cells together have 14,000 characters at most; a message takes 20,000."""
    first = distribution(("x" * 6998, 1.0))  # and two characters of "1%"
    second = distribution(("x" * length, 1.0), dimension="os")
    assert len(tables(first, second)) == count
