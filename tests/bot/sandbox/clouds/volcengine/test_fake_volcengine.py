"""The simulated Volcengine checks signature, Actions, parameters and limits, and has its errors.

Calls are signed by hand here, from the document, so that nothing of the client is trusted.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from bot.sandbox.clouds import FakeClouds, VolcengineAccount
from bot.sandbox.scenario import build_simulated_call
from bot.sandbox.scenario.catalogue import large_call

NOW = 1795176000.0
AT = "20261120T120000Z"  # NOW as X-Date has it
CHINA = dt.timezone(dt.timedelta(hours=8))
ACCOUNT = VolcengineAccount()
APP = ACCOUNT.apps["kids"]


def china(ago_s: float) -> str:
    """A time before now as Volcengine takes it."""
    return dt.datetime.fromtimestamp(NOW - ago_s, CHINA).isoformat()


def signature(
    method: str,
    query: str,
    body: bytes,
    *,
    host: str,
    at: str,
    secret: str = ACCOUNT.secret_key,
    key: str = ACCOUNT.access_key,
    region: str = "cn-north-1",
) -> dict[str, str]:
    """Sign a request by the document."""
    body_hash = hashlib.sha256(body).hexdigest()
    ordered = "&".join(sorted(query.split("&")))
    headers = f"host:{host}\nx-content-sha256:{body_hash}\nx-date:{at}\n"
    names = "host;x-content-sha256;x-date"
    canonical = f"{method}\n/\n{ordered}\n{headers}\n{names}\n{body_hash}"
    scope = f"{at[:8]}/{region}/rtc/request"
    text = f"HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = secret.encode()
    for part in scope.split("/"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    signed = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={key}/{scope}, SignedHeaders={names}, Signature={signed}"
    return {
        "X-Date": at,
        "X-Content-Sha256": body_hash,
        "Authorization": f"HMAC-SHA256 {credential}",
    }


class SignedClient:
    """A client of the fake Volcengine; `error` and `result` are of the last response."""

    def __init__(self, clouds: FakeClouds, session: aiohttp.ClientSession) -> None:
        self.clouds = clouds
        self._session = session
        self.signed: dict[str, str] = {}
        self.status = 0
        self.body: dict[str, Any] = {}

    async def get(self, action: str, **params: str) -> Any:
        """Call by GET."""
        query = {"Action": action, "Version": "2023-11-01", "AppId": APP} | params
        return await self.send("GET", query, b"")

    async def post(self, action: str, version: str = "2023-11-01", **params: Any) -> Any:
        """Call by POST."""
        query = {"Action": action, "Version": version}
        return await self.send("POST", query, json.dumps({"AppId": APP} | params).encode())

    async def send(self, method: str, params: dict[str, str], body: bytes) -> Any:
        """Send one signed call; `signed` changes how it is signed."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
        base = self.clouds.volcengine_url
        how: dict[str, Any] = {"host": base.removeprefix("http://"), "at": AT} | self.signed
        headers = signature(method, query, body, **how)
        url = URL(f"{base}/?{query}", encoded=True)
        async with self._session.request(method, url, data=body, headers=headers) as response:
            self.status = response.status
            self.body = await response.json()
        return self.body.get("Result")

    @property
    def error(self) -> str:
        """The code of the refusal, "" for a yes."""
        result: dict[str, Any] = self.body["ResponseMetadata"].get("Error", {})
        return str(result.get("Code", ""))


@pytest.fixture
async def client() -> AsyncIterator[SignedClient]:
    """A finished call with loss, a running one, and a large one."""
    sim_calls = [
        build_simulated_call("uplink_loss_video", "over", seed=1, started_at=NOW - 5000),
        build_simulated_call(
            "rejoin", "runs", seed=2, started_at=NOW - 2000, complaint_after_s=500
        ),
        large_call(NOW),
    ]
    clouds = FakeClouds(sim_calls, clock=lambda: NOW)
    async with clouds.serve(), aiohttp.ClientSession() as session:
        yield SignedClient(clouds, session)


SPAN = {"StartTime": china(6000), "EndTime": china(0)}

SIGNED: list[tuple[dict[str, str], int, str]] = [
    ({}, 200, ""),
    ({"key": "AKNOBODY"}, 401, "InvalidAccessKey"),
    ({"secret": "wrong"}, 401, "SignatureDoesNotMatch"),
    ({"region": "ap-singapore-1"}, 401, "SignatureDoesNotMatch"),
    ({"at": "20261120T114459Z"}, 403, "InvalidTimestamp"),
    ({"at": "20261120T114501Z"}, 200, ""),
    ({"at": "20261120T121501Z"}, 403, "InvalidTimestamp"),
    ({"at": "yesterday"}, 403, "InvalidTimestamp"),
]


