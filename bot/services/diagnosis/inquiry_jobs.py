"""The jobs that answer inquiries about a channel (`/diagnose`)."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Protocol

from bot.errors import SlackError
from bot.jobs.run import Queue, Run, job
from bot.ports import Diagnosis, Inquiry
from bot.services.context import Context
from bot.services.diagnosis.retry_policy import is_final, schedule_retry
from bot.services.diagnosis.service import DiagnosisService
from bot.services.inquiry_rows import ANSWER_TIMEOUT, clear_response_url, inquiry_of
from bot.store import jobs as store_jobs
from bot.store import models

log = logging.getLogger(__name__)


class InquiryResponder(Protocol):
    """Answers inquiries."""

    async def answer(self, inquiry: Inquiry, diagnosis: Diagnosis) -> None:
        """Answer an inquiry privately. Raises SlackError."""


class InquiryJobs:
    """Answers inquiries, a second time when more data is available."""

    def __init__(
        self, context: Context, diagnosis: DiagnosisService, responder: InquiryResponder
    ) -> None:
        self._context = context
        self._diagnosis = diagnosis
        self._responder = responder

    @job("answer", Queue.DIAGNOSES)
    async def answer(self, run: Run, origin: str) -> None:
        """Answer an inquiry; enqueue a second answer if data is still missing."""
        _, inquiry = run, await self._find_inquiry(origin)
        if inquiry is None:
            return
        diagnosis = await self._diagnose(inquiry)
        is_last, retry_at = is_final(diagnosis.verdict), diagnosis.verdict.retry_at
        await self._answer(inquiry, diagnosis, is_last=is_last)
        if not is_last and retry_at is not None:
            name, due_at = f"answer_late:{origin}", retry_at
            await self._context.commit(
                lambda s: store_jobs.enqueue(s, name, "answer_late", origin, due_at=due_at)
            )

    @job("answer_late", Queue.DIAGNOSES)
    async def answer_late(self, run: Run, origin: str) -> dt.datetime | None:
        """Answer again when the verdict is final; returns when to try again until then."""
        _, inquiry = run, await self._find_inquiry(origin)
        if inquiry is None:
            return None
        diagnosis = await self._diagnose(inquiry)
        if not is_final(diagnosis.verdict):
            return diagnosis.verdict.retry_at
        await self._answer(inquiry, diagnosis, is_last=True)
        return None

    async def _find_inquiry(self, origin: str) -> models.InquiryRow | None:
        """Return an inquiry that can still be answered."""
        row = await self._context.store.read(lambda session: session.get(models.InquiryRow, origin))
        if row is None or not row.response_url:
            return None
        return row if self._context.clock.now() < row.requested_at + ANSWER_TIMEOUT else None

    async def _diagnose(self, row: models.InquiryRow) -> Diagnosis:
        diagnosis = await self._diagnosis.diagnose_channel(
            *(row.app, row.cname, self._context.clouds_of(row.team)),
            since_s=row.since_s,
            requested_at=row.requested_at,
        )
        now = self._context.clock.now()
        return schedule_retry(diagnosis, now, row.requested_at, ANSWER_TIMEOUT)

    async def _answer(self, row: models.InquiryRow, diagnosis: Diagnosis, *, is_last: bool) -> None:
        """Send an answer; after the last one the response URL, a secret, is deleted."""
        inquiry = inquiry_of(row)
        try:
            await self._responder.answer(inquiry, diagnosis)
        except SlackError as error:
            if error.retryable:
                raise
            log.info("the answer to an inquiry was refused: %s", error)
        if is_last:
            await self._context.store.transact(lambda s: clear_response_url(s, row.id))
