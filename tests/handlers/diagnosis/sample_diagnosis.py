"""A diagnosis for the tests of its texts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np

from bot.call import (
    AbnormalEvent,
    Call,
    Code,
    Direction,
    IssueType,
    Media,
    Metric,
    Report,
    Series,
    Side,
    Unit,
)
from bot.diagnosis import Verdict
from bot.ports import Diagnosis
from tests.handlers.samples import NOW

LOSS: dict[str, Any] = {"media": Media.VIDEO, "direction": Direction.UP, "uid": "20002"}

REPORT = Report(
    app="kids",
    cname="class_77_1",
    teacher_uid="10001",
    student_uid="20002",
    abnormal_side=Side.STUDENT,
    issue_type=IssueType.COMPLAINT,
    occurred_at=NOW,
)


def make_diagnosis(cause: str, events: tuple[AbnormalEvent, ...] = (), **values: Any) -> Diagnosis:
    """A diagnosis of the report with this verdict."""
    reach = dt.timedelta(minutes=2)
    verdict = Verdict(cause=cause, since=NOW - reach, until=NOW + reach, **values)
    call = Call("agora", "kids", "c1", "class_77_1", NOW - reach)
    return Diagnosis(REPORT, "agora", verdict, NOW, calls=(call,), events=events)


def with_series(cause: str = "network.loss") -> Diagnosis:
    """A diagnosis with three minutes of loss."""
    times = NOW.timestamp() + np.arange(-60.0, 120.0, 2.0)
    series = Series(
        uid="20002",
        sid="s",
        metric=Metric.UPLINK_LOSS,
        unit=Unit.PERCENT,
        times=times,
        values=np.full(times.shape, 31.0),
        code=Code("agora.metric", "uplink_loss"),
        media=Media.VIDEO,
        direction=Direction.UP,
    )
    return replace(make_diagnosis(cause, **LOSS), series=(series,))
