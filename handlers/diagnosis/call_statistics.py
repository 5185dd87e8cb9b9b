"""Statistics of a whole call as lines: how many people were affected, on which networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.call import Distribution, Media
from bot.charts.labels import MEDIA_NAMES
from bot.i18n.messages import Duration, Message, message
from bot.ports import FREEZE_LIMIT_PERCENT, CallStatistics, Diagnosis
from handlers.ui.metric_names import dimension_value_name, format_value

_SEVERE_PERCENT: Final = 10.0  # where the cloud's last bucket begins
_MIN_PEOPLE: Final = 3  # of two people the verdict already names the affected one
_MAX_NETWORKS: Final = 6
_USER_COUNT: Final = "userCount"
_FREEZE_COUNTS: Final = {Media.AUDIO: "audioFreezeUserCount", Media.VIDEO: "videoFreezeUserCount"}


def call_statistics_lines(diagnosis: Diagnosis) -> list[Message]:
    """Return the lines; none when the cloud gives no statistics."""
    call_statistics = diagnosis.call_statistics
    if call_statistics is None or call_statistics.is_empty:
        return []
    span = Duration((call_statistics.until - call_statistics.since).total_seconds())
    lines = [
        message("In the %(span)s around the complaint:", span=span),
        *_affected_share(call_statistics),
    ]
    for media in Media:
        lines += _freeze_lines(call_statistics, media)
    for media in Media:
        lines += [
            _network_line(distribution, media)
            for distribution in call_statistics.distributions
            if _has_freezes(distribution, media)
        ]
    for media in Media:
        lines += _worst_minute(call_statistics, media)
    return lines


def _affected_share(call_statistics: CallStatistics) -> Iterator[Message]:
    """How many people were affected, in a call of three or more."""
    people = max(call_statistics.people(media) for media in Media)
    count = max(call_statistics.people(media, FREEZE_LIMIT_PERCENT) for media in Media)
    if people < _MIN_PEOPLE or not count:
        return
    if count == 1:
        yield message(
            "Only one of %(people)s people was affected: check that person's own connection "
            "and device.",
            people=people,
        )
    elif count * 2 >= people:
        yield message(
            "%(count)s of %(people)s people were affected: check what they have in common, "
            "such as the teacher's connection.",
            count=count,
            people=people,
        )
    else:
        yield message(
            "%(count)s of %(people)s people were affected, not only the person who complained.",
            count=count,
            people=people,
        )


def _freeze_lines(call_statistics: CallStatistics, media: Media) -> Iterator[Message]:
    people, count = (
        call_statistics.people(media),
        call_statistics.people(media, FREEZE_LIMIT_PERCENT),
    )
    if not people:
        return
    params = {"media": MEDIA_NAMES[media], "people": people, "count": count}
    if not count:
        yield message(
            "• Freezes (%(media)s): none of %(people)s people was frozen for 5%% of the time.",
            **params,
        )
        return
    yield message(
        "• Freezes (%(media)s): %(count)s of %(people)s people were frozen for 5%% of the time or "
        "more, %(badly)s of them for 10%% or more.",
        badly=call_statistics.people(media, _SEVERE_PERCENT),
        **params,
    )


def _has_freezes(distribution: Distribution, media: Media) -> bool:
    is_frozen = any(row.value > 0 for row in distribution.rows)
    return (
        is_frozen and distribution.definition is not None and distribution.definition.media is media
    )


def _network_line(distribution: Distribution, media: Media) -> Message:
    shares = [
        message(
            "%(place)s %(value)s",
            place=dimension_value_name(row.codes),
            value=format_value(round(row.value, 1), distribution.unit),
        )
        for row in distribution.rows[:_MAX_NETWORKS]
    ]
    return message(
        "• Time frozen by network (%(media)s): %(shares)s", media=MEDIA_NAMES[media], shares=shares
    )


def _worst_minute(call_statistics: CallStatistics, media: Media) -> Iterator[Message]:
    trends = {trend.name.value: trend for trend in call_statistics.minutes}
    frozen, present = trends.get(_FREEZE_COUNTS[media]), trends.get(_USER_COUNT)
    if frozen is None or present is None or not frozen.points:
        return
    at, count = max(frozen.points, key=lambda point: point[1])
    if count:
        people = max(value for moment, value in (*present.points, (at, count)) if moment == at)
        yield message(
            "• Worst minute (%(media)s): %(when)s, %(count)s of %(people)s people had a freeze",
            media=MEDIA_NAMES[media],
            when=at,
            count=round(count),
            people=round(people),
        )
