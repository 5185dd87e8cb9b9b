"""A diagnosis for the tests of its texts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bot.call import (
    AbnormalEvent,
    Call,
    IssueType,
    Report,
    Side,
)
from bot.diagnosis import Verdict
from bot.ports import Diagnosis
from tests.handlers.samples import NOW

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
