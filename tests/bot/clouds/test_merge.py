"""Several responses about a whole app become one result."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.call import (
    Code,
    Distribution,
    MissingItem,
    MissingKind,
    MissingReason,
    Trend,
    Unit,
    Usage,
)
from bot.clouds.endpoints import find_endpoint
from bot.clouds.errors import invalid_response, not_yet_published, quota_exceeded, unreachable
from bot.clouds.merge import merge_results, unsupported_metrics, unsupported_topic
from bot.clouds.response_cache import FetchResult, PartialMetrics
from bot.errors import CloudError
from bot.i18n.messages import message
from bot.ports import Topic

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
ENDPOINT = find_endpoint("agora", "live_scale", generation="seed")
CODE = Code("agora.live_metric", "pcu")
EXPLANATION = message("Days are in UTC.")


def part(minutes: int, **metrics: Any) -> PartialMetrics:
    """Metrics fetched so many minutes ago, fresh for as many, of a window as long before."""
    return PartialMetrics(
        fetched_at=NOON - minutes * MINUTE,
        fresh_at=NOON + minutes * MINUTE,
        since=NOON - 2 * minutes * MINUTE,
        until=NOON - minutes * MINUTE,
        **metrics,
    )


def merge(*results: FetchResult, **changes: Any) -> Any:
    """Merge results about one topic."""
    return merge_results(Topic.LIVE, "kids", "agora", NOON, results, **changes)


def test_everything_is_kept_in_order() -> None:
    """Metrics of all results, from the first begin to the last end, as old as the oldest."""
    trends = [Trend(CODE, Unit.NUMBER, ((NOON, float(n)),)) for n in range(2)]
    usage = Usage(NOON.date(), CODE, Unit.NUMBER, 1.0)
    distribution = Distribution("os", Unit.NUMBER, ())
    result = merge(
        FetchResult("a", part(1, trends=(trends[0],), usages=(usage,))),
        FetchResult("b", part(5, trends=(trends[1],), distributions=(distribution,))),
        FetchResult("a", part(3)),
        explanations=[EXPLANATION],
    )
    assert (result.topic, result.app, result.cloud) == (Topic.LIVE, "kids", "agora")
    assert result.trends == tuple(trends)
    assert (result.usages, result.distributions) == ((usage,), (distribution,))
    assert (result.fetched_at, result.fresh_at) == (NOON - 5 * MINUTE, NOON + MINUTE)
    assert (result.since, result.until) == (NOON - 10 * MINUTE, NOON - MINUTE)
    assert result.explanations == (EXPLANATION,)
    assert (result.missing, result.failures) == ((), ())
    assert result.endpoints == ("a", "b")


def test_without_metrics_there_is_nothing_to_explain() -> None:
    """Nothing was fetched: it is as of now, and no definition is displayed."""
    error = unreachable(ENDPOINT, "timeout", maybe_arrived=True)
    result = merge(FetchResult("a", error=error), explanations=[EXPLANATION])
    assert (result.fetched_at, result.fresh_at, result.since, result.until) == (
        NOON,
        None,
        None,
        None,
    )
    assert result.explanations == ()


LATER = NOON + 9 * MINUTE
FAILURES: list[tuple[CloudError, MissingReason, dt.datetime | None]] = [
    (quota_exceeded(ENDPOINT, LATER), MissingReason.OVER_QUOTA, LATER),
    (not_yet_published(ENDPOINT, LATER, status=0, code=""), MissingReason.NOT_OUT_YET, LATER),
    (invalid_response(ENDPOINT, "ts"), MissingReason.UNREADABLE, None),
]


@pytest.mark.parametrize(("error", "why", "retry_at"), FAILURES)
def test_failures_are_listed(
    error: CloudError, why: MissingReason, retry_at: dt.datetime | None
) -> None:
    """Each has its reason and the next try; the same message is displayed once."""
    earlier = MissingItem(MissingKind.FIGURES, MissingReason.UNSUPPORTED)
    results = [FetchResult("a", part(1), error), FetchResult("b", error=error)]
    result = merge(*results, missing=[earlier])
    assert result.missing == (
        earlier,
        *(MissingItem(MissingKind.FIGURES, why, retry_at, name) for name in "ab"),
    )
    assert result.failures == (error.user_message,)
    assert result.fresh_at == retry_at


def test_a_topic_may_have_no_endpoint() -> None:
    """The result says so, with the reason."""
    why = unsupported_topic("agora")
    result = unsupported_metrics(Topic.SCALE, "kids", "agora", NOON, why)
    gap = MissingItem(MissingKind.FIGURES, MissingReason.UNSUPPORTED, detail="scale")
    assert (result.missing, result.failures, result.fetched_at) == ((gap,), (why,), NOON)
    assert str(why) == "Agora has no app-wide metrics of this kind."
