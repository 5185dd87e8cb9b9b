"""How much of a quota each priority may use, and how long it waits for a slot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from bot.clouds.endpoint import Endpoint, RateLimit
from bot.clouds.quota import Quota
from bot.errors import CloudQuotaExceededError
from bot.ports import Priority, RemainingQuota

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
Rates = list[tuple[int, float]]


class Slots:
    """A rate limit store that records what it is asked for, and gives slots by script."""

    def __init__(self, *slots_s: float, reserved: bool = True) -> None:
        self.slots_s = list(slots_s) or [0.0]
        self.reserved = reserved
        self.rates: Rates = []
        self.daily_limit: int | None = None
        self.wait_s = 0.0
        self.left: dict[str, tuple[tuple[int, ...], int | None]] = {}

    async def reserve_slot(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
        deadline: dt.datetime,
    ) -> tuple[dt.datetime, bool]:
        """Give the next slot of the script, in seconds from noon."""
        assert bucket == "agora.x.APP"
        self.rates, self.daily_limit = list(rates), daily_limit
        self.wait_s = (deadline - now).total_seconds()
        return NOON + dt.timedelta(seconds=self.slots_s.pop(0)), self.reserved

    async def block_until(self, bucket: str, until: dt.datetime) -> None:
        """No test blocks a bucket."""

    async def remaining(
        self,
        bucket: str,
        rates: Sequence[tuple[int, float]],
        daily_limit: int | None,
        *,
        now: dt.datetime,
    ) -> tuple[tuple[int, ...], int | None]:
        """Return what is left of a bucket."""
        assert now == NOON
        self.rates, self.daily_limit = list(rates), daily_limit
        return self.left[bucket]


class LateClock:
    """A clock on a busy machine: each sleep lasts a little longer."""

    def __init__(self, *late_s: float) -> None:
        self.moment = NOON
        self.late_s = list(late_s)
        self.slept_s: list[float] = []

    def now(self) -> dt.datetime:
        """Return the current time."""
        return self.moment

    async def sleep(self, seconds: float) -> None:
        """Sleep, and wake up late."""
        self.slept_s.append(seconds)
        self.moment += dt.timedelta(seconds=seconds + self.late_s.pop(0))


def endpoint(*rates: tuple[int, float], name: str = "x", **changes: object) -> Endpoint:
    """An endpoint with these rates."""
    limits = tuple(RateLimit(*rate) for rate in rates)
    return Endpoint("agora", name, "/x", "test", rates=limits, **changes)  # type: ignore[arg-type]


INTERACTIVE = [((3, 1), (3, 1.5)), ((1, 60), (1, 60.5)), ((30, 60), (30, 60.5))]
OTHERS = [
    ((2, 1), (1, 1.5)),
    ((3, 1), (2, 1.5)),
    ((10, 1), (9, 1.5)),
    ((20, 60), (18, 60.5)),
    ((30, 60), (27, 60.5)),
    ((60, 60), (54, 60.5)),
    ((1, 60), (1, 63.5)),
    ((1, 1), (1, 4.5)),
]


@pytest.mark.parametrize(
    ("priority", "documented", "usable"),
    [
        *((Priority.INTERACTIVE, *each) for each in INTERACTIVE),
        *(
            (priority, *each)
            for priority in (Priority.SCHEDULED, Priority.BACKGROUND)
            for each in OTHERS
        ),
    ],
)
async def test_a_tenth_of_each_rate_is_left_to_people(
    priority: Priority, documented: tuple[int, float], usable: tuple[int, float]
) -> None:
    """At least one call; of a single one a head start of three seconds. Half a second is margin."""
    store, clock = Slots(), LateClock()
    await Quota(store, clock, clock.sleep).acquire(endpoint(documented), "APP", priority)
    assert store.rates == [usable]
    assert store.daily_limit is None


@pytest.mark.parametrize(
    ("documented", "usable"),
    [
        (1000, 900),
        (1440, 1296),
        (480, 432),
        (40, 36),
        (10, 7),
        (20, 17),
        (8, 6),
        (3, 2),
        (2, 1),
        (1005, 904),
    ],
)
async def test_a_tenth_of_each_day_is_left_to_people(documented: int, usable: int) -> None:
    """Rounded up; three calls where that is more, unless that is over a third of the day's."""
    store, clock = Slots(0, 0), LateClock()
    row = endpoint(daily_limit=documented)
    quota = Quota(store, clock, clock.sleep)
    await quota.acquire(row, "APP", Priority.BACKGROUND)
    assert store.daily_limit == usable
    await quota.acquire(row, "APP")
    assert store.daily_limit == documented


