"""Answers that take longer than a request may: they go on, once for everybody who asks the same."""

from __future__ import annotations

import asyncio

import pytest

from handlers.mcp.pending import PendingAnswers

KEY = ("T1", "class_77_1")


class Cloud:
    """Answers when it is let; counts the requests."""

    def __init__(self) -> None:
        self.may_answer, self.has_ended = asyncio.Event(), asyncio.Event()
        self.requests = 0

    async def answer(self) -> str:
        """Wait, then answer."""
        self.requests += 1
        try:
            await self.may_answer.wait()
        finally:
            self.has_ended.set()
        return f"answer {self.requests}"


async def test_whoever_asks_again_gets_the_answer() -> None:
    """While it is under way nobody has it; then the next one does, without another request."""
    cloud, pending = Cloud(), PendingAnswers(timeout_s=0)
    for _ in range(2):
        assert await pending.wait(KEY, cloud.answer) is None
    cloud.may_answer.set()
    await cloud.has_ended.wait()
    assert await pending.wait(KEY, cloud.answer) == "answer 1"


async def test_several_wait_for_one() -> None:
    """They get the same answer; who asks afterwards, a new one."""
    cloud, pending = Cloud(), PendingAnswers(timeout_s=60)
    waiting = [asyncio.create_task(pending.wait(KEY, cloud.answer)) for _ in range(3)]
    cloud.may_answer.set()
    assert await asyncio.gather(*waiting) == ["answer 1"] * 3
    assert await pending.wait(KEY, cloud.answer) == "answer 2"
    assert await pending.wait(("T2", "class_77_1"), cloud.answer) == "answer 3"


async def test_errors_are_raised() -> None:
    """As without waiting; what failed is asked for anew."""
    requests = []

    async def fail() -> str:
        requests.append(1)
        raise ConnectionError

    pending = PendingAnswers(timeout_s=60)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            await pending.wait(KEY, fail)
    assert len(requests) == 2


async def test_close() -> None:
    """What is under way ends with the server."""
    cloud, pending = Cloud(), PendingAnswers(timeout_s=0)
    assert await pending.wait(KEY, cloud.answer) is None
    await pending.close()
    assert cloud.has_ended.is_set()
