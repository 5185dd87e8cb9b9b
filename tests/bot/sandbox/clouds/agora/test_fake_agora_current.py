"""Today's generation of the simulated Agora, over HTTP, under each plan."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from bot.sandbox.clouds import FakeClouds, PlanName
from bot.sandbox.scenario import demo_calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_700_000_000
LISTS, SESSIONS, METRICS = (f"analytics/call/{name}" for name in ("lists", "sessions", "metrics"))


@dataclass
class ApiClient:
    """The clouds, a clock the test moves, and a client with the right key."""

    now: float
    clouds: FakeClouds = field(init=False)
    session: aiohttp.ClientSession = field(init=False)

    async def get(self, endpoint: str, **query: object) -> tuple[int, Any]:
        """Call an endpoint a second later; return the status and the JSON."""
        self.now += 1
        appid = self.clouds.agora.account.apps["kids"]
        params = {"appid": appid, **{key: str(value) for key, value in query.items()}}
        url = f"{self.clouds.agora_url}/beta/{endpoint}"
        async with self.session.get(url, params=params) as response:
            return response.status, await response.json()

    async def post(self, endpoint: str, **body: object) -> tuple[int, Any]:
        """Post to an endpoint a second later; return the status and the JSON."""
        self.now += 1
        params = {"appid": self.clouds.agora.account.apps["kids"]}
        url = f"{self.clouds.agora_url}/beta/{endpoint}"
        async with self.session.post(url, params=params, json=body) as response:
            return response.status, await response.json()

    async def ask(self, endpoint: str, **query: object) -> Any:
        """Call an endpoint about the last quarter of an hour."""
        window = {"start_ts": NOW - 900, "end_ts": NOW}
        return (await self.get(endpoint, **(window | query)))[1]

    async def call_id(self, cname: str) -> str:
        """Return the newest call of a room."""
        return str((await self.ask(LISTS, cname=cname))["call_lists"][0]["call_id"])

    def plan(self, name: PlanName) -> None:
        """Buy another plan."""
        self.clouds.agora.plan = name


@pytest_asyncio.fixture
async def client() -> AsyncIterator[ApiClient]:
    """Serve the demo's calls with Agora's current API."""
    client = ApiClient(NOW)
    client.clouds = FakeClouds(
        demo_calls(NOW), clock=lambda: client.now, agora_generation="current"
    )
    account = client.clouds.agora.account
    key = base64.b64encode(f"{account.customer_id}:{account.customer_secret}".encode()).decode()
    header = {"Authorization": f"Basic {key}"}
    async with (
        aiohttp.ClientSession(headers=header) as client.session,
        client.clouds.serve(),
    ):
        yield client


@pytest.mark.parametrize(
    "endpoint", ["analytics/call/details", "live/diagnosis", "live/scale/by_time"]
)
async def test_retired_endpoint_is_404(client: ApiClient, endpoint: str) -> None:
    """The calls of 2020 that were retired are not there any more."""
    assert (await client.get(endpoint, start_ts=NOW - 60, end_ts=NOW))[0] == 404


async def test_lists_are_paginated(client: ApiClient) -> None:
    """Twenty a page, or as many as requested, with the total and another success code."""
    first = await client.ask(LISTS, page_no=1, page_size=8)
    last = await client.ask(LISTS, page_no=3, page_size=8)
    assert (first["code"], first["message"]) == (0, None)
    assert (first["has_more"], first["total_size"]) == (True, 19)  # class_77_9 is 42 s old
    assert (len(first["call_lists"]), len(last["call_lists"]), last["has_more"]) == (8, 3, False)
    assert not (await client.ask(LISTS, page_no=1, page_size=19))["has_more"]
    rates = [row["call_video_freeze_rate"] for row in first["call_lists"]]
    assert 0 < max(rates) < 1


@pytest.mark.parametrize(
    "page", [{"page_size": 10}, {"page_no": 0}, {"page_no": 1, "page_size": 101}]
)
async def test_wrong_pages_are_refused(client: ApiClient, page: dict[str, int]) -> None:
    """A size needs a number, and both have their limits."""
    status, _ = await client.get(LISTS, start_ts=NOW - 60, end_ts=NOW, **page)
    assert status == 400


async def test_sessions_can_be_requested_by_uid(client: ApiClient) -> None:
    """The teacher of a large call is listed, which the ten-user limit of 2020 prevented."""
    call_id = await client.call_id("class_77_big")
    everybody = await client.ask(SESSIONS, call_id=call_id)
    assert 14 == everybody["total_size"] == len(everybody["call_info"])
    body = await client.ask(SESSIONS, call_id=call_id, uids="10001,20002")
    assert (
        body["message"],
        [row["uid"] for row in body["call_info"]],
    ) == ("null", [20002, 10001])
    assert {"account", "roles", "user_video_freeze_rate"} <= set(body["call_info"][0])
    status, _ = await client.get(
        SESSIONS, start_ts=NOW - 60, end_ts=NOW, call_id=call_id, uids=",".join(["1"] * 11)
    )
    assert status == 400


SPAN = {"startTs": NOW - 86400, "endTs": NOW}
RECENT = {"startTs": NOW - 200, "endTs": NOW - 100}
CALL = {"start_ts": NOW - 900, "end_ts": NOW, "call_id": "class_77_2"}
RANKED = {"ts": NOW - 200, "dimension": "os", "productType": "Native"}
VALID = [
    (LISTS, {"start_ts": NOW - 900, "end_ts": NOW}),
    (SESSIONS, CALL),
    (METRICS, {**CALL, "sids": "s"}),
    ("analytics/call/statistics", {**CALL, "metric": "audio_freeze_rate", "dimension": "os"}),
    ("analytics/call/statistics/time", {**CALL, "metric": "user_count"}),
    ("analytics/call/freeze/bucket", {**CALL, "metric": "audio_freeze_rate"}),
    ("insight/usage/by_time", {**SPAN, "metric": "userCount", "aggregateGranularity": "1h"}),
    (
        "insight/quality/by_time",
        {**SPAN, "metric": "videoFreezeRate", "aggregateGranularity": "1h"},
    ),
    ("realtime/usage/by_time_20sec", {**RECENT, "metric": "userCount"}),
    ("realtime/quality/by_time_20sec", {**RECENT, "metric": "videoFreezeRate"}),
    ("realtime/usage/dimension/top20", {**RANKED, "metric": "userCount"}),
    ("realtime/quality/dimension/top20", {**RANKED, "metric": "videoFreezeRate"}),
]


@pytest.mark.parametrize(("endpoint", "query"), VALID, ids=[endpoint for endpoint, _ in VALID])
async def test_an_unknown_parameter_is_refused(
    client: ApiClient, endpoint: str, query: dict[str, object]
) -> None:
    """Of every endpoint, so that the client sends no name that the document does not have."""
    client.plan("enterprise")
    if "call_id" in query:
        query = query | {"call_id": await client.call_id("class_77_2")}
    assert (await client.get(endpoint, **query))[0] == 200
    assert (await client.get(endpoint, **query, extra="1"))[0] == 400


async def test_sessions_are_those_of_the_call(client: ApiClient) -> None:
    """Who has left has an end; others have 0."""
    sim_call = client.clouds.sim_call("class_77_12")
    assert sim_call is not None
    body = await client.ask(SESSIONS, call_id=await client.call_id("class_77_12"))
    found = sorted(
        (row["uid"], row["join_ts"], row["leave_ts"], row["finished"]) for row in body["call_info"]
    )
    first, second = sim_call.person(20002).sessions
    teacher = sim_call.person(10001).sessions[0]
    assert found == [
        (10001, int(teacher.joined_at), 0, False),
        (20002, int(first.joined_at), int(first.left_at), True),
        (20002, int(second.joined_at), 0, False),
    ]


async def test_metrics_have_todays_ids(client: ApiClient) -> None:
    """20006 is the low stream, 20024 the main one, 20013 is retired; points are 300 s late."""
    call_id = await client.call_id("class_77_2")
    rows = (await client.ask(SESSIONS, call_id=call_id))["call_info"]
    teacher = next(row["sid"] for row in rows if row["uid"] == 10001)
    body = await client.ask(METRICS, call_id=call_id, sids=teacher)
    series = {(row["mid"], row["peer_uid"]): row["kvs"] for row in body["metrics"][0]["data"]}
    assert {20021, 20022, 20024, 20025, 20026, 20027} <= {mid for mid, _ in series}
    assert 20013 not in {mid for mid, _ in series}
    low, main = (sum(value for _, value in series[mid, 0]) for mid in (20006, 20024))
    assert 3 * low < main
    assert max(at for at, _ in series[20001, 0]) <= client.now - 300
    status, _ = await client.get(
        METRICS, start_ts=NOW - 60, end_ts=NOW, call_id=call_id, sids=",".join("s" * 21)
    )
    assert status == 400


@pytest.mark.parametrize(
    ("plan", "endpoint", "window", "message"),
    [
        ("standard", LISTS, (NOW - 86400 - 100, NOW - 86000), "query time range limit error"),
        ("premium", LISTS, (NOW - 86400 - 100, NOW - 86000), None),
        ("standard", LISTS, (NOW - 8 * 3600 - 1, NOW), "query time length limit error"),
        ("enterprise", LISTS, (NOW - 24 * 3600, NOW), None),
        ("standard", SESSIONS, (NOW - 3601, NOW), "query time length limit error"),
        ("premium", SESSIONS, (NOW - 3601, NOW), None),
    ],
)
async def test_plans_have_windows(
    client: ApiClient, plan: PlanName, endpoint: str, window: tuple[int, int], message: str | None
) -> None:
    """How far back and how long depends on the plan."""
    client.plan(plan)
    extra = {"call_id": "c"} if endpoint == SESSIONS else {}
    _, body = await client.get(endpoint, start_ts=window[0], end_ts=window[1], **extra)
    assert message == (body["message"] if body["code"] == 300 else None)


@pytest.mark.parametrize(("plan", "allowed"), [("standard", 1), ("premium", 3), ("enterprise", 10)])
async def test_plans_have_rates(client: ApiClient, plan: PlanName, allowed: int) -> None:
    """How many a second depends on the plan."""
    client.plan(plan)
    codes = []
    for _ in range(11):
        codes.append((await client.ask(LISTS))["code"])
        client.now -= 1
    assert [0] * allowed + [300] * (11 - allowed) == codes


@pytest.mark.parametrize(
    ("endpoint", "metric"),
    [
        ("insight/quality/by_time", "videoFreezeRate"),
        ("realtime/quality/by_time_20sec", "videoFreezeRate"),
        ("insight/usage/by_time", "userCount"),
        ("realtime/usage/by_time_20sec", "userCount"),
    ],
)
async def test_insight_and_realtime_need_premium(
    client: ApiClient, endpoint: str, metric: str
) -> None:
    """The Standard plan does not include them; shares run from 0 to 1, windows are named `startTs`."""
    query = {"metric": metric, "startTs": NOW - 1200, "endTs": NOW}
    if endpoint.startswith("insight"):
        query |= {"aggregateGranularity": "1h", "startTs": NOW - 86400}
    _, refused = await client.get(endpoint, **query)
    assert (refused["code"], refused["message"]) == (300, "no auth")
    client.plan("premium")
    _, body = await client.get(endpoint, **query)
    newest = body["data"][-1]
    assert {metric, "ts"} == set(newest)
    if metric == "videoFreezeRate":
        assert 0 < newest[metric] < 1


async def test_real_time_by_user_and_dimension(client: ApiClient) -> None:
    """Each person's own values by uid; groups by values in double quotes, as sdk."""
    client.plan("enterprise")
    window = {"startTs": NOW - 200, "endTs": NOW - 100}
    quality = "realtime/quality/by_time_20sec"
    query = {**window, "metric": "audioFreezeRate", "productType": "Native"}
    _, body = await client.get(quality, **query, cname="class_77_8", uids="20002,10001,5")
    assert [row["uid"] for row in body["data"]] == [20002, 10001]
    assert set(body["data"][0]["values"][0]) == {"ts", "audioFreezeRate"}
    assert len(body["data"][0]["values"]) == 5
    usage = {**window, "metric": "userCount", "dimension": "sdkVersion"}
    _, body = await client.get(
        "realtime/usage/by_time_20sec", **usage, dimensionValues='"3.1.2","0"'
    )
    assert {row["sdk"] for row in body["data"]} == {"3.1.2"}
    assert all(row["userCount"] > 0 for row in body["data"])
    for wrong in ({"uids": "1"}, {"dimensionValues": '"a"'}, usage | {"dimensionValues": "3.1.2"}):
        status, body = await client.get(quality, **(query | wrong))
        assert (status, body["code"]) == (400, 400)
    _, body = await client.get(quality, **(query | {"productType": "WebRTC"}))
    assert {row["audioFreezeRate"] for row in body["data"]} == {0}


