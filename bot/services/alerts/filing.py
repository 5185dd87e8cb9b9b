"""Tickets of alerts that the cloud has confirmed, each in the thread of its incident."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

from bot.call import IssueType
from bot.cloud_report import CloudReport, ReportState
from bot.i18n.messages import message
from bot.i18n.serialization import dump_message
from bot.ports import Diagnosis
from bot.services.context import Context
from bot.services.escalation.incidents import add_unchecked, join_or_open
from bot.services.escalation.schedule import plan_step, step_job
from bot.services.tickets.enqueue import CARD, job_of
from bot.services.webhooks.events import FILED, event_jobs
from bot.store import Session
from bot.store.alerts import alerts
from bot.store.alerts.alerts import AlertState, CloudAlert
from bot.store.jobs import enqueue_all
from bot.store.tickets import tickets
from bot.ticket import ALERT_ORIGIN, Ticket

log = logging.getLogger(__name__)

_ITS_OWN_ALERT: Final = message("the ticket was made of its own alert.")


class Reporter(NamedTuple):
    """Lagdesk in a workspace, as the person who reports there."""

    team: str
    person: str


def file_ticket(context: Context, session: Session, new: Ticket, now: dt.datetime) -> None:
    """File the ticket of an alert, once, and add it to the incident of its app and cause."""
    ticket, is_new = tickets.get_or_create(session, new)
    if not is_new:
        return
    stored = tickets.lock(session, ticket.id)
    join_or_open(session, stored, now)
    step = plan_step(stored, context.workspaces.policy_of(stored.team), now)
    jobs = [job_of(stored, CARD, now), *([step_job(stored, step)] if step else [])]
    events = event_jobs(context.settings, stored, FILED, now)
    enqueue_all(session, [*jobs, *events])


def note_unchecked(session: Session, app: str, now: dt.datetime) -> None:
    """Record that the waiting alerts of an app are not checked, and count them in its incident."""
    _skip(session, alerts.list_unchecked(session, app), app, now)


def note_counted(session: Session, alert: CloudAlert, now: dt.datetime) -> None:
    """Count alerts that were never stored, each by itself, in their app's incident."""
    _skip(session, [alert], alert.app, now)


def _skip(session: Session, skipped: Sequence[CloudAlert], app: str, now: dt.datetime) -> None:
    count = sum(alert.number for alert in skipped)
    for alert in skipped:
        alerts.decide(session, alert, AlertState.OVER_LIMIT, now)
    log.info("%d alerts about app %s are over its daily limit", count, app)
    add_unchecked(session, app, count, now)


def build_ticket(
    alert: CloudAlert, diagnosis: Diagnosis, reporter: Reporter, now: dt.datetime
) -> Ticket:
    """Return the ticket of an alert: about the two people whose call was diagnosed."""
    report = diagnosis.report
    return Ticket(
        team=reporter.team,
        origin=f"{ALERT_ORIGIN}{alert.app}:{alert.cname}:{alert.minute}",
        app=alert.app,
        cloud=diagnosis.cloud,
        cname=alert.cname,
        teacher_uid=report.teacher_uid,
        student_uid=report.student_uid,
        abnormal_side=report.abnormal_side,
        issue_type=int(IssueType.FEEDBACK),
        occurred_at=alert.at,
        created_at=now,
        reporter=reporter.person,
        cause=diagnosis.verdict.cause,
        cloud_report=CloudReport(state=ReportState.OFF, reason=dump_message(_ITS_OWN_ALERT)),
    )
