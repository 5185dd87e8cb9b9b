"""The jobs that end the step of a workflow: with the ticket it filed, or with what was wrong."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from bot.errors import SlackAccessLostError
from bot.jobs.run import Queue, Run, job
from bot.services.context import Context
from bot.services.tickets.enqueue import COMPLETE_STEP
from bot.services.tickets.updates import fetch_permalink, find_ticket
from bot.services.workflow_step.service import FAIL
from bot.ticket import Ticket

log = logging.getLogger(__name__)

LINK_TIMEOUT: Final = dt.timedelta(minutes=2)  # the thread has a link once its card is posted
_PAUSE: Final = dt.timedelta(seconds=10)


class StepResults(Protocol):
    """Ends steps in Slack. Every method raises SlackError."""

    async def complete(self, team: str, execution: str, ticket: str, link: str) -> None:
        """End a step with its outputs."""

    async def fail(self, team: str, execution: str, reason: str) -> None:
        """End a step with a text that says what is wrong."""


class WorkflowStepJobs:
    """Ends steps."""

    def __init__(
        self,
        context: Context,
        results: StepResults,
        permalink: Callable[[Ticket], Awaitable[str]],
    ) -> None:
        self._context = context
        self._permalink = permalink
        self._results = results

    @job(COMPLETE_STEP, Queue.MESSAGES)
    async def complete(self, run: Run, number: int, execution: str) -> dt.datetime | None:
        """End a step with its ticket; returns when to look for the ticket's card again."""
        ticket, now = await find_ticket(self._context, number), self._context.clock.now()
        if not ticket.thread.card_ts and now < ticket.created_at + LINK_TIMEOUT:
            return now + _PAUSE
        await fetch_permalink(run, self._context, ticket, self._permalink)
        link = ticket.thread.permalink
        team, label = ticket.team, ticket.label
        await self._end(execution, lambda: self._results.complete(team, execution, label, link))
        return None

    @job(FAIL, Queue.MESSAGES)
    async def fail(self, run: Run, team: str, execution: str, reason: str) -> None:
        """End a step with what is wrong."""
        _ = run
        await self._end(execution, lambda: self._results.fail(team, execution, reason))

    async def _end(self, execution: str, end: Callable[[], Awaitable[None]]) -> None:
        """End a step; one that Slack no longer waits for, or cannot run, is left alone."""
        try:
            await end()
        except SlackAccessLostError as error:
            log.info("the workflow step %s was not ended: %s", execution, error)
