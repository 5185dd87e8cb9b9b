"""Grouping participants by an Agora dimension, and the metrics of one group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.sandbox.clouds.agora.app_metric_totals import MEASURED, SOON_S
from bot.sandbox.scenario import Person, SimulatedCall, curves_of
from bot.sandbox.scenario.simulated_call import Role

COUNTRY: Final = "China"  # every simulated participant
_REGIONS: Final = ("Shanghai", "Beijing", "Guangdong")
_SAMPLE_S: Final = 2
_MINUTE_S: Final = 60
_SIZES: Final = ((3, "[1,3)"), (10, "[3,10)"), (50, "[10,50)"))


@dataclass(frozen=True, slots=True)
class CallParticipant:
    """One person in one call."""

    sim_call: SimulatedCall
    person: Person

    def is_present(self, start: float, end: float) -> bool:
        """Return whether the person was in the call at some time in [start, end)."""
        return any(
            session.joined_at < end and start < session.left_at for session in self.person.sessions
        )

    def points(self, metric: str, start: float, end: float) -> tuple[float, int]:
        """Return the sum of a share's points in [start, end), and how many there are."""
        metric_wanted, media, weight = MEASURED[metric]
        total, count = 0.0, 0
        for curve in curves_of(self.sim_call):
            same = (curve.uid, curve.metric) == (self.person.uid, metric_wanted)
            if same and media in {None, curve.media}:
                inside = (curve.times >= start) & (curve.times < end)
                total += float(np.sum(weight(curve.values[inside])))
                count += int(np.sum(inside))
        return total, count

    def joins(self, start: float, end: float) -> Iterator[float | None]:
        """Yield how long each join begun in [start, end) took, None for one that failed."""
        for session in self.person.sessions:
            if start <= session.join_started_at < end:
                yield session.join_duration_s
        if not self.person.sessions:
            for fault in self.sim_call.faults_of(self.person.uid):
                if start <= fault.begins_at < end:
                    yield None


DIMENSION_VALUES: Final[dict[str, Callable[[CallParticipant], str]]] = {
    "country": lambda _: COUNTRY,
    "region": lambda participant: _REGIONS[participant.person.uid % len(_REGIONS)],
    "network": lambda participant: participant.person.device.network,
    "net": lambda participant: participant.person.device.network,
    "sdk": lambda participant: participant.person.device.sdk,
    "sdkVersion": lambda participant: participant.person.device.sdk,
    "os": lambda participant: participant.person.device.platform,
    "device": lambda participant: participant.person.device.model,
    "channelSize": lambda participant: _size(len(participant.sim_call.people)),
}


def participants_of(sim_calls: Iterable[SimulatedCall]) -> list[CallParticipant]:
    """Return every person of every call except recorders."""
    return [
        CallParticipant(sim_call, person)
        for sim_call in sim_calls
        for person in sim_call.people
        if person.role is not Role.SERVER
    ]


def group_by_dimension(
    participants: Iterable[CallParticipant], dimension: str
) -> dict[str, list[CallParticipant]]:
    """Part people by where they are along a dimension."""
    groups: dict[str, list[CallParticipant]] = {}
    for participant in participants:
        groups.setdefault(DIMENSION_VALUES[dimension](participant), []).append(participant)
    return groups


def share_of(
    metric: str, participants: Sequence[CallParticipant], start: float, end: float
) -> tuple[float | None, int]:
    """Return a share from 0 to 1 over [start, end), and what it rests on: minutes, or joins.

    None: nothing of the kind happened.
    """
    if metric in MEASURED:
        totals = [participant.points(metric, start, end) for participant in participants]
        total, count = sum(each for each, _ in totals), sum(count for _, count in totals)
        minutes = round(count * _SAMPLE_S / _MINUTE_S)
        return (round(total / count, 6) if count else None), minutes
    attempts = [
        duration_s for participant in participants for duration_s in participant.joins(start, end)
    ]
    within_s = SOON_S if metric == "joinSuccessIn5sRate" else float("inf")
    succeeded = sum(duration_s is not None and duration_s <= within_s for duration_s in attempts)
    return (round(succeeded / len(attempts), 6) if attempts else None), len(attempts)


def count_of(metric: str, participants: Sequence[CallParticipant], start: float, end: float) -> int:
    """Count users, channels or sessions in [start, end)."""
    there = [participant for participant in participants if participant.is_present(start, end)]
    if metric in {"channelCount", "peakConcurrentChannels"}:
        return len(
            {(participant.sim_call.cname, participant.sim_call.started_at) for participant in there}
        )
    if metric == "sessionCount":
        return sum(
            session.joined_at < end and start < session.left_at
            for participant in there
            for session in participant.person.sessions
        )
    return len(there)


def _size(people: int) -> str:
    return next((name for maximum, name in _SIZES if people < maximum), "[50,∞)")