USAGE_RANK, QUALITY_RANK = (f"realtime/{kind}/dimension/top20" for kind in ("usage", "quality"))


async def test_rankings_count_the_users_of_twenty_seconds(client: ApiClient) -> None:
    """The largest group first, with the interval; quality has the users when requested."""
    client.plan("enterprise")
    ranked = {**RANKED, "ts": NOW - 100}
    _, body = await client.get(USAGE_RANK, **ranked, metric="userCount")
    rows = body["data"]["list"]
    counts = [row["userCount"] for row in rows]
    assert counts == sorted(counts, reverse=True)
    present = [
        person
        for sim_call in client.clouds.sim_calls
        for person in sim_call.people
        if person.role != "server"
        and any(s.joined_at < NOW - 80 and s.left_at > NOW - 100 for s in person.sessions)
    ]
    assert {row["os"]: row["userCount"] for row in rows} == Counter(
        person.device.platform for person in present
    )
    assert {(row["windowStartTs"], row["windowEndTs"]) for row in rows} == {(NOW - 100, NOW - 80)}
    query = {**ranked, "metric": "videoFreezeRate", "cname": "class_77_2"}
    _, body = await client.get(QUALITY_RANK, **query, extraMetrics="userCount")
    rates = {row["os"]: (row["userCount"], row["videoFreezeRate"]) for row in body["data"]["list"]}
    assert {name: users for name, (users, _) in rates.items()} == {"Windows": 1, "Android": 1}
    assert rates["Android"][1] > 0.1 > rates["Windows"][1]
    _, body = await client.get(QUALITY_RANK, **query)
    assert "userCount" not in body["data"]["list"][0]
    _, body = await client.get(QUALITY_RANK, **(query | {"productType": "WebRTC"}))
    assert body["data"]["list"] == []


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"metric": "userCount,channelCount"}, 400, None),
        ({"metric": "pcu"}, 400, None),
        ({"dimension": "os,sdk"}, 400, None),
        ({"dimension": "channelSize"}, 400, None),
        ({"productType": "all"}, 400, None),
        ({"extraMetrics": "userCount"}, 400, None),
        ({"ts": NOW - 10}, 200, "query latency limit error"),
        ({"ts": NOW - 7200}, 200, "query time range limit error"),
    ],
)
async def test_wrong_rankings_are_refused(
    client: ApiClient, change: dict[str, object], status: int, message: str | None
) -> None:
    """One metric, one dimension, one product, and a time that is published and kept."""
    client.plan("enterprise")
    found, body = await client.get(USAGE_RANK, **({**RANKED, "metric": "userCount"} | change))
    assert found == status
    assert message in {None, body["message"]}


