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
    SpeakError,
    SpeakGoneError,
    SpeakUnreachableError,
)
from bot.i18n.messages import Message
from bot.i18n.serialization import dump_message
from bot.ports import FILE_GONE, Asked, Diagnosis, Posted, Speaker
from bot.services.cloud_errors import judge_failure
from bot.services.diagnosis.call_statistics import owe_crowd
from bot.services.diagnosis.evidence import recall, remember
from bot.services.diagnosis.history import look_back
from bot.services.diagnosis.retry_policy import (
    ANSWERED_WITHIN,
    DIAGNOSED_WITHIN,
    Bursts,
    is_final,
    is_worse,
    pace,
)
from bot.services.escalation.schedule import learn_liveness, plan
from bot.services.notifications.jobs import Notebook
from bot.services.notifications.rules import EXPLAINED, FILED, Telling
from bot.services.tickets.service import Desk, owe
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.tickets import tickets
from bot.ticket import ReportState, Ticket

log = logging.getLogger(__name__)
Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]

CARD_FIRST: Final = dt.timedelta(minutes=1)  # the card calls those who wait; they look rarely
SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


class Carriers:
    """One carrier for each kind of duty."""

    def __init__(self, desk: Desk, speaker: Speaker) -> None:
        self._desk = desk
        self._speaker = speaker
        self._notebook = Notebook(desk)
        self._bursts = Bursts()

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {
            "card": self.show_card,
            "confirm": self.confirm,
            "explain": self.explain,
            "report": self.send_report,
            "diagnose": self.diagnose,
            "picture": self.show_picture,
            "answer": self.answer,
            "answer_late": self.answer_late,
        }

    async def show_card(self, duty: models.Duty) -> dt.datetime | None:
        """Post the ticket's card, or draw it anew where it stands."""
        ticket = await self._ticket(duty)
        if ticket.card_ts:
            pause_until = self._bursts.pause_until(duty.name, self._now())
            if pause_until is not None:
                return pause_until
            try:
                await self._speaker.update_card(ticket)
            except SpeakGoneError:
                log.info("the card of %s is gone; posting it anew", ticket.label)
            else:
                return None
        posted, is_new = await self._post_once(duty, ticket, self._speaker.post_card)
        # what was said under a card that is gone is said again under this one
        await self._place_card(ticket, posted)
        await self._learn_permalink(ticket, anew=True)
        await self._call_those_who_wait(ticket)
        if not is_new:
            await self._speaker.update_card(ticket)
        return None

    async def _place_card(self, ticket: Ticket, posted: Posted) -> None:
        """Note where the card stands now; one that replaces another says so."""
        now = self._now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if stored.card_ts:
                stored.note_step("reposted", now)
                owe(session, stored, "card", now)
            stored.channel, stored.card_ts, stored.diagnosis_ts = posted.channel, posted.ts, ""
            session.add(stored)

        await self._desk.store.transact(work)
        ticket.channel, ticket.card_ts, ticket.diagnosis_ts = posted.channel, posted.ts, ""

    async def _call_those_who_wait(self, ticket: Ticket) -> None:
        """What comes with the card comes now; who is or was confirmed is not again."""
        now = self._now()

        def work(session: Session) -> None:
            store_jobs.bring_forward(session, f"confirm:{ticket.label}", now)
            owe(session, ticket, "diagnose", now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def confirm(self, duty: models.Duty) -> dt.datetime | None:
        """Tell the reporter that the ticket is filed; with a link if the card stands."""
        ticket = await self._ticket(duty)
        telling = Telling(ticket.id, FILED, ticket.reporter)
        await self._tell_once(duty, ticket, telling, self._speaker.confirm)
        return None

    async def explain(self, duty: models.Duty) -> dt.datetime | None:
        """Tell the reporter why the call was bad, once, when it is first known."""
        ticket = await self._ticket(duty)
        occasion = str(ticket.count_steps("corrected"))
        telling = Telling(ticket.id, EXPLAINED, ticket.reporter, occasion)
        if ticket.verdict is None or await self._notebook.is_muted(ticket, telling):
            return None
        diagnosis = Diagnosis(
            report=ticket.report,
            cloud=ticket.cloud,
            verdict=Verdict.from_json(ticket.verdict),
            asked_at=ticket.diagnosed_at or self._now(),
        )

        async def tell(about: Ticket, key: str) -> Posted:
            return await self._speaker.explain(about, diagnosis, key)

        await self._tell_once(duty, ticket, telling, tell)
        return None

    async def _tell_once(
        self,
        duty: models.Duty,
        ticket: Ticket,
        telling: Telling,
        tell: Callable[[Ticket, str], Awaitable[Posted]],
    ) -> None:
        """Tell the reporter something privately, with a link as soon as there is one."""

        async def send() -> Posted:
            await self._learn_permalink(ticket)
            return await tell(ticket, duty.name)

        await self._notebook.tell_once(
            telling, send, lambda since: self._speaker.find(ticket, duty.name, since)
        )

    async def _learn_permalink(self, ticket: Ticket, *, anew: bool = False) -> None:
        """Ask for the card's address unless it is known; without one nothing waits for it."""
        if not ticket.card_ts or (ticket.permalink and not anew):
            return
        permalink = await self._speaker.permalink(ticket)
        if permalink:
            await self._change(ticket, permalink=permalink)

    async def send_report(self, duty: models.Duty) -> dt.datetime | None:
        """Report the call to its cloud, at most once as far as we can know."""
        ticket = await self._ticket(duty)
        if ticket.report_begun_at is not None:  # a worker died between sending and noting
            await self._note_report(ticket, ReportState.UNCONFIRMED, None)
            return None
        await self._change(
            ticket, report_begun_at=self._now(), report_attempts=ticket.report_attempts + 1
        )
        try:
            await self._desk.clouds[ticket.app].send_report(ticket.report)
        except CloudError as error:
            look_back = self._desk.clouds[ticket.app].capabilities.look_back
            remembered_until = ticket.occurred_at + look_back
            state, again_at = judge_failure(error, self._now(), remembered_until)
            await self._note_report(ticket, state, error.spoken)
            if state is ReportState.PENDING:
                raise
            return again_at
        await self._note_report(ticket, ReportState.ACCEPTED, None)
        return None

    async def _note_report(
        self, ticket: Ticket, state: ReportState, reason: Message | None
    ) -> None:
        await self._change(
            ticket,
            report_begun_at=None,
            report_state=state,
            report_reason=dump_message(reason) if reason else None,
        )
        await self._owe(ticket, "card")

    async def diagnose(self, duty: models.Duty) -> dt.datetime | None:
        """Say in the thread why the call was bad; come back while more can be learnt."""
        ticket = await self._ticket(duty)
        if not ticket.card_ts:
            return self._now() + CARD_FIRST
        found = await self._desk.examiner.diagnose(ticket.report)
        diagnosis = pace(found, self._now(), ticket.created_at, DIAGNOSED_WITHIN)
        if ticket.diagnosis_ts and is_worse(diagnosis.verdict, ticket.verdict):
            return diagnosis.verdict.retry_at
        diagnosis = await self._with_pasts(ticket, diagnosis)
        if ticket.diagnosis_ts:
            try:
                await self._update_diagnosis(ticket, diagnosis)
            except SpeakGoneError:
                ticket.diagnosis_ts = ""
        if not ticket.diagnosis_ts:
            posted, is_new = await self._post_once(
                duty, ticket, lambda t, key: self._speaker.post_diagnosis(t, diagnosis, key)
            )
            await self._change(ticket, diagnosis_ts=posted.ts)
            if not is_new:
                await self._speaker.update_diagnosis(ticket, diagnosis)
        await self._keep_verdict(ticket, diagnosis)
        return diagnosis.verdict.retry_at

    async def _with_pasts(self, ticket: Ticket, diagnosis: Diagnosis) -> Diagnosis:
        pasts = await self._desk.store.read(
            lambda session: look_back(session, ticket, diagnosis.verdict)
        )
        return replace(diagnosis, pasts=pasts)

    async def _update_diagnosis(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Edit the post; when Slack has its picture no more, without it, and draw it again."""
        try:
            await self._speaker.update_diagnosis(ticket, diagnosis)
        except SpeakUnreachableError as error:
            if error.code != FILE_GONE:
                raise
            await self._change(ticket, picture_file="")
            await self._owe(ticket, "picture")
            await self._speaker.update_diagnosis(ticket, diagnosis)

    async def _keep_verdict(self, ticket: Ticket, diagnosis: Diagnosis) -> None:
        """Note what was found; when it is the first final word, the reporter is told too."""
        now = self._now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            known = stored.verdict is not None and is_final(Verdict.from_json(stored.verdict))
            stored.verdict, stored.diagnosed_at = diagnosis.verdict.to_json(), diagnosis.asked_at
            session.add(stored)
            if learn_liveness(stored, diagnosis.calls):
                plan(session, stored, self._desk.policy, now)
                owe(session, stored, "card", now)
            kept_s = self._desk.settings.evidence_retention_s
            if is_final(diagnosis.verdict) and remember(
                session, stored, diagnosis, now=now, kept_s=kept_s
            ):
                owe(session, stored, "picture", now)
                owe_crowd(session, stored, self._desk.clouds[ticket.app], now)
            if is_final(diagnosis.verdict) and stored.cause and stored.incident is None:
                owe(session, stored, "gather", now)
            if not known and is_final(diagnosis.verdict):
                owe(session, stored, "explain", now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def show_picture(self, duty: models.Duty) -> dt.datetime | None:
        """Put a picture of what was measured into the diagnosis."""
        ticket = await self._ticket(duty)
        diagnosis = await self._desk.store.read(lambda session: recall(session, ticket))
        if diagnosis is None or not ticket.diagnosis_ts:
            return None
        uploaded = await self._speaker.upload_picture(ticket, diagnosis)
        if uploaded is None:
            return None
        await self._change(ticket, picture_file=uploaded.file_id, picture_alt=uploaded.alt_text)
        diagnosis = await self._with_pasts(ticket, diagnosis)
        try:
            await self._speaker.update_diagnosis(ticket, diagnosis)
        except SpeakGoneError:
            log.info("the diagnosis of %s is gone", ticket.label)
        return None

    async def answer(self, duty: models.Duty) -> dt.datetime | None:
        """Answer somebody who asked about a channel; once more when more is known."""
        origin = duty.name.removeprefix("answer:")
        question = await self._question(origin)
        if question is None:
            return None
        diagnosis = await self._examine(question)
        is_last, retry_at = is_final(diagnosis.verdict), diagnosis.verdict.retry_at
        await self._answer(question, diagnosis, is_last=is_last)
        if not is_last and retry_at is not None:
            late, due_at = f"answer_late:{origin}", retry_at
            await self._desk.store.transact(
                lambda session: store_jobs.owe(session, late, "answer_late", due_at=due_at)
            )
        return None

    async def answer_late(self, duty: models.Duty) -> dt.datetime | None:
        """Answer again, when there is nothing left to wait for."""
        question = await self._question(duty.name.removeprefix("answer_late:"))
        if question is None:
            return None
        diagnosis = await self._examine(question)
        if not is_final(diagnosis.verdict):
            return diagnosis.verdict.retry_at
        await self._answer(question, diagnosis, is_last=True)
        return None

    async def _question(self, origin: str) -> models.Question | None:
        """Find a question that can still be answered."""
        question = await self._desk.store.read(lambda session: session.get(models.Question, origin))
        if question is None or not question.answer_url:
            return None
        return question if self._now() < question.asked_at + ANSWERED_WITHIN else None

    async def _examine(self, question: models.Question) -> Diagnosis:
        found = await self._desk.examiner.examine_channel(
            question.app,
            question.cname,
            since_s=question.since_s,
            asked_at=question.asked_at,
        )
        return pace(found, self._now(), question.asked_at, ANSWERED_WITHIN)

    async def _answer(
        self, question: models.Question, diagnosis: Diagnosis, *, is_last: bool
    ) -> None:
        """Send an answer; after the last one the secret address is forgotten."""
        names = Asked.__dataclass_fields__
        asked = Asked(**{name: getattr(question, name) for name in names})
        try:
            await self._speaker.answer(asked, diagnosis)
        except SpeakError as error:
            if error.retryable:
                raise
            log.info("the answer to a question was not taken: %s", error)
        if is_last:
            await self._desk.store.transact(lambda session: _forget_address(session, question.id))

    async def _post_once(
        self,
        duty: models.Duty,
        ticket: Ticket,
        post: Callable[[Ticket, str], Awaitable[Posted]],
    ) -> tuple[Posted, bool]:
        """Post, or find what an earlier try posted; tells whether it is new."""
        found = await self._find(ticket, duty) if duty.attempt > 1 else None
        return (found, False) if found else (await post(ticket, duty.name), True)

    async def _find(self, ticket: Ticket, duty: models.Duty) -> Posted | None:
        since = ticket.created_at - SEARCH_BEFORE
        return await self._speaker.find(ticket, duty.name, since)

    async def _ticket(self, duty: models.Duty) -> Ticket:
        number = duty.ticket or 0
        return await self._desk.store.read(lambda session: tickets.find(session, number))

    async def _change(self, ticket: Ticket, **values: Any) -> None:
        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            for name, value in values.items():
                setattr(stored, name, value)
                setattr(ticket, name, value)
            session.add(stored)

        await self._desk.store.transact(work)

    async def _owe(self, ticket: Ticket, *kinds: str) -> None:
        now = self._now()

        def work(session: Session) -> None:
            for kind in kinds:
                owe(session, ticket, kind, now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    def _now(self) -> dt.datetime:
        return self._desk.clock.now()


def _forget_address(session: Session, origin: str) -> None:
    question = session.get(models.Question, origin)
    if question is not None:
        question.answer_url = ""
        session.add(question)
