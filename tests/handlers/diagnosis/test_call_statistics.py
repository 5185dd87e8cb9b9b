"""The statistics of all users of a call, as displayed in the details."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal

import pytest

from bot.call import (
    Code,
    Distribution,
    DistributionRow,
    IssueType,
    Media,
    MetricDefinition,
    Report,
    Side,
    Trend,
    Unit,
)
from bot.diagnosis import Verdict
from bot.i18n.translator import Translator
from bot.ports import CallStatistics, Diagnosis, FreezeBucket
from handlers.diagnosis.call_statistics import call_statistics_lines

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
REPORT = Report("kids", "c", "10001", "20002", Side.STUDENT, IssueType.HELP, NOW)
FROZEN = MetricDefinition(Code("agora.metric.current", "videoFreezeRate"), Media.VIDEO)


def lines_of(
    call_statistics: CallStatistics | None,
    locale: Literal["en", "zh"] = "en",
) -> list[str]:
    """Return the displayed lines."""
    diagnosis = Diagnosis(
        REPORT,
        "agora",
        Verdict("network.loss", NOW, NOW),
        NOW,
        call_statistics=call_statistics,
    )
    return [Translator(locale).translate(line) for line in call_statistics_lines(diagnosis)]


def statistics_of(*people: int) -> CallStatistics:
    """So many people in each of Agora's four buckets, of video."""
    bounds = ((0, 3), (3, 5), (5, 10), (10, 100))
    buckets = [FreezeBucket(Media.VIDEO, *pair, n) for pair, n in zip(bounds, people, strict=True)]
    return CallStatistics(NOW - 2 * MINUTE, NOW + 2 * MINUTE, buckets=tuple(buckets))


@pytest.mark.parametrize(
    ("people", "judgement", "groups"),
    [
        (
            (12, 0, 0, 2),
            "2 of 14 people were affected, not only the person",
            "2 of 14 people were frozen for 5%",
        ),
        (
            (3, 3, 4, 4),
            "8 of 14 people were affected: check what they",
            "4 of them for 10% or more",
        ),
        ((13, 0, 1, 0), "Only one of 14 people was affected", "0 of them for 10% or more"),
        ((10, 4, 0, 0), None, "none of 14 people was frozen"),
        ((1, 0, 0, 1), None, "1 of 2 people were frozen for 5%"),
    ],
)
def test_did_only_one_suffer(people: tuple[int, ...], judgement: str | None, groups: str) -> None:
    """One, several, or half of the class; for two users or none there is no line."""
    lines = lines_of(statistics_of(*people))
    assert lines[0] == "In the 4 min around the complaint:"
    assert groups in lines[-1]
    assert (3 if judgement else 2) == len(lines)
    if judgement:
        assert lines[1].startswith(judgement)


def test_networks_and_the_worst_minute() -> None:
    """Networks in the order of their shares; the minute with the most people; in both languages."""
    rows = tuple(
        DistributionRow((Code("agora.dimension.network", place),), value)
        for place, value in (("Wi-Fi", 12.04), ("4G", 3.0))
    )
    there = Trend(
        Code("agora.insight_metric", "userCount"),
        Unit.NUMBER,
        ((NOW - MINUTE, 13.0), (NOW, 14.0)),
    )
    frozen = Trend(
        Code("agora.metric.current", "videoFreezeUserCount"),
        Unit.NUMBER,
        ((NOW - MINUTE, 2.0), (NOW, 5.0)),
    )
    call_statistics = CallStatistics(
        NOW - 2 * MINUTE,
        NOW + 2 * MINUTE,
        distributions=(Distribution("network", Unit.PERCENT, rows, FROZEN),),
        minutes=(there, frozen),
    )
    text = "\n".join(lines_of(call_statistics))
    assert "Time frozen by network (video): Wi-Fi 12%, 4G 3%" in text
    assert "5 of 14 people had a freeze" in text
    assert "14 人中有 5 人出现过卡顿" in "\n".join(lines_of(call_statistics, "zh"))
    alone = replace(call_statistics, distributions=(), minutes=(replace(frozen, points=()),))
    assert lines_of(alone) == []


def test_no_line_without_statistics() -> None:
    """Without statistics the details have no empty section."""
    assert lines_of(None) == []
    assert lines_of(statistics_of(0, 0, 0, 0)) == []
