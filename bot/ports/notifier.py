"""Slack messages, diagnoses, inquiries and health checks, and the clock, as types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from bot.call import (
    AbnormalEvent,
    Call,
    Participant,
    Report,
    Series,
    Side,
)
from bot.diagnosis import Verdict
from bot.i18n.messages import Message
from bot.ports.call_statistics import CallStatistics
from bot.ticket import Ticket


@dataclass(frozen=True, slots=True)
class ParticipantHistory:
    """The number of recent tickets of one side's person, and of the causes that were theirs."""

    side: Side
    tickets: int
    causes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of a diagnosis: the verdict and the data behind it.

    `failures` are the errors of the cloud, with the next step. `call_statistics` is None when the
    cloud has none or they are not fetched yet. `witnesses` are series of other participants, for
    the verdict and exported cases only: they are never displayed, and stored without uids.
    `named` are the uids whose sides an inquiry gave; None: a report gives both.
    """

    report: Report
    cloud: str
    verdict: Verdict
    requested_at: dt.datetime
    calls: tuple[Call, ...] = ()
    participants: tuple[Participant, ...] = ()
    events: tuple[AbnormalEvent, ...] = ()
    failures: tuple[Message, ...] = ()
    series: tuple[Series, ...] = ()
    witnesses: tuple[Series, ...] = ()
    participant_histories: tuple[ParticipantHistory, ...] = ()
    call_statistics: CallStatistics | None = None
    named: frozenset[str] | None = None

    @property
    def call(self) -> Call | None:
        """The diagnosed call: the newest one."""
        return self.calls[0] if self.calls else None


@dataclass(frozen=True, slots=True)
class UploadedImage:
    """An image uploaded to Slack, in no message yet; `alt_text` describes it."""

    file_id: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class MessageRef:
    """The position of a message in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message is posted: a channel, a thread of it, or a person's direct messages."""

    team: str
    channel: str = ""
    thread_ts: str = ""
    person: str = ""

    @classmethod
    def thread_of(cls, ticket: Ticket) -> Destination:
        """Return the ticket's thread."""
        return cls(ticket.team, ticket.thread.channel, ticket.thread.ts)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An inquiry about a channel, and where its answer is sent."""

    team: str
    person: str
    channel: str
    response_url: str
    locale: str
    timezone: str
    app: str
    cname: str
    since_s: float | None = None  # how far back the channel's last call is searched
    topic: str = ""  # of an inquiry about a whole app, which has no channel


class Health(StrEnum):
    """The status of a dependency."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check of doctor; `name` is dotted, `detail` has the next step."""

    name: str
    label: Message
    health: Health
    detail: Message


class SlackHealthCheck(Protocol):
    """Checks Slack for doctor, and sends the results."""

    async def run_checks(self, team: str) -> Sequence[CheckResult]:
        """Check token, scopes and channels; errors of Slack become results."""

    async def send_results(self, inquiry: Inquiry, check_results: Sequence[CheckResult]) -> None:
        """Send the results privately. Raises SlackError."""


FILE_GONE: Final = "invalid_slack_file"  # code of the SlackError for a deleted file
