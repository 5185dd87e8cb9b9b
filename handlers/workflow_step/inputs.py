"""Reading the inputs of the workflow step, which other steps and people have filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from bot.call import IssueType, Side
from bot.errors import InputError
from bot.i18n.messages import message
from bot.i18n.traditional import to_simplified
from handlers.workflow_step.definition import INPUTS

_MAX_TEXT: Final = 2000
_SIDES: Final[Mapping[str, Side]] = {
    **{side.value: side for side in Side},
    **dict.fromkeys(("老师", "教师", "老师端", "教师端"), Side.TEACHER),
    **dict.fromkeys(("学生", "学员", "学生端", "学员端"), Side.STUDENT),
}
_TYPES: Final[Mapping[str, IssueType]] = {
    **{str(int(kind)): kind for kind in IssueType},
    **dict.fromkeys(("class switched", "切课"), IssueType.CLASS_SWITCHED),
    **dict.fromkeys(("help", "求助"), IssueType.HELP),
    **dict.fromkeys(("complaint", "投诉"), IssueType.COMPLAINT),
    **dict.fromkeys(("", "feedback", "问题反馈", "反馈"), IssueType.FEEDBACK),
}
_NO_TIME: Final = message(
    "Give a time as Slack's time stamp, or such as 2026-11-12T19:30:00+08:00."
)


def read_text(value: object) -> str:
    """Read an input as text: a number as it is written, anything else as empty."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value)[:_MAX_TEXT].strip() if is_number or isinstance(value, str) else ""


def read_inputs(values: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Read the fields of a report; without a time it is now. Raises InputError.

    Words for side and type that are not known stay as they are: the report's validation names
    what is possible.
    """
    fields: dict[str, Any] = {each.field: read_text(values.get(each.name)) for each in INPUTS}
    side = to_simplified(fields["abnormal_side"].lower())
    kind = to_simplified(fields["issue_type"].lower())
    return fields | {
        "abnormal_side": _SIDES[side].value if side in _SIDES else side,
        "issue_type": str(int(_TYPES[kind])) if kind in _TYPES else kind,
        "occurred_at": _read_time(fields["occurred_at"]) or now,
    }


def _read_time(text: str) -> dt.datetime | None:
    """Read a time stamp or an ISO time with its zone; None without one.

    Raises InputError for anything else.
    """
    if not text:
        return None
    try:
        if text.replace(".", "", 1).isdecimal():
            return dt.datetime.fromtimestamp(float(text), dt.UTC)
        moment = dt.datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise InputError({"occurred_at": _NO_TIME}) from None
    if moment.tzinfo is None:
        raise InputError({"occurred_at": _NO_TIME})
    return moment.astimezone(dt.UTC)
