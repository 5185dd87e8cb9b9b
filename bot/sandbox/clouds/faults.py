"""Faults to inject into a simulated cloud's responses."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from aiohttp import web

FaultKind = Literal[
    "http_500",
    "http_503",
    "http_429",
    "http_300",
    "code_300",
    "timeout",
    "slow",
    "reset",
    "html",
    "truncated_json",
    "huge",
    "wrong_types",
    "texts",
    "empty",
]
KINDS: Final[frozenset[str]] = frozenset(get_args(FaultKind))
ANY: Final = "*"
_HUGE_BYTES: Final = 64 * 1024 * 1024
_CHUNK_BYTES: Final = 64 * 1024
_HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body>gateway</body></html>"
# These spoil a finished response, so the request has taken effect.
_RESPONSE_FAULTS: Final = frozenset({"truncated_json", "wrong_types", "texts", "slow"})
_KEPT_HEADERS: Final = (
    "X-Subject-Token",
)  # a token comes in a header, whatever becomes of the body
_STATUS: Final = {"http_500": 500, "http_503": 503, "http_429": 429, "http_300": 300}


@dataclass(slots=True)
class PlannedFault:
    """A fault that waits for its call. `after_effect`: the call is carried out all the same."""

    kind: FaultKind
    times: int
    seconds: float
    limit: str
    after_effect: bool


@dataclass(slots=True)
class FaultPlan:
    """The faults to come, by endpoint; `*` is every endpoint."""

    pending: dict[str, deque[PlannedFault]] = field(default_factory=dict)

    def add(self, endpoint: str, fault: PlannedFault) -> None:
        """Plan a fault for the next calls of an endpoint, after those planned before."""
        if fault.kind not in KINDS:
            raise ValueError(fault.kind)
        self.pending.setdefault(endpoint, deque()).append(fault)

    def take(self, endpoint: str) -> PlannedFault | None:
        """Take the fault that is due for this call, None when it may succeed."""
        for name in (endpoint, ANY):
            queue = self.pending.get(name)
            if not queue:
                continue
            fault = queue[0]
            fault.times -= 1
            if fault.times <= 0:
                queue.popleft()
            return fault
        return None

    def clear(self) -> None:
        """Forget every planned fault."""
        self.pending.clear()


def plan(
    kind: FaultKind, times: int, *, seconds: float, limit: str, after_effect: bool | None
) -> PlannedFault:
    """Build a fault; by default those that spoil a response happen after the effect."""
    if after_effect is None:
        after_effect = kind in _RESPONSE_FAULTS
    return PlannedFault(kind, times, seconds, limit, after_effect)


async def break_response(
    request: web.Request, fault: PlannedFault, response: web.Response, closing: asyncio.Event
) -> web.StreamResponse:
    """Respond as the fault demands; `response` is what would have been sent."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return response
    if fault.kind == "timeout":
        await closing.wait()
        return web.Response(status=504)
    if fault.kind == "reset":
        return _reset(request)
    if fault.kind == "huge":
        return await _send_huge(request)
    return _broken_text(fault.kind, response)


def _broken_text(kind: FaultKind, response: web.Response) -> web.Response:
    body = response.body if isinstance(response.body, bytes) else b""
    if kind == "html":
        return web.Response(text=_HTML, content_type="text/html")
    if kind == "empty":
        return web.Response(body=b"", content_type="application/json")
    if kind == "truncated_json":
        return web.Response(body=body[: len(body) // 2], content_type="application/json")
    if kind == "wrong_types":
        corrupted = json.dumps(corrupt_types(json.loads(body))).encode()
        return web.Response(body=corrupted, content_type="application/json")
    if kind == "texts":
        quoted = json.dumps(quote_numbers(json.loads(body))).encode()
        return web.Response(
            status=response.status,
            body=quoted,
            headers={
                name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
            },
            content_type="application/json",
        )
    return web.Response(status=_STATUS[kind], text="", headers=_retry_after(kind))


def _retry_after(kind: FaultKind) -> dict[str, str]:
    return {"Retry-After": "1"} if kind in {"http_429", "http_503"} else {}


def _reset(request: web.Request) -> web.StreamResponse:
    """Drop the connection without sending a byte."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _send_huge(request: web.Request) -> web.StreamResponse:
    """Send valid JSON that is far too long, piece by piece, until the client hangs up."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    try:
        async for chunk in _filler():
            await response.write(chunk)
        await response.write_eof()
    except ConnectionError:
        return response
    return response


async def _filler() -> AsyncIterator[bytes]:
    yield b'{"code":200,"filler":"'
    for _ in range(_HUGE_BYTES // _CHUNK_BYTES):
        yield b"x" * _CHUNK_BYTES
    yield b'"}'


def corrupt_types(value: Any, name: str = "") -> Any:
    """Return JSON of the same keys whose values have the wrong type."""
    if isinstance(value, dict):
        return {key: corrupt_types(inner, key) for key, inner in value.items()}
    if name in {"code", "message"}:
        return value
    if isinstance(value, list):
        return {"0": value[0]} if value else "nothing"
    if isinstance(value, str):
        return [value]
    return "not what the document promises"


def quote_numbers(value: Any) -> Any:
    """Return JSON in which every number, `true` and `false` is written as a text."""
    if isinstance(value, dict):
        return {key: quote_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [quote_numbers(inner) for inner in value]
    return json.dumps(value) if isinstance(value, int | float) else value
