"""What is owed to the world outside, carried out one duty at a time; run by the job engine.

A carrier returns None when the duty is done, or the moment it wants to be carried out again.
It raises retryable errors as they are. Steps are at least once: before one that must not
repeat is repeated, it looks whether it happened.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.diagnosis import Verdict
from bot.errors import (
    CloudError,
    SlackError,
    SlackMessageGoneError,
    SlackUnreachableError,
)
from bot.i18n.messages import Message
from bot.i18n.serialization import dump_message
from bot.ports import FILE_GONE, Diagnosis, DiagnosisPosts, Inquiry, MessageRef, TicketPosts
from bot.services.cloud_errors import classify_report_failure
from bot.services.context import Context
from bot.services.diagnosis.call_statistics import enqueue_call_statistics
from bot.services.diagnosis.evidence import load_evidence, save_evidence
from bot.services.diagnosis.history import participant_history
from bot.services.diagnosis.retry_policy import (
    ANSWER_TIMEOUT,
    DIAGNOSIS_TIMEOUT,
    UpdateThrottle,
    is_final,
    is_worse,
    schedule_retry,
)
from bot.services.diagnosis.service import DiagnosisService
from bot.services.escalation.schedule import schedule_escalation, update_liveness
from bot.services.notifications.jobs import NotificationLog
from bot.services.notifications.rules import EXPLAINED, FILED, Notification
from bot.services.tickets.enqueue import enqueue
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.tickets import tickets
from bot.ticket import ReportState, Ticket

log = logging.getLogger(__name__)
JobHandler = Callable[[models.Job], Awaitable[dt.datetime | None]]
Find = Callable[[Ticket, str, dt.datetime], Awaitable[MessageRef | None]]

CARD_WAIT: Final = dt.timedelta(minutes=1)  # the card calls those who wait; they look rarely
SEARCH_MARGIN: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


class TicketJobs:
    """One carrier for each kind of duty."""

    def __init__(
        self,
        context: Context,
        diagnosis_service: DiagnosisService,
        posts: TicketPosts,
        diagnosis_posts: DiagnosisPosts,
    ) -> None:
        self._context = context
        self._diagnosis_service = diagnosis_service
        self._posts = posts
        self._diagnosis_posts = diagnosis_posts
        self._notification_log = NotificationLog(context)
        self._update_throttle = UpdateThrottle()

    @property
    def job_handlers(self) -> Mapping[str, JobHandler]:
        """Which carrier carries out which kind of duty."""
        return {
            "card": self.post_or_update_card,
            "confirm": self.confirm,
            "explain": self.explain,
            "report": self.send_report,
            "diagnose": self.diagnose,
            "picture": self.attach_chart,
            "answer": self.answer,
            "answer_late": self.answer_late,
        }

    async def post_or_update_card(self, job: models.Job) -> dt.datetime | None:
        """Post the ticket's card, or draw it anew where it stands."""
        ticket = await self._ticket(job)
        if ticket.card_ts:
            throttled_until = self._update_throttle.throttled_until(job.name, self._now())
            if throttled_until is not None:
                return throttled_until
            try:
                await self._posts.update_card(ticket)
            except SlackMessageGoneError:
                log.info("the card of %s is gone; posting it anew", ticket.label)
            else:
                return None
        posted, is_new = await self._publish_once(
            job, ticket, self._posts.post_card, self._posts.find_card
        )
        # what was said under a card that is gone is said again under this one
        await self._save_card_location(ticket, posted)
        await self._fetch_permalink(ticket, refresh=True)
        await self._run_waiting_jobs(ticket)
        if not is_new:
            await self._posts.update_card(ticket)
        return None

    async def _save_card_location(self, ticket: Ticket, posted: MessageRef) -> None:
        """Note where the card stands now; one that replaces another says so."""
        now = self._now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if stored.card_ts:
                stored.add_event("reposted", now)
                enqueue(session, stored, "card", now)
            stored.channel, stored.card_ts, stored.diagnosis_ts = posted.channel, posted.ts, ""
            session.add(stored)

        await self._context.store.transact(work)
        ticket.channel, ticket.card_ts, ticket.diagnosis_ts = posted.channel, posted.ts, ""

    async def _run_waiting_jobs(self, ticket: Ticket) -> None:
        """What comes with the card comes now; who is or was confirmed is not again."""
        now = self._now()

        def work(session: Session) -> None:
            store_jobs.reschedule_earlier(session, f"confirm:{ticket.label}", now)
            enqueue(session, ticket, "diagnose", now)

        await self._context.commit(work)

    async def confirm(self, job: models.Job) -> dt.datetime | None:
        """Tell the reporter that the ticket is filed; with a link if the card stands."""
        ticket = await self._ticket(job)
        notification = Notification(ticket.id, FILED, ticket.reporter)
        await self._notify_once(
            job, ticket, notification, self._posts.confirm, self._posts.find_confirmation
        )
        return None

    async def explain(self, job: models.Job) -> dt.datetime | None:
        """Tell the reporter why the call was bad, once, when it is first known."""
        ticket = await self._ticket(job)
        occasion = str(ticket.count_events("corrected"))
        notification = Notification(ticket.id, EXPLAINED, ticket.reporter, occasion)
        if ticket.verdict is None or await self._notification_log.is_muted(ticket, notification):
            return None
        diagnosis = Diagnosis(
            report=ticket.report,
            cloud=ticket.cloud,
            verdict=Verdict.from_json(ticket.verdict),
            asked_at=ticket.diagnosed_at or self._now(),
        )

        async def notify(about: Ticket, key: str) -> MessageRef:
            return await self._diagnosis_posts.explain(about, diagnosis, key)

        await self._notify_once(
            job, ticket, notification, notify, self._diagnosis_posts.find_explanation
        )
        return None

    async def _notify_once(
        self,
        job: models.Job,
        ticket: Ticket,
        notification: Notification,
        notify: Callable[[Ticket, str], Awaitable[MessageRef]],
        find: Find,
    ) -> None:
        """Tell the reporter something privately, with a link as soon as there is one."""

        async def send() -> MessageRef:
            await self._fetch_permalink(ticket)
            return await notify(ticket, job.name)

        await self._notification_log.notify_once(
            notification, send, lambda since: find(ticket, job.name, since)
        )

    async def _fetch_permalink(self, ticket: Ticket, *, refresh: bool = False) -> None:
        """Ask for the card's address unless it is known; without one nothing waits for it."""
        if not ticket.card_ts or (ticket.permalink and not refresh):
            return
        permalink = await self._posts.permalink(ticket)
        if permalink:
            await self._change(ticket, permalink=permalink)

    async def send_report(self, job: models.Job) -> dt.datetime | None:
        """Report the call to its cloud, at most once as far as we can know."""
        ticket = await self._ticket(job)
        if ticket.report_attempted_at is not None:  # a worker died between sending and noting
            await self._save_report_state(ticket, ReportState.UNCONFIRMED, None)
            return None
        await self._change(
            ticket, report_attempted_at=self._now(), report_attempts=ticket.report_attempts + 1
        )
        try:
            await self._context.clouds[ticket.app].send_report(ticket.report)
        except CloudError as error:
            look_back = self._context.clouds[ticket.app].capabilities.look_back
            reportable_until = ticket.occurred_at + look_back
            state, retry_at = classify_report_failure(error, self._now(), reportable_until)
            await self._save_report_state(ticket, state, error.user_message)
            if state is ReportState.PENDING:
                raise
            return retry_at
        await self._save_report_state(ticket, ReportState.ACCEPTED, None)
        return None

    async def _save_report_state(
        self, ticket: Ticket, state: ReportState, reason: Message | None
    ) -> None:
        await self._change(
            ticket,
            report_attempted_at=None,
            report_state=state,
            report_reason=dump_message(reason) if reason else None,
        )
        await self._enqueue(ticket, "card")

    async def diagnose(self, job: models.Job) -> dt.datetime | None:
        """Say in the thread why the call was bad; come back while more can be learnt."""
        ticket = await self._ticket(job)
        if not ticket.card_ts:
            return self._now() + CARD_WAIT
        found = await self._diagnosis_service.diagnose(ticket.report)
        diagnosis = schedule_retry(found, self._now(), ticket.created_at, DIAGNOSIS_TIMEOUT)
        if ticket.diagnosis_ts and is_worse(diagnosis.verdict, ticket.verdict):
            return diagnosis.verdict.retry_at
        diagnosis = await self._with_history(ticket, diagnosis)
        if ticket.diagnosis_ts:
            try:
                await self._update_diagnosis(ticket, diagnosis)
            except SlackMessageGoneError:
                ticket.diagnosis_ts = ""
        if not ticket.diagnosis_ts:
            posted, is_new = await self._publish_once(
                job,
                ticket,
                lambda t, key: self._diagnosis_posts.post_diagnosis(t, diagnosis, key),
                self._diagnosis_posts.find_diagnosis,
            )
            await self._change(ticket, diagnosis_ts=posted.ts)
            if not is_new:
                await self._diagnosis_posts.update_diagnosis(ticket, diagnosis)
        await self._save_verdict(ticket, diagnosis)
        return diagnosis.verdict.retry_at

    async def _with_history(self, ticket: Ticket, diagnosis: Diagnosis) -> Diagnosis:
        participant_histories = await self._context.store.read(
            lambda session: participant_history(session, ticket, diagnosis.verdict)
        )
        return replace(diagnosis, participant_histories=participant_histories)

    async def _update_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Edit the post; when Slack has its picture no more, without it, and draw it again."""
        try:
            await self._diagnosis_posts.update_diagnosis(ticket, diagnosis)
        except SlackUnreachableError as error:
            if error.code != FILE_GONE:
                raise
            await self._change(ticket, chart_file_id="")
            await self._enqueue(ticket, "picture")
            await self._diagnosis_posts.update_diagnosis(ticket, diagnosis)

    async def _save_verdict(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Note what was found; when it is the first final word, the reporter is told too."""
        now = self._now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            known = stored.verdict is not None and is_final(Verdict.from_json(stored.verdict))
            stored.verdict, stored.diagnosed_at = diagnosis.verdict.to_json(), diagnosis.asked_at
            session.add(stored)
            if update_liveness(stored, diagnosis.calls):
                schedule_escalation(session, stored, self._context.policy, now)
                enqueue(session, stored, "card", now)
            retention_s = self._context.settings.evidence_retention_s
            if is_final(diagnosis.verdict) and save_evidence(
                session, stored, diagnosis, now=now, retention_s=retention_s
            ):
                enqueue(session, stored, "picture", now)
                enqueue_call_statistics(session, stored, self._context.clouds[ticket.app], now)
            if is_final(diagnosis.verdict) and stored.cause and stored.incident is None:
                enqueue(session, stored, "gather", now)
            if not known and is_final(diagnosis.verdict):
                enqueue(session, stored, "explain", now)

        await self._context.commit(work)

    async def attach_chart(self, job: models.Job) -> dt.datetime | None:
        """Put a picture of what was measured into the diagnosis."""
        ticket = await self._ticket(job)
        diagnosis = await self._context.store.read(lambda session: load_evidence(session, ticket))
        if diagnosis is None or not ticket.diagnosis_ts:
            return None
        uploaded = await self._diagnosis_posts.upload_chart(ticket, diagnosis)
        if uploaded is None:
            return None
        await self._change(ticket, chart_file_id=uploaded.file_id, chart_alt_text=uploaded.alt_text)
        diagnosis = await self._with_history(ticket, diagnosis)
        try:
            await self._diagnosis_posts.update_diagnosis(ticket, diagnosis)
        except SlackMessageGoneError:
            log.info("the diagnosis of %s is gone", ticket.label)
        return None

    async def answer(self, job: models.Job) -> dt.datetime | None:
        """Answer somebody who asked about a channel; once more when more is known."""
        origin = job.name.removeprefix("answer:")
        stored_inquiry = await self._find_inquiry(origin)
        if stored_inquiry is None:
            return None
        diagnosis = await self._diagnose(stored_inquiry)
        is_last, retry_at = is_final(diagnosis.verdict), diagnosis.verdict.retry_at
        await self._answer(stored_inquiry, diagnosis, is_last=is_last)
        if not is_last and retry_at is not None:
            late, due_at = f"answer_late:{origin}", retry_at
            await self._context.store.transact(
                lambda session: store_jobs.enqueue(session, late, "answer_late", due_at=due_at)
            )
        return None

    async def answer_late(self, job: models.Job) -> dt.datetime | None:
        """Answer again, when there is nothing left to wait for."""
        stored_inquiry = await self._find_inquiry(job.name.removeprefix("answer_late:"))
        if stored_inquiry is None:
            return None
        diagnosis = await self._diagnose(stored_inquiry)
        if not is_final(diagnosis.verdict):
            return diagnosis.verdict.retry_at
        await self._answer(stored_inquiry, diagnosis, is_last=True)
        return None

    async def _find_inquiry(self, origin: str) -> models.InquiryRow | None:
        """Find a question that can still be answered."""
        stored_inquiry = await self._context.store.read(
            lambda session: session.get(models.InquiryRow, origin)
        )
        if stored_inquiry is None or not stored_inquiry.response_url:
            return None
        return (
            stored_inquiry if self._now() < stored_inquiry.requested_at + ANSWER_TIMEOUT else None
        )

    async def _diagnose(self, stored_inquiry: models.InquiryRow) -> Diagnosis:
        found = await self._diagnosis_service.diagnose_channel(
            stored_inquiry.app,
            stored_inquiry.cname,
            since_s=stored_inquiry.since_s,
            asked_at=stored_inquiry.requested_at,
        )
        return schedule_retry(found, self._now(), stored_inquiry.requested_at, ANSWER_TIMEOUT)

    async def _answer(
        self, stored_inquiry: models.InquiryRow, diagnosis: Diagnosis, *, is_last: bool
    ) -> None:
        """Send an answer; after the last one the secret address is forgotten."""
        names = Inquiry.__dataclass_fields__
        inquiry = Inquiry(**{name: getattr(stored_inquiry, name) for name in names})
        try:
            await self._diagnosis_posts.answer(inquiry, diagnosis)
        except SlackError as error:
            if error.retryable:
                raise
            log.info("the answer to a question was not taken: %s", error)
        if is_last:
            await self._context.store.transact(
                lambda session: _clear_response_url(session, stored_inquiry.id)
            )

    async def _publish_once(
        self,
        job: models.Job,
        ticket: Ticket,
        post: Callable[[Ticket, str], Awaitable[MessageRef]],
        find: Find,
    ) -> tuple[MessageRef, bool]:
        """Post, or find what an earlier try posted; tells whether it is new."""
        since = ticket.created_at - SEARCH_MARGIN
        found = await find(ticket, job.name, since) if job.attempt > 1 else None
        return (found, False) if found else (await post(ticket, job.name), True)

    async def _ticket(self, job: models.Job) -> Ticket:
        number = job.ticket or 0
        return await self._context.store.read(lambda session: tickets.find(session, number))

    async def _change(self, ticket: Ticket, **values: Any) -> None:
        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            for name, value in values.items():
                setattr(stored, name, value)
                setattr(ticket, name, value)
            session.add(stored)

        await self._context.store.transact(work)

    async def _enqueue(self, ticket: Ticket, *kinds: str) -> None:
        now = self._now()

        def work(session: Session) -> None:
            for kind in kinds:
                enqueue(session, ticket, kind, now)

        await self._context.commit(work)

    def _now(self) -> dt.datetime:
        return self._context.clock.now()


def _clear_response_url(session: Session, origin: str) -> None:
    stored_inquiry = session.get(models.InquiryRow, origin)
    if stored_inquiry is not None:
        stored_inquiry.response_url = ""
        session.add(stored_inquiry)
