"""The kinds of jobs of which each ticket has one, and enqueueing them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final, NamedTuple

from bot.jobs.run import Queue
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.jobs import NewJob
from bot.ticket import Ticket

ANSWER_REPORT: Final = "answer_report"
COMPLETE_STEP: Final = "workflow_step_completed"


class TicketJob(NamedTuple):
    """A kind of job of which each ticket has one.

    `partition` returns that of a job that posts in a channel or to a person.
    """

    kind: str
    queue: Queue = Queue.BACKGROUND
    partition: Callable[[Ticket], str] = lambda _ticket: ""


def enqueue(session: Session, ticket: Ticket, job: TicketJob, due_at: dt.datetime) -> None:
    """Enqueue a job about a ticket."""
    store_jobs.enqueue_all(session, [job_of(ticket, job, due_at)])


def job_of(ticket: Ticket, job: TicketJob, due_at: dt.datetime) -> NewJob:
    """Return the job of a kind about a ticket."""
    name = f"{job.kind}:{ticket.label}"
    return NewJob(name, job.kind, (ticket.id,), due_at, ticket.id, job.partition(ticket))


def answer_job(ticket: Ticket, response_url: str, due_at: dt.datetime) -> NewJob:
    """Return the job that says, where a report was requested, that it is filed."""
    arguments = (ticket.id, response_url)
    return NewJob(_name(ANSWER_REPORT, ticket), ANSWER_REPORT, arguments, due_at, ticket.id)


def complete_step_job(ticket: Ticket, execution: str, due_at: dt.datetime) -> NewJob:
    """Return the job that gives the ticket to the step of a workflow which filed it."""
    arguments = (ticket.id, execution)
    return NewJob(_name(COMPLETE_STEP, ticket), COMPLETE_STEP, arguments, due_at, ticket.id)


def answer_now(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Run the jobs that say that a report is filed, if they wait."""
    for kind in (ANSWER_REPORT, COMPLETE_STEP):
        store_jobs.bring_forward(session, _name(kind, ticket), now)


def _name(kind: str, ticket: Ticket) -> str:
    return f"{kind}:{ticket.label}"


def posting_partition(team: str, ts: str) -> str:
    """Return the partition of a post or, as edits have a rate limit of their own, of its edit."""
    return channel_partition(team, "edits" if ts else "escalations")


def channel_partition(team: str, channel: str = "escalations") -> str:
    """Return the partition of the jobs that post in one channel: Slack limits its messages."""
    return f"{team}/{channel}"


def person_partition(person: str) -> str:
    """Return the partition of the private messages to a person, which Slack limits too."""
    return f"direct/{person}"


def move_to_edits(session: Session, ticket: Ticket, name: str) -> None:
    """Let the next attempts of a job that has posted leave the channel's pace to others."""
    store_jobs.move(session, name, channel_partition(ticket.team, "edits"))


CARD: Final = TicketJob(
    "card", Queue.MESSAGES, lambda ticket: posting_partition(ticket.team, ticket.thread.card_ts)
)
REPORT: Final = TicketJob("report", Queue.DIAGNOSES)
