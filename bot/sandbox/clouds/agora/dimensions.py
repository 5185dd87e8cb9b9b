"""Where Agora's users are along a dimension, and the figures of one place. No endpoint is here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.sandbox.clouds.agora.totals import MEASURED, SOON_S
from bot.sandbox.scenario import curves_of
from bot.sandbox.scenario.simulated_call import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bot.sandbox.scenario import Lesson, Person

COUNTRY: Final = "China"  # everybody in our lessons is there
_REGIONS: Final = ("Shanghai", "Beijing", "Guangdong")
_SAMPLE_S: Final = 2
_MINUTE_S: Final = 60
_SIZES: Final = ((3, "[1,3)"), (10, "[3,10)"), (50, "[10,50)"))


@dataclass(frozen=True, slots=True)
class Seat:
    """One person in one lesson."""

    lesson: Lesson
    person: Person

    def is_taken(self, start: float, end: float) -> bool:
        """Tell whether the person was there at some time in [start, end)."""
        return any(stay.joined_at < end and start < stay.left_at for stay in self.person.stays)

    def points(self, metric: str, start: float, end: float) -> tuple[float, int]:
        """Return the sum of a share's points in [start, end), and how many there are."""
        wanted, media, weigh = MEASURED[metric]
        total, count = 0.0, 0
        for curve in curves_of(self.lesson):
            same = (curve.uid, curve.metric) == (self.person.uid, wanted)
            if same and media in {None, curve.media}:
                inside = (curve.times >= start) & (curve.times < end)
                total += float(np.sum(weigh(curve.values[inside])))
                count += int(np.sum(inside))
        return total, count

    def joins(self, start: float, end: float) -> Iterator[float | None]:
        """Yield how long each join begun in [start, end) took, None for one that failed."""
        for stay in self.person.stays:
            if start <= stay.asked_at < end:
                yield stay.join_took_s
        if not self.person.stays:
            for fault in self.lesson.faults_of(self.person.uid):
                if start <= fault.begins_at < end:
                    yield None


PLACES: Final[dict[str, Callable[[Seat], str]]] = {
    "country": lambda _: COUNTRY,
    "region": lambda seat: _REGIONS[seat.person.uid % len(_REGIONS)],
    "network": lambda seat: seat.person.device.network,
    "net": lambda seat: seat.person.device.network,
    "sdk": lambda seat: seat.person.device.sdk,
    "sdkVersion": lambda seat: seat.person.device.sdk,
    "os": lambda seat: seat.person.device.platform,
    "device": lambda seat: seat.person.device.model,
    "channelSize": lambda seat: _size(len(seat.lesson.people)),
}


def seats_of(lessons: Iterable[Lesson]) -> list[Seat]:
    """Return every person of every lesson; recorders are not counted."""
    return [
        Seat(lesson, person)
        for lesson in lessons
        for person in lesson.people
        if person.role is not Role.SERVER
    ]


def by_place(seats: Iterable[Seat], dimension: str) -> dict[str, list[Seat]]:
    """Part people by where they are along a dimension."""
    found: dict[str, list[Seat]] = {}
    for seat in seats:
        found.setdefault(PLACES[dimension](seat), []).append(seat)
    return found


def share_of(
    metric: str, seats: Sequence[Seat], start: float, end: float
) -> tuple[float | None, int]:
    """Return a share from 0 to 1 over [start, end), and what it rests on: minutes, or joins.

    None: nothing of the kind happened.
    """
    if metric in MEASURED:
        told = [seat.points(metric, start, end) for seat in seats]
        total, count = sum(each for each, _ in told), sum(count for _, count in told)
        minutes = round(count * _SAMPLE_S / _MINUTE_S)
        return (round(total / count, 6) if count else None), minutes
    tries = [took_s for seat in seats for took_s in seat.joins(start, end)]
    within_s = SOON_S if metric == "joinSuccessIn5sRate" else float("inf")
    done = sum(took_s is not None and took_s <= within_s for took_s in tries)
    return (round(done / len(tries), 6) if tries else None), len(tries)


def count_of(metric: str, seats: Sequence[Seat], start: float, end: float) -> int:
    """Count users, channels or sessions in [start, end)."""
    there = [seat for seat in seats if seat.is_taken(start, end)]
    if metric in {"channelCount", "peakConcurrentChannels"}:
        return len({(seat.lesson.cname, seat.lesson.started_at) for seat in there})
    if metric == "sessionCount":
        return sum(
            stay.joined_at < end and start < stay.left_at
            for seat in there
            for stay in seat.person.stays
        )
    return len(there)


def _size(people: int) -> str:
    return next((name for most, name in _SIZES if people < most), "[50,∞)")
