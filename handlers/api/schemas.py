"""What the API returns. The OpenAPI document is made from these classes."""

from __future__ import annotations

import datetime as dt
from inspect import cleandoc
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from bot.call import Direction, Media, Side
from bot.cloud_report import ReportState
from bot.ticket import Status

Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """The base of what is returned."""


class Evidence(Schema, frozen=True):
    """A fact in favour of a cause: a metric beyond its limit, or a code that a cloud gave.

    `value` and `threshold` are in `unit`. `uid` is where it was measured, `peer` the other end.
    """

    source: str
    at: Moment
    uid: str
    media: Media | None
    direction: Direction | None
    peer: str | None
    metric: str | UnsetType = UNSET
    value: float | UnsetType | None = UNSET
    unit: str | UnsetType = UNSET
    threshold: float | UnsetType | None = UNSET
    kind: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class MissingData(Schema, frozen=True):
    """Data that was missing, why, and when to try again (null: never)."""

    what: str
    why: str
    retry_at: Moment | None
    detail: str


class LikelyCall(Schema, frozen=True):
    """The call that is probably meant when none of the reported channel was found."""

    cloud: str
    app: str
    id: str
    cname: str
    started_at: Moment
    ended_at: Moment | None


class Verdict(Schema, frozen=True):
    """Why a call was bad.

    `cause` is `none` when the call looked healthy, `unknown` when data was missing. `side` and
    `uid` are where the fault is, not who suffers from it. `others` are the next causes.
    """

    cause: str
    media: Media | None
    direction: Direction | None
    side: Side | None
    uid: str | None
    confidence: float | None
    since: Moment = msgspec.field(name="from")
    until: Moment = msgspec.field(name="to")
    evidence: list[Evidence]
    missing: list[MissingData]
    others: list[Verdict]
    likely_call: LikelyCall | UnsetType = UNSET
    uids_in_call: list[str] | UnsetType = UNSET
    judged_at: Moment | UnsetType = UNSET


class TimelineEvent(Schema, frozen=True):
    """Something that happened to a ticket; `person` is null for what Lagdesk did."""

    at: Moment
    what: str
    person: str | None
    text: str


class TicketSummary(Schema, frozen=True):
    """A ticket in a list. `cause` is the verdict's, null until it is final.

    `issue_type`: 1 class switched, 2 help, 3 complaint, 4 feedback. People are Slack user ids.
    """

    number: int
    label: str
    status: Status
    app: str
    cloud: str
    cname: str
    teacher_uid: str
    student_uid: str
    abnormal_side: Side
    abnormal_uid: str
    issue_type: int
    cause: str | None
    cause_title: str | None
    resolved_cause: str | None
    reporter: str
    assignee: str | None
    occurred_at: Moment
    created_at: Moment
    claimed_at: Moment | None
    escalated_at: Moment | None
    resolved_at: Moment | None
    permalink: str | None


class TicketPage(Schema, frozen=True):
    """A page of tickets, the newest first. `next_cursor` is null on the last page."""

    tickets: list[TicketSummary]
    next_cursor: str | None


class TicketDetails(TicketSummary, frozen=True):
    """A ticket with its verdict, the sentences in which Slack shows it, and its history.

    `explanation` is what Slack shows of the verdict, a line each; empty while there is none.
    """

    comments: str
    resolution: str
    report_state: ReportState
    report_attempts: int
    duplicate_of: int | None
    related: list[int]
    helped: bool | None
    verdict: Verdict | None
    explanation: list[str]
    timeline: list[TimelineEvent]


class Count(Schema, frozen=True):
    """Tickets with something in common, in the week and in the week before."""

    key: str
    title: str
    count: int
    before: int


class Waits(Schema, frozen=True):
    """How many tickets waited, and how long in seconds; null without any."""

    count: int
    median_s: float | None
    p90_s: float | None


class Target(Schema, frozen=True):
    """Of the tickets whose target fell into the week, how many met it."""

    met: int
    count: int


class Times(Schema, frozen=True):
    """How long tickets waited until they were claimed and resolved; `app` is "" for all apps."""

    app: str
    claim: Waits
    claim_target: Target
    resolve: Waits
    resolve_target: Target


class Ratings(Schema, frozen=True):
    """What people said about the verdicts; `share` is the share rated right, partly counts half."""

    right: int
    partly: int
    wrong: int
    share: float


class Escalations(Schema, frozen=True):
    """Tickets that were escalated, alerts that were sent, tickets that reached the last step."""

    tickets: int
    alerts: int
    last: int


class Outcomes(Schema, frozen=True):
    """Of the resolved tickets: where it helped, those opened again, those withdrawn."""

    helped: int
    reopened: int
    withdrawn: int


class Day(Schema, frozen=True):
    """A day's tickets."""

    day: dt.date
    reported: int
    resolved: int


class Span(Schema, frozen=True):
    """A time in which Lagdesk did not run."""

    since: Moment
    until: Moment


class OpenTicket(Schema, frozen=True):
    """A ticket that is not resolved."""

    number: int
    cname: str
    status: Status
    created_at: Moment


class WeekFigures(Schema, frozen=True):
    """The figures of a weekly summary. The week is one of the workspace's time zone.

    `until` is now in the current week. `oldest` are the oldest open tickets, for support alone.
    Without `is_comparable` Lagdesk did not run in the week before.
    """

    week: str
    headline: str
    since: Moment
    until: Moment
    is_over: bool
    is_comparable: bool
    reported: int
    before: int
    resolved: int
    open_count: int
    causes: list[Count]
    types: list[Count]
    apps: list[Count]
    sides: list[Count]
    times: list[Times]
    feedback: Ratings
    escalations: Escalations
    outcomes: Outcomes
    days: list[Day]
    gaps: list[Span]
    oldest: list[OpenTicket]


class Quota(Schema, frozen=True):
    """Calls that a cloud still allows: `left` of `most` within `per_s` seconds; a day is UTC's."""

    name: str
    left: int
    most: int
    per_s: float
    is_low: bool


class AppHealth(Schema, frozen=True):
    """An app's quotas, how late its cloud's metrics are, and how far back they go, in seconds."""

    app: str
    cloud: str
    is_low: bool
    text: str
    quotas: list[Quota]
    metrics_delay_s: float
    lookback_s: float


class Quotas(Schema, frozen=True):
    """The quotas of the workspace's apps."""

    apps: list[AppHealth]


class ParameterProblem(Schema, frozen=True):
    """What is wrong with a parameter."""

    name: str
    detail: str


class Problem(Schema, frozen=True):
    """An error (RFC 9457). `key` never changes; the texts are in the reader's language."""

    type: str
    key: str
    status: int
    title: str
    next_step: str
    detail: str | UnsetType = UNSET
    errors: list[ParameterProblem] | UnsetType = UNSET


def components_of(kinds: list[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return classes as references, and the JSON schemas that these lead to, by name."""
    references, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    for schema in components.values():
        if "description" in schema:  # a docstring
            schema["description"] = cleandoc(schema["description"])
    return list(references), components
