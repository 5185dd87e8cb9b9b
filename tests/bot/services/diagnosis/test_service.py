"""Which requests a diagnosis sends to a cloud, and its missing items after failures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from bot.call import (
    Call,
    CallRecord,
    IssueType,
    MissingKind,
    MissingReason,
    Participant,
    Report,
    Side,
)
from bot.errors import (
    CloudDataExpiredError,
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
    CloudUnsupportedError,
)
from bot.i18n.messages import message
from bot.ports import Cloud, EventsResult, Priority, Window
from bot.services.diagnosis.service import DiagnosisService
from tests.bot.services.tickets.test_submission import AGORA

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DELAY = AGORA.metrics_delay
REASON = message("no")
AT: Any = {"cloud": "agora", "endpoint": "lists"}


class FrozenClock:
    """It is always now."""

    def now(self) -> dt.datetime:
        """Now."""
        return NOW


@dataclass
class GivenCloud:
    """A cloud with fixed responses or a failure of one request, which records its requests."""

    calls: tuple[Call, ...] = ()
    fails: CloudError | None = None
    failing: str = "calls"
    name: str = "agora"
    capabilities: Any = AGORA
    participants: tuple[Participant, ...] = ()
    requests: list[tuple[str, Any]] = field(default_factory=list)

    async def find_calls(
        self,
        app: str,
        cname: str,
        window: Window,
        *,
        priority: Priority = Priority.INTERACTIVE,
        fresh: bool = False,
    ) -> tuple[Call, ...]:
        """Find calls that touch the window."""
        _ = app, priority
        self._record("fresh calls" if fresh else "calls", window)
        matches = [c for c in self.calls if c.cname == cname and c.started_at <= window.until]
        return tuple(c for c in matches if c.ended_at is None or c.ended_at >= window.since)

    async def fetch_record(self, call: Call, uids: Sequence[str], window: Window) -> CallRecord:
        """Return a record without samples."""
        self._record("record", (tuple(uids), window))
        return CallRecord(call, self.participants)

    async def fetch_participants(self, call: Call, window: Window) -> tuple[Participant, ...]:
        """Return the participants."""
        self._record("participants", (call.id, window))
        return self.participants

    async def fetch_events(self, app: str, cname: str, window: Window) -> EventsResult:
        """Return no events."""
        self._record("events", (app, cname, window))
        return EventsResult()

    def _record(self, name: str, request: Any) -> None:
        self.requests.append((name, request))
        if self.fails and name.endswith(self.failing):
            raise self.fails


def minutes(number: float) -> dt.timedelta:
    """So many minutes."""
    return dt.timedelta(minutes=number)


def make_call(started_ago: float, ended_ago: float | None = None) -> Call:
    """A call that began, and perhaps ended, so many minutes ago."""
    ended_at = None if ended_ago is None else NOW - minutes(ended_ago)
    return Call("agora", "kids", "c1", "class_1", NOW - minutes(started_ago), ended_at)


def diagnosis_service(cloud: GivenCloud) -> DiagnosisService:
    """An examiner with this one cloud."""
    return DiagnosisService({"kids": cast("Cloud", cloud)}, FrozenClock())


REPORT = Report("kids", "class_1", "1", "2", Side.STUDENT, IssueType.HELP, NOW - minutes(30))


@pytest.mark.parametrize(
    ("call", "at"),
    [
        (make_call(60), NOW - DELAY),
        (make_call(60, 20), NOW - minutes(22)),
        (make_call(60, 1), NOW - minutes(3)),
        (make_call(1), NOW - minutes(1)),
        (make_call(60, 59), NOW - minutes(60)),
    ],
)
async def test_channel_is_judged_by_the_newest_that_is_known(call: Call, at: dt.datetime) -> None:
    """While it runs by what is out already, afterwards by its last minutes."""
    diagnosis = await diagnosis_service(GivenCloud((call,))).diagnose_channel("kids", "class_1")
    assert at == diagnosis.report.occurred_at


@pytest.mark.parametrize(
    ("ended_ago", "requests"), [(20, 1), (8 * 60 - 1, 1), (8 * 60 + 1, 2), (17 * 60, 3)]
)
async def test_last_call_is_searched_eight_hours_at_a_time(ended_ago: float, requests: int) -> None:
    """Every cloud lists eight hours in one request; older hours are listed only without a call."""
    cloud = GivenCloud((make_call(ended_ago + 30, ended_ago),))
    await diagnosis_service(cloud).diagnose_channel("kids", "class_1")
    searched = [window for what, window in cloud.requests if what == "fresh calls"]
    (around,) = (window for what, window in cloud.requests if what == "calls")
    hours = [((NOW - each.until) / HOUR, (NOW - each.since) / HOUR) for each in searched]
    assert hours == [(0, 8), (8, 16), (16, 24)][:requests]
    assert around == Window.around(NOW - minutes(ended_ago + 2), minutes(10))


@pytest.mark.parametrize("since_s", [None, 600.0])
async def test_unused_channel_is_unknown(since_s: float | None) -> None:
    """A call that has just begun is listed within three minutes of the question, or never."""
    cloud = GivenCloud((make_call(60, 20),) if since_s else ())
    for asked_ago, again_at in ((0, NOW + minutes(3)), (2, NOW + minutes(1)), (3, None)):
        requested_at = NOW - minutes(asked_ago) if asked_ago else None
        diagnosis = await diagnosis_service(cloud).diagnose_channel(
            "kids", "class_1", since_s=since_s, requested_at=requested_at
        )
        assert [(MissingKind.CALL, MissingReason.NOT_FOUND, again_at)] == [
            (missing_item.what, missing_item.why, missing_item.retry_at)
            for missing_item in diagnosis.verdict.missing[:1]
        ]
        assert again_at == diagnosis.verdict.retry_at
    asked = [what for what, _ in cloud.requests]
    assert asked.count("fresh calls") == (3 if since_s else 9)


async def test_new_call_may_not_be_listed_yet() -> None:
    """A complaint about an unknown call is retried for three minutes, then no more."""
    fresh = replace(REPORT, occurred_at=NOW - minutes(1))
    waiting = await diagnosis_service(GivenCloud()).diagnose(fresh)
    assert MissingReason.NOT_OUT_YET is waiting.verdict.missing[0].why
    assert waiting.verdict.retry_at is not None
    given_up = await diagnosis_service(GivenCloud()).diagnose(REPORT)
    assert MissingReason.NOT_FOUND is given_up.verdict.missing[0].why
    assert given_up.verdict.retry_at is None


EVERYTHING = ["calls", "record", "events"]
# two other spellings; half a day in two parts for each spelling; the other parts of the day
ELSEWHERE = ["calls"] * (2 + 2 * 3 + 2)
# minutes since the complaint, when the call began and ended, from the complaint on | what is
# requested, when the next look is; metrics are published after two minutes
LOOKS: list[tuple[float, tuple[float, float | None], list[str], float | None]] = [
    # no metrics before a minute and a half of the window is published
    (0, (-60, None), ["calls"], 1.5),
    (1.4, (-60, None), ["calls"], 1.5),
    (1.5, (-60, None), EVERYTHING, 4),
    (3.9, (-60, None), EVERYTHING, 4),
    (4, (-60, None), EVERYTHING, None),
    # a call that began within the window
    (1.5, (-1, None), ["calls"], 2.5),
    (2.5, (-1, None), EVERYTHING, 4),
    # one that ended within it
    (0, (-60, 0.5), ["calls"], 1.5),
    (2.5, (-60, 0.5), EVERYTHING, None),
    # one that ended before it: another one may be listed that ran then
    (2.9, (-60, -1), ["calls"], 3),
    (3, (-60, -1), EVERYTHING, None),
    # one that is not listed, for now and for good
    (0, (60, None), ["calls"], 3),
    (2.9, (60, None), ["calls"], 3),
    (3, (60, None), ["calls", *ELSEWHERE], None),
]


@pytest.mark.parametrize(("asked_after", "ran", "requests", "next_after"), LOOKS)
async def test_what_is_requested_when(
    asked_after: float,
    ran: tuple[float, float | None],
    requests: list[str],
    next_after: float | None,
) -> None:
    """No data before the cloud can have it; the diagnosis has the time of the next look."""
    occurred_at = NOW - minutes(asked_after)
    ended_ago = None if ran[1] is None else asked_after - ran[1]
    cloud = GivenCloud((make_call(asked_after - ran[0], ended_ago),))
    diagnosis = await diagnosis_service(cloud).diagnose(replace(REPORT, occurred_at=occurred_at))
    assert [what for what, _ in cloud.requests] == requests
    next_at = None if next_after is None else occurred_at + minutes(next_after)
    not_out = [gap for gap in diagnosis.verdict.missing if gap.why is MissingReason.NOT_OUT_YET]
    assert min((gap.retry_at for gap in not_out if gap.retry_at), default=None) == next_at


@pytest.mark.parametrize(
    ("left_ago", "ended_ago", "requests"),
    [
        ((None, None), None, EVERYTHING),
        ((31, None), None, EVERYTHING),
        ((31, 29), None, [*EVERYTHING, "fresh calls", "record", "events"]),
        ((31, 29), 29, EVERYTHING),
        ((), None, EVERYTHING),
    ],
)
async def test_a_call_that_everybody_left_is_listed_again(
    left_ago: tuple[float | None, ...], ended_ago: float | None, requests: list[str]
) -> None:
    """It was listed as running some minutes ago, and the class may have begun again."""
    participants = tuple(
        Participant(str(uid), f"s{uid}", NOW - HOUR, None if ago is None else NOW - minutes(ago))
        for uid, ago in enumerate(left_ago, start=1)
    )
    cloud = GivenCloud((make_call(60, ended_ago),), participants=participants)
    await diagnosis_service(cloud).diagnose(REPORT)
    assert [what for what, _ in cloud.requests] == requests


async def test_both_ends_are_requested_around_the_complaint() -> None:
    """Two minutes to each side, of the two people named."""
    cloud = GivenCloud((make_call(60),))
    await diagnosis_service(cloud).diagnose(REPORT)
    requests = dict(cloud.requests)
    window = Window(REPORT.occurred_at - minutes(2), REPORT.occurred_at + minutes(2))
    assert (("1", "2"), window) == requests["record"]
    assert ("kids", "class_1", window) == requests["events"]


async def test_deleted_data_is_not_requested() -> None:
    """Data older than the cloud's retention is not requested."""
    cloud = GivenCloud((make_call(60),))
    old = replace(REPORT, occurred_at=NOW - AGORA.lookback - minutes(1))
    diagnosis = await diagnosis_service(cloud).diagnose(old)
    assert cloud.requests == []
    assert MissingReason.FORGOTTEN is diagnosis.verdict.missing[0].why


