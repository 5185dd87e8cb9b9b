"""Diagnosis without a complaint: the abnormal side is who froze more, or the surer verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.call import AbnormalEvent, Call, Media, MissingItem, Participant, Report, Series, Side
from bot.causes import HEALTHY, UNKNOWN
from bot.diagnosis.calibration import FITTED, Steps
from bot.diagnosis.context import CallContext, build_context
from bot.diagnosis.diagnosis import diagnose
from bot.diagnosis.symptoms import frozen_share
from bot.diagnosis.verdict import Verdict

_MUCH_MORE: Final = 2.0
_LEAST_PERCENT: Final = 3.0  # Agora's threshold for a frozen participant


def diagnose_either_side(
    report: Report,
    calls: Sequence[Call],
    series: Sequence[Series],
    events: Sequence[AbnormalEvent],
    *,
    missing: Sequence[MissingItem] = (),
    participants: Sequence[Participant] = (),
    witnesses: Sequence[Series] = (),
) -> tuple[Side, Verdict]:
    """Work out why a call was bad without a complaint; `report.abnormal_side` is ignored.

    Returns the abnormal side and the verdict; the student's in case of a tie.
    """

    def judge(side: Side, steps: Steps = FITTED) -> Verdict:
        with_side = replace(report, abnormal_side=side)
        return diagnose(
            with_side,
            calls,
            series,
            events,
            missing=missing,
            participants=participants,
            witnesses=witnesses,
            complained=False,
            steps=steps,
        )

    side_that_froze = _froze_more(
        build_context(report, calls, series, participants, complained=False)
    )
    if side_that_froze is not None:
        return side_that_froze, judge(side_that_froze)
    scored = {side: judge(side, ()) for side in (Side.STUDENT, Side.TEACHER)}
    side = max(scored, key=lambda one: _confidence_of(scored[one]))
    return side, judge(side)


def _froze_more(context: CallContext) -> Side | None:
    """Return the side that froze clearly more than the other, None when neither did."""
    shares = {
        side: max(frozen_share(context, context.report.uid_of(side), media) for media in Media)
        for side in Side
    }
    worst = max(shares, key=lambda side: shares[side])
    least = max(_LEAST_PERCENT, _MUCH_MORE * shares[worst.other])
    return worst if shares[worst] > least else None


def _confidence_of(verdict: Verdict) -> float:
    return 0.0 if verdict.cause in {HEALTHY, UNKNOWN} else verdict.confidence or 0.0
