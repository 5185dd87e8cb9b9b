"""The jobs that diagnose a ticket's call and draw its chart."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from bot.causes import WITHOUT_CAUSE
from bot.diagnosis import Verdict
from bot.errors import SlackMessageGoneError, SlackUnreachableError
from bot.jobs.run import Run, job
from bot.ports import FILE_GONE, Destination, Diagnosis, MessageRef, UploadedImage
from bot.services.context import Context
from bot.services.diagnosis.bad_minutes import published_at
from bot.services.diagnosis.call_statistics import enqueue_call_statistics
from bot.services.diagnosis.evidence import load_evidence, pack_series, save_evidence
from bot.services.diagnosis.history import participant_history
from bot.services.diagnosis.job_kinds import ATTACH_CHART, CHART, DIAGNOSE
from bot.services.diagnosis.retry_policy import (
    DIAGNOSIS_TIMEOUT,
    is_final,
    is_worse,
    schedule_retry,
)
from bot.services.diagnosis.service import DiagnosisService
from bot.services.escalation.schedule import GROUP_INCIDENT, schedule_escalation, update_liveness
from bot.services.notifications.rules import CONFIRM
from bot.services.publishing import Publisher
from bot.services.tickets.enqueue import CARD, enqueue, move_to_edits
from bot.services.tickets.updates import find_ticket, update_ticket
from bot.services.webhooks.events import EXPLAINED, enqueue_event
from bot.store import Session
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)

CARD_WAIT: Final = dt.timedelta(minutes=1)  # the card's job runs this one as soon as it is posted


class DiagnosisPosts(Protocol):
    """Posts diagnoses of tickets. Every method raises SlackError only."""

    async def post_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis, run: Run) -> MessageRef:
        """Post the diagnosis in the ticket's thread."""

    async def update_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Edit the diagnosis in the ticket's thread."""

    async def upload_chart(self, ticket: Ticket, diagnosis: Diagnosis) -> UploadedImage | None:
        """Draw a chart and upload it to Slack; None when there is nothing to draw."""


