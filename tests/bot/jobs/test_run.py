from __future__ import annotations

import time

import pytest

from bot.jobs.run import LeaseLostError, Queue, Run, collect_handlers, job


class _Feature:
    @job("post", Queue.MESSAGES)
    async def post(self, run: Run, number: int) -> None:
        self.posted = (run.key, number)

    @job("count")
    async def count(self, run: Run, number: int) -> None:
        """Do nothing."""

    async def helper(self) -> None:
        """Not a job."""


async def test_declared_methods_are_handlers() -> None:
    """A decorated method handles its kind of job; a method without decorator handles none."""
    feature = _Feature()
    handlers = collect_handlers(feature)
    assert {kind: each.queue for kind, each in handlers.items()} == {
        "post": Queue.MESSAGES,
        "count": Queue.BACKGROUND,
    }
    await handlers["post"].function(Run("card:LD-1"), 1)
    assert feature.posted == ("card:LD-1", 1)


def test_kind_of_two_features() -> None:
    """Neither may replace the other."""
    with pytest.raises(ValueError, match="count"):
        collect_handlers(_Feature(), _Feature())


@pytest.mark.parametrize(("left_s", "is_valid"), [(60, True), (-0.001, False)])
def test_lease_by_the_monotonic_clock(left_s: float, is_valid: bool) -> None:  # noqa: FBT001 - a table's column
    """Nothing that must not happen twice happens after the lease is over."""
    run = Run("card:LD-1", token="w1", valid_until=time.monotonic() + left_s)
    if is_valid:
        run.ensure_held()
    else:
        with pytest.raises(LeaseLostError):
            run.ensure_held()


def test_direct_call_has_no_lease() -> None:
    """A function that is called directly may do everything."""
    Run("card:LD-1").ensure_held()
