"""Whom a report probably means, when it names nobody, or somebody who was not in the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.call import CallRecord, Report, Side
from bot.diagnosis import Verdict

_MOST: Final = 3  # more are no likely ones


def likely_people(report: Report, verdict: Verdict) -> tuple[tuple[Side, str], ...]:
    """Return sides with the uids that are probably meant, the likeliest first.

    Those that differ in one digit; then, if one side alone is wrong, the others in the call.
    """
    present, named = verdict.uids_in_call, (report.teacher_uid, report.student_uid)
    others = [uid for uid in present if uid not in named]
    absent = [side for side in Side if report.uid_of(side) not in ("", *present)]
    near = [(side, uid) for side in absent for uid in others if is_near(report.uid_of(side), uid)]
    rest = [(absent[0], uid) for uid in others] if len(absent) == 1 else []
    found = tuple(dict.fromkeys([*near, *rest])) if present else ()
    return found if len(found) <= _MOST else tuple(near[:_MOST])


def choose_pair(report: Report, records: Sequence[CallRecord]) -> Report:
    """Return the given uids, or the two people with the most samples."""
    if report.teacher_uid and report.student_uid:
        return report
    counts: dict[str, int] = {}
    for series in (series for record in records for series in record.series):
        counts[series.uid] = counts.get(series.uid, 0) + len(series.times)
    given = [uid for uid in (report.teacher_uid, report.student_uid) if uid]
    others = sorted((uid for uid in counts if uid not in given), key=lambda uid: -counts[uid])
    teacher = report.teacher_uid or next(iter(others), "")
    others = [uid for uid in others if uid != teacher]
    return replace(
        report, teacher_uid=teacher, student_uid=report.student_uid or next(iter(others), "")
    )


def is_near(one: str, two: str) -> bool:
    """Return whether two uids are one mistake apart: a digit, its place, or one number."""
    if one.isdecimal() and two.isdecimal() and abs(int(one) - int(two)) == 1:
        return True
    start = _common_start(one, two)
    end = _common_start(one[start:][::-1], two[start:][::-1])
    first, second = one[start : len(one) - end], two[start : len(two) - end]
    is_swapped = len(first) == 2 and first == second[::-1]  # noqa: PLR2004 - two places
    return is_swapped or max(len(first), len(second)) == 1


def _common_start(one: str, two: str) -> int:
    pairs = zip(one, two, strict=False)
    differing = (place for place, (first, second) in enumerate(pairs) if first != second)
    return next(differing, min(len(one), len(two)))
