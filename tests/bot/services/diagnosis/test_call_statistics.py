"""The job that fetches a call's statistics: when it sends, retries and gives up."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.call import Call, IssueType, Media, Report, Side
from bot.clouds.errors import unsupported
from bot.diagnosis import Verdict
from bot.errors import CloudError, CloudQuotaExceededError, CloudUnreachableError
from bot.i18n.messages import message
from bot.jobs.run import Run
from bot.ports import CallStatistics, Diagnosis, FreezeBucket, Window
from bot.services.diagnosis import call_statistics
from bot.services.diagnosis.call_statistics import CallStatisticsJob

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
STATISTICS = CallStatistics(NOW, NOW, buckets=(FreezeBucket(Media.AUDIO, 0, 3, 2),))
SPOKEN = message("Something went wrong.")
OVER = {"cloud": "agora", "endpoint": "x", "status": 200}


class Source:
    """A cloud with fixed statistics that records the requested windows."""

    def __init__(self, answer: CallStatistics | CloudError) -> None:
        self.answer = answer
        self.requests: list[tuple[str, Window]] = []

    async def fetch_call_statistics(self, call: Call, window: Window) -> CallStatistics:
        """Answer, or fail."""
        self.requests.append((call.id, window))
        if isinstance(self.answer, CloudError):
            raise self.answer
        return self.answer


async def run_job(
    monkeypatch: pytest.MonkeyPatch,
    source: object,
    *,
    requested_at: dt.datetime = NOW,
    **facts: Any,
) -> tuple[dt.datetime | None, list[CallStatistics]]:
    """Run the job with this cloud; return the next attempt's time and the stored statistics."""
    report = Report("kids", "c", "1", "2", Side.STUDENT, IssueType.HELP, NOW - HOUR)
    diagnosis = Diagnosis(report, "agora", Verdict("none", NOW, NOW), requested_at, **facts)
    stored: list[CallStatistics] = []
    monkeypatch.setattr(call_statistics, "load_evidence", lambda *_: diagnosis)
    monkeypatch.setattr(
        call_statistics,
        "add_call_statistics",
        lambda _session, _ticket, call_statistics: stored.append(call_statistics),
    )
    monkeypatch.setattr(
        "bot.services.diagnosis.call_statistics.tickets.find",
        lambda *_: SimpleNamespace(app="kids"),
    )

    async def run(work: Any) -> Any:
        return work(None)

    store = SimpleNamespace(read=run, transact=run)
    clock = SimpleNamespace(now=lambda: NOW)
    context = SimpleNamespace(store=store, clock=clock, clouds={"kids": source})
    return await CallStatisticsJob(cast("Any", context)).fetch(
        Run("call_statistics:LD-1"), 1
    ), stored


def call(number: int, began: dt.datetime, ended: dt.datetime | None = None) -> Call:
    """A call of the channel."""
    return Call("agora", "kids", f"call{number}", "c", began, ended)


async def test_the_call_of_the_complaint_is_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the newest one; and no further than the call ran."""
    ended = NOW - HOUR + dt.timedelta(minutes=1)
    calls = (call(2, NOW - HOUR / 2), call(1, NOW - 2 * HOUR, ended))
    source = Source(STATISTICS)
    assert await run_job(monkeypatch, source, calls=calls) == (None, [STATISTICS])
    since = NOW - HOUR - dt.timedelta(minutes=2)
    assert [("call1", Window(since, ended))] == source.requests


@pytest.mark.parametrize(
    ("error", "requested_at", "again"),
    [
        (unsupported("agora", "x"), NOW, None),
        (CloudQuotaExceededError(SPOKEN, retry_at=NOW + HOUR, **OVER), NOW, NOW + HOUR),  # type: ignore[arg-type]
        (CloudQuotaExceededError(SPOKEN, retry_at=NOW + 9 * HOUR, **OVER), NOW, None),  # type: ignore[arg-type]
        (
            CloudUnreachableError(SPOKEN, cloud="agora", endpoint="x", maybe_arrived=False),
            NOW,
            NOW + dt.timedelta(minutes=5),
        ),
        (
            CloudUnreachableError(SPOKEN, cloud="agora", endpoint="x", maybe_arrived=False),
            NOW - 4 * HOUR,
            None,
        ),
    ],
)
async def test_what_fails_waits_or_is_given_up(
    error: CloudError,
    requested_at: dt.datetime,
    again: dt.datetime | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The job retries at the quota's time, or soon after an outage, for some hours."""
    calls = (call(1, NOW - 2 * HOUR),)
    source = Source(error)
    assert (again, []) == await run_job(monkeypatch, source, requested_at=requested_at, calls=calls)
    assert len(source.requests) == 1


async def test_no_needless_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent for stored statistics, without a call, or to clouds without the endpoint."""
    calls, source = (call(1, NOW - 2 * HOUR),), Source(STATISTICS)
    assert await run_job(monkeypatch, source, calls=calls, call_statistics=STATISTICS) == (None, [])
    assert await run_job(monkeypatch, source) == (None, [])
    assert await run_job(monkeypatch, object(), calls=calls) == (None, [])
    assert source.requests == []
    assert await run_job(monkeypatch, Source(CallStatistics(NOW, NOW)), calls=calls) == (None, [])
