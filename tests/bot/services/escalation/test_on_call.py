"""Who is on call at a moment, how old a rota may be, and how long an escalation waits for it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bot.errors import IntegrationUnreachableError
from bot.i18n.messages import message
from bot.ports import Shift
from bot.services.context import Context
from bot.services.escalation.on_call import MAX_AGE, OnCallService
from tests.bot.services.conftest import TEAM, ServiceHarness

MINUTE: Final = dt.timedelta(minutes=1)
HOUR: Final = dt.timedelta(hours=1)


@dataclass(eq=False)
class FixedRota:
    """A rota of shifts; `delay_s` is how long it takes to read it, `reads` how often it was."""

    shifts: Sequence[Shift]
    service: str = "iCal"
    delay_s: float = 0.0
    is_down: bool = False
    reads: list[dt.datetime] = field(default_factory=list)

    async def list_shifts(self, start: dt.datetime, end: dt.datetime) -> Sequence[Shift]:
        """Return the shifts within a time."""
        self.reads.append(start)
        await asyncio.sleep(self.delay_s)
        if self.is_down:
            raise IntegrationUnreachableError(
                message("%(service)s is down.", service="It"), service="iCal", maybe_arrived=True
            )
        return [shift for shift in self.shifts if shift.start < end and shift.end > start]

    async def close(self) -> None:
        """Do nothing."""


def with_rota(harness: ServiceHarness, rota: FixedRota) -> Context:
    """Return a context with a rota for the app, long after that of another test was read."""
    harness.clock.move(3600)
    return replace(harness.context, rotas={"kids": rota})


async def test_a_shift_begins_and_ends_at_its_minute(service_harness: ServiceHarness) -> None:
    """Its last second belongs to it, its end to the next one; nobody is on call in a gap."""
    rota = FixedRota([])
    context = with_rota(service_harness, rota)
    now = service_harness.clock.now()
    rota.shifts = [
        Shift(now - HOUR, now + MINUTE, "a"),
        Shift(now + MINUTE, now + 3 * MINUTE, "b"),
        Shift(now + 2 * MINUTE, now + 3 * MINUTE, "a"),
        Shift(now + 4 * MINUTE, now + 400 * HOUR, "c"),
    ]
    service = OnCallService(context)
    seen = []
    for seconds in (0, 59, 1, 60, 60, 60):
        service_harness.clock.move(seconds)
        found = await service.find(TEAM, "kids")
        seen.append((found.people, found.until and (found.until - now) / MINUTE))
    assert seen == [
        (("a",), 1),
        (("a",), 1),
        (("b",), 2),
        (("b", "a"), 3),
        ((), 4),
        (("c",), 400 * 60),
    ]
    assert len(rota.reads) == 1


async def test_a_copy_is_read_again_when_it_is_too_old(service_harness: ServiceHarness) -> None:
    """A rota that cannot be read then counts no longer: support is called."""
    rota = FixedRota(
        [Shift(service_harness.clock.now(), service_harness.clock.now() + 9 * HOUR, "a")]
    )
    service = OnCallService(with_rota(service_harness, rota))
    assert await service.people(TEAM, "kids") == ("a",)
    rota.is_down = True
    service_harness.clock.move(MAX_AGE.total_seconds())
    assert await service.people(TEAM, "kids") == ("a",)
    service_harness.clock.move(1)
    found = await service.look_up(TEAM, "kids")
    assert (found.people, str(found.problem)) == ((), "It is down.")
    assert len(rota.reads) == 2


async def test_an_escalation_does_not_wait_for_a_slow_rota(service_harness: ServiceHarness) -> None:
    """After the limit nobody is on call."""
    rota = FixedRota([], delay_s=3600.0)
    service = OnCallService(with_rota(service_harness, rota), wait_s=0.01)
    found = await service.look_up(TEAM, "kids")
    assert (found.people, str(found.problem)) == ((), "It could not be read in time.")


async def test_an_app_without_a_rota(service_harness: ServiceHarness) -> None:
    """Nobody is asked about it."""
    service = OnCallService(service_harness.context)
    assert (await service.people(TEAM, "kids"), service.apps_of(TEAM)) == ((), [])
