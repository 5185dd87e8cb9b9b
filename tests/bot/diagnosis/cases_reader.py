"""Reads cases (docs/cases.md) and diagnoses them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from bot.call import (
    AbnormalEvent,
    Call,
    Code,
    Direction,
    Factor,
    IssueType,
    Media,
    Metric,
    Participant,
    Report,
    Series,
    Side,
    Unit,
)
from bot.diagnosis import Verdict
from bot.diagnosis.diagnosis import diagnose

AT = dt.datetime(2026, 11, 11, 2, 30, tzinfo=dt.UTC)
Case = Mapping[str, Any]


def diagnose_case(case: Case) -> Verdict:
    """Diagnose a case, as if everything had been published."""
    side, cloud = Side(case["abnormal_side"]), case["cloud"]
    report = Report("app", "room", Side.TEACHER, Side.STUDENT, side, IssueType.COMPLAINT, AT)
    calls = [
        Call(cloud, "app", "1", "room", _moment(one["started_at"]) or AT, _moment(one["ended_at"]))
        for one in case["calls"]
    ]
    series, events = map(_series, case["series"]), map(_event, case["events"])
    people = [_participant(one) for one in case["participants"]]
    others = [_series(one) for one in case.get("witnesses", ())]
    return diagnose(
        report, calls, list(series), list(events), participants=people, witnesses=others
    )


def accepts(case: Case, verdict: Verdict) -> bool:
    """Return whether a verdict is as the case expects."""
    expect = case["expect"]
    most = expect.get("max_confidence", {}).get(verdict.cause, 1)
    return (
        verdict.cause in expect["causes"]
        and (verdict.confidence or 0) <= most
        and expect["side"] in (None, verdict.side)
        and expect["direction"] in (None, verdict.direction)
    )


def _moment(second: float | None) -> dt.datetime | None:
    return None if second is None else AT + dt.timedelta(seconds=second)


def _participant(one: Case) -> Participant:
    joined_at, left_at = _moment(one["joined_at"]) or AT, _moment(one["left_at"])
    return Participant(one["uid"], one["sid"], joined_at, left_at, one["network"])


def _series(one: Case) -> Series:
    times, values = np.array(one["points"], dtype=np.float64).reshape(-1, 2).T
    return Series(
        one["uid"],
        one["sid"],
        Metric(one["metric"]),
        Unit(one["unit"]),
        times + AT.timestamp(),
        values,
        Code(*one["code"]),
        Media(one["media"]) if one["media"] else None,
        Direction(one["direction"]) if one["direction"] else None,
        one["peer"],
    )


def _event(one: Case) -> AbnormalEvent:
    factors = tuple(Factor(Code(*each["code"]), each["peer"]) for each in one["factors"])
    at = _moment(one["at"]) or AT
    return AbnormalEvent(one["uid"], "", Code(*one["code"]), at, factors, one["peer"])
