"""The RTC clouds, simulated over real HTTP on 127.0.0.1. What truly happened is in scenario."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from bot.sandbox.clouds.agora.current import PlanName
from bot.sandbox.clouds.agora.fake import AgoraAccount, AgoraTwin, Generation, LimitShape
from bot.sandbox.clouds.faults import ANY, FaultKind, plan
from bot.sandbox.clouds.huawei.account import HuaweiAccount
from bot.sandbox.clouds.huawei.fake import HuaweiTwin
from bot.sandbox.clouds.request_log import max_in_window
from bot.sandbox.clouds.server import Door, Twin
from bot.sandbox.clouds.volcengine.fake import VolcengineAccount, VolcengineTwin

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Callable, Iterable

    from bot.sandbox.clouds.agora.report import AcceptedReport
    from bot.sandbox.clouds.request_log import Arrival
    from bot.sandbox.scenario import Lesson

__all__ = [
    "AgoraAccount",
    "AgoraTwin",
    "Clouds",
    "FaultKind",
    "Generation",
    "HuaweiAccount",
    "HuaweiTwin",
    "LimitShape",
    "PlanName",
    "VolcengineAccount",
    "VolcengineTwin",
]


class Clouds:
    """The simulated clouds, all telling of the same lessons. `clock` gives epoch seconds.

    Endpoints are named by their documented path without `/beta/`, such as
    `analytics/call/lists` (a name with `/beta/` is taken too), Volcengine's by their Action, such
    as `ListRoomInfo`. `delay_scale` shortens how late the data is, for people who watch a demo;
    1 is as documented.
    """

    def __init__(
        self,
        lessons: Iterable[Lesson] = (),
        *,
        clock: Callable[[], float] = time.time,
        agora: AgoraAccount | None = None,
        agora_generation: Generation = "seed",
        agora_plan: PlanName = "standard",
        huawei: HuaweiAccount | None = None,
        volcengine: VolcengineAccount | None = None,
        delay_scale: float = 1.0,
    ) -> None:
        self.lessons: list[Lesson] = list(lessons)
        self.clock = clock
        self.agora = AgoraTwin(
            self.lessons,
            clock,
            account=agora or AgoraAccount(),
            generation=agora_generation,
            plan=agora_plan,
            delay_scale=delay_scale,
        )
        self.huawei = HuaweiTwin(self.lessons, clock, account=huawei, delay_scale=delay_scale)
        self.volcengine = VolcengineTwin(
            self.lessons,
            clock,
            account=volcengine or VolcengineAccount(),
            delay_scale=delay_scale,
        )
        self._twins: tuple[Twin, ...] = (self.agora, self.huawei, self.volcengine)

    @contextlib.asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[Clouds]:
        """Serve every cloud until the block ends; from `port` upwards, or 0 for free ports."""
        async with contextlib.AsyncExitStack() as stack:
            for number, twin in enumerate(self._twins):
                await stack.enter_async_context(Door(twin).open(port + number if port else 0))
            yield self

    @property
    def agora_url(self) -> str:
        """The base URL to set as AGORA_BASE_URL; empty before `serve`."""
        return self.agora.url

    @property
    def huawei_url(self) -> str:
        """The base URL to set as HUAWEI_BASE_URL and HUAWEI_IAM_URL; empty before `serve`."""
        return self.huawei.url

    @property
    def volcengine_url(self) -> str:
        """The base URL to set as VOLCENGINE_BASE_URL; empty before `serve`."""
        return self.volcengine.url

    @property
    def reports(self) -> list[AcceptedReport]:
        """The problem reports the clouds accepted, in order."""
        return self.agora.reports

    def add(self, lesson: Lesson) -> Lesson:
        """Let a lesson have happened (or happen) from now on."""
        self.lessons.append(lesson)
        return lesson

    def lesson(self, cname: str) -> Lesson | None:
        """Return the newest lesson of a room, None when the room was never used."""
        held = [lesson for lesson in self.lessons if lesson.cname == cname]
        return max(held, key=lambda lesson: lesson.started_at, default=None)

    def fail_next(
        self,
        endpoint: str,
        kind: FaultKind,
        times: int = 1,
        *,
        seconds: float = 1.0,
        limit: str = "qps",
        after_effect: bool | None = None,
    ) -> None:
        """Let the next `times` calls of an endpoint (`*`: of any) go wrong.

        `seconds` is for `slow`; `limit` is for `code_300`: `qps`, `qpm`, `qpd`, `latency`,
        `range`, `length` or `auth`. `after_effect` says whether the call is carried out all the
        same; when nobody says, it is for `slow`, `truncated_json`, `wrong_types`
        and `texts` (numbers in quotes, which is no harm) only.
        Raises ValueError for an endpoint no cloud ever had.
        """
        name = _name(endpoint)
        concerned = [twin for twin in self._twins if name == ANY or name in twin.endpoint_names]
        if not concerned:
            raise ValueError(endpoint)
        for twin in concerned:
            twin.faults.add(
                name, plan(kind, times, seconds=seconds, limit=limit, after_effect=after_effect)
            )

    def clear_faults(self) -> None:
        """Let every call succeed again."""
        for twin in self._twins:
            twin.faults.clear()

    @property
    def counts(self) -> Counter[str]:
        """How often each endpoint was called with a valid key, by all apps together."""
        total: Counter[str] = self._twins[0].ledger.counts()
        for twin in self._twins[1:]:
            total.update(twin.ledger.counts())
        return total

    @property
    def arrivals(self) -> list[Arrival]:
        """Every call that came with a valid key, oldest first within each cloud."""
        return [arrival for twin in self._twins for arrival in twin.ledger.arrivals]

    @property
    def over_quota(self) -> list[Arrival]:
        """The calls that were refused because there were too many."""
        return [arrival for arrival in self.arrivals if not arrival.within_quota]

    def max_rate(self, endpoint: str, window_s: float = 1.0, app: str | None = None) -> int:
        """Return the most calls of an endpoint within any window of this length.

        `app` is the cloud's own id of an app; None means all apps together.
        """
        times = [at for twin in self._twins for at in twin.ledger.times(_name(endpoint), app)]
        return max_in_window(times, window_s)


def _name(endpoint: str) -> str:
    return endpoint.removeprefix("/").removeprefix("beta/")
