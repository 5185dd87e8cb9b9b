"""How everybody in a call fared, a line a fact: did only one person suffer? Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.call import Distribution, Media, Trend
from bot.charts.labels import MEDIA_NAMES
from bot.i18n.messages import Duration, Message, message
from bot.ports import SUFFERED_FROM, Crowd, Diagnosis
from handlers.ui.metric_names import place_of, written

_BADLY_FROM: Final = 10.0  # the cloud's last bucket begins here
_FEWEST: Final = 3  # of two people the verdict itself tells who suffered
_PLACES: Final = 6
_THERE: Final = "userCount"
_FROZEN: Final = {Media.AUDIO: "audioFreezeUserCount", Media.VIDEO: "videoFreezeUserCount"}


def crowd_lines(diagnosis: Diagnosis) -> list[Message]:
    """What is known of everybody in the call; nothing where nobody tells."""
    crowd = diagnosis.crowd
    if crowd is None or crowd.is_empty:
        return []
    span = Duration((crowd.until - crowd.since).total_seconds())
    lines = [message("In the %(span)s around the complaint:", span=span), *_judgement(crowd)]
    for media in Media:
        lines += _groups(crowd, media)
    for media in Media:
        lines += [_networks(spread, media) for spread in crowd.spreads if _is_of(spread, media)]
    for media in Media:
        lines += _worst_minute(crowd, media)
    return lines


def _judgement(crowd: Crowd) -> Iterator[Message]:
    """Whether it was one person's trouble; in a class of two that is plain."""
    people = max(crowd.people(media) for media in Media)
    count = max(crowd.people(media, SUFFERED_FROM) for media in Media)
    if people < _FEWEST or not count:
        return
    if count == 1:
        yield message(
            "Only one of %(people)s people suffered: look at that person's own connection and "
            "device.",
            people=people,
        )
    elif count * 2 >= people:
        yield message(
            "%(count)s of %(people)s people suffered: look at what they share, such as the "
            "teacher's connection.",
            count=count,
            people=people,
        )
    else:
        yield message(
            "%(count)s of %(people)s people suffered: the one who complained is not alone.",
            count=count,
            people=people,
        )


def _groups(crowd: Crowd, media: Media) -> Iterator[Message]:
    people, count = crowd.people(media), crowd.people(media, SUFFERED_FROM)
    if not people:
        return
    told = {"media": MEDIA_NAMES[media], "people": people, "count": count}
    if not count:
        yield message(
            "• Freezes (%(media)s): none of %(people)s people was frozen for 5%% of the time.",
            **told,
        )
        return
    yield message(
        "• Freezes (%(media)s): %(count)s of %(people)s people were frozen for 5%% of the time or "
        "more, %(badly)s of them for 10%% or more.",
        badly=crowd.people(media, _BADLY_FROM),
        **told,
    )


def _is_of(spread: Distribution, media: Media) -> bool:
    is_frozen = any(row.value > 0 for row in spread.rows)
    return is_frozen and spread.figure is not None and spread.figure.media is media


def _networks(spread: Distribution, media: Media) -> Message:
    shares = [
        message(
            "%(place)s %(value)s",
            place=place_of(row.codes),
            value=written(round(row.value, 1), spread.unit),
        )
        for row in spread.rows[:_PLACES]
    ]
    return message(
        "• Time frozen by network (%(media)s): %(shares)s", media=MEDIA_NAMES[media], shares=shares
    )


def _worst_minute(crowd: Crowd, media: Media) -> Iterator[Message]:
    told = {trend.name.value: trend for trend in crowd.minutes}
    frozen, there = told.get(_FROZEN[media]), told.get(_THERE)
    if frozen is None or there is None or not frozen.points:
        return
    at, count = max(frozen.points, key=lambda point: point[1])
    if count:
        yield message(
            "• Worst minute (%(media)s): %(when)s, %(count)s of %(people)s people frozen at some "
            "time",
            media=MEDIA_NAMES[media],
            when=at,
            count=round(count),
            people=round(max(count, _at(there, at))),
        )


def _at(trend: Trend, at: object) -> float:
    return next((value for moment, value in trend.points if moment == at), 0.0)
