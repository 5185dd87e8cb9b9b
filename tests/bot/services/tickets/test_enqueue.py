from __future__ import annotations

from bot.jobs.run import Queue
from bot.services.diagnosis.job_kinds import CHART, DIAGNOSE
from bot.services.notifications.rules import CONFIRM
from bot.services.tickets.enqueue import CARD, REPORT, TicketJob, job_of
from tests.bot.store.factories import NOON, make_ticket


def test_job_of_a_declared_kind() -> None:
    """Its name has the kind and the ticket; its partition is what the kind declares."""
    page = TicketJob("page", Queue.MESSAGES, lambda ticket: f"direct/{ticket.reporter}")
    job = job_of(make_ticket(number=12), page, NOON)
    assert (job.name, job.kind, job.arguments, job.ticket) == ("page:LD-12", "page", (12,), 12)
    assert (job.partition, job.due_at) == ("direct/U1", NOON)


def test_partitions() -> None:
    """Posts keep the pace of the channel, edits their own, and messages that of the reporter."""
    kinds = (CARD, DIAGNOSE, CONFIRM, REPORT, CHART)
    ticket = make_ticket(number=12)
    partitions = [job_of(ticket, kind, NOON).partition for kind in kinds]
    assert partitions == ["T1/escalations", "T1/escalations", "direct/U1", "", ""]
    ticket.thread.card_ts = "1.1"
    partitions = [job_of(ticket, kind, NOON).partition for kind in kinds]
    assert partitions == ["T1/edits", "T1/escalations", "direct/U1", "", ""]
    ticket.thread.diagnosis_ts = "1.2"
    assert job_of(ticket, DIAGNOSE, NOON).partition == "T1/edits"
