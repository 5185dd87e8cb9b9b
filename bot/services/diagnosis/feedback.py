"""Feedback on verdicts, how often verdicts were right, and the details behind a verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Any

from bot.errors import NotFoundError
from bot.i18n.messages import message
from bot.ports import Diagnosis
from bot.services.context import Context
from bot.services.diagnosis.cases import case_of
from bot.services.diagnosis.evidence import load_diagnosis, load_evidence
from bot.services.tickets.access import find_visible
from bot.store import Session
from bot.store.diagnosis import feedback as feedback_store
from bot.store.diagnosis.feedback import CauseAccuracy, Rating, VerdictFeedback
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

__all__ = ["CauseAccuracy", "FeedbackService", "Rating"]


class FeedbackService:
    """Stores and counts feedback; returns the diagnosis behind a verdict."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def save(self, team: str, number: int, person: str, rating: Rating) -> bool:
        """Store a person's rating of a ticket's verdict; a later one replaces an earlier.

        Return whether the person may now resolve the ticket with the verdict.

        Raises NotAllowedError unless the person is support or reported the ticket.
        """
        visible = await find_visible(self._context, team, number, person)
        now = self._context.clock.now()

        def work(session: Session) -> None:
            ticket = tickets.find(session, number, team)
            cause = str((ticket.verdict or {}).get("cause") or "")
            feedback = VerdictFeedback(
                ticket=ticket.id, person=person, team=team, cause=cause, rating=rating, at=now
            )
            feedback_store.save_feedback(session, feedback)

        await self._context.store.transact(work)
        if rating is not Rating.RIGHT or visible.status is Status.RESOLVED:
            return False
        return bool(await self._context.permissions.is_support(team, person))

    async def save_true_cause(self, team: str, number: int, person: str, cause: str) -> None:
        """Store what was wrong, of a verdict that the person rated.

        Raises NotAllowedError unless the person is support or reported the ticket.
        """
        ticket = await find_visible(self._context, team, number, person)
        await self._context.store.transact(
            lambda session: feedback_store.save_true_cause(session, ticket.id, person, cause)
        )

    def stream_cases(self) -> Iterator[dict[str, Any]]:
        """Yield the calls whose cause people know, as anonymous cases for the project."""
        read = self._context.store.read_sync
        for number, cause in read(feedback_store.true_causes):
            diagnosis = read(partial(_load, number=number))
            if diagnosis is not None:
                yield case_of(diagnosis, cause)

    async def details(self, team: str, number: int, person: str) -> tuple[Ticket, Diagnosis]:
        """Return the stored diagnosis of a ticket; NotFoundError when there is none.

        Raises NotAllowedError unless the person is support or reported the ticket.
        """
        ticket, diagnosis = await self.find_details(team, number, person)
        if diagnosis is None:
            raise NotFoundError(
                message("There is no diagnosis of %(ticket)s yet.", ticket=ticket.label)
            )
        return ticket, diagnosis

    async def find_details(
        self, team: str, number: int, person: str
    ) -> tuple[Ticket, Diagnosis | None]:
        """Return a ticket and its stored diagnosis, None while there is none.

        Raises NotAllowedError unless the person is support or reported the ticket.
        """
        ticket = await find_visible(self._context, team, number, person)
        return ticket, await self._context.store.read(
            lambda session: load_diagnosis(session, ticket)
        )

    async def accuracy(self, team: str | None, over: dt.timedelta) -> list[CauseAccuracy]:
        """Count how often people agreed with each cause in the last `over`.

        Without a team, those of all workspaces.
        """
        since = self._context.clock.now() - over
        return await self._context.store.read(
            lambda session: feedback_store.accuracy_by_cause(session, team, since)
        )


def _load(session: Session, *, number: int) -> Diagnosis | None:
    ticket = session.get(Ticket, number)
    return load_evidence(session, ticket) if ticket is not None else None