USAGE_SUM, QUALITY_SUM = (f"insight/{kind}/aggregation" for kind in ("usage", "quality"))
DAY: dict[str, object] = {"startTs": NOW - 86400, "endTs": NOW}


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (USAGE_SUM, {"metric": "videoFreezeRate"}),
        (QUALITY_SUM, {"metric": "userCount"}),
        (USAGE_SUM, {"metric": "userCount", "dimension": "channelSize"}),
        (USAGE_SUM, {"metric": "userCount", "dimensionValues": ["iOS"]}),
        (USAGE_SUM, {"metric": "peakConcurrentUsers", "dimension": "os"}),
        (
            QUALITY_SUM,
            {
                **DAY,
                "metric": "videoFreezeRate",
                "filters": [{"name": "country", "value": "China"}],
            },
        ),
        (QUALITY_SUM, {"metric": "videoFreezeRate", "extra": 1}),
        (QUALITY_SUM, {"metric": "videoFreezeRate", "startTs": NOW + 1}),
        (
            QUALITY_SUM,
            {
                "metric": "videoFreezeRate",
                "dimension": "channelSize",
                "dimensionValues": ["[1,3)"],
            },
        ),
        (
            QUALITY_SUM,
            {
                "metric": "videoFreezeRate",
                "dimension": "region",
                "filters": [{"name": "region", "value": "China"}],
            },
        ),
    ],
)
async def test_wrong_aggregations_are_refused(
    client: ApiClient, endpoint: str, body: dict[str, object]
) -> None:
    """Only documented names and combinations."""
    client.plan("enterprise")
    assert (await client.post(endpoint, **(DAY | body)))[0] == 400


