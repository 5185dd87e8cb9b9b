"""When a cloud is asked how everybody fared, and when it is given up."""

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
CROWD = CallStatistics(NOW, NOW, buckets=(FreezeBucket(Media.AUDIO, 0, 3, 2),))
SPOKEN = message("Something went wrong.")
OVER = {"cloud": "agora", "endpoint": "x", "status": 200}


class Source:
    """A cloud that answers so, and remembers which stretch it was asked about."""

    def __init__(self, answer: CallStatistics | CloudError) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Window]] = []

    async def fetch_call_statistics(self, call: Call, window: Window) -> CallStatistics:
        """Answer, or fail."""
        self.asked.append((call.id, window))
        if isinstance(self.answer, CloudError):
            raise self.answer
        return self.answer


async def carry(
    monkeypatch: pytest.MonkeyPatch, source: object, *, asked_at: dt.datetime = NOW, **facts: Any
) -> tuple[dt.datetime | None, list[CallStatistics]]:
    """Carry the duty out against this cloud; when to come back, and what was kept."""
    report = Report("kids", "c", "1", "2", Side.STUDENT, IssueType.HELP, NOW - HOUR)
    diagnosis = Diagnosis(report, "agora", Verdict("none", NOW, NOW), asked_at, **facts)
    kept: list[CallStatistics] = []
    monkeypatch.setattr(call_statistics, "load_evidence", lambda *_: diagnosis)
    monkeypatch.setattr(
        call_statistics,
        "add_call_statistics",
        lambda _session, _ticket, call_statistics: kept.append(call_statistics),
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
    return await CallStatisticsJob(cast("Any", context)).fetch(Run("crowd:LD-1"), 1), kept


def call(number: int, began: dt.datetime, ended: dt.datetime | None = None) -> Call:
    """A call of the channel."""
    return Call("agora", "kids", f"call{number}", "c", began, ended)


async def test_the_call_of_the_complaint_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the newest one; and no further than the call ran."""
    ended = NOW - HOUR + dt.timedelta(minutes=1)
    calls = (call(2, NOW - HOUR / 2), call(1, NOW - 2 * HOUR, ended))
    source = Source(CROWD)
    assert await carry(monkeypatch, source, calls=calls) == (None, [CROWD])
    since = NOW - HOUR - dt.timedelta(minutes=2)
    assert [("call1", Window(since, ended))] == source.asked


@pytest.mark.parametrize(
    ("error", "asked_at", "again"),
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
    asked_at: dt.datetime,
    again: dt.datetime | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A busy cloud is asked when it allows it, one that is away soon, for hours and not for ever."""
    calls = (call(1, NOW - 2 * HOUR),)
    source = Source(error)
    assert (again, []) == await carry(monkeypatch, source, asked_at=asked_at, calls=calls)
    assert len(source.asked) == 1


async def test_nobody_is_asked_twice_or_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept stays, without a call there is no question, other clouds have no answer."""
    calls, source = (call(1, NOW - 2 * HOUR),), Source(CROWD)
    assert await carry(monkeypatch, source, calls=calls, call_statistics=CROWD) == (None, [])
    assert await carry(monkeypatch, source) == (None, [])
    assert await carry(monkeypatch, object(), calls=calls) == (None, [])
    assert source.asked == []
    assert await carry(monkeypatch, Source(CallStatistics(NOW, NOW)), calls=calls) == (None, [])
