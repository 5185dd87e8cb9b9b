"""Who suffered, when nobody said: found from who froze more, else from what is surer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.call import AbnormalEvent, Call, Media, Missing, Participant, Report, Series, Side
from bot.diagnosis.context import Scene, set_scene
from bot.diagnosis.diagnosis import diagnose
from bot.diagnosis.symptoms import frozen_share
from bot.diagnosis.verdict import HEALTHY, UNKNOWN, Verdict

_MUCH_MORE: Final = 2.0
_LEAST_PERCENT: Final = 3.0  # Agora counts who froze for more of the time than this


def examine_either(
    report: Report,
    calls: Sequence[Call],
    series: Sequence[Series],
    events: Sequence[AbnormalEvent],
    *,
    missing: Sequence[Missing] = (),
    participants: Sequence[Participant] = (),
) -> tuple[Side, Verdict]:
    """Work out why a call was bad of which nobody complained; `report.abnormal_side` is ignored.

    Returns who suffered and the verdict. Between equals it is the student who suffers.
    """

    def judge(side: Side) -> Verdict:
        as_told = replace(report, abnormal_side=side)
        return diagnose(as_told, calls, series, events, missing=missing, participants=participants)

    froze = _froze_more(set_scene(report, calls, series, participants))
    if froze is not None:
        return froze, judge(froze)
    verdicts = {side: judge(side) for side in (Side.STUDENT, Side.TEACHER)}
    side = max(verdicts, key=lambda one: _worth(verdicts[one]))
    return side, verdicts[side]


def _froze_more(scene: Scene) -> Side | None:
    """Return who clearly froze more than the other; None when neither did."""
    shares = {
        side: max(frozen_share(scene, scene.report.uid_of(side), media) for media in Media)
        for side in Side
    }
    worst = max(shares, key=lambda side: shares[side])
    least = max(_LEAST_PERCENT, _MUCH_MORE * shares[worst.other])
    return worst if shares[worst] > least else None


def _worth(verdict: Verdict) -> float:
    return 0.0 if verdict.cause in {HEALTHY, UNKNOWN} else verdict.confidence or 0.0