class DiagnosisJobs:
    """Diagnoses tickets."""

    def __init__(
        self,
        context: Context,
        diagnosis: DiagnosisService,
        publisher: Publisher,
        posts: DiagnosisPosts,
    ) -> None:
        self._context = context
        self._diagnosis = diagnosis
        self._publisher = publisher
        self._posts = posts

    @job(DIAGNOSE.kind, DIAGNOSE.queue)
    async def diagnose(self, run: Run, number: int) -> dt.datetime | None:
        """Post the diagnosis in the thread; returns when to diagnose again for missing data.

        And for the minutes after a healthy moment, which are published later.
        """
        ticket = await find_ticket(self._context, number)
        if ticket.has_erased_participant:
            return None
        if not ticket.thread.card_ts:
            return self._context.clock.now() + CARD_WAIT
        apps = self._context.clouds_of(ticket.team)
        if ticket.app not in apps:  # it was taken from the workspace
            return None
        diagnosis = schedule_retry(
            await self._diagnosis.diagnose(ticket.report, apps),
            self._context.clock.now(),
            ticket.created_at,
            DIAGNOSIS_TIMEOUT,
        )
        if ticket.thread.diagnosis_ts and is_worse(diagnosis.verdict, ticket.verdict):
            return diagnosis.verdict.retry_at
        diagnosis = await self._with_history(ticket, diagnosis)
        await self._post_or_update(run, ticket, diagnosis)
        retry_at = self._retry_at(diagnosis)
        await self._save_verdict(run, ticket, diagnosis, retry_at)
        return retry_at

    def _retry_at(self, diagnosis: Diagnosis) -> dt.datetime | None:
        delay = self._context.clouds[diagnosis.report.app].capabilities.metrics_delay
        out_at = published_at(diagnosis, delay)
        if diagnosis.verdict.retry_at or out_at is None:
            return diagnosis.verdict.retry_at
        return out_at if out_at > self._context.clock.now() else None

    async def _post_or_update(self, run: Run, ticket: Ticket, diagnosis: Diagnosis) -> None:
        if ticket.thread.diagnosis_ts:
            try:
                await self._update(run, ticket, diagnosis)
            except SlackMessageGoneError:
                log.info("the diagnosis of %s is deleted; posting it again", ticket.label)
            else:
                return
        posted, is_new = await self._publisher.publish_once(
            run,
            Destination.thread_of(ticket),
            ticket.created_at,
            lambda: self._posts.post_diagnosis(ticket, diagnosis, run),
            gone_ts=ticket.thread.diagnosis_ts,
        )
        ticket.thread.diagnosis_ts = posted.ts
        if not is_new:
            await self._posts.update_diagnosis(ticket, diagnosis)

    async def _with_history(self, ticket: Ticket, diagnosis: Diagnosis) -> Diagnosis:
        participant_histories = await self._context.store.read(
            lambda session: participant_history(session, ticket, diagnosis.verdict)
        )
        return replace(diagnosis, participant_histories=participant_histories)

    async def _update(self, run: Run, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Edit the post; without the chart if Slack has deleted it, which is then drawn again."""
        try:
            await self._posts.update_diagnosis(ticket, diagnosis)
        except SlackUnreachableError as error:
            if error.code != FILE_GONE:
                raise

            def change(stored: Ticket) -> None:
                stored.thread.chart_file_id = ""

            await update_ticket(run, self._context, ticket, change, CHART)
            await self._posts.update_diagnosis(ticket, diagnosis)

    async def _save_verdict(
        self, run: Run, ticket: Ticket, diagnosis: Diagnosis, retry_at: dt.datetime | None
    ) -> None:
        """Store the verdict and its post; a final one is on the card and in private messages."""
        now = self._context.clock.now()
        packed_series = await pack_series(diagnosis) if is_final(diagnosis.verdict) else None

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if stored.has_erased_participant:  # meanwhile
                return
            if stored.thread.card_ts == ticket.thread.card_ts:  # not under a card that is gone
                stored.thread.diagnosis_ts = ticket.thread.diagnosis_ts
            before = _final_verdict(stored)
            stored.verdict, stored.diagnosed_at = (
                diagnosis.verdict.to_json(),
                diagnosis.requested_at,
            )
            move_to_edits(session, stored, run.key)
            is_card_changed = update_liveness(stored, diagnosis.calls)
            if is_final(diagnosis.verdict):
                self._save_result(session, stored, diagnosis, packed_series, now)
                if _card_facts(before) != _card_facts(diagnosis.verdict):
                    stored.mark_changed()
                    enqueue(session, stored, CONFIRM, now)
                    enqueue_event(session, self._context.settings, stored, EXPLAINED, now)
                    is_card_changed = True
            if is_card_changed:
                policy = self._context.workspaces.policy_of(stored.team)
                schedule_escalation(session, stored, policy, now)
                enqueue(session, stored, CARD, now)

        await run.end(self._context.store, work, retry_at)

    def _save_result(
        self,
        session: Session,
        stored: Ticket,
        diagnosis: Diagnosis,
        packed_series: bytes | None,
        now: dt.datetime,
    ) -> None:
        """Store a final verdict's evidence and enqueue what is made of it."""
        if save_evidence(session, stored, diagnosis, packed_series, now=now):
            enqueue(session, stored, CHART, now)
            enqueue_call_statistics(session, stored, self._context.clouds[stored.app], now)
        if stored.cause not in WITHOUT_CAUSE and stored.incident is None:
            enqueue(session, stored, GROUP_INCIDENT, now)

    @job(CHART.kind, CHART.queue)
    async def draw_chart(self, run: Run, number: int) -> None:
        """Draw a chart of the stored metrics and upload it.

        It is added to the diagnosis by a job of its own: an edit that is retried uploads nothing.
        """
        ticket = await find_ticket(self._context, number)
        diagnosis = await self._context.store.read(lambda session: load_evidence(session, ticket))
        if diagnosis is None or not ticket.thread.diagnosis_ts:
            return
        uploaded = await self._posts.upload_chart(ticket, diagnosis)
        if uploaded is None:
            return

        def change(stored: Ticket) -> None:
            stored.thread.chart_file_id, stored.thread.chart_alt_text = (
                uploaded.file_id,
                uploaded.alt_text,
            )

        await update_ticket(run, self._context, ticket, change, ATTACH_CHART, is_last=True)

    @job(ATTACH_CHART.kind, ATTACH_CHART.queue)
    async def attach_chart(self, run: Run, number: int) -> None:
        """Add the uploaded chart to the diagnosis."""
        ticket = await find_ticket(self._context, number)
        diagnosis = await self._context.store.read(lambda session: load_evidence(session, ticket))
        if diagnosis is None or not (ticket.thread.diagnosis_ts and ticket.thread.chart_file_id):
            return
        try:
            await self._update(run, ticket, await self._with_history(ticket, diagnosis))
        except SlackMessageGoneError:
            log.info("the diagnosis of %s is deleted", ticket.label)


def _final_verdict(ticket: Ticket) -> Verdict | None:
    verdict = Verdict.from_json(ticket.verdict) if ticket.verdict is not None else None
    return verdict if verdict is not None and is_final(verdict) else None


def _card_facts(verdict: Verdict | None) -> Sequence[object]:
    """Return what the card has of a verdict."""
    if verdict is None:
        return ()
    return [
        (each.cause, each.media, each.direction, each.uid, each.confidence, each.evidence[:1])
        for each in (verdict, *verdict.others[:1])
    ]
