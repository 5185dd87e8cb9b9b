"""The kinds of jobs that diagnose a ticket's call."""

from __future__ import annotations

from typing import Final

from bot.jobs.run import Queue
from bot.services.tickets.enqueue import TicketJob, channel_partition, posting_partition

DIAGNOSE: Final = TicketJob(
    "diagnose",
    Queue.DIAGNOSES,
    lambda ticket: posting_partition(ticket.team, ticket.thread.diagnosis_ts),
)
CHART: Final = TicketJob("chart", Queue.DIAGNOSES)
ATTACH_CHART: Final = TicketJob(
    "attach_chart", Queue.DIAGNOSES, lambda ticket: channel_partition(ticket.team, "edits")
)
