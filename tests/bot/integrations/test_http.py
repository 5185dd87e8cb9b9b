from __future__ import annotations

import httpx
import pytest

from bot.errors import IntegrationInvalidResponseError, IntegrationUnreachableError
from bot.integrations.http import MAX_BODY_BYTES, IntegrationHttp, is_public


async def test_a_response_comes_back_whatever_its_status() -> None:
    """A refusal is a response too."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(418, content=request.content, headers={"X-Seen": request.method})

    http = IntegrationHttp("Jira", transport=httpx.MockTransport(answer))
    response = await http.request("POST", "https://jira.example/x", body=b"hello")
    assert (response.status, response.body, response.headers["x-seen"]) == (418, b"hello", "POST")
    await http.close()


@pytest.mark.parametrize(
    ("error", "maybe_arrived"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.PoolTimeout("full"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.RemoteProtocolError("cut"), True),
    ],
)
async def test_a_failure_says_whether_the_request_may_have_arrived(
    error: httpx.HTTPError, *, maybe_arrived: bool
) -> None:
    """What was never sent may be sent again."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    http = IntegrationHttp("Jira", transport=httpx.MockTransport(fail))
    with pytest.raises(IntegrationUnreachableError, match="Jira did not respond") as caught:
        await http.request("GET", "https://jira.example/x")
    assert caught.value.maybe_arrived is maybe_arrived
    await http.close()


async def test_a_response_that_is_too_long_is_not_kept() -> None:
    """A response of any length does not fill the memory."""
    long = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * (MAX_BODY_BYTES + 1)))
    http = IntegrationHttp("Jira", transport=long)
    with pytest.raises(IntegrationInvalidResponseError):
        await http.request("GET", "https://jira.example/x")
    await http.close()


async def test_a_body_that_nobody_needs_is_not_read() -> None:
    """A response of any length is one."""
    long = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * (MAX_BODY_BYTES + 1)))
    http = IntegrationHttp("Jira", transport=long)
    response = await http.request("GET", "https://jira.example/x", reads_body=False)
    assert (response.status, response.body) == (200, b"")
    await http.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.8", "[::1]", "169.254.169.254"])
async def test_a_private_address_is_not_connected_to(host: str) -> None:
    """Nobody reaches the own network through an address in a setting."""
    http = IntegrationHttp("webhook")
    with pytest.raises(IntegrationUnreachableError) as caught:
        await http.request("GET", f"http://{host}:9/x")
    assert not caught.value.maybe_arrived
    await http.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse, not to listen on
        ("fe80::1", False),
    ],
)
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    """Also an IPv4 address written as IPv6."""
    assert is_public(address) is public