@pytest.mark.parametrize(("signed", "status", "code"), SIGNED)
async def test_who_is_let_in(
    signed: dict[str, str], status: int, code: str, client: SignedClient
) -> None:
    """V16: the right key, the right scope, a date within a quarter of an hour."""
    client.signed = signed
    await client.get("ListRoomInfo", **SPAN)
    assert (status, code) == (client.status, client.error)


async def test_the_body_is_signed(client: SignedClient) -> None:
    """V19: what was signed must be what was sent, to the byte."""
    base = client.clouds.volcengine_url
    query = "Action=ListQuality&Version=2023-11-01"
    headers = signature("POST", query, b"{}", host=base.removeprefix("http://"), at=AT)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{base}/?{query}", data=b"{ }", headers=headers) as response,
    ):
        assert response.status == 401


async def test_a_call_without_a_signature(client: SignedClient) -> None:
    """A request without a signature is refused."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{client.clouds.volcengine_url}/?Action=ListRoomInfo&Version=2023-11-01") as r,
    ):
        body = await r.json()
    assert (r.status, body["ResponseMetadata"]["Error"]["CodeN"]) == (400, 100004)


async def test_a_lost_plus(client: SignedClient) -> None:
    """Section 0: a plus that is not %2B becomes a blank, and the time is none."""
    times = f"StartTime={china(600)}&EndTime={china(0)}".replace(":", "%3A")
    common = f"Action=ListRoomInfo&Version=2023-11-01&AppId={APP}&"
    base = client.clouds.volcengine_url
    signed_as = common + times.replace("+", "%2B")
    headers = signature("GET", signed_as, b"", host=base.removeprefix("http://"), at=AT)
    for sent, status in ((common + times, 400), (signed_as, 200)):
        url = URL(f"{base}/?{sent}", encoded=True)
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            assert status == answer.status


ACTIONS = [
    ("GET", "ListRoomInfo", "2020-12-01", 404),
    ("POST", "ListRoomInfo", "2023-11-01", 404),
    ("GET", "ListQuality", "2023-11-01", 404),
    ("POST", "ListQuality", "2020-12-01", 404),
    ("POST", "ListQualityDistribution", "2020-12-01", 400),
    ("POST", "ListQualityDistribution", "2023-11-01", 400),
    ("POST", "ListQualityDistribution", "2022-01-01", 404),
    ("POST", "Nothing", "2023-11-01", 404),
    ("POST", "ListQuality", "", 400),
]


@pytest.mark.parametrize(("method", "action", "version", "status"), ACTIONS)
async def test_v18_actions_of_versions(
    method: str, action: str, version: str, status: int, client: SignedClient
) -> None:
    """V18: an Action exists in its Versions and with its method only; a missing body is 400."""
    await client.send(method, {"Action": action, "Version": version}, b"{}")
    assert status == client.status
    assert client.body["ResponseMetadata"]["Service"] == "rtc"


IN = {**SPAN, "RoomId": "r"}
BAD: list[tuple[str, dict[str, str], str]] = [
    ("ListRoomInfo", {**SPAN, "EndTime": ""}, "MissingParameter"),
    ("ListRoomInfo", {**SPAN, "EndTime": "1795176000"}, "InvalidParameter.EndTime"),
    ("ListRoomInfo", {**SPAN, "EndTime": "2026-13-01T00:00:00Z"}, "InvalidParameter.EndTime"),
    ("ListRoomInfo", {**SPAN, "EndTime": china(9000)}, "InvalidParameter.StartTime"),
    ("ListRoomInfo", {**SPAN, "StartTime": china(15 * 86400)}, "InvalidParameter.StartTime"),
    ("ListRoomInfo", {**SPAN, "PageNum": "0"}, "InvalidParameter.PageNum"),
    ("ListRoomInfo", {**SPAN, "Page": "1"}, "InvalidParameter.Page"),
    ("ListRoomInfo", {**SPAN, "AppId": "nobody"}, "AccessDenied"),
    ("ListRoomInfo", {**SPAN, "AppId": ""}, "MissingParameter"),
    ("ListUserInfo", SPAN, "MissingParameter"),
    ("ListUserInfo", {**SPAN, "RoomId": "a b"}, "InvalidParameter.RoomId"),
    ("ListUserInfo", {**IN, "UserId": "u," * 11}, "InvalidParameter.UserId"),
    ("ListUserInfo", {**IN, "ExcludeServerUser": "1"}, "InvalidParameter.ExcludeServerUser"),
    ("ListCallDetail", IN, "MissingParameter"),
    ("ListCallDetail", {**IN, "UserId": "u," * 21}, "InvalidParameter.UserId"),
    ("ListCallDetail", {**IN, "UserId": "u", "Direction": "up"}, "InvalidParameter.Direction"),
    (
        "ListCallDetail",
        {**IN, "UserId": "u", "StartTime": china(7 * 86400)},
        "InvalidParameter.StartTime",
    ),
]


@pytest.mark.parametrize(("action", "params", "code"), BAD)
async def test_invalid_parameters(
    action: str, params: dict[str, str], code: str, client: SignedClient
) -> None:
    """Every parameter is checked, and a no names it."""
    await client.get(action, **params)
    assert code == client.error


DAY = {"StartTime": china(86400), "EndTime": china(0)}
WHOLE_DOCUMENT = {**DAY, "Indicator": "stall_rate", "Dimension": "OS"}
BAD_POSTS: list[tuple[str, dict[str, Any], str]] = [
    (
        "ListQualityDistribution",
        {**WHOLE_DOCUMENT, "Indicator": ["stall_rate"]},
        "InvalidParameter.Indicator",
    ),
    (
        "ListQualityDistribution",
        {**WHOLE_DOCUMENT, "Indicator": "mos"},
        "InvalidParameter.Indicator",
    ),
    (
        "ListQualityDistribution",
        {**WHOLE_DOCUMENT, "Dimension": "City"},
        "InvalidParameter.Dimension",
    ),
    (
        "ListQualityDistribution",
        {**WHOLE_DOCUMENT, "ProductType": "all"},
        "InvalidParameter.ProductType",
    ),
    (
        "ListQualityDistribution",
        {**WHOLE_DOCUMENT, "StartTime": china(31 * 86400)},
        "InvalidParameter.StartTime",
    ),
    ("ListQuality", {**DAY, "Indicator": "stall_rate"}, "InvalidParameter.Indicator"),
    ("ListQuality", {**DAY, "Indicator": []}, "InvalidParameter.Indicator"),
    (
        "ListQuality",
        {**DAY, "Indicator": ["stall_rate"], "UserId": ["1"]},
        "InvalidParameter.UserId",
    ),
    ("ListQuality", {**DAY, "Indicator": ["stall_rate"], "OS": ["tv"]}, "InvalidParameter.OS"),
    ("ListRealTimeQuality", {**DAY, "Indicator": ["stall_rate"]}, "InvalidParameter.StartTime"),
    ("ListOperationData", {**DAY, "Indicator": ["user_count"]}, "MissingParameter"),
]


@pytest.mark.parametrize(("action", "params", "code"), BAD_POSTS)
async def test_v13_bodies_are_checked(
    action: str, params: dict[str, Any], code: str, client: SignedClient
) -> None:
    """V13: one indicator here, a list there, and only documented names."""
    await client.post(action, **params)
    assert code == client.error


HOUR, TWO_WEEKS, MONTH = 3600, 14 * 86400, 30 * 86400
LOOK_BACKS: list[tuple[str, dict[str, Any], int]] = [
    ("ListRoomInfo", {}, TWO_WEEKS),
    ("ListUserInfo", {"RoomId": "r"}, TWO_WEEKS),
    ("ListCallDetail", {"RoomId": "r", "UserId": "u"}, 6 * 86400),
    ("ListQuality", {"Indicator": ["stall_rate"]}, MONTH),
    ("ListQualityDistribution", {"Indicator": "stall_rate", "Dimension": "OS"}, MONTH),
    (
        "ListOperationData",
        {"Indicator": ["user_count"], "AggregateGranularity": "1d"},
        MONTH,
    ),
    ("ListRealTimeQuality", {"Indicator": ["stall_rate"]}, HOUR),
    ("ListRealTimeQualityDistribution", {"Indicator": "stall_rate", "Dimension": "OS"}, HOUR),
    ("ListRealTimeOperationData", {"Indicator": ["online_user_count"]}, HOUR),
]


@pytest.mark.parametrize("given", LOOK_BACKS, ids=lambda given: given[0])
async def test_look_backs_and_unknown_parameters(
    given: tuple[str, dict[str, Any], int], client: SignedClient
) -> None:
    """Of every Action: as far as it looks back and five seconds of grace; no other parameter."""
    action, more, look_back_s = given
    ask = client.post if "Indicator" in more else client.get
    params = {**more, "EndTime": china(0)}
    await ask(action, **params, StartTime=china(look_back_s + 5))
    assert client.error == ""
    await ask(action, **params, StartTime=china(look_back_s + 6))
    assert client.error == "InvalidParameter.StartTime"
    client.clouds.volcengine.clock = lambda: NOW + 2
    await ask(action, **params, StartTime=china(60), Extra="1")
    assert client.error == "InvalidParameter.Extra"


async def test_v12_a_span_is_truncated_silently(client: SignedClient) -> None:
    """V12: a day of rooms from the start on, however far the question reaches."""
    long_ago = {"StartTime": china(95000), "EndTime": china(0), "RoomId": "over"}
    result = await client.get("ListRoomInfo", **long_ago)
    assert (result["RoomList"], result["Total"]) == ([], 0)
    result = await client.get("ListRoomInfo", **{**long_ago, "StartTime": china(80000)})
    assert [room["RoomId"] for room in result["RoomList"]] == ["over"]


async def test_rooms_and_pages(client: SignedClient) -> None:
    """A running room has an empty DestroyTime; 130 calls are two pages of at most 100."""
    (running,) = (await client.get("ListRoomInfo", **SPAN, RoomId="runs"))["RoomList"]
    assert tuple(running[name] for name in ("IsFinished", "DestroyTime", "ActiveUserNum")) == (
        False,
        "",
        2,
    )
    assert running["CreatedTime"].endswith("+08:00")
    for n in range(130):
        sim_call = build_simulated_call(
            "healthy", "often", seed=n, started_at=NOW - 80000 + n, length_s=50
        )
        client.clouds.add(sim_call)
    span = {"StartTime": china(86000), "EndTime": china(0), "RoomId": "often"}
    for number, size, has_more in (("1", 100, True), ("2", 30, False), ("3", 0, False)):
        page = await client.get("ListRoomInfo", **span, PageNum=number, PageSize="1000")
        assert (size, has_more, 130) == (len(page["RoomList"]), page["HasMore"], page["Total"])


async def test_what_is_too_young_does_not_show(client: SignedClient) -> None:
    """Rooms show after 20 seconds, people after 100."""
    client.clouds.add(build_simulated_call("healthy", "young", seed=3, started_at=NOW - 60))
    rooms = await client.get("ListRoomInfo", **SPAN, RoomId="young")
    users = await client.get("ListUserInfo", **SPAN, RoomId="young")
    assert (rooms["Total"], users["Total"]) == (1, 0)


async def test_people_and_their_comings(client: SignedClient) -> None:
    """One row a person and call, with every coming and going in it."""
    users = await client.get("ListUserInfo", **SPAN, RoomId="runs")
    rows = {row["UserId"]: row for row in users["UserList"]}
    assert [record["Type"] for record in rows["20002"]["Record"]] == [
        "join_room",
        "leave_room",
        "join_room",
    ]
    assert tuple(rows["20002"][name] for name in ("Finished", "LeaveAt", "OS", "Access")) == (
        False,
        "",
        "android",
        "wifi",
    )


async def test_a_person_as_a_whole(client: SignedClient) -> None:
    """Somebody who left and returned: the times are the call's, as far as they are published."""
    sim_call = client.clouds.sim_call("runs")
    assert sim_call is not None
    first, second = sim_call.person(20002).sessions
    result = await client.get("ListUserInfo", **SPAN, RoomId="runs", UserId="20002,1")
    (row,) = result["UserList"]
    assert len(row.pop("CallId")) == 24
    came, left, back = (
        china(NOW - int(at)) for at in (first.joined_at, first.left_at, second.joined_at)
    )
    assert row == {
        "RoomId": "runs",
        "UserId": "20002",
        "CreatedAt": came,
        "LeaveAt": "",
        "Finished": False,
        "Duration": int(first.left_at - first.joined_at + NOW - 100 - second.joined_at),
        "OS": "android",
        "Access": "wifi",
        "Pub": True,
        "DeviceType": "Android (10)",
        "SdkVersion": "3.1.2",
        "Record": [
            {"Time": came, "Type": "join_room"},
            {"Time": left, "Type": "leave_room"},
            {"Time": back, "Type": "join_room"},
        ],
    }
    assert (result["PageNum"], result["PageSize"], result["Total"]) == (1, 20, 1)
    second_page = await client.get("ListUserInfo", **SPAN, RoomId="runs", PageNum="2", PageSize="1")
    assert [row["UserId"] for row in second_page["UserList"]] == ["20002"]
    rooms = await client.get("ListRoomInfo", **SPAN, PageSize="3")
    assert (rooms["HasMore"], rooms["Total"], len(rooms["RoomList"])) == (False, 3, 3)


