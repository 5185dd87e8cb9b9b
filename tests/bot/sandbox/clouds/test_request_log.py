"""The rate limits of a simulated cloud, with what arrives a little early."""

from __future__ import annotations

import pytest

from bot.sandbox.clouds.request_log import LoggedRequest, RateLimits, RequestLog


@pytest.mark.parametrize(
    ("limits", "jitter_s", "times", "exceeded"),
    [
        (RateLimits(), 0.1, [100.0, 100.0], ""),
        (RateLimits(per_second=1), 0.1, [100.0, 100.0], "qps"),
        (RateLimits(per_second=1), 0.1, [100.0, 100.85], "qps"),
        (RateLimits(per_second=1), 0.1, [100.0, 100.95], ""),
        (RateLimits(per_second=2), 0.1, [100.0, 100.5], ""),
        (RateLimits(per_second=1), 20.0, [100.0, 100.0], ""),
        (RateLimits(per_minute=1), 0.1, [100.0, 159.8], "qpm"),
        (RateLimits(per_minute=1), 20.0, [100.0, 141.0], ""),
        (RateLimits(per_second=1), 0.5, [100.0, 100.5], ""),
        (RateLimits(per_day=1), 20.0, [100.0, 86399.0], "qpd"),
        (RateLimits(per_day=1), 0.1, [86399.0, 86401.0], ""),
    ],
)
def test_request_within_the_jitter_is_accepted(
    limits: RateLimits, jitter_s: float, times: list[float], exceeded: str
) -> None:
    """A limit per second or minute forgives the jitter; a day's limit has none."""
    log = RequestLog(jitter_s)
    *earlier, now = times
    for at in earlier:
        log.record(LoggedRequest(at, "kids", "lists", "lists", {}, within_quota=True))
    assert log.exceeded_limit(now, "kids", "lists", limits) == exceeded
