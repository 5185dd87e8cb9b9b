"""A diagnosed call as an anonymous case, which can be added to the project's tests.

No uid, channel, app, device or time of day is left: people are `teacher`, `student`, `other1`, ...,
sessions `s1`, ..., and times are seconds from the complaint. docs/cases.md has the fields.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.call import AbnormalEvent, Call, Participant, Series, Side
from bot.ports import Diagnosis

_DIGITS: Final = 3  # of values, and of seconds


def case_of(diagnosis: Diagnosis, cause: str) -> dict[str, Any]:
    """Return a call whose cause is known as a case."""
    report, verdict = diagnosis.report, diagnosis.verdict
    names = _Names(diagnosis)
    is_right = verdict.cause == cause
    return {
        "expect": {
            "causes": [cause],
            "side": verdict.side if is_right else None,
            "direction": verdict.direction if is_right else None,
        },
        "verdict": {"cause": verdict.cause, "confidence": verdict.confidence},
        "cloud": diagnosis.cloud,
        "abnormal_side": report.abnormal_side,
        "calls": [names.call(call) for call in diagnosis.calls],
        "participants": [names.participant(one) for one in diagnosis.participants],
        "series": [names.series(one) for one in diagnosis.series],
        "witnesses": [names.series(one) for one in diagnosis.witnesses],
        "events": [names.event(event) for event in diagnosis.events],
    }


class _Names:
    """Replaces the names and times of one diagnosis."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self._at = diagnosis.report.occurred_at
        series, events = (*diagnosis.series, *diagnosis.witnesses), diagnosis.events
        uids = [
            *(diagnosis.report.uid_of(side) for side in Side),
            *(one.uid for one in diagnosis.participants),
            *(uid for one in series for uid in (one.uid, one.peer_uid)),
            *(uid for event in events for uid in (event.uid, event.peer_uid)),
            *(factor.peer_uid for event in events for factor in event.factors),
        ]
        sids = [*(one.sid for one in diagnosis.participants), *(one.sid for one in series)]
        self._uids = _number(uids, [*Side], "other")
        self._sids = _number(sids, [], "s")

    def _second(self, moment: dt.datetime | None) -> float | None:
        return None if moment is None else round((moment - self._at).total_seconds(), _DIGITS)

    def call(self, call: Call) -> dict[str, Any]:
        return {
            "started_at": self._second(call.started_at),
            "ended_at": self._second(call.ended_at),
        }

    def participant(self, one: Participant) -> dict[str, Any]:
        return {
            "uid": self._uids[one.uid],
            "sid": self._sids[one.sid],
            "joined_at": self._second(one.joined_at),
            "left_at": self._second(one.left_at),
            "network": one.network,
        }

    def series(self, one: Series) -> dict[str, Any]:
        values = one.values.round(_DIGITS).tolist()
        times = (one.times - self._at.timestamp()).round(_DIGITS).tolist()
        return {
            "uid": self._uids[one.uid],
            "sid": self._sids[one.sid],
            "peer": self._uids.get(one.peer_uid),
            "metric": one.metric,
            "unit": one.unit,
            "media": one.media,
            "direction": one.direction,
            "code": [one.code.kind, one.code.value],
            "points": [list(point) for point in zip(times, values, strict=True)],
        }

    def event(self, event: AbnormalEvent) -> dict[str, Any]:
        return {
            "uid": self._uids[event.uid],
            "peer": self._uids.get(event.peer_uid),
            "code": [event.kind.kind, event.kind.value],
            "at": self._second(event.at),
            "factors": [
                {
                    "code": [factor.code.kind, factor.code.value],
                    "peer": self._uids.get(factor.peer_uid),
                }
                for factor in event.factors
            ],
        }


def _number(names: Iterable[str | None], known: list[str], word: str) -> Mapping[str | None, str]:
    """Return a new name for each name: first the known ones, then the word with a number."""
    distinct = [name for name in dict.fromkeys(names) if name is not None]
    count = len(distinct) - len(known)
    return dict(zip(distinct, [*known, *(f"{word}{one + 1}" for one in range(count))], strict=True))
