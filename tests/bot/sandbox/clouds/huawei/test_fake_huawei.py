"""The simulated Huawei: authentication, required parameters and documented oddities."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.call import Media, Metric
from bot.clouds.huawei.signing import authorize, canonical_query, canonical_request
from bot.sandbox.clouds import FakeClouds, HuaweiAccount
from bot.sandbox.scenario import build_simulated_call, curves_of

NOON = 1_795_176_000.0
ACCOUNT = HuaweiAccount()
APP = ACCOUNT.apps["kids"]
RTC = f"/v1/{ACCOUNT.project_id}/rtc"
EVENTS = "/v1/rtc/data/abnormal-events"
ROOM = "class_77_1"


def at(seconds: float) -> str:
    """A time in the call, which begins at 0, in Huawei's format."""
    moment = dt.datetime.fromtimestamp(NOON - 3000 + seconds, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Client:
    """A caller with a key pair, whose signature a test may break."""

    clouds: FakeClouds
    session: aiohttp.ClientSession
    access_key: str = ACCOUNT.access_key
    secret_key: str = ACCOUNT.secret_key
    project_id: str = ACCOUNT.project_id
    skew_s: float = 0.0
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, path: str, method: str = "GET", body: object = None, **query: Any
    ) -> tuple[int, Any]:
        """Send one request; return the status and the response's JSON."""
        pairs = [
            (name, each)
            for name, value in query.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        content = b"" if body is None else json.dumps(body).encode()
        query_text = canonical_query(pairs)
        url = URL(f"{self.clouds.huawei_url}{path}?{query_text}".rstrip("?"), encoded=True)
        headers = self._headers(method, path, pairs, content)
        async with self.session.request(method, url, data=content, headers=headers) as response:
            text = await response.text()
            self.headers = {key.lower(): value for key, value in response.headers.items()}
            return response.status, json.loads(text) if text else None

    def _headers(
        self, method: str, path: str, pairs: list[tuple[str, str]], content: bytes
    ) -> dict[str, str]:
        if self.token:
            return {"Content-Type": "application/json", "X-Auth-Token": self.token}
        now = dt.datetime.fromtimestamp(NOON + self.skew_s, dt.UTC)
        signed = {
            "Content-Type": "application/json",
            "Host": self.clouds.huawei_url.removeprefix("http://"),
            "X-Project-Id": self.project_id,
            "X-Sdk-Date": now.strftime("%Y%m%dT%H%M%SZ"),
        }
        text = canonical_request(method, path, pairs, signed, content)
        return signed | {"Authorization": authorize(self.access_key, self.secret_key, text, signed)}


@pytest.fixture
async def clouds() -> AsyncIterator[FakeClouds]:
    """Two calls in one room, and three others of the last hour."""
    sim_calls = [
        build_simulated_call("healthy", ROOM, seed=1, started_at=NOON - 90000),
        build_simulated_call("downlink_loss_video", ROOM, seed=2, started_at=NOON - 3000),
        build_simulated_call("rejoin", "class_77_2", seed=3, started_at=NOON - 3000),
        build_simulated_call("slow_join", "class_77_3", seed=4, started_at=NOON - 3000),
        build_simulated_call("join_failed", "class_77_4", seed=5, started_at=NOON - 3000),
    ]
    made = FakeClouds(sim_calls, clock=lambda: NOON)
    async with made.serve():
        yield made


@pytest.fixture
async def client(clouds: FakeClouds) -> AsyncIterator[Client]:
    """An authenticated client."""
    async with aiohttp.ClientSession(max_field_size=32768) as session:
        yield Client(clouds, session)


SPOILED = [
    ("access_key", "AKOFSOMEBODYELSE0000", 401, "APIGW.0301"),
    ("secret_key", "wrong", 401, "APIGW.0301"),
    ("skew_s", 1000.0, 401, "APIGW.0301"),
    ("skew_s", -1000.0, 401, "APIGW.0301"),
    ("project_id", "0" * 32, 403, "APIGW.0302"),
    ("token", "MIIwhatever", 401, "APIGW.0301"),
]


@pytest.mark.parametrize("spoiled", SPOILED, ids=lambda spoiled: f"{spoiled[0]}-{spoiled[1]}")
async def test_who_is_not_let_in(spoiled: Any, client: Client) -> None:
    """A wrong key, secret, date, project or token is refused by the gateway."""
    name, value, status, code = spoiled
    setattr(client, name, value)
    found, body = await client.ask(EVENTS, app=APP)
    assert (status, code) == (found, body["error_code"])
    assert client.clouds.counts == {}


async def test_a_changed_query_breaks_the_signature(client: Client) -> None:
    """What was signed is what must arrive."""
    headers = client._headers("GET", EVENTS, [("app", APP)], b"")
    url = f"{client.clouds.huawei_url}{EVENTS}?app={APP}&limit=5"
    async with client.session.get(url, headers=headers) as response:
        assert response.status == 401


def login(**changes: str) -> dict[str, Any]:
    """The question for a token."""
    given = {"user": ACCOUNT.iam_user, "password": ACCOUNT.iam_password} | changes
    user = {
        "name": given["user"],
        "password": given["password"],
        "domain": {"name": ACCOUNT.iam_domain},
    }
    scope = {"project": {"name": given.get("project", ACCOUNT.project_name)}}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": scope if scope["project"]["name"] else {}}}


async def test_a_token_lets_in_for_a_day(client: Client) -> None:
    """W3: 201, the token of several kB in a header, its end in the body; then it lets in."""
    status, body = await client.ask("/v3/auth/tokens", "POST", login())
    token = client.headers["x-subject-token"]
    assert (status, body["token"]["expires_at"]) == (201, "2026-11-21T12:00:00.000000Z")
    assert 4000 < len(token) < 8000
    client.token = token
    assert (await client.ask(EVENTS, app=APP))[0] == 200
    client.clouds.huawei.authenticator.revoke_tokens()
    assert (await client.ask(EVENTS, app=APP))[0] == 401


async def test_w1_a_domains_token_is_refused(client: Client) -> None:
    """W1: a token without a project is of no use; a wrong password gives none (IAM's shape)."""
    await client.ask("/v3/auth/tokens", "POST", login(project=""))
    client.token = client.headers["x-subject-token"]
    status, body = await client.ask(EVENTS, app=APP)
    assert (status, body["error_code"]) == (400, "RTC.00001001")
    status, body = await client.ask("/v3/auth/tokens", "POST", login(password="no"))
    assert (status, body["error"]["code"]) == (401, 401)


async def test_w2_one_bucket_for_chapter_13(client: Client) -> None:
    """W2, W8: 30 calls of any of its endpoints a minute; other chapters are not counted in."""
    for _ in range(15):
        assert (await client.ask(EVENTS, app=APP))[0] == 200
        assert (await client.ask(f"{RTC}/rooms", app=APP))[0] == 200
    status, body = await client.ask(f"{RTC}/users", app=APP)
    assert (status, body["error_code"]) == (429, "APIGW.0308")
    assert (await client.ask("/v2/apps"))[0] == 200
    assert (
        client.clouds.max_rate("rtc/rooms", 60)
        + client.clouds.max_rate("rtc/data/abnormal-events", 60)
        == 30
    )


QOS = f"{RTC}/client/qos/details"
MISSING = [
    (f"{RTC}/rooms", {}, "DATA.100011001", "'app'"),
    (QOS, {"app": APP}, "DATA.100011001", "'app_id'"),
    (QOS, {"app_id": APP, "mid": "abit"}, "DATA.100011001", "'room_id'"),
    (QOS, {"app_id": APP, "room_id": ROOM}, "DATA.100011001", "'mid'"),
    (f"{RTC}/realtime/scale", {"app": APP}, "DATA.100011001", "'metric'"),
    (
        f"{RTC}/realtime/scale/dimension",
        {"app": APP, "metric": "OnlineUsers", "dimension": "sdk"},
        "DATA.100011001",
        "'time'",
    ),
    (
        f"{RTC}/realtime/quality",
        {"app": APP, "metric": "VideoFreezeRate"},
        "DATA.100011001",
        "'sdk_type'",
    ),
    (f"{RTC}/client/event", {"app_id": APP}, "400", "need app_id room_id args"),
    (EVENTS, {"app": "0" * 24}, "RTC.00001015", "AppNotExist"),
    (EVENTS, {"app": APP, "page": "1"}, "DATA.100011002", "page"),
    (EVENTS, {"app": APP, "start_time": "2026-11-20 11:00:00"}, "DATA.100011002", "start_time"),
]


@pytest.mark.parametrize("given", MISSING, ids=lambda given: f"{given[0][-20:]}-{given[3]}")
async def test_w7_w16_what_is_required(given: Any, client: Client) -> None:
    """W7, W16: what the samples leave out is required, and each family has its own code."""
    path, query, code, text = given
    status, body = await client.ask(path, **query)
    assert (code, True) == (body["error_code"], text in body["error_msg"])
    assert (404 if code == "RTC.00001015" else 400) == status


TODAY = {"start_date": "2026-11-19", "end_date": "2026-11-20"}
LAST_HOUR = {"start_time": at(-600), "end_time": at(3000)}
DIMENSION = {"metric": "OnlineUsers", "dimension": "sdk", "time": at(0)}
VALID = [
    ("/v2/apps", {}),
    (f"{RTC}/rooms", {"app": APP}),
    (f"{RTC}/users", {"app": APP, "room_id": ROOM}),
    (f"{RTC}/realtime/scale", {"app": APP, "metric": "RoomCount"}),
    (f"{RTC}/realtime/scale/dimension", {"app": APP, **DIMENSION}),
    (f"{RTC}/realtime/quality", {"app": APP, "metric": "VideoFreezeRate", "sdk_type": "native"}),
    (
        f"{RTC}/realtime/network",
        {"app": APP, "metric": "VideoUpstreamExcellentTransRate", "sdk_type": "native"},
    ),
    (f"{RTC}/history/usage", {"app": APP, "metric": "CommunicationDuration", **TODAY}),
    (f"{RTC}/history/scale", {"app": APP, "metric": "UserCount", **TODAY}),
    (f"{RTC}/history/quality", {"app": APP, "metric": "VideoFreezeRate", **TODAY}),
    (QOS, {"app_id": APP, "room_id": ROOM, "mid": "all", **LAST_HOUR}),
    (f"{RTC}/client/event", {"app_id": APP, "room_id": ROOM, **LAST_HOUR}),
    (f"{RTC}/client/abnormalevent", {"app_id": APP, **LAST_HOUR}),
    (EVENTS, {"app": APP}),
    ("/v1/rtc/data/abnormal-event/dimension", {"app": APP}),
]


@pytest.mark.parametrize(("path", "query"), VALID, ids=lambda given: str(given)[-20:])
async def test_an_unknown_parameter_is_refused(
    path: str, query: dict[str, str], client: Client
) -> None:
    """Of every endpoint, so that the client sends no name that the document does not have."""
    assert (await client.ask(path, **query))[0] == 200
    assert (await client.ask(path, **query, extra="1"))[0] == 400


SPANS = [
    (f"{RTC}/rooms", {"app": APP}, 90 * 86400),
    (EVENTS, {"app": APP}, 86400),
    (f"{RTC}/realtime/scale", {"app": APP, "metric": "RoomCount"}, 86400),
    (QOS, {"app_id": APP, "room_id": ROOM, "mid": "all"}, 86400),
    (f"{RTC}/client/event", {"app_id": APP, "room_id": ROOM}, 3600),
    (f"{RTC}/client/abnormalevent", {"app_id": APP}, 3600),
]


@pytest.mark.parametrize("given", SPANS, ids=lambda given: given[0][-20:])
async def test_spans_are_the_documents(given: Any, client: Client) -> None:
    """The longest stretch is taken, a second more is not."""
    path, query, most_s = given
    end = {"end_time": at(3000)}
    assert (await client.ask(path, **query, start_time=at(3000 - most_s), **end))[0] == 200
    assert (await client.ask(path, **query, start_time=at(2999 - most_s), **end))[0] == 400


async def test_w14_rooms_are_those_created_within(client: Client) -> None:
    """13.1: the last hour by default; what began before is not listed, unless it is one room."""
    _, recent_window = await client.ask(f"{RTC}/rooms", app=APP, room_id=ROOM)
    assert [at(0)] == [row["start_time"] for row in recent_window["room_info_list"]]
    span = {"start_time": at(-90000), "end_time": at(3000)}
    _, both = await client.ask(f"{RTC}/rooms", app=APP, room_id=ROOM, **span)
    assert both["total"] == 2
    client.clouds.huawei.are_rooms_merged = True
    _, merged = await client.ask(f"{RTC}/rooms", app=APP, room_id=ROOM, **span)
    (row,) = merged["room_info_list"]
    assert (at(-87000), at(2700), "CLOSED") == (row["start_time"], row["end_time"], row["state"])


@pytest.mark.parametrize(
    ("endpoint", "query", "found"),
    [
        ("rooms", {}, ["class_77_1", "class_77_2", "class_77_3", "class_77_4", "runs"]),
        ("rooms", {"state": "RUNNING"}, ["runs"]),
        ("rooms", {"state": "CLOSED"}, ["class_77_1", "class_77_2", "class_77_3", "class_77_4"]),
        ("users", {"room_id": "runs"}, ["10001", "20002"]),
        ("users", {"room_id": "runs", "uid": "20002"}, ["20002"]),
        ("users", {"room_id": "runs", "nickname": "nick-10001"}, ["10001"]),
        ("users", {"room_id": "runs", "region": "陕西"}, ["10001"]),
        ("users", {"room_id": "runs", "region": "陕西,山西"}, ["10001", "20002"]),
        ("users", {"room_id": "runs", "isp": "nobody"}, []),
        ("users", {"room_id": "runs", "state": "ONLINE"}, ["10001", "20002"]),
        ("users", {"room_id": "runs", "state": "OFFLINE,FAIL"}, []),
        ("users", {"room_id": "runs", "limit": "1", "offset": "1"}, ["20002"]),
    ],
)
async def test_lists_are_filtered(
    endpoint: str, query: dict[str, str], found: list[str], client: Client
) -> None:
    """13.1, 13.2: by every documented parameter; several values in one with commas."""
    client.clouds.add(build_simulated_call("healthy", "runs", seed=6, started_at=NOON - 900))
    _, body = await client.ask(f"{RTC}/{endpoint}", app=APP, **query)
    rows = body["room_info_list" if endpoint == "rooms" else "users"]
    assert sorted(row["room_id" if endpoint == "rooms" else "uid"] for row in rows) == found


async def test_w15_sessions_are_merged_by_default(client: Client) -> None:
    """W15: a rejoin is one row by default; a failed join is marked; regions by name or code."""
    room = {"app": APP, "room_id": "class_77_2", "uid": "20002"}
    assert (await client.ask(f"{RTC}/users", **room))[1]["total"] == 1
    assert (await client.ask(f"{RTC}/users", **room, type="detail"))[1]["total"] == 2
    _, failed = await client.ask(f"{RTC}/users", app=APP, room_id="class_77_4", state="FAIL")
    assert [(row["state"], row["leave_time"]) for row in failed["users"]] == [("FAIL", "-")]
    for region in ("SN", "陕西"):
        _, found = await client.ask(f"{RTC}/users", app=APP, room_id=ROOM, region=region)
        assert {row["region"] for row in found["users"]} == {"陕西"}


async def test_w22_w24_w25_metrics_are_odd(client: Client) -> None:
    """W22, W24, W25: `vrtd` is unknown; own rows name "0" or the own uid; points come unsorted."""
    span = {"start_time": at(1200), "end_time": at(1800)}
    query = {"app_id": APP, "room_id": ROOM, **span}
    assert (await client.ask(QOS, **query, mid="vrtd"))[0] == 400
    _, body = await client.ask(QOS, **query, mid="vrtt,ajitter,vblock")
    rows = {(row["uid"], row["mid"], row["peerid"]): row["data"] for row in body["data"]}
    assert {("10001", "vrtt", "0"), ("10001", "ajitter", "10001")} < set(rows)
    times = [point["time"] for point in rows["20002", "vblock", "10001"]]
    assert (times[0] > times[-1], times == sorted(times)) == (True, False)
    assert 100 >= max(point["value"] for point in rows["20002", "vblock", "10001"]) > 5


@pytest.mark.parametrize(
    ("mid", "uid", "metric", "scale"),
    [
        ("vblock", "20002", Metric.FREEZE_TIME, 100 / 2000),
        ("vloss", "20002", Metric.DOWNLINK_LOSS, 1),
        ("vbit", "20002", Metric.RECEIVE_BITRATE, 1),
        ("syscpu", "10001", Metric.SYSTEM_CPU, 1),
    ],
)
async def test_points_are_those_of_the_call(
    mid: str, uid: str, metric: Metric, scale: float, client: Client
) -> None:
    """Freezes as percent of their two seconds, the rest as measured; both ends belong to it."""
    sim_call = client.clouds.sim_call(ROOM)
    assert sim_call is not None
    media = None if metric is Metric.SYSTEM_CPU else Media.VIDEO
    (curve,) = (
        curve
        for curve in curves_of(sim_call)
        if (str(curve.uid), curve.metric, curve.media) == (uid, metric, media)
    )
    chosen = slice(300, 331)
    first, last = (float(curve.times[index]) for index in (300, 330))
    span = {"start_time": at(first - NOON + 3000), "end_time": at(last - NOON + 3000)}
    _, body = await client.ask(QOS, app_id=APP, room_id=ROOM, mid=mid, **span)
    peer = "0" if curve.peer_uid is None else str(curve.peer_uid)
    (row,) = (row for row in body["data"] if (row["uid"], row["peerid"]) == (uid, peer))
    values = [point["value"] for point in sorted(row["data"], key=lambda point: point["time"])]
    assert values == pytest.approx((curve.values[chosen] * scale).round(1), abs=0.051)


async def test_metrics_are_delayed(client: Client) -> None:
    """Data of the last five minutes is not there yet."""
    client.clouds.add(build_simulated_call("healthy", "class_77_9", seed=9, started_at=NOON - 900))
    span = {"start_time": at(2100), "end_time": at(3000)}
    _, body = await client.ask(QOS, app_id=APP, room_id="class_77_9", mid="abit", **span)
    newest = max(point["time"] for row in body["data"] for point in row["data"])
    assert at(2690) <= newest <= at(2700)


async def test_w12_arrays_in_the_other_style(client: Client) -> None:
    """W12: `mid` has commas in either style; the others are repeated when switched."""
    span = {"start_time": at(1200), "end_time": at(1800)}
    query = {"app_id": APP, "room_id": ROOM, **span}
    both = ["abnormal_type", "abnormal_factor"]
    events = {"app": APP, "room_id": ROOM, **span}
    path = "/v1/rtc/data/abnormal-event/dimension"
    assert (await client.ask(path, **events, dimension=both))[0] == 400
    client.clouds.huawei.array_style = "repeat"
    assert (await client.ask(path, **events, dimension=both))[0] == 200
    assert (await client.ask(QOS, **query, mid=["abit", "vbit"]))[0] == 400
    assert (await client.ask(QOS, **query, mid="abit,vbit"))[0] == 200


async def test_w33_w37_diagnosis_is_odd(client: Client) -> None:
    """W33, W37: 8 digits here and 7 there; the own way down is called remote."""
    span = {"start_time": at(0), "end_time": at(2700)}
    _, body = await client.ask(EVENTS, app=APP, room_id=ROOM, limit="100", **span)
    found = {(row["uid"], row["location"], row["peer_uid"]) for row in body["events"]}
    assert found == {("20002", "remote", "10001")}
    _, slow = await client.ask(EVENTS, app=APP, room_id="class_77_3", **span)
    (factor,) = {row["abnormal_factor"] for row in slow["events"]}
    path = "/v1/rtc/data/abnormal-event/dimension"
    _, distribution = await client.ask(path, app=APP, room_id="class_77_3", **span)
    (row,) = distribution["dimensions"]
    assert (factor, row["abnormal_factor"], row["user_count"]) == (90000004, 9000004, 1)
    _, part = await client.ask(path, app=APP, dimension="abnormal_type", **span)
    assert not any("abnormal_factor" in row for row in part["dimensions"])


async def test_w13_ten_events_by_default(client: Client) -> None:
    """W13: 13.13 returns ten rows by default, and the total count."""
    sim_call = build_simulated_call(
        "wifi_weak_student", "c", seed=6, started_at=NOON - 3000, until_end=True
    )
    client.clouds.add(sim_call)
    span = {"start_time": at(0), "end_time": at(2700)}
    _, body = await client.ask(EVENTS, app=APP, **span)
    assert (len(body["events"]), body["total"] > 10) == (10, True)
    _, rest = await client.ask(EVENTS, app=APP, offset="10", limit="100", **span)
    assert body["total"] - 10 == len(rest["events"])


async def test_a_fault_has_an_event_a_minute(client: Client) -> None:
    """13.13: from five seconds after its begin; those of the last five minutes are not out yet."""
    sim_call = build_simulated_call(
        "wifi_weak_student", "c", seed=6, started_at=NOON - 3000, until_end=True
    )
    client.clouds.add(sim_call)
    span = {"start_time": at(0), "end_time": at(3000)}
    _, body = await client.ask(EVENTS, app=APP, room_id="c", uid="20002", limit="100", **span)
    first_s = int(sim_call.faults[0].begins_at - NOON + 3000) + 5
    expected = [at(seconds) for seconds in range(first_s, 2701, 60)]
    assert [row["time"] for row in body["events"]] == expected[::-1]
    assert body["total"] == len(expected) > 5


async def test_w26_w30_forms_of_client_events(client: Client) -> None:
    """W26, W27, W28, W30: both shapes of each, quotes escaped twice, addresses inside."""
    span = {"start_time": at(0), "end_time": at(3000)}
    query = {"app_id": APP, "room_id": ROOM, **span}
    _, body = await client.ask(f"{RTC}/client/event", **query)
    row = body["data"][0]
    assert set(row) == {"ctime", "evnet_id", "event_info"}
    info = json.loads(row["event_info"].replace('\\"', '"'))
    assert info.pop("session")
    assert info == {
        "deviceModel": "Windows 10",
        "nickName": "nick-10001",
        "failMessage": "",
        "ACSAddr": "203.0.113.76",
        "SFUAddr": "203.0.113.84",
        "localAddr": "192.0.2.1",
        "accessNet": "wifi",
        "ctime": "2026-11-20T19:10:00.000+08:00",
        "event": 1,
        "iplsp": "移动",
        "ipProvince": "陕西",
        "isRejoin": 0,
        "platform": "Windows",
        "roomId": ROOM,
        "start": int(NOON - 3001),
        "success": 1,
        "uid": "10001",
        "v": "3.1.2",
    }
    client.clouds.huawei.client_event_shape = "flat"
    _, flat = await client.ask(f"{RTC}/client/event", **query)
    assert set(flat) == {"ctime", "event_id", "event_info"}
    _, one = await client.ask(f"{RTC}/client/abnormalevent", **query)
    assert one["exp_id"] == "954350051"
    _, none = await client.ask(f"{RTC}/client/abnormalevent", **query | {"room_id": "nobody"})
    assert none["abnormal_list"] is None
    client.clouds.huawei.experience_shape = "list"
    _, several = await client.ask(f"{RTC}/client/abnormalevent", **query)
    assert isinstance(several, list)


async def test_w41_client_events_may_be_missing(client: Client) -> None:
    """W41: switched off, 13.11 and 13.12 are unknown to the gateway."""
    client.clouds.huawei.has_client_events = False
    for name in ("event", "abnormalevent"):
        status, body = await client.ask(f"{RTC}/client/{name}", app_id=APP, room_id=ROOM)
        assert (status, body["error_code"]) == (404, "APIGW.0101")
