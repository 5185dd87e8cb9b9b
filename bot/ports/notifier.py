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
    """How many tickets one side's person had lately, and how often which cause was theirs."""

    side: Side
    tickets: int
    causes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All there is to tell about one question: the verdict and the facts beside it.

    `failures` say what went wrong between us and the cloud, with the next step. `call_statistics`
    is how everybody in the call fared, None where nobody tells, or has yet. `named` are those
    whose sides were told by who asked about a channel; None: a report tells both.
    """

    report: Report
    cloud: str
    verdict: Verdict
    asked_at: dt.datetime
    calls: tuple[Call, ...] = ()
    participants: tuple[Participant, ...] = ()
    events: tuple[AbnormalEvent, ...] = ()
    failures: tuple[Message, ...] = ()
    series: tuple[Series, ...] = ()
    participant_histories: tuple[ParticipantHistory, ...] = ()
    call_statistics: CallStatistics | None = None
    named: frozenset[str] | None = None

    @property
    def call(self) -> Call | None:
        """The call the question is about: the newest one found."""
        return self.calls[0] if self.calls else None


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """Now, aware."""


@dataclass(frozen=True, slots=True)
class UploadedImage:
    """A picture in Slack, shown nowhere yet; `alt_text` says what it shows."""

    file_id: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where something stands in Slack."""

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
        return cls(ticket.team, ticket.thread.channel, ticket.thread.card_ts)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Somebody's question about a channel, and where its answer goes."""

    team: str
    person: str
    channel: str
    response_url: str
    locale: str
    timezone: str
    app: str
    cname: str
    since_s: float | None = None  # how far back the channel's last call is looked for
    topic: str = ""  # of a question about a whole app, which names no channel


class Health(StrEnum):
    """How something that Lagdesk needs is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What doctor found about one thing: its dotted name, its name for people, what to do."""

    name: str
    label: Message
    health: Health
    detail: Message


class SlackHealthCheck(Protocol):
    """Slack, as doctor sees it."""

    async def run_checks(self, team: str) -> Sequence[CheckResult]:
        """Look at token, scopes and channels; never raises what Slack answered."""

    async def send_results(self, inquiry: Inquiry, check_results: Sequence[CheckResult]) -> None:
        """Send the results privately. Raises SlackError."""


FILE_GONE: Final = "invalid_slack_file"  # code of the SlackError for a deleted file
