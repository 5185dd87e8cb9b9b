from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.clouds import http as clouds_http
from bot.clouds.endpoint import Endpoint, RateLimit
from bot.clouds.errors import clean_code, quota_exceeded, server_error
from bot.clouds.http import ApiRequest, ApiResponse, CloudHttp
from bot.clouds.quota import Quota
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.store.rate_limits import SqlRateLimitStore

GET = Endpoint("agora", "lists", "/lists", "test", rates=(RateLimit(1000, 1),))
POST = Endpoint(
    "agora", "reportV2", "/reportV2", "test", method="POST", rates=(RateLimit(1000, 1),)
)


class RecordingTransport:
    """A network that raises or answers, and counts."""

    def __init__(self, *does: object) -> None:
        self.does = list(does)
        self.requested = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Run the next behaviour; the last one repeats."""
        _ = request
        self.requested += 1
        respond_with = self.does.pop(0) if len(self.does) > 1 else self.does[0]
        if isinstance(respond_with, Exception):
            raise respond_with
        assert isinstance(respond_with, httpx.Response)
        return respond_with


@pytest.fixture
async def send(rate_limit_store: SqlRateLimitStore, clock: Any) -> AsyncIterator[Any]:
    """Ask an endpoint over a scripted network; a 5xx is read as broken."""
    made: list[CloudHttp] = []

    def read(response: ApiResponse) -> bytes:
        if response.status >= 500:
            raise server_error(GET, status=response.status)
        return response.body

    async def respond_with(spy: RecordingTransport, row: Endpoint = GET) -> bytes:
        quota = Quota(rate_limit_store, clock, clock.sleep)
        transport = httpx.MockTransport(spy.handle)
        auth = httpx.BasicAuth("customer", "hush-hush")
        made.append(CloudHttp("agora", "https://a.invalid", quota, auth=auth, transport=transport))
        question = ApiRequest({"cname": "class_9", "appid": "APPID9"}, b"{}", {})
        return await made[-1].request(row, "APPID9", question, read)

    yield respond_with
    for each in made:
        await each.close()


class SlowStream(httpx.AsyncByteStream):
    """A body that fails half-way, or never ends."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"code"'
        if self.error is not None:
            raise self.error
        while True:
            yield b"x" * 1024 * 1024


FAILURES = [
    (httpx.ConnectError("x"), CloudUnreachableError, False),
    (httpx.ConnectTimeout("x"), CloudUnreachableError, False),
    (httpx.PoolTimeout("x"), CloudUnreachableError, False),
    (httpx.ProxyError("x"), CloudUnreachableError, False),
    (httpx.ReadTimeout("x"), CloudUnreachableError, True),
    (httpx.ReadError("x"), CloudUnreachableError, True),
    (httpx.WriteError("x"), CloudUnreachableError, True),
    (httpx.RemoteProtocolError("x"), CloudUnreachableError, True),
    (httpx.Response(200, stream=SlowStream(httpx.ReadTimeout("x"))), CloudUnreachableError, True),
    (
        httpx.Response(200, stream=SlowStream(httpx.RemoteProtocolError("x"))),
        CloudInvalidResponseError,
        None,
    ),
    (httpx.Response(503), CloudServerError, None),
]


@pytest.mark.parametrize(("does", "error", "maybe_arrived"), FAILURES)
async def test_each_failure_has_its_error(
    send: Any, does: object, error: type[CloudError], maybe_arrived: object
) -> None:
    """Unreachable, refused and malformed are distinct errors, for a POST too."""
    with pytest.raises(error) as caught:
        await send(RecordingTransport(does), POST)
    assert maybe_arrived is getattr(caught.value, "maybe_arrived", None)
    assert caught.value.retryable


async def test_a_get_is_retried_and_then_succeeds(send: Any) -> None:
    """Two failures that never arrived cost two more tries."""
    spy = RecordingTransport(
        httpx.ConnectError("x"), httpx.Response(502), httpx.Response(200, content=b"ok")
    )
    assert await send(spy) == b"ok"
    assert spy.requested == 3


async def test_tries_are_few(send: Any) -> None:
    """After three tries the last failure is raised."""
    spy = RecordingTransport(httpx.Response(500))
    with pytest.raises(CloudServerError):
        await send(spy)
    assert spy.requested == 3


@pytest.mark.parametrize("does", [httpx.ReadTimeout("x"), httpx.Response(500)])
async def test_a_post_is_never_retried(send: Any, does: object) -> None:
    """A38: a request that may have had an effect is not sent again."""
    spy = RecordingTransport(does)
    with pytest.raises(CloudError):
        await send(spy, POST)
    assert spy.requested == 1


