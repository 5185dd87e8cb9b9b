"""How the simulated clouds fail on demand, seen by a plain HTTP client."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import demo_calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.clouds import FaultKind

NOW = 1_700_000_000
LISTS, REPORT_V2 = "analytics/call/lists", "analytics/feedback/reportV2"


@pytest_asyncio.fixture
async def clouds() -> AsyncIterator[FakeClouds]:
    """Serve the demo's calls with a fixed clock."""
    async with FakeClouds(demo_calls(NOW), clock=lambda: NOW).serve() as serving:
        yield serving


@pytest_asyncio.fixture
async def client(clouds: FakeClouds) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client with the right key."""
    account = clouds.agora.account
    key = base64.b64encode(f"{account.customer_id}:{account.customer_secret}".encode()).decode()
    async with httpx.AsyncClient(
        base_url=f"{clouds.agora_url}/beta/",
        headers={"Authorization": f"Basic {key}"},
        params={"appid": account.apps["kids"]},
    ) as client:
        yield client


async def lists(client: httpx.AsyncClient, timeout_s: float = 5.0) -> httpx.Response:
    """Ask for the last hour's calls."""
    params = {"start_ts": NOW - 3600, "end_ts": NOW}
    return await client.get(LISTS, params=client.params.merge(params), timeout=timeout_s)


async def report(client: httpx.AsyncClient) -> httpx.Response:
    """Report a problem."""
    body = {
        "cname": "class_77_1",
        "teacher_uid": 10001,
        "student_uid": 20002,
        "abnormal_uid": 20002,
        "ts": NOW - 10,
        "type": 2,
    }
    return await client.post(REPORT_V2, json=body, params=client.params)


@pytest.mark.parametrize(
    ("kind", "status"),
    [("http_500", 500), ("http_503", 503), ("http_429", 429), ("http_300", 300)],
)
async def test_statuses_on_demand(
    clouds: FakeClouds, client: httpx.AsyncClient, kind: FaultKind, status: int
) -> None:
    """The next call fails as planned, the one after succeeds, and both are counted."""
    clouds.fail_next(LISTS, kind)
    assert status == (await lists(client)).status_code
    assert (await lists(client)).json()["code"] == 200
    assert clouds.counts[LISTS] == 2


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("qps", "qps limit error"),
        ("qpd", "qpd limit error"),
        ("latency", "query latency limit error"),
    ],
)
async def test_limit_messages_on_demand(
    clouds: FakeClouds, client: httpx.AsyncClient, limit: str, message: str
) -> None:
    """Code 300 is in the body with the chosen message, as often as planned."""
    clouds.fail_next(f"/beta/{LISTS}", "code_300", times=2, limit=limit)
    answers = [(await lists(client)).json() for _ in range(2)]
    assert [{"code": 300, "message": message}] * 2 == answers
    assert (await lists(client)).json()["code"] == 200


async def test_a_gateway_page_is_no_json(clouds: FakeClouds, client: httpx.AsyncClient) -> None:
    """HTML arrives with status 200, as a badly set proxy sends it."""
    clouds.fail_next(LISTS, "html")
    response = await lists(client)
    assert (
        response.status_code,
        response.headers["content-type"].split(";")[0],
    ) == (200, "text/html")


@pytest.mark.parametrize("kind", ["truncated_json", "empty"])
async def test_broken_json(clouds: FakeClouds, client: httpx.AsyncClient, kind: FaultKind) -> None:
    """Half a body, or none, cannot be read as JSON."""
    clouds.fail_next(LISTS, kind)
    response = await lists(client)
    with pytest.raises(json.JSONDecodeError):
        response.json()


async def test_wrong_types(clouds: FakeClouds, client: httpx.AsyncClient) -> None:
    """The keys are right and their values are not."""
    clouds.fail_next(LISTS, "wrong_types")
    body = (await lists(client)).json()
    assert body["code"] == 200
    assert isinstance(body["call_lists"], dict)
    assert isinstance(body["has_more"], str)


async def test_a_huge_response_can_be_cut_off(
    clouds: FakeClouds, client: httpx.AsyncClient
) -> None:
    """A client may disconnect in the middle of tens of megabytes; the cloud keeps running."""
    clouds.fail_next(LISTS, "huge")
    params = client.params.merge({"start_ts": NOW - 60, "end_ts": NOW})
    async with client.stream("GET", LISTS, params=params) as response:
        got = 0
        async for chunk in response.aiter_raw():
            got += len(chunk)
            if got > 1_000_000:
                break
    assert (await lists(client)).status_code == 200


async def test_no_response_at_all(clouds: FakeClouds, client: httpx.AsyncClient) -> None:
    """A call may hang until the client gives up."""
    clouds.fail_next(LISTS, "timeout")
    with pytest.raises(httpx.ReadTimeout):
        await lists(client, timeout_s=0.05)
    assert (await lists(client)).status_code == 200


@pytest.mark.parametrize(("after_effect", "stored"), [(False, 0), (True, 1)])
async def test_a_connection_dropped_before_or_after(
    clouds: FakeClouds, client: httpx.AsyncClient, *, after_effect: bool, stored: int
) -> None:
    """The client cannot know whether its report arrived; the fake has recorded it."""
    clouds.fail_next(REPORT_V2, "reset", after_effect=after_effect)
    with pytest.raises(httpx.TransportError):
        await report(client)
    assert stored == len(clouds.reports)
    assert clouds.counts[REPORT_V2] == 1


@pytest.mark.parametrize("kind", ["http_500", "timeout", "html", "code_300"])
async def test_failures_have_no_effect_by_default(
    clouds: FakeClouds, client: httpx.AsyncClient, kind: FaultKind
) -> None:
    """A report that failed was not taken."""
    clouds.fail_next(REPORT_V2, kind)
    pending = asyncio.create_task(report(client))
    await asyncio.wait([pending], timeout=0.1 if kind == "timeout" else 30)
    pending.cancel()
    await asyncio.wait([pending])
    assert clouds.reports == []


async def test_a_slow_response_arrives(clouds: FakeClouds, client: httpx.AsyncClient) -> None:
    """Slow means late, not wrong."""
    clouds.fail_next(LISTS, "slow", seconds=0.05)
    response = await lists(client)
    assert response.json()["code"] == 200
    assert response.elapsed.total_seconds() >= 0.05


async def test_any_endpoint_and_clearing(clouds: FakeClouds, client: httpx.AsyncClient) -> None:
    """`*` hits whatever is called next; clearing forgets what is planned."""
    clouds.fail_next("*", "http_503", times=5)
    assert (await lists(client)).status_code == 503
    assert (await report(client)).status_code == 503
    clouds.clear_faults()
    assert (await lists(client)).status_code == 200


async def test_a_misspelt_endpoint_is_an_error(clouds: FakeClouds) -> None:
    """A fault that could never happen is the test's mistake."""
    with pytest.raises(ValueError, match="call/list"):
        clouds.fail_next("call/list", "http_500")
