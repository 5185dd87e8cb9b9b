"""Requests to Agora: parameters, the generation of the API in use, and cached responses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, cast

import msgspec

from bot.call import Call
from bot.clouds.agora.endpoints import ENDPOINTS
from bot.clouds.agora.schemas import Body, CallList, parse_response
from bot.clouds.client import AT_ONCE, CloudClient, WindowResponse
from bot.clouds.endpoint import Endpoint, select_endpoint
from bot.clouds.http import ApiRequest, ApiResponse
from bot.clouds.windows import RequestWindow
from bot.ports import KeyValueStore, Window

Generation = Literal["seed", "current"]
_GENERATIONS: Final = ("seed", "current")
_STORE_KEY: Final = "agora.generation"
_PROBE_SPAN: Final = dt.timedelta(hours=1)


@dataclass(slots=True)
class _DetectedGeneration:
    """The generation that answered last; shared by clients of all priorities."""

    name: Generation | None = None


@dataclass(frozen=True, kw_only=True)
class AgoraClient(CloudClient):
    """Sends requests to Agora. `api` is `seed`, `current`, or `auto` to detect the generation."""

    key_value_store: KeyValueStore
    api: str = "auto"
    plan: str = "standard"
    _detected: _DetectedGeneration = field(default_factory=_DetectedGeneration)

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The endpoints of the generation and plan in use; of both while it is not known."""
        known = self.known_generation
        return [each for each in ENDPOINTS if each.is_for(known or each.generation, self.plan)]

    @property
    def is_auto(self) -> bool:
        """Return whether the generation is detected, not set."""
        return self.api not in _GENERATIONS

    @property
    def known_generation(self) -> Generation | None:
        """The generation set or detected, None while it is not known."""
        return self._detected.name if self.is_auto else _generation(self.api)

    def find_endpoint(self, name: str, generation: Generation | None = None) -> Endpoint:
        """Return the endpoint of this name for the generation and plan in use."""
        generation = generation or self.known_generation or "current"
        return self._scaled(select_endpoint(ENDPOINTS, name, generation=generation, plan=self.plan))

    async def generation(self, app: str) -> Generation:
        """Return which generation of the API answers; detects and stores it the first time."""
        await self.restore_state()
        return self.known_generation or await self._detect(app)

    async def restore_state(self) -> None:
        """Load the generation that another process detected; sends no request."""
        if self.known_generation is None:
            self._detected.name = _generation(await self.key_value_store.get(_STORE_KEY) or "")

    async def save_generation(self, generation: Generation) -> None:
        """Store which generation answers."""
        self._detected.name = generation
        await self.key_value_store.put(_STORE_KEY, generation, self.clock.now())

    async def has_changed(self, app: str) -> bool:
        """After an unexpected error: detect the generation again, and tell whether it changed."""
        if not self.is_auto:
            return False
        before = self.known_generation
        return await self._detect(app) != before

    async def get(
        self, app: str, endpoint: Endpoint, params: Mapping[str, str], body_type: type[Body]
    ) -> Body:
        """Send a GET about an app and return its body. Raises CloudError."""
        return (await self._request(app, endpoint, ApiRequest(params), body_type))[0]

    async def post(
        self, app: str, endpoint: Endpoint, content: object, body_type: type[Body]
    ) -> Body:
        """Send JSON about an app, once, and return the body of the response. Raises CloudError."""
        headers = {"Content-Type": "application/json"}
        request = ApiRequest(body=msgspec.json.encode(content), headers=headers)
        return (await self._request(app, endpoint, request, body_type))[0]

    async def cached_get(
        self,
        call: Call,
        endpoint: Endpoint,
        params: Mapping[str, str],
        body_type: type[Body],
        window: RequestWindow,
        *,
        kept: dt.timedelta = AT_ONCE,
        outdated: bool = False,
    ) -> WindowResponse[Body]:
        """Send a GET about a window of a call unless it is cached, as `_cached_window`.

        Raises CloudError.
        """
        query = {"call_id": call.id, **params}

        def request(span: Window) -> Awaitable[tuple[Body, int]]:
            addressed = ApiRequest({**span_params(span), **query})
            return self._request(call.app, endpoint, addressed, body_type)

        return await self._cached_window(
            (endpoint.name, call.app, *sorted(query.items())),
            *(endpoint, window, request),
            kept=kept,
            outdated=outdated,
        )

    async def _request(
        self, app: str, endpoint: Endpoint, request: ApiRequest, body_type: type[Body]
    ) -> tuple[Body, int]:
        app_id, now = self.apps[app], self.clock.now()

        def read(response: ApiResponse) -> tuple[Body, int]:
            return parse_response(endpoint, response, body_type, now), len(response.body)

        addressed = ApiRequest({**request.params, "appid": app_id}, request.body, request.headers)
        return await self.http.request(endpoint, app_id, addressed, read, priority=self.priority)

    async def _detect(self, app: str) -> Generation:
        """Both generations have `call/lists`; the shape of its response differs."""
        endpoint = self.find_endpoint("lists", "current")
        until = self.clock.now() - endpoint.delay
        params = span_params(Window(until - _PROBE_SPAN, until))
        response = await self.get(app, endpoint, params, CallList)
        generation: Generation = "current" if response.is_current else "seed"
        await self.save_generation(generation)
        return generation


def span_params(span: Window) -> dict[str, str]:
    """Write a window the way Agora takes it: whole epoch seconds."""
    return {
        "start_ts": str(int(span.since.timestamp())),
        "end_ts": str(int(span.until.timestamp())),
    }


def _generation(name: str) -> Generation | None:
    return cast("Generation", name) if name in _GENERATIONS else None
