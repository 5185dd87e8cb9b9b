"""Correcting what was reported: the values of the form, and what follows from another call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.call import Side
from bot.cloud_report import ReportState
from bot.errors import InputError
from bot.services.context import Context
from bot.services.diagnosis.job_kinds import DIAGNOSE
from bot.services.tickets.enqueue import CARD, REPORT, enqueue
from bot.services.tickets.submission import Submission, initial_report_state, normalize, validate
from bot.store import Session
from bot.store.diagnosis import evidence
from bot.store.tickets import tickets
from bot.ticket import Ticket


def validated_values(context: Context, ticket: Ticket, submission: Submission) -> dict[str, Any]:
    """Validate the form as a report; unchanged fields are not validated."""
    clouds, now = context.clouds_of(ticket.team), context.clock.now()
    normalized = _keep_seconds(ticket, normalize(submission, clouds))
    try:
        validate(normalized, clouds, now)
    except InputError as error:
        remaining = {
            name: why for name, why in error.fields.items() if _differs(ticket, normalized, name)
        }
        if remaining:
            raise InputError(remaining) from None
    cloud = context.clouds.get(normalized.app)
    return {
        "app": normalized.app,
        "cloud": cloud.name if cloud else ticket.cloud,
        "cname": normalized.cname,
        "teacher_uid": normalized.teacher_uid,
        "student_uid": normalized.student_uid,
        "abnormal_side": Side(normalized.abnormal_side),
        "issue_type": int(normalized.issue_type),
        "occurred_at": min(normalized.occurred_at or ticket.occurred_at, now),
    }


def restart_diagnosis(context: Context, session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Diagnose a ticket anew, as it is about another call now, and report that if none was."""
    evidence.delete_for_ticket(session, ticket.id)
    enqueue(session, ticket, DIAGNOSE, now)
    _link_to_same_call(session, ticket, now)
    cloud = context.clouds.get(ticket.app)
    if cloud is None or ticket.cloud_report.may_have_arrived:
        return
    ticket.cloud_report.set_state(initial_report_state(cloud, context.settings))
    if ticket.cloud_report.state is ReportState.PENDING:
        enqueue(session, ticket, REPORT, now)


def _link_to_same_call(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Link a corrected ticket to the first one about its call; both cards name the other."""
    for same in tickets.list_same_call(session, ticket)[:1]:
        if same.id not in ticket.related:
            other = tickets.lock(session, same.id)
            ticket.link(other, "", now)
            enqueue(session, other, CARD, now)


def _keep_seconds(ticket: Ticket, submission: Submission) -> Submission:
    """Return the old time for the same minute: Slack's field has no seconds."""
    minutes = [at.timestamp() // 60 for at in (submission.occurred_at, ticket.occurred_at) if at]
    if submission.occurred_at is None or minutes[0] == minutes[-1]:
        return replace(submission, occurred_at=ticket.occurred_at)
    return submission


def audit_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the correction as the detail of its audit entry."""
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def _differs(ticket: Ticket, submission: Submission, name: str) -> bool:
    """Return whether the form changes a field."""
    return bool(str(getattr(submission, name)) != str(getattr(ticket, name)))