async def test_every_try_is_paid_for(send: Any) -> None:
    """A retry that the quota does not allow is not sent; the first failure is raised."""
    row = Endpoint("agora", "dear", "/dear", "test", rates=(RateLimit(1, 60),))
    spy = RecordingTransport(httpx.Response(500))
    with pytest.raises(CloudServerError):
        await send(spy, row)
    assert spy.requested == 1


async def test_a_huge_answer_is_refused(send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """We stop reading at the cap, even when the answer never ends."""
    monkeypatch.setattr(clouds_http, "MAX_BODY_BYTES", 2 * 1024 * 1024)
    with pytest.raises(CloudInvalidResponseError):
        await send(RecordingTransport(httpx.Response(200, stream=SlowStream(None))))


async def test_the_cap_counts_what_was_unpacked(send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small gzip that grows large is refused as well."""
    monkeypatch.setattr(clouds_http, "MAX_BODY_BYTES", 100_000)
    packed = gzip.compress(b"0" * 1_000_000)
    with pytest.raises(CloudInvalidResponseError):
        await send(
            RecordingTransport(
                httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"})
            )
        )


async def test_broken_compression_is_nonsense(send: Any) -> None:
    """An encoding that does not decode is an answer we cannot read."""
    headers = {"Content-Encoding": "gzip"}
    with pytest.raises(CloudInvalidResponseError):
        await send(
            RecordingTransport(httpx.Response(200, stream=RawStream(b"no gzip"), headers=headers))
        )


class RawStream(httpx.AsyncByteStream):
    """Response bytes as they arrive."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


async def test_no_answer_within_the_total_is_unreachable(
    rate_limit_store: SqlRateLimitStore, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slowly bytes drip, a question ends."""
    monkeypatch.setattr(clouds_http, "TOTAL_TIMEOUT_S", 0.01)
    monkeypatch.setattr(clouds_http, "_MIN_TIMEOUT_S", 0.01)

    async def hang(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200, request=request)

    quota = Quota(rate_limit_store, clock, clock.sleep)
    http = CloudHttp("agora", "https://a.invalid", quota, transport=httpx.MockTransport(hang))
    with pytest.raises(CloudUnreachableError) as caught:
        await http.request(POST, "APPID9", ApiRequest(), lambda response: response)
    assert caught.value.maybe_arrived
    await http.close()


async def test_the_clouds_own_rate_limit_is_stored(
    rate_limit_store: SqlRateLimitStore, clock: Any
) -> None:
    """After a 429 we wait until the cloud's retry time without sending."""
    until = clock.now() + dt.timedelta(hours=2)

    def refuse(response: ApiResponse) -> bytes:
        raise quota_exceeded(GET, until, status=response.status, code="300")

    spy = RecordingTransport(httpx.Response(200))
    quota = Quota(rate_limit_store, clock, clock.sleep)
    transport = httpx.MockTransport(spy.handle)
    http = CloudHttp("agora", "https://a.invalid", quota, transport=transport)
    for _ in range(3):
        with pytest.raises(CloudQuotaExceededError) as caught:
            await http.request(GET, "APPID9", ApiRequest(), refuse)
        assert until == caught.value.retry_at
    assert spy.requested == 1
    await http.close()


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
async def test_logs_and_errors_keep_secrets(
    send: Any, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    """No key, room, app id or address of a request gets into a log or an error."""
    with caplog.at_level(level):
        await send(RecordingTransport(httpx.Response(200, content=b"class_9 10.0.0.7")))
        with pytest.raises(CloudError) as caught:
            await send(
                RecordingTransport(httpx.ConnectError("10.0.0.7:443 class_9 hush-hush APPID9"))
            )
    text = caplog.text + repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
    for secret in ("hush-hush", "Y3VzdG9tZX", "class_9", "APPID9", "10.0.0.7"):
        assert secret not in text


def test_reprs_keep_secrets() -> None:
    """A question and an answer show none of their parts."""
    question = ApiRequest({"cname": "class_9"}, b"teacher", {"Authorization": "Basic abc"})
    response = ApiResponse(200, b"10.0.0.7", httpx.Headers({"set-cookie": "abc"}))
    text = repr(question) + repr(response)
    for secret in ("class_9", "teacher", "abc", "10.0.0.7"):
        assert secret not in text


def test_a_code_is_only_a_code() -> None:
    """A code that smuggles words is cut down to a code's characters."""
    assert clean_code("RTC.0001") == "RTC.0001"
    assert clean_code("a <script> 1") == "a_script_1"
    assert len(clean_code("9" * 500)) == 48
