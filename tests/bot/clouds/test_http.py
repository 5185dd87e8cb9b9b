from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import logging
import threading
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.clouds import connection
from bot.clouds import http as clouds_http
from bot.clouds.endpoint import Endpoint, RateLimit
from bot.clouds.errors import not_yet_published, quota_exceeded, server_error
from bot.clouds.http import ApiRequest, ApiResponse, CloudHttp, retry_after_s
from bot.clouds.quota import Quota
from bot.errors import (
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudServerError,
    CloudUnreachableError,
)
from bot.store.rate_limits import SqlRateLimitStore
from tests.bot.clouds.light import NoLimits

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

    async def respond_with(
        spy: RecordingTransport, row: Endpoint = GET, params: dict[str, str] | None = None
    ) -> bytes:
        quota = Quota(rate_limit_store, clock, clock.sleep)
        transport = httpx.MockTransport(spy.handle)
        auth = ("customer", "hush-hush")
        made.append(CloudHttp("agora", "https://a.invalid", quota, auth=auth, transport=transport))
        query = {"cname": "class_9", "appid": "APPID9"} if params is None else params
        question = ApiRequest(query, b"{}", {})
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
    monkeypatch.setattr(connection, "MAX_BODY_BYTES", 2 * 1024 * 1024)
    with pytest.raises(CloudInvalidResponseError):
        await send(RecordingTransport(httpx.Response(200, stream=SlowStream(None))))


async def test_the_cap_counts_what_was_unpacked(send: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small gzip that grows large is refused as well."""
    monkeypatch.setattr(connection, "MAX_BODY_BYTES", 100_000)
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


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 17 ", 17),
        ("99999", 99999),
        ("100000", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        ("soon", None),
    ],
)
def test_seconds_of_retry_after(value: str, seconds: int | None) -> None:
    """A whole number of up to five digits; anything else is none."""
    headers = httpx.Headers({b"Retry-After": value.encode()}, encoding="utf-8")
    assert retry_after_s(ApiResponse(429, b"", headers)) == seconds
    assert retry_after_s(ApiResponse(429, b"", httpx.Headers())) is None


@pytest.mark.parametrize(
    ("url", "is_loopback"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost:8080", True),
        ("https://api.agora.io", False),
        ("http://10.0.0.7", False),
        ("", False),
    ],
)
async def test_a_proxy_is_only_for_other_machines(url: str, *, is_loopback: bool) -> None:
    """HTTPS_PROXY and the like are not read for the demo's clouds on this machine."""
    opened = connection.Connection(url, None, None)
    assert opened._client.trust_env is not is_loopback
    await opened.close()


async def test_a_request_as_it_is_sent(send: Any) -> None:
    """JSON is asked for, spaces are %20, commas stay, and each step has its timeout."""
    sent: list[httpx.Request] = []

    class Recorder(RecordingTransport):
        def handle(self, request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return super().handle(request)

    await send(Recorder(httpx.Response(200)), GET, {"cname": "a b,c&d+"})
    await send(Recorder(httpx.Response(200)), POST, {})
    get, post = sent
    assert (get.method, get.url.raw_path) == ("GET", b"/lists?cname=a%20b,c%26d%2B")
    assert (post.method, post.url.raw_path, post.content) == ("POST", b"/reportV2", b"{}")
    assert (get.headers["accept"], get.headers["user-agent"]) == ("application/json", "lagdesk")
    assert get.headers["authorization"].startswith("Basic ")
    assert get.extensions["timeout"] == {"connect": 3, "read": 8, "write": 5, "pool": 3}


@pytest.mark.parametrize(("size", "in_thread"), [(256 * 1024 - 1, False), (256 * 1024, True)])
async def test_large_responses_are_parsed_in_a_thread(
    size: int, rate_limit_store: SqlRateLimitStore, clock: Any, *, in_thread: bool
) -> None:
    """From 256 KiB on, parsing would block other requests."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * size))
    quota = Quota(rate_limit_store, clock, clock.sleep)
    http = CloudHttp("agora", "https://a.invalid", quota, transport=transport)
    assert repr(http) == "CloudHttp(agora)"
    thread = await http.request(GET, "APPID9", ApiRequest(), lambda _: threading.get_ident())
    assert (thread != threading.get_ident()) is in_thread
    await http.close()


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
async def test_the_cap_itself_is_allowed(
    send: Any, monkeypatch: pytest.MonkeyPatch, size: int, *, fits: bool
) -> None:
    """A response of exactly the cap is read."""
    assert connection.MAX_BODY_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(connection, "MAX_BODY_BYTES", 1000)
    spy = RecordingTransport(httpx.Response(200, content=b"x" * size))
    if fits:
        assert len(await send(spy)) == size
    else:
        with pytest.raises(CloudInvalidResponseError, match="too large"):
            await send(spy)


async def test_no_request_waits_longer_than_ten_seconds(
    rate_limit_store: SqlRateLimitStore, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All attempts share ten seconds; the last one still has one of its own."""
    ticks = iter([100.0, 104.0, 109.5, 120.0, 120.0])
    waits_s: list[float] = []

    def timeout(wait_s: float) -> Any:
        waits_s.append(wait_s)
        return asyncio.timeout(None)

    loop = SimpleNamespace(time=lambda: next(ticks))
    monkeypatch.setattr(
        clouds_http, "asyncio", SimpleNamespace(timeout=timeout, get_running_loop=lambda: loop)
    )
    spy = RecordingTransport(httpx.ConnectError("x"), httpx.ConnectError("x"), httpx.Response(200))
    quota = Quota(rate_limit_store, clock, clock.sleep)
    http = CloudHttp("agora", "https://a.invalid", quota, transport=httpx.MockTransport(spy.handle))
    await http.request(GET, "APPID9", ApiRequest(), lambda response: response.status)
    assert waits_s == [6, 1, 1]
    await http.close()


async def test_data_that_is_not_published_blocks_nothing(clock: Any) -> None:
    """Only a used-up quota keeps other requests from being sent; its time is stored per app."""
    limits = NoLimits()
    http = CloudHttp(
        "agora",
        "https://a.invalid",
        Quota(limits, clock, clock.sleep),
        transport=httpx.MockTransport(lambda _: httpx.Response(200)),
    )
    until = clock.now() + dt.timedelta(hours=2)
    for error in (
        not_yet_published(GET, until, status=200, code="300"),
        quota_exceeded(GET, until, status=429),
    ):

        def refuse(_: ApiResponse, error: CloudError = error) -> bytes:
            raise error

        assert limits.blocked == {}
        with pytest.raises(CloudQuotaExceededError):
            await http.request(GET, "APPID9", ApiRequest(), refuse)
    assert limits.blocked == {"agora.lists.APPID9": until}
    await http.close()