@pytest.mark.parametrize(
    ("priority", "wait_s"),
    [(Priority.INTERACTIVE, 6), (Priority.SCHEDULED, 6), (Priority.BACKGROUND, 0)],
)
async def test_background_work_never_waits(priority: Priority, wait_s: float) -> None:
    """Everybody else waits six seconds for a slot; a later one is an error, with its time."""
    store, clock = Slots(90, reserved=False), LateClock()
    with pytest.raises(CloudQuotaExceededError) as caught:
        await Quota(store, clock, clock.sleep).acquire(endpoint((1, 60)), "APP", priority)
    assert store.wait_s == wait_s
    assert caught.value.retry_at == NOON + dt.timedelta(seconds=90)
    assert (caught.value.status, clock.slept_s) == (0, [])


@pytest.mark.parametrize(
    ("late_s", "slots_s", "slept_s"),
    [
        ((0.24,), (1,), [1]),
        ((0.25, 0), (1, 2.5), [1, 1.25]),
        ((0.3, 0.3, 0.3), (1, 3, 5), [1, 1.7, 1.7]),
    ],
)
async def test_who_wakes_up_too_late_takes_another_slot(
    late_s: Sequence[float], slots_s: Sequence[float], slept_s: list[float]
) -> None:
    """A quarter of a second is too late where a second counts; three slots are the most."""
    store, clock = Slots(*slots_s), LateClock(*late_s)
    await Quota(store, clock, clock.sleep).acquire(endpoint((1, 6)), "APP")
    assert clock.slept_s == [pytest.approx(each) for each in slept_s]
    assert store.slots_s == []


@pytest.mark.parametrize("rates", [((1, 6.1),), ((30, 60),), ()])
async def test_lateness_does_not_matter_within_a_minute(rates: Sequence[tuple[int, float]]) -> None:
    """One slot is enough where no limit counts single seconds."""
    store, clock = Slots(1, 99), LateClock(3)
    await Quota(store, clock, clock.sleep).acquire(endpoint(*rates), "APP")
    assert (clock.slept_s, store.slots_s) == ([1], [99])


async def test_a_free_slot_takes_no_pause() -> None:
    """Neither a sleep nor a second slot."""
    store, clock = Slots(0), LateClock()
    await Quota(store, clock, clock.sleep).acquire(endpoint((3, 1)), "APP")
    assert clock.slept_s == []


@pytest.mark.parametrize(
    ("row", "left", "quota"),
    [
        (endpoint((3, 1), daily_limit=1000), ((), 12), RemainingQuota("x", 12, 1000, 86400)),
        (endpoint((1, 60), daily_limit=10), ((1,), 4), RemainingQuota("x", 4, 10, 86400)),
        (endpoint((30, 60), quota_group="all"), ((7,), None), RemainingQuota("all", 7, 30, 60)),
        (endpoint((3, 60), (9, 600)), ((2, 5), None), RemainingQuota("x", 5, 9, 600)),
        (endpoint((3, 60), (9, 10)), ((2,), None), RemainingQuota("x", 2, 3, 60)),
        (endpoint((3, 59)), ((), None), None),
        (endpoint(), ((), None), None),
    ],
)
async def test_what_is_left_of_a_quota(
    row: Endpoint, left: tuple[tuple[int, ...], int | None], quota: RemainingQuota | None
) -> None:
    """That of the day, else that of the longest period; none where it is free within seconds."""
    store, clock = Slots(), LateClock()
    store.left = {row.bucket("APP"): left}
    expected = () if quota is None else (quota,)
    assert await Quota(store, clock).remaining([row, row], "APP") == expected
    assert all(period_s >= 60 for _, period_s in store.rates)


@pytest.mark.parametrize(
    ("priority", "limit"), [(Priority.INTERACTIVE, 10), (Priority.BACKGROUND, 7)]
)
async def test_what_is_left_of_a_day(priority: Priority, limit: int) -> None:
    """Background work has less of it."""
    store, clock = Slots(), LateClock()
    row = endpoint((1, 60), daily_limit=10)
    store.left = {"agora.x.APP": ((), 5)}
    assert await Quota(store, clock).remaining_today(row, "APP", priority) == 5
    assert (store.rates, store.daily_limit) == ([], limit)
