"""Figures kept between questions and restarts: what is asked again, and what is fallen back on."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.call import Code, Distribution, Figure, Media, Slice, Trend, Unit, Usage
from bot.clouds.endpoints import endpoint
from bot.clouds.errors import over_quota, unreachable
from bot.clouds.merge import gather
from bot.clouds.response_cache import Answers, Ask, Asker, Part, PassingAnswers
from bot.errors import CloudError
from bot.ports import Topic
from bot.store.response_cache import SqlAnswers

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
ROW = endpoint("agora", "live_scale", generation="seed")
CODE = Code("agora.live_metric", "pcu")
PART = Part(
    fetched_at=NOON,
    fresh_at=NOON + dt.timedelta(minutes=1),
    since=NOON - dt.timedelta(hours=1),
    until=NOON,
    trends=(Trend(CODE, Unit.PERCENT, ((NOON, 0.54),), Figure(CODE, Media.AUDIO, 200, part=CODE)),),
    usages=(Usage(NOON.date(), CODE, Unit.SECONDS, 4.0),),
    distributions=(Distribution("os", Unit.MS, (Slice((CODE, CODE), 5.0),), Figure(CODE), NOON),),
)


@pytest.fixture(params=["passing", "kept"])
def answers(request: Any, store: Any) -> Answers:
    """Both places where answers are kept."""
    return PassingAnswers() if request.param == "passing" else SqlAnswers(store)


def tell(counted: list[int], error: CloudError | None = None) -> Callable[[], Awaitable[Part]]:
    """A question that counts how often it goes out."""

    async def fetch() -> Part:
        counted.append(1)
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return PART

    return fetch


async def test_an_answer_comes_back_whole(answers: Answers, clock: Any) -> None:
    """Another process reads exactly what was told, without asking."""
    asked: list[int] = []
    first = await Asker(answers, clock).ask(Ask("live", "q", tell(asked)))
    again = await Asker(answers, clock).ask(Ask("live", "q", tell(asked)))
    assert (PART, PART) == (first.part, again.part)
    assert [1] == asked


async def test_asked_together_is_asked_once(clock: Any) -> None:
    """Ten people who ask at once cost one question."""
    asked: list[int] = []
    asker = Asker(PassingAnswers(), clock)
    found = await asyncio.gather(*(asker.ask(Ask("live", "q", tell(asked))) for _ in range(10)))
    assert [PART] * 10 == [each.part for each in found]
    assert [1] == asked


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '["0", {}]', '["1", {"fetched_at": 1}]'])
async def test_what_cannot_be_read_is_asked_anew(text: str, answers: Answers, clock: Any) -> None:
    """An answer another version kept is no answer."""
    await answers.keep("q", text, NOON)
    asked: list[int] = []
    found = await Asker(answers, clock).ask(Ask("live", "q", tell(asked)))
    assert (PART, [1]) == (found.part, asked)


async def test_somebody_else_was_quicker(answers: Answers, clock: Any) -> None:
    """Refused for the quota, we find the answer of the process that used it up."""
    other = Asker(answers, clock)

    async def fetch() -> Part:
        await other.ask(Ask("live", "q", tell([])))
        raise over_quota(ROW, NOON + dt.timedelta(minutes=1))

    found = await Asker(answers, clock).ask(Ask("live", "q", fetch))
    assert (PART, None) == (found.part, found.error)


async def test_somebody_else_is_just_asking(answers: Answers, clock: Any) -> None:
    """Refused by our count while another process waits for its answer: that one is ours, too."""
    slept_s: list[float] = []
    asked: list[int] = []

    async def sleep(pause_s: float) -> None:
        slept_s.append(pause_s)
        if len(slept_s) == 2:
            await Asker(answers, clock).ask(Ask("live", "q", tell(asked)))

    for minutes, looks in ((10, 0), (1, 2)):
        error = over_quota(ROW, NOON + dt.timedelta(minutes=minutes))
        ask = Ask("live", "q", tell([], error))
        found = await Asker(answers, clock, sleep).ask(ask)
        assert looks == len(slept_s)
        assert (PART if looks else None) == found.part
    assert found.error is None
    assert [1] == asked


async def test_a_closed_cloud_is_not_asked_the_rest(clock: Any) -> None:
    """What is kept of the other questions is shown all the same, each with the same reason."""
    asked: list[int] = []
    asker = Asker(PassingAnswers(), clock)
    await asker.ask(Ask("b", "b", tell([])))
    clock.advance(minutes=2)
    away = unreachable(ROW, "timeout", maybe_arrived=True)
    asks = [
        Ask("a", "a", tell(asked, away)),
        Ask("b", "b", tell(asked)),
        Ask("c", "c", tell(asked)),
    ]
    found = await asker.ask_all(asks)
    assert [1] == asked
    assert [None, PART, None] == [each.part for each in found]
    told = gather(Topic.LIVE, "kids", "agora", clock.now(), found)
    assert (1, 3, NOON, None) == (
        len(told.failures),
        len(told.missing),
        told.fetched_at,
        told.fresh_at,
    )
