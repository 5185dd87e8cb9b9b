"""Inquiries that a job answers privately: stored with their response URL, a secret."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

from bot.errors import SlackError
from bot.ports import Inquiry
from bot.services.context import Context
from bot.store import Session, models
from bot.store import jobs as store_jobs

log = logging.getLogger(__name__)

ANSWER_TIMEOUT: Final = dt.timedelta(minutes=29)  # a response URL is valid for 30


def enqueue_inquiry(
    session: Session, origin: str, inquiry: Inquiry, kind: str, now: dt.datetime
) -> None:
    """Store an inquiry and enqueue the job that answers it; the same origin is one inquiry."""
    if session.get(models.InquiryRow, origin) is None:
        session.add(models.InquiryRow(id=origin, requested_at=now, **asdict(inquiry)))
        store_jobs.enqueue(session, f"{kind}:{origin}", kind, origin, due_at=now)


async def answer_inquiry(
    context: Context, origin: str, answer: Callable[[Inquiry], Awaitable[None]]
) -> None:
    """Answer an inquiry about apps that its workspace has, once; a refusal is only logged."""
    since = context.clock.now() - ANSWER_TIMEOUT
    inquiry = await context.store.read(lambda session: find_open_inquiry(session, origin, since))
    if inquiry is None:
        return
    if inquiry.app and inquiry.app not in context.clouds_of(inquiry.team):
        return
    try:
        await answer(inquiry)
    except SlackError as error:
        if error.retryable:
            raise
        log.info("the answer to an inquiry was refused: %s", error)
    await context.store.transact(lambda session: clear_response_url(session, origin))


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
