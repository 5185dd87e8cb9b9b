"""The report form's fields and their validation."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.call import IssueType, Side
from bot.cloud_report import ReportState
from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.ports import Capabilities, Cloud
from bot.services.prefill.cleaning import clean_name
from bot.settings import Settings

CLOCK_SKEW: Final = dt.timedelta(seconds=60)  # a person's clock may be ahead of ours
COMMENT_LENGTH: Final = 1000
# #10001 and 10,001; programs with signed integers print a uid above 2^31 as a negative number,
# and -1 for none.
_NUMBER: Final = re.compile(r"#?(-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,64}))")


@dataclass(frozen=True)
class Submission:
    """A submitted form. `origin` is the submitted view's id: one origin creates one ticket."""

    team: str
    origin: str
    reporter: str
    app: str
    cname: str
    teacher_uid: str
    student_uid: str
    abnormal_side: str
    issue_type: str
    occurred_at: dt.datetime | None
    comments: str = ""
    source_permalink: str = ""
    language: str = ""
    response_url: str = ""  # where the request is answered for half an hour, "" for nowhere
    workflow_execution: str = ""  # the step of a workflow that waits for the ticket


def initial_report_state(cloud: Cloud, settings: Settings) -> ReportState:
    """Return whether a call of this cloud is to be reported to it."""
    options = next(c.options for c in settings.clouds if c.name == cloud.name)
    if options.get("report") == "off":
        return ReportState.OFF
    return ReportState.PENDING if cloud.capabilities.reports else ReportState.UNSUPPORTED


def normalize(submission: Submission, clouds: Mapping[str, Cloud]) -> Submission:
    """Normalize what people add by accident, such as spaces, full-width digits and `#`."""
    app = submission.app or (next(iter(clouds)) if len(clouds) == 1 else "")
    numeric = app in clouds and clouds[app].capabilities.uid_max is not None
    return replace(
        submission,
        app=app,
        cname=clean_name(submission.cname),
        teacher_uid=_normalize_uid(submission.teacher_uid, numeric=numeric),
        student_uid=_normalize_uid(submission.student_uid, numeric=numeric),
        comments=submission.comments.strip()[:COMMENT_LENGTH],
    )


def validate(submission: Submission, clouds: Mapping[str, Cloud], now: dt.datetime) -> None:
    """Raise InputError, with a message per field, when the form is invalid."""
    errors: dict[str, Message] = {}
    if submission.app not in clouds:
        errors["app"] = message("Choose one of the apps in the list.")
    else:
        capabilities = clouds[submission.app].capabilities
        errors |= _check_call(submission, capabilities)
        errors |= _check_time(submission.occurred_at, capabilities, now)
    errors |= _check_choices(submission)
    if errors:
        raise InputError(errors)


def _check_call(submission: Submission, capabilities: Capabilities) -> dict[str, Message]:
    errors: dict[str, Message] = {}
    if not capabilities.cname.fullmatch(submission.cname):
        errors["cname"] = capabilities.cname_hint
    for field in ("teacher_uid", "student_uid"):
        if not is_uid(getattr(submission, field), capabilities):
            errors[field] = capabilities.uid_hint
    uids_are_valid = not errors.keys() & {"teacher_uid", "student_uid"}
    if uids_are_valid and submission.teacher_uid == submission.student_uid:
        errors["student_uid"] = message("Teacher and student cannot have the same uid.")
    return errors


def is_uid(text: str, capabilities: Capabilities) -> bool:
    """Return whether a cloud accepts this text as a uid."""
    if not capabilities.uid.fullmatch(text):
        return False
    return capabilities.uid_max is None or 1 <= int(text) <= capabilities.uid_max


def _check_time(
    occurred_at: dt.datetime | None, capabilities: Capabilities, now: dt.datetime
) -> dict[str, Message]:
    if occurred_at is None:
        return {"occurred_at": message("Choose when it happened.")}
    if occurred_at > now + CLOCK_SKEW:
        return {"occurred_at": message("This time is in the future. Choose now or earlier.")}
    if occurred_at < now - capabilities.lookback:
        days = capabilities.lookback // dt.timedelta(days=1)
        reason = message("The cloud keeps calls for only %(days)s days.", days=days)
        return {"occurred_at": reason}
    return {}


def _check_choices(submission: Submission) -> dict[str, Message]:
    errors: dict[str, Message] = {}
    if submission.abnormal_side not in set(Side):
        errors["abnormal_side"] = message("Choose who had the problem: teacher or student.")
    if submission.issue_type not in {str(int(kind)) for kind in IssueType}:
        errors["issue_type"] = message("Choose one of the types in the list.")
    return errors


def _normalize_uid(text: str, *, numeric: bool) -> str:
    name = clean_name(text)
    match = _NUMBER.fullmatch(name)
    if match is None:
        return name
    number = match[1].replace(",", "")
    if not numeric:
        return number
    value = int(number)
    return str(value + 2**32 if -(2**31) <= value < -1 else value)
