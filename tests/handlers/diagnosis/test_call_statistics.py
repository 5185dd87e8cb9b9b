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
        ((7, 0, 7, 0), "7 of 14 people were affected: check what they", "0 of them for 10%"),
        ((8, 0, 6, 1), "7 of 15 people were affected, not only", "1 of them for 10%"),
        ((2, 0, 0, 1), "Only one of 3 people was affected", "1 of 3 people were frozen"),
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


def trend(name: str, *values: float) -> Trend:
    """A minute-by-minute count."""
    points = tuple((NOW + MINUTE * n, value) for n, value in enumerate(values))
    return Trend(Code("agora.metric.current", name), Unit.NUMBER, points)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (
            (trend("userCount", 9, 14), trend("audioFreezeUserCount", 5.4, 5.0)),
            "• Worst minute (audio): 2026-11-20 08:00 UTC, 5 of 9 people had a freeze",
        ),
        (
            (trend("userCount", 9), trend("videoFreezeUserCount", 1, 3)),
            "• Worst minute (video): 2026-11-20 08:01 UTC, 3 of 3 people had a freeze",
        ),
        ((trend("userCount", 9, 14), trend("videoFreezeUserCount", 0, 0)), None),
        ((trend("userCount", 9, 14),), None),
        ((trend("videoFreezeUserCount", 1, 3),), None),
    ],
)
def test_the_worst_minute(minutes: tuple[Trend, ...], expected: str | None) -> None:
    """The first minute with the most people; none where nobody had a freeze."""
    lines = lines_of(CallStatistics(NOW, NOW + MINUTE, minutes=minutes))
    assert [line for line in lines if "Worst minute" in line] == ([expected] if expected else [])


def networks(*values: float, media: Media = Media.VIDEO) -> Distribution:
    """The share of time frozen, by network."""
    code = "agora.dimension.network"
    rows = tuple(DistributionRow((Code(code, f"net{n}"),), v) for n, v in enumerate(values))
    name = Code("agora.metric.current", "x")
    return Distribution("network", Unit.PERCENT, rows, MetricDefinition(name, media))


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (networks(12.06, 0.0), "(video): net0 12.1%, net1 0%"),
        (networks(1.0, media=Media.AUDIO), "(audio): net0 1%"),
        (networks(0.0, 0.0), None),
        (replace(networks(1.0), definition=None), None),
        (
            networks(*[1.0] * 7),
            "(video): net0 1%, net1 1%, net2 1%, net3 1%, net4 1%, net5 1%",
        ),
    ],
)
def test_time_frozen_by_network(distribution: Distribution, expected: str | None) -> None:
    """Six networks at most; none where nothing froze."""
    statistics = CallStatistics(NOW, NOW + MINUTE, distributions=(distribution,))
    lines = [line for line in lines_of(statistics) if "network" in line]
    assert lines == ([f"• Time frozen by network {expected}"] if expected else [])


def test_audio_is_before_video() -> None:
    """People are counted once: the medium with more of them decides."""
    buckets = tuple(
        FreezeBucket(media, *bounds)
        for media, people in ((Media.AUDIO, (4, 0)), (Media.VIDEO, (1, 3)))
        for bounds in ((0, 5, people[0]), (5, 100, people[1]))
    )
    assert lines_of(CallStatistics(NOW, NOW + MINUTE, buckets=buckets)) == [
        "In the 1 min around the complaint:",
        (
            "3 of 4 people were affected: check what they have in common, such as the teacher's "
            "connection."
        ),
        "• Freezes (audio): none of 4 people was frozen for 5% of the time.",
        (
            "• Freezes (video): 3 of 4 people were frozen for 5% of the time or more, 0 of them for "
            "10% or more."
        ),
    ]