@pytest.mark.parametrize(("exclude", "servers"), [({}, 0), ({"ExcludeServerUser": "false"}, 1)])
async def test_servers_are_left_out(
    exclude: dict[str, str], servers: int, client: SignedClient
) -> None:
    """Recorders are left out unless requested."""
    result = await client.get("ListUserInfo", **SPAN, RoomId="class_77_big", **exclude)
    assert servers == [row["UserId"] for row in result["UserList"]].count("90000")


@pytest.mark.parametrize(
    ("direction", "expected"), [("0", {"up", "down"}), ("1", {"up"}), ("2", {"down"})]
)
async def test_v9_metrics_of_a_call(
    direction: str, expected: set[str], client: SignedClient
) -> None:
    """V9: names, Chinese names and units, times in ms; PeerId for downlinks only."""
    span = {"StartTime": china(4000), "EndTime": china(3400)}
    result = await client.get(
        "ListCallDetail", **span, RoomId="over", UserId="10001,a b", Direction=direction
    )
    rows = result["UserCallDetail"]
    assert expected == {row["Direction"] for row in rows}
    assert all(("PeerId" in row) is (row["Direction"] == "down") for row in rows)
    metrics = [metric for row in rows for metric in row["CallDetail"]]
    assert all(metric["Desc"] and metric["Name"] for metric in metrics)
    times = [point["Time"] for metric in metrics for point in metric["Data"]]
    assert (NOW - 4000) * 1000 <= min(times) <= max(times) <= (NOW - 3400) * 1000