@pytest.mark.parametrize(
    ("error", "why", "again"),
    [
        (CloudUnreachableError(REASON, maybe_arrived=True, **AT), MissingReason.UNREACHABLE, True),
        (CloudServerError(REASON, status=500, **AT), MissingReason.UNREACHABLE, True),
        (CloudInvalidResponseError(REASON, **AT), MissingReason.UNREADABLE, True),
        (CloudQuotaExceededError(REASON, retry_at=NOW, **AT), MissingReason.OVER_QUOTA, True),
        (CloudDataExpiredError(REASON, status=400, **AT), MissingReason.FORGOTTEN, False),
        (CloudRefusedError(REASON, status=401, **AT), MissingReason.REFUSED, False),
        (CloudUnsupportedError(REASON, **AT), MissingReason.UNSUPPORTED, False),
    ],
)
async def test_failures_are_in_the_answer(
    error: CloudError, why: MissingReason, again: object
) -> None:
    """After any failure of the cloud, the diagnosis has the reason and a retry time."""
    for asking in (
        diagnosis_service(GivenCloud(fails=error)).diagnose(REPORT),
        diagnosis_service(GivenCloud(fails=error)).diagnose_channel("kids", "class_1"),
    ):
        diagnosis = await asking
        assert diagnosis.verdict.cause == "unknown"
        assert why is diagnosis.verdict.missing[0].why
        assert again is (diagnosis.verdict.retry_at is not None)
        assert diagnosis.failures == (REASON,)


@pytest.mark.parametrize(
    ("failing", "kind"), [("record", MissingKind.CALL), ("events", MissingKind.EVENTS)]
)
async def test_failure_of_one_request(failing: str, kind: MissingKind) -> None:
    """The diagnosis uses what the others returned, and names what is missing."""
    error = CloudRefusedError(REASON, status=401, **AT)
    cloud = GivenCloud((make_call(60),), error, failing)
    diagnosis = await diagnosis_service(cloud).diagnose(REPORT)
    assert diagnosis.calls == cloud.calls
    assert (kind, MissingReason.REFUSED) in [(m.what, m.why) for m in diagnosis.verdict.missing]
    assert diagnosis.failures == (REASON,)
