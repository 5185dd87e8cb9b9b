"""How Agora is asked: parameters, generations, and answers kept while true. No meaning here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Final, Literal, TypeVar, cast

from bot.clouds.agora.endpoints import ENDPOINTS
from bot.clouds.agora.schemas import Body, CallList, parse_response
from bot.clouds.cache import Cache, CacheEntry
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.http import ApiRequest, ApiResponse, CloudHttp
from bot.ports import Clock, KeyValueStore, Window

Generation = Literal["seed", "current"]
_GENERATIONS: Final = ("seed", "current")
_STORE_KEY: Final = "agora.generation"
_PROBE_SPAN: Final = dt.timedelta(hours=1)
_ROUND_TO_S: Final = 10
Value = TypeVar("Value")


class AgoraClient:
    """One credential's way to Agora. `apps` maps our names of apps to Agora's app ids."""

    def __init__(
        self,
        http: CloudHttp,
        key_value_store: KeyValueStore,
        clock: Clock,
        apps: Mapping[str, str],
        *,
        api: str = "auto",
        plan: str = "standard",
        delay_scale: float = 1.0,
    ) -> None:
        self._http = http
        self._delay_scale = delay_scale
        self._key_value_store = key_value_store
        self._cache: Cache[object] = Cache(clock)
        self.clock: Final = clock
        self.apps: Final = dict(apps)
        self.plan: Final = plan
        self.is_auto: Final = api == "auto"
        self.known_generation: Generation | None = _generation(api)

    def find_endpoint(self, name: str, generation: Generation | None = None) -> Endpoint:
        """Return the row of the endpoint table for the generation and plan in use."""
        generation = generation or self.known_generation or "current"
        endpoint = select_endpoint(ENDPOINTS, name, generation=generation, plan=self.plan)
        return replace(endpoint, delay_s=endpoint.delay_s * self._delay_scale)

    async def generation(self, app: str) -> Generation:
        """Tell which generation of the API answers; asks once and remembers it."""
        await self.load_state()
        if self.known_generation is None:
            await self.save_generation(await self._probe(app))
        return cast("Generation", self.known_generation)

    async def load_state(self) -> None:
        """Take over what another process learnt, without a question to Agora."""
        if self.known_generation is None:
            self.known_generation = _generation(await self._key_value_store.get(_STORE_KEY) or "")

    async def save_generation(self, generation: Generation) -> None:
        """Remember which generation answers."""
        self.known_generation = generation
        await self._key_value_store.put(_STORE_KEY, generation, self.clock.now())

    async def has_changed(self, app: str) -> bool:
        """After an odd refusal: ask again which generation answers, and tell whether it is new."""
        if not self.is_auto:
            return False
        before = self.known_generation
        await self.save_generation(await self._probe(app))
        return self.known_generation != before

    async def lists(self, app: str, endpoint: Endpoint, params: Mapping[str, str]) -> CallList:
        """Ask for calls."""
        return (await self.body(app, endpoint, params, CallList))[0]

    async def body(
        self,
        app: str,
        endpoint: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        *,
        content: bytes | None = None,
        background: bool = False,
    ) -> tuple[Body, int]:
        """Ask an endpoint about an app; returns the body of a yes and its size in bytes."""
        app_id = self.apps[app]
        now = self.clock.now()

        def read(response: ApiResponse) -> tuple[Body, int]:
            return parse_response(endpoint, response, body_type, now), len(response.body)

        headers = {"Content-Type": "application/json"} if content is not None else {}
        question = ApiRequest({**params, "appid": app_id}, content, headers)
        return await self._http.request(endpoint, app_id, question, read, background=background)

    async def cached_body(
        self,
        app: str,
        endpoint: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        ttl: dt.timedelta,
    ) -> tuple[Body, int]:
        """Ask unless the same answer is kept and still fresh."""

        async def fetch() -> CacheEntry[object]:
            body, size_bytes = await self.body(app, endpoint, params, body_type)
            now = self.clock.now()
            return CacheEntry((body, size_bytes), now, now + ttl, size_bytes)

        question: Hashable = (endpoint.name, app, *sorted(params.items()))
        entry = await self._cache.get(question, fetch)
        return cast("tuple[Body, int]", entry.value)

    async def remaining_today(self, app: str, endpoint: Endpoint) -> int | None:
        """Return how many calls the background may still make this UTC day, None: no limit."""
        return await self._http.remaining_today(endpoint, self.apps[app])

    async def close(self) -> None:
        """Give connections back."""
        await self._cache.close()
        await self._http.close()

    async def _probe(self, app: str) -> Generation:
        """Both generations answer `call/lists`; its shape tells which."""
        endpoint = self.find_endpoint("lists", "current")
        until = self.clock.now() - endpoint.delay
        response = await self.lists(app, endpoint, span_params(Window(until - _PROBE_SPAN, until)))
        return "current" if response.is_current else "seed"


def span_params(span: Window) -> dict[str, str]:
    """Write a stretch of time the way Agora takes it: whole epoch seconds."""
    return {
        "start_ts": str(int(span.since.timestamp())),
        "end_ts": str(int(span.until.timestamp())),
    }


def round_down(moment: dt.datetime) -> dt.datetime:
    """Round a moving "until now" down, so that questions asked together are the same one."""
    return dt.datetime.fromtimestamp(moment.timestamp() // _ROUND_TO_S * _ROUND_TO_S, dt.UTC)


def _generation(name: str) -> Generation | None:
    return cast("Generation", name) if name in _GENERATIONS else None
