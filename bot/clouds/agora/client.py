"""How Agora is asked: parameters, generations, and answers kept while true. No meaning here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Final, Literal, TypeVar, cast

from bot.clouds.agora.schemas import Body, Lists, understand
from bot.clouds.cache import Cache, Kept
from bot.clouds.endpoints import Endpoint, endpoint
from bot.clouds.http import Answer, CloudHttp, Question
from bot.clouds.storage import Memory
from bot.ports import Clock, Window

Generation = Literal["seed", "current"]
_GENERATIONS: Final = ("seed", "current")
_TRAIT: Final = "agora.generation"
_PROBE_SPAN: Final = dt.timedelta(hours=1)
_GRAIN_S: Final = 10
Value = TypeVar("Value")


class Asking:
    """One credential's way to Agora. `apps` maps our names of apps to Agora's app ids."""

    def __init__(
        self,
        http: CloudHttp,
        memory: Memory,
        clock: Clock,
        apps: Mapping[str, str],
        *,
        api: str = "auto",
        plan: str = "standard",
        delay_scale: float = 1.0,
    ) -> None:
        self._http = http
        self._delay_scale = delay_scale
        self._memory = memory
        self._cache: Cache[object] = Cache(clock)
        self.clock: Final = clock
        self.apps: Final = dict(apps)
        self.plan: Final = plan
        self.is_auto: Final = api == "auto"
        self.known: Generation | None = _generation(api)

    def endpoint(self, name: str, generation: Generation | None = None) -> Endpoint:
        """Return the row of the endpoint table for the generation and plan in use."""
        generation = generation or self.known or "current"
        row = endpoint("agora", name, generation=generation, plan=self.plan)
        return replace(row, delay_s=row.delay_s * self._delay_scale)

    async def generation(self, app: str) -> Generation:
        """Tell which generation of the API answers; asks once and remembers it."""
        await self.recall()
        if self.known is None:
            await self.learn(await self._probe(app))
        return cast("Generation", self.known)

    async def recall(self) -> None:
        """Take over what another process learnt, without a question to Agora."""
        if self.known is None:
            self.known = _generation(await self._memory.recall(_TRAIT) or "")

    async def learn(self, generation: Generation) -> None:
        """Remember which generation answers."""
        self.known = generation
        await self._memory.remember(_TRAIT, generation, self.clock.now())

    async def has_changed(self, app: str) -> bool:
        """After an odd refusal: ask again which generation answers, and tell whether it is new."""
        if not self.is_auto:
            return False
        before = self.known
        await self.learn(await self._probe(app))
        return self.known != before

    async def lists(self, app: str, row: Endpoint, params: Mapping[str, str]) -> Lists:
        """Ask for calls."""
        return (await self.body(app, row, params, Lists))[0]

    async def body(
        self,
        app: str,
        row: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        *,
        content: bytes | None = None,
        background: bool = False,
    ) -> tuple[Body, int]:
        """Ask an endpoint about an app; returns the body of a yes and its size in bytes."""
        app_id = self.apps[app]
        now = self.clock.now()

        def read(answer: Answer) -> tuple[Body, int]:
            return understand(row, answer, body_type, now), len(answer.body)

        headers = {"Content-Type": "application/json"} if content is not None else {}
        question = Question({**params, "appid": app_id}, content, headers)
        return await self._http.ask(row, app_id, question, read, background=background)

    async def kept_body(
        self,
        app: str,
        row: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        fresh_for: dt.timedelta,
    ) -> tuple[Body, int]:
        """Ask unless the same answer is kept and still fresh."""

        async def fetch() -> Kept[object]:
            body, size_bytes = await self.body(app, row, params, body_type)
            now = self.clock.now()
            return Kept((body, size_bytes), now, now + fresh_for, size_bytes)

        question: Hashable = (row.name, app, *sorted(params.items()))
        kept = await self._cache.get(question, fetch)
        return cast("tuple[Body, int]", kept.value)

    async def left_today(self, app: str, row: Endpoint) -> int | None:
        """Return how many calls the background may still make this UTC day, None: no limit."""
        return await self._http.left_today(row, self.apps[app])

    async def close(self) -> None:
        """Give connections back."""
        await self._cache.close()
        await self._http.close()

    async def _probe(self, app: str) -> Generation:
        """Both generations answer `call/lists`; its shape tells which."""
        row = self.endpoint("lists", "current")
        until = self.clock.now() - row.delay
        answer = await self.lists(app, row, span_params(Window(until - _PROBE_SPAN, until)))
        return "current" if answer.is_current else "seed"


def span_params(span: Window) -> dict[str, str]:
    """Write a stretch of time the way Agora takes it: whole epoch seconds."""
    return {
        "start_ts": str(int(span.since.timestamp())),
        "end_ts": str(int(span.until.timestamp())),
    }


def coarse(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down, so that questions asked together are the same one."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _GRAIN_S * _GRAIN_S, dt.UTC)


def _generation(name: str) -> Generation | None:
    return cast("Generation", name) if name in _GENERATIONS else None