async def test_aggregations_sum_up_a_day(client: ApiClient) -> None:
    """In all, along a dimension, and for some of its values only; shares with what they rest on."""
    client.plan("enterprise")
    client.now = NOW + 86400
    _, total = await client.post(USAGE_SUM, **DAY, metric="userCount")
    _, by_os = await client.post(USAGE_SUM, **DAY, metric="userCount", dimension="os")
    (users,) = total["data"]
    counts = [row["userCount"] for row in by_os["data"]]
    assert users["userCount"] == sum(counts)
    assert counts == sorted(counts, reverse=True)
    ios = {"metric": "userCount", "dimension": "os", "dimensionValues": ["Android", "BeOS"]}
    _, chosen = await client.post(USAGE_SUM, **DAY, **ios)
    assert [row["os"] for row in chosen["data"]] == ["Android"]
    china = {"dimension": "region", "filters": [{"name": "country", "value": "China"}]}
    freezes = {**DAY, "metric": "videoFreezeRate"}
    _, regions = await client.post(QUALITY_SUM, **freezes, **china)
    assert {row["region"] for row in regions["data"]} == {"Shanghai", "Beijing", "Guangdong"}
    assert all(row["refUsage"] > 0 for row in regions["data"])
    elsewhere = {"dimension": "region", "filters": [{"name": "country", "value": "India"}]}
    _, nowhere = await client.post(QUALITY_SUM, **freezes, **elsewhere)
    assert nowhere["data"] == []
    _, one = await client.post(QUALITY_SUM, **freezes)
    assert 0 < one["data"][0]["videoFreezeRate"] < 0.5
    _, sizes = await client.post(QUALITY_SUM, **freezes, dimension="channelSize")
    assert {row["channelSize"] for row in sizes["data"]} == {"[1,3)", "[10,50)"}


