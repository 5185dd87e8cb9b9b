"""Inquiries that a job answers privately: stored with their response URL, a secret."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from bot.ports import Inquiry
from bot.store import Session, models
from bot.store import jobs as store_jobs


def enqueue_inquiry(
    session: Session, origin: str, inquiry: Inquiry, kind: str, now: dt.datetime
) -> None:
    """Store an inquiry and enqueue the job that answers it; the same origin is one inquiry."""
    if session.get(models.InquiryRow, origin) is None:
        session.add(models.InquiryRow(id=origin, requested_at=now, **asdict(inquiry)))
        store_jobs.enqueue(session, f"{kind}:{origin}", kind, origin, due_at=now)


def find_open_inquiry(session: Session, origin: str, since: dt.datetime) -> Inquiry | None:
    """Find an inquiry made at `since` or later that was not answered."""
    row = session.get(models.InquiryRow, origin)
    if row is None or not row.response_url or row.requested_at < since:
        return None
    return inquiry_of(row)


def inquiry_of(row: models.InquiryRow) -> Inquiry:
    """Return a stored inquiry."""
    return Inquiry(
        team=row.team,
        person=row.person,
        channel=row.channel,
        response_url=row.response_url,
        locale=row.locale,
        timezone=row.timezone,
        app=row.app,
        cname=row.cname,
        since_s=row.since_s,
        topic=row.topic,
    )


def clear_response_url(session: Session, origin: str) -> None:
    """Delete the response URL of an inquiry that needs no further answer."""
    row = session.get(models.InquiryRow, origin)
    if row is not None:
        row.response_url = ""
