"""The clouds the contract is tested with: each with every kind of credentials, over its fake."""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from bot.cloud_settings import CloudSettings
from bot.sandbox.clouds import AgoraAccount, FakeClouds, HuaweiAccount, VolcengineAccount
from bot.sandbox.clouds.server import FakeCloud

Result = TypeVar("Result")
WRONG_SECRET: Final = "an-invented-wrong-secret"


@dataclass(frozen=True, slots=True)
class CloudCase:
    """Access to one cloud. `find`, `record` and `events` are the names of the fake's endpoints.

    `most` is how many calls of `find` the document allows within `per_s` seconds.
    """

    name: str
    fake: Callable[[FakeClouds], FakeCloud]
    settings: Callable[[FakeClouds], CloudSettings]
    find: str
    record: tuple[str, ...]
    most: int
    per_s: float
    events: str = ""
    report: str = ""

    def wrong_settings(self, clouds: FakeClouds) -> CloudSettings:
        """The settings with wrong secrets."""
        right = self.settings(clouds)
        return replace(right, secrets=dict.fromkeys(right.secrets, WRONG_SECRET))


def _agora(api: str) -> Callable[[FakeClouds], CloudSettings]:
    def build(clouds: FakeClouds) -> CloudSettings:
        account = AgoraAccount()
        secrets = {"customer_id": account.customer_id, "customer_secret": account.customer_secret}
        options = {"api": api, "plan": "standard", "report": "reportV2"}
        return CloudSettings("agora", account.apps, clouds.agora_url, secrets, options)

    return build


def _volcengine(clouds: FakeClouds) -> CloudSettings:
    account = VolcengineAccount()
    secrets = {"access_key": account.access_key, "secret_key": account.secret_key}
    return CloudSettings("volcengine", account.apps, clouds.volcengine_url, secrets)


def _huawei(*, by_token: bool) -> Callable[[FakeClouds], CloudSettings]:
    def build(clouds: FakeClouds) -> CloudSettings:
        account = HuaweiAccount()
        by_key = {"access_key": account.access_key, "secret_key": account.secret_key}
        by_iam = {
            "iam_user": account.iam_user,
            "iam_password": account.iam_password,
            "iam_domain": account.iam_domain,
            "iam_project": account.project_name,
        }
        secrets = by_iam if by_token else by_key
        options = {"project_id": account.project_id, "iam_url": clouds.huawei_url}
        return CloudSettings("huawei", account.apps, clouds.huawei_url, secrets, options)

    return build


def _huawei_case(name: str, *, by_token: bool) -> CloudCase:
    return CloudCase(
        name,
        lambda clouds: clouds.huawei,
        _huawei(by_token=by_token),
        find="rtc/rooms",
        record=("rtc/users", "rtc/client/qos/details"),
        most=30,
        per_s=60,
        events="rtc/data/abnormal-events",
    )


CLOUD_CASES: Final = (
    CloudCase(
        "agora-seed",
        lambda clouds: clouds.agora,
        _agora("seed"),
        find="analytics/call/lists",
        record=("analytics/call/details",),
        most=3,
        per_s=1,
        events="live/diagnosis",
        report="analytics/feedback/reportV2",
    ),
    CloudCase(
        "agora-current",
        lambda clouds: clouds.agora,
        _agora("current"),
        find="analytics/call/lists",
        record=("analytics/call/sessions", "analytics/call/metrics"),
        most=1,
        per_s=1,
    ),
    CloudCase(
        "volcengine",
        lambda clouds: clouds.volcengine,
        _volcengine,
        find="ListRoomInfo",
        record=("ListUserInfo", "ListCallDetail"),
        most=10,
        per_s=1,
    ),
    _huawei_case("huawei-aksk", by_token=False),
    _huawei_case("huawei-token", by_token=True),
)


class SteppingClock:
    """A clock that advances to the first wake-up time when every task sleeps.

    So a burst meets its twin in the order and at the moments it was booked for, at once.
    """

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment
        self._busy = 0
        self._asleep: list[tuple[dt.datetime, int, asyncio.Future[None]]] = []
        self._number = 0

    def now(self) -> dt.datetime:
        """Return the current time, with a zone."""
        return self.moment

    def timestamp(self) -> float:
        """Now, in epoch seconds."""
        return self.moment.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Sleep by this clock."""
        wakes_at = self.moment + dt.timedelta(seconds=seconds)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._number += 1
        heapq.heappush(self._asleep, (wakes_at, self._number, future))
        self._rest()
        await future

    async def burst(self, requests: Iterable[Awaitable[Result]]) -> list[Result | BaseException]:
        """Run everything concurrently; returns the results in order."""
        requested = list(requests)
        self._busy = len(requested)

        async def send(request: Awaitable[Result]) -> Result:
            try:
                return await request
            finally:
                self._rest()

        return await asyncio.gather(*(send(each) for each in requested), return_exceptions=True)

    def _rest(self) -> None:
        """A task sleeps or is done; when all sleep, the clock advances."""
        self._busy -= 1
        if self._busy <= 0 and self._asleep:
            self.moment, _, future = heapq.heappop(self._asleep)
            self._busy = 1
            future.set_result(None)
