"""The RTC clouds, simulated over real HTTP on 127.0.0.1, from the calls of `scenario`."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable

from bot.sandbox.clouds.agora.account import AgoraAccount
from bot.sandbox.clouds.agora.fake import FakeAgora, Generation, LimitShape
from bot.sandbox.clouds.agora.plans import PlanName
from bot.sandbox.clouds.agora.report import AcceptedReport
from bot.sandbox.clouds.faults import ANY, FaultKind, plan
from bot.sandbox.clouds.huawei.account import HuaweiAccount
from bot.sandbox.clouds.huawei.fake import FakeHuawei
from bot.sandbox.clouds.request_log import JITTER_S, LoggedRequest, max_in_window
from bot.sandbox.clouds.server import FakeCloud, FakeCloudServer
from bot.sandbox.clouds.volcengine.account import VolcengineAccount
from bot.sandbox.clouds.volcengine.fake import FakeVolcengine
from bot.sandbox.scenario import SimulatedCall

__all__ = [
    "AgoraAccount",
    "FakeAgora",
    "FakeClouds",
    "FakeHuawei",
    "FakeVolcengine",
    "FaultKind",
    "Generation",
    "HuaweiAccount",
    "LimitShape",
    "PlanName",
    "VolcengineAccount",
]


class FakeClouds:
    """The simulated clouds, all of the same calls. `clock` returns epoch seconds.

    Endpoints are named by their documented path without `/beta/`, such as
    `analytics/call/lists` (also with `/beta/`), Volcengine's by their Action, such as
    `ListRoomInfo`. `delay_scale` scales the delay after which data is available, for
    demos; 1 is as documented. Rate limits forgive requests that arrive `jitter_s` too early.
    """

    def __init__(
        self,
        sim_calls: Iterable[SimulatedCall] = (),
        *,
        clock: Callable[[], float] = time.time,
        agora: AgoraAccount | None = None,
        agora_generation: Generation = "seed",
        agora_plan: PlanName = "standard",
        huawei: HuaweiAccount | None = None,
        volcengine: VolcengineAccount | None = None,
        delay_scale: float = 1.0,
        jitter_s: float = JITTER_S,
    ) -> None:
        self.sim_calls: list[SimulatedCall] = list(sim_calls)
        self.clock = clock
        self.agora = FakeAgora(
            self.sim_calls,
            clock,
            account=agora or AgoraAccount(),
            generation=agora_generation,
            plan=agora_plan,
            delay_scale=delay_scale,
            jitter_s=jitter_s,
        )
        self.huawei = FakeHuawei(
            self.sim_calls, clock, account=huawei, delay_scale=delay_scale, jitter_s=jitter_s
        )
        self.volcengine = FakeVolcengine(
            self.sim_calls,
            clock,
            account=volcengine or VolcengineAccount(),
            delay_scale=delay_scale,
            jitter_s=jitter_s,
        )
        self._fakes: tuple[FakeCloud, ...] = (self.agora, self.huawei, self.volcengine)

    @contextlib.asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[FakeClouds]:
        """Serve every cloud until the block ends; from `port` upwards, or 0 for free ports."""
        async with contextlib.AsyncExitStack() as stack:
            for number, fake in enumerate(self._fakes):
                await stack.enter_async_context(
                    FakeCloudServer(fake).open(port + number if port else 0)
                )
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

    def add(self, sim_call: SimulatedCall) -> SimulatedCall:
        """Add a call, past, running or future."""
        self.sim_calls.append(sim_call)
        return sim_call

    def sim_call(self, cname: str) -> SimulatedCall | None:
        """Return the newest call of a room, None when the room was never used."""
        selected = [sim_call for sim_call in self.sim_calls if sim_call.cname == cname]
        return max(selected, key=lambda sim_call: sim_call.started_at, default=None)

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
        """Break the next `times` requests to an endpoint (`*`: any).

        `seconds` is for `slow`; `limit` is for `code_300`: `qps`, `qpm`, `qpd`, `latency`,
        `range`, `length` or `auth`. `after_effect` is whether the request still takes effect;
        by default only for `slow`, `truncated_json`, `wrong_types` and `texts` (numbers in
        quotes, which is harmless).
        Raises ValueError for an endpoint that no cloud has.
        """
        name = _name(endpoint)
        affected = [fake for fake in self._fakes if name == ANY or name in fake.endpoint_names]
        if not affected:
            raise ValueError(endpoint)
        for fake in affected:
            fake.faults.add(
                name, plan(kind, times, seconds=seconds, limit=limit, after_effect=after_effect)
            )

    def clear_faults(self) -> None:
        """Remove all faults."""
        for fake in self._fakes:
            fake.faults.clear()

    @property
    def counts(self) -> Counter[str]:
        """How often each endpoint was called with a valid key, by all apps together."""
        total: Counter[str] = self._fakes[0].request_log.counts()
        for fake in self._fakes[1:]:
            total.update(fake.request_log.counts())
        return total

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request with a valid key, oldest first within each cloud."""
        return [logged for fake in self._fakes for logged in fake.request_log.requests]

    @property
    def over_quota(self) -> list[LoggedRequest]:
        """The requests that were over a rate limit."""
        return [logged for logged in self.requests if not logged.within_quota]

    def max_rate(self, endpoint: str, window_s: float = 1.0, app: str | None = None) -> int:
        """Return the most calls of an endpoint within any window of this length.

        `app` is the cloud's own id of an app; None means all apps together.
        """
        times = [at for fake in self._fakes for at in fake.request_log.times(_name(endpoint), app)]
        return max_in_window(times, window_s)


def _name(endpoint: str) -> str:
    return endpoint.removeprefix("/").removeprefix("beta/")
