"""Where the call is searched that a report probably means, and in which order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.call import Call
from bot.errors import CloudUnreachableError
from bot.services.diagnosis.likely_call import find_likely_call, moment_to_judge
from tests.bot.services.diagnosis.test_service import (
    AT,
    NOW,
    REASON,
    REPORT,
    GivenCloud,
    make_call,
    minutes,
)

RUNNING = make_call(60)


async def find(**clouds: Any) -> Call | None:
    """Search in these clouds, by app; the report is about `kids`."""
    return await find_likely_call(clouds, REPORT, NOW)


@pytest.mark.parametrize(
    ("kids", "adults"),
    [
        (None, RUNNING),
        (replace(RUNNING, cname="Class_1"), None),
        (replace(RUNNING, cname="CLASS_1"), None),
        (make_call(700, 600), None),
        (None, make_call(15, 8)),
        (None, make_call(700, 600)),
        (replace(make_call(200, 100), cname="Class_1"), None),
    ],
)
async def test_call_is_found_elsewhere(kids: Call | None, adults: Call | None) -> None:
    """In another app, in other capitals, at another hour, or all at once."""
    clouds = {name: GivenCloud((call,) if call else ()) for name, call in
              (("kids", kids), ("adults", adults))}  # fmt: skip
    assert await find(**clouds) == (kids or adults)


async def test_other_apps_come_first_and_failures_are_skipped() -> None:
    """A cloud that fails is passed over; of two calls, the one in another app is meant."""
    away = GivenCloud(fails=CloudUnreachableError(REASON, maybe_arrived=False, **AT))
    kids, adults = GivenCloud((make_call(700, 600),)), GivenCloud((RUNNING,))
    assert await find(kids=kids, busy=away, adults=adults) == RUNNING
    assert kids.requests == []


async def test_search_gives_up_on_a_cloud_that_hangs() -> None:
    """The diagnosis is posted without a hint."""

    class HangingCloud(GivenCloud):
        async def find_calls(self, *_: object, **__: object) -> tuple[Call, ...]:
            await asyncio.Event().wait()
            return ()

    clouds: Any = {"kids": GivenCloud((RUNNING,)), "adults": HangingCloud()}
    assert await find_likely_call(clouds, REPORT, NOW, limit_s=0.01) is None


async def test_no_call_anywhere() -> None:
    """Nothing is offered, and neither is a call of more than a day ago."""
    assert await find(kids=GivenCloud((make_call(30 * 60, 29 * 60),))) is None


async def test_nearest_of_several_calls() -> None:
    """Of a day's classes in one channel, the one before the reported time is meant."""
    morning, noon, now = make_call(540, 500), make_call(400, 300), make_call(20)
    report = replace(REPORT, occurred_at=NOW - minutes(290))
    clouds: Any = {"kids": GivenCloud((now, noon, morning))}
    assert await find_likely_call(clouds, report, NOW) == noon


async def test_ten_other_apps_are_searched_at_most() -> None:
    """A search costs each app some requests: of thirty, ten are asked."""
    clouds = {name: GivenCloud() for name in ("kids", *(f"app{number}" for number in range(30)))}
    await find(**clouds)
    assert sum(bool(cloud.requests) for cloud in clouds.values()) == 11


@pytest.mark.parametrize(
    ("calls", "judged"),
    [
        ((), 30),
        ((make_call(60),), 30),
        ((make_call(60, 31.8),), 33.8),  # it had ended a minute and a half before
        ((make_call(60, 30.4),), 30),  # most of the minutes are there
        ((make_call(60, 38),), 40),
        ((make_call(29, 20),), 27),  # it began a minute later
        ((make_call(25, 20), make_call(60, 34)), 36),
        ((make_call(60, 34), make_call(33)), 30),  # a class that was restarted
        ((make_call(32, 31),), 31.5),
    ],
)
def test_moment_to_judge(calls: tuple[Call, ...], judged: float) -> None:
    """The reported moment, 30 minutes ago, or the nearest one with minutes of a call."""
    moment = moment_to_judge(calls, REPORT.occurred_at, NOW)
    assert (NOW - moment).total_seconds() / 60 == pytest.approx(judged)
