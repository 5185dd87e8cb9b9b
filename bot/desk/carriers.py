"""What is owed to the world outside, carried out one duty at a time; run by the job engine.

A carrier returns None when the duty is done, or the moment it wants to be carried out again.
It raises retryable errors as they are. Steps are at least once: before one that must not
repeat is repeated, it looks whether it happened.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.desk.desk import WAIT_FOR_CARD, Desk
from bot.errors import (
    CloudError,
    CloudNonsenseError,
    CloudRefusedError,
    CloudUnreachableError,
    SpeakError,
    SpeakGoneError,
)
from bot.ports import Asked, Diagnosis, Posted, Speaker
from bot.store import Session, duties, tables, tickets
from bot.ticket import ReportState, Status, Ticket
from bot.words import Message, dump_message

log = logging.getLogger(__name__)
Carrier = Callable[[tables.Duty], Awaitable[dt.datetime | None]]

CARD_FIRST: Final = dt.timedelta(seconds=10)  # what hangs on the card looks for it again then
SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ
DIAGNOSED_WITHIN: Final = dt.timedelta(hours=6)  # after that nobody waits any more
ANSWERED_WITHIN: Final = dt.timedelta(minutes=29)  # Slack's answer address lives for 30
REFUSED_AGAIN: Final = dt.timedelta(minutes=5)
_KEY_STATUSES: Final = (401, 403)  # a wrong key or plan is mended by whoever runs Lagdesk


class Carriers:
    """One carrier for each kind of duty."""

    def __init__(self, desk: Desk, speaker: Speaker) -> None:
        self._desk = desk
        self._speaker = speaker

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {
            "card": self.show_card,
            "confirm": self.confirm,
            "report": self.send_report,
            "diagnose": self.diagnose,
            "escalate": self.escalate,
            "call_group": self.call_group,
            "answer": self.answer,
        }

    async def show_card(self, duty: tables.Duty) -> dt.datetime | None:
        """Post the ticket's card, or draw it anew where it stands."""
        ticket = await self._ticket(duty)
        if ticket.card_ts:
            try:
                await self._speaker.update_card(ticket)
            except SpeakGoneError:
                log.info("the card of %s is gone; posting it anew", ticket.label)
            else:
                return None
        posted = await self._post_once(duty, ticket, self._speaker.post_card)
        ticket.channel, ticket.card_ts = posted.channel, posted.ts
        permalink = await self._speaker.permalink(ticket)
        await self._change(ticket, channel=posted.channel, card_ts=posted.ts, permalink=permalink)
        await self._owe(ticket, *(kind for kind in WAIT_FOR_CARD if not ticket.diagnosis_ts))
        return None

    async def confirm(self, duty: tables.Duty) -> dt.datetime | None:
        """Tell the reporter that the ticket is filed; with a link if the card stands."""
        ticket = await self._ticket(duty)
        if duty.attempt > 1 and await self._find(ticket, duty):
            return None
        await self._speaker.confirm(ticket, duty.name)
        return None

    async def send_report(self, duty: tables.Duty) -> dt.datetime | None:
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
            state, again_at = self._after_refusal(ticket, error)
            await self._note_report(ticket, state, error.spoken)
            if state is ReportState.PENDING:
                raise
            return again_at
        await self._note_report(ticket, ReportState.ACCEPTED, None)
        return None

    def _after_refusal(
        self, ticket: Ticket, error: CloudError
    ) -> tuple[ReportState, dt.datetime | None]:
        """Decide what a report's failure means, and when to try again."""
        if isinstance(error, CloudUnreachableError) and error.maybe_arrived:
            return ReportState.UNCONFIRMED, None
        if isinstance(error, CloudNonsenseError):
            return ReportState.UNCONFIRMED, None
        if error.retryable:
            return ReportState.PENDING, None
        forgotten_at = ticket.occurred_at + self._desk.clouds[ticket.app].capabilities.look_back
        mendable = isinstance(error, CloudRefusedError) and error.status in _KEY_STATUSES
        if mendable and self._now() < forgotten_at:
            return ReportState.REFUSED, self._now() + REFUSED_AGAIN
        return ReportState.REFUSED, None

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

    async def diagnose(self, duty: tables.Duty) -> dt.datetime | None:
        """Say in the thread why the call was bad; come back while more can be learnt."""
        ticket = await self._ticket(duty)
        if not ticket.card_ts:
            return self._now() + CARD_FIRST
        diagnosis = await self._desk.examiner.examine(ticket.report)
        if ticket.diagnosis_ts:
            try:
                await self._speaker.update_diagnosis(ticket, diagnosis)
            except SpeakGoneError:
                ticket.diagnosis_ts = ""
        if not ticket.diagnosis_ts:
            posted = await self._post_once(
                duty, ticket, lambda t, key: self._speaker.post_diagnosis(t, diagnosis, key)
            )
            await self._change(ticket, diagnosis_ts=posted.ts)
        await self._change(
            ticket, verdict=diagnosis.verdict.to_json(), diagnosed_at=diagnosis.asked_at
        )
        return self._come_back_at(diagnosis, ticket.created_at + DIAGNOSED_WITHIN)

    def _come_back_at(self, diagnosis: Diagnosis, deadline: dt.datetime) -> dt.datetime | None:
        retry_at = diagnosis.verdict.retry_at
        if retry_at is None or retry_at > max(deadline, self._now()):
            return None
        return retry_at

    async def escalate(self, duty: tables.Duty) -> dt.datetime | None:
        """Call the group when nobody claimed the ticket in time."""
        ticket = await self._ticket(duty)
        if ticket.status is not Status.OPEN or ticket.escalated_at is not None:
            return None
        now = self._now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if stored.status is Status.OPEN and stored.escalated_at is None:
                stored.escalate(now)
                session.add(stored)
                for kind in ("card", "call_group"):
                    name = f"{kind}:{stored.label}"
                    duties.owe(session, name, kind, ticket=stored.id, due_at=now)

        await self._desk.store.transact(work)
        await self._desk.wake()
        return None

    async def call_group(self, duty: tables.Duty) -> dt.datetime | None:
        """Call support into the thread."""
        ticket = await self._ticket(duty)
        if not ticket.card_ts:
            return self._now() + CARD_FIRST
        await self._post_once(duty, ticket, self._speaker.call_group)
        return None

    async def answer(self, duty: tables.Duty) -> dt.datetime | None:
        """Answer somebody who asked about a channel; come back while more can be learnt."""
        origin = duty.name.removeprefix("answer:")
        question = await self._desk.store.read(lambda session: session.get(tables.Question, origin))
        if question is None or self._now() > question.asked_at + ANSWERED_WITHIN:
            return None
        diagnosis = await self._desk.examiner.examine_channel(question.app, question.cname)
        names = Asked.__dataclass_fields__
        asked = Asked(**{name: getattr(question, name) for name in names})
        try:
            await self._speaker.answer(asked, diagnosis)
        except SpeakError as error:
            if not error.retryable:
                log.info("the answer to a question was not taken: %s", error)
                return None
            raise
        return self._come_back_at(diagnosis, question.asked_at + ANSWERED_WITHIN)

    async def _post_once(
        self,
        duty: tables.Duty,
        ticket: Ticket,
        post: Callable[[Ticket, str], Awaitable[Posted]],
    ) -> Posted:
        found = await self._find(ticket, duty) if duty.attempt > 1 else None
        return found or await post(ticket, duty.name)

    async def _find(self, ticket: Ticket, duty: tables.Duty) -> Posted | None:
        since = ticket.created_at - SEARCH_BEFORE
        return await self._speaker.find(ticket, duty.name, since)

    async def _ticket(self, duty: tables.Duty) -> Ticket:
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
                name = f"{kind}:{ticket.label}"
                duties.owe(session, name, kind, ticket=ticket.id, due_at=now)

        await self._desk.store.transact(work)
        await self._desk.wake()

    def _now(self) -> dt.datetime:
        return self._desk.clock.now()