async def test_statistics_of_a_call_have_everybody(client: ApiClient) -> None:
    """By dimension, by how much somebody froze, and minute by minute."""
    call_id = await client.call_id("class_77_big")
    window = {"start_ts": NOW - 1500, "end_ts": NOW - 400, "call_id": call_id}
    client.plan("enterprise")
    rates = {**window, "metric": "video_freeze_rate,audio_freeze_rate"}
    _, by_os = await client.get("analytics/call/statistics", **rates, dimension="os")
    assert {row["os"]: row["user_count"] for row in by_os["data"]} == {"Android": 13, "Windows": 1}
    _, buckets = await client.get("analytics/call/freeze/bucket", **rates)
    assert [row["bucket"] for row in buckets["data"]] == [
        "[0%,3%)",
        "[3%,5%)",
        "[5%,10%)",
        "[10%,100%)",
    ]
    for name in ("audio_freeze_user_count", "video_freeze_user_count"):
        assert sum(row[name] for row in buckets["data"]) == 14
    names = {"metric": "user_count,video_freeze_rate,video_freeze_user_count"}
    _, minutes = await client.get("analytics/call/statistics/time", **window, **names)
    rows = sorted(minutes["data"], key=lambda row: row["ts"])
    assert [set(row) for row in rows] == [{"ts", *names["metric"].split(",")}] * len(rows)
    assert {row["user_count"] for row in rows} == {14}
    assert {b["ts"] - a["ts"] for a, b in pairwise(rows)} == {60}
    assert max(row["video_freeze_user_count"] for row in rows) > 5