@pytest.mark.parametrize(
    ("version", "stamp"), [("2020-12-01", "Timestamp"), ("2023-11-01", "TimeStamp")]
)
async def test_v2_v3_v12_what_a_distribution_looks_like(
    version: str, stamp: str, client: SignedClient
) -> None:
    """V2, V3, V12: two spellings, two series for one indicator, and the end day included."""
    client.clouds.add(build_simulated_call("healthy", "morning", seed=4, started_at=NOW - 40000))
    span = {"StartTime": "2026-11-19T00:00:00+08:00", "EndTime": "2026-11-20T00:00:00+08:00"}
    result = await client.post(
        "ListQualityDistribution", version, **span, Indicator="stall_rate", Dimension="Country"
    )
    audio, video = result["Indicators"]
    assert (audio["Name"], video["Name"]) == ("80ms_audio_stall_rate", "500ms_video_stall_rate")
    days = {item[stamp] for item in audio["Data"]}
    assert "2026-11-20T00:00:00+08:00" in days
    assert {item["Dimension"] for item in video["Data"]} == {"中国"}


@pytest.mark.parametrize(("action", "maximum"), [("ListRoomInfo", 10), ("GetRoomOnlineUsers", 40)])
async def test_how_often_a_second(action: str, maximum: int, client: SignedClient) -> None:
    """One call too many within a second is 429 FlowLimitExceeded."""
    params = SPAN if action == "ListRoomInfo" else {"RoomId": "runs"}
    for _ in range(maximum):
        await client.get(action, **params)
        assert client.error == ""
    await client.get(action, **params)
    assert (client.status, client.error) == (429, "FlowLimitExceeded")
    assert len(client.clouds.over_quota) == 1


async def test_two_a_second_for_whole_apps(client: SignedClient) -> None:
    """The metrics of whole apps allow two requests a second."""
    codes = []
    for _ in range(3):
        await client.post("ListQuality", **DAY, Indicator=["stall_rate"])
        codes.append(client.error)
    assert codes == ["", "", "FlowLimitExceeded"]


async def test_v10_errors_may_have_status_200(client: SignedClient) -> None:
    """V10: errors in ResponseMetadata.Error with HTTP 200."""
    client.clouds.volcengine.errors_with_200 = True
    await client.get("ListUserInfo", **SPAN)
    assert (client.status, client.error) == (200, "MissingParameter")
    assert "Result" not in client.body


async def test_a_right_can_be_taken_away(client: SignedClient) -> None:
    """A key without permission for one Action can still use the others."""
    client.clouds.volcengine.deny("ListCallDetail")
    for action, code in (("ListCallDetail", "AccessDenied"), ("ListUserInfo", "")):
        await client.get(action, **SPAN, RoomId="over", UserId="10001")
        assert code == client.error
