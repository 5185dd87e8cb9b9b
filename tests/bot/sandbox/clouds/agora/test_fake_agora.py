"""The 2020 generation of the simulated Agora, over HTTP, against its document."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from bot.call import Code
from bot.cause_codes import cause_of
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.clouds.request_log import RateLimits
from bot.sandbox.clouds.server import Request
from bot.sandbox.scenario import build_simulated_call, demo_calls, random_simulated_call

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_700_000_000
LISTS, DETAILS, DIAGNOSIS = "analytics/call/lists", "analytics/call/details", "live/diagnosis"
REPORT_V2, REPORT = "analytics/feedback/reportV2", "analytics/feedback/report"


@dataclass
class ApiClient:
    """The clouds, a clock the test moves, and a client with the right key."""

    now: float
    clouds: FakeClouds = field(init=False)
    session: aiohttp.ClientSession = field(init=False)

    @property
    def appid(self) -> str:
        """Return the demo app's id."""
        return self.clouds.agora.account.apps["kids"]

    async def get(self, endpoint: str, **query: object) -> tuple[int, Any]:
        """Call an endpoint; return the status and the JSON."""
        params = {"appid": self.appid, **{key: str(value) for key, value in query.items()}}
        url = f"{self.clouds.agora_url}/beta/{endpoint}"
        async with self.session.get(url, params=params) as response:
            return response.status, await response.json()

    async def lists(self, **query: object) -> Any:
        """List the last two hours' calls."""
        window = {"start_ts": int(self.now) - 7200, "end_ts": int(self.now)}
        status, body = await self.get(LISTS, **(window | query))
        assert status == 200
        return body

    async def call_id(self, cname: str) -> str:
        """Return the newest call of a room; takes a second."""
        body = await self.lists(cname=cname)
        self.now += 1
        return str(body["call_lists"][0]["call_id"])

    async def details(self, cname: str, **query: object) -> Any:
        """Return the last quarter of an hour of a room's newest call."""
        window = {"start_ts": int(self.now) - 900, "end_ts": int(self.now)}
        call_id = await self.call_id(cname)
        status, body = await self.get(DETAILS, **({"call_id": call_id} | window | query))
        assert status == 200
        return body

    async def report(self, endpoint: str, body: object, **kwargs: Any) -> tuple[int, Any]:
        """Report a problem; return the status and the JSON."""
        url = f"{self.clouds.agora_url}/beta/{endpoint}"
        sent = kwargs or {"json": body}
        async with self.session.post(url, params={"appid": self.appid}, **sent) as response:
            return response.status, await response.json()


def basic(name: str, secret: str) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


@pytest_asyncio.fixture
async def client() -> AsyncIterator[ApiClient]:
    """Serve the demo's calls."""
    client = ApiClient(NOW)
    client.clouds = FakeClouds(demo_calls(NOW), clock=lambda: client.now)
    account = client.clouds.agora.account
    header = basic(account.customer_id, account.customer_secret)
    async with (
        aiohttp.ClientSession(headers=header) as client.session,
        client.clouds.serve(),
    ):
        yield client


async def test_a_call_is_listed_as_documented(client: ApiClient) -> None:
    """A running call has the document's fields, and no end."""
    body = await client.lists(cname="class_77_2")
    row = body["call_lists"][0]
    assert set(body) == {"code", "message", "has_more", "call_lists"}
    assert (body["code"], body["message"], body["has_more"]) == (200, "", False)
    assert set(row) == {"call_id", "cname", "created_ts", "destroyed_ts", "finished"}
    assert (row["finished"], row["destroyed_ts"]) == (False, 0)


async def test_an_unknown_room_is_no_error(client: ApiClient) -> None:
    """An unknown cname gives an empty list."""
    assert (await client.lists(cname="nobody_was_here"))["call_lists"] == []


async def test_ten_newest_calls_are_first(client: ApiClient) -> None:
    """More than ten calls are cut, newest first, and can be walked back by `end_ts`."""
    seen: list[str] = []
    end = NOW
    for _ in range(9):
        body = await client.lists(end_ts=end)
        rows = body["call_lists"]
        created = [row["created_ts"] for row in rows]
        assert len(rows) <= 10
        assert sorted(created, reverse=True) == created
        seen += [row["call_id"] for row in rows if row["call_id"] not in seen]
        client.now += 1
        if not body["has_more"]:
            break
        end = created[-1]
    assert len(demo_calls(NOW)) - 1 == len(seen)  # all but yesterday's


async def test_a_call_shows_after_twenty_seconds(client: ApiClient) -> None:
    """A call is not in the list before the list's delay is over, nor its end."""
    sim_call = build_simulated_call("healthy", "fresh", seed=1, started_at=NOW, length_s=600)
    client.clouds.add(sim_call)
    client.now = NOW + 19
    assert (await client.lists(cname="fresh"))["call_lists"] == []
    client.now = NOW + 20
    assert len((await client.lists(cname="fresh"))["call_lists"]) == 1
    client.now = NOW + 610
    assert not (await client.lists(cname="fresh"))["call_lists"][0]["finished"]
    client.now = NOW + 621
    row = (await client.lists(cname="fresh"))["call_lists"][0]
    assert (row["finished"], row["destroyed_ts"]) == (True, NOW + 600)


async def test_details_are_150_seconds_late(client: ApiClient) -> None:
    """A listed call has no details at first, and never a point newer than the delay."""
    early = await client.details("class_77_9")
    assert (early["call_info"], early["metrics"]) == ([], [])
    client.now = NOW + 300
    late = await client.details("class_77_9")
    newest = max(
        point[0] for sid in late["metrics"] for series in sid["data"] for point in series["kvs"]
    )
    assert client.now - 160 < newest <= client.now - 150


async def test_a_demo_can_be_hurried(client: ApiClient) -> None:
    """With a scale of a tenth, details are 15 seconds late."""
    client.clouds.agora.delay_scale = 0.1
    body = await client.details("class_77_9")
    newest = max(point[0] for row in body["metrics"][0]["data"] for point in row["kvs"])
    assert client.now - 25 < newest <= client.now - 15


async def test_details_have_the_documented_shape(client: ApiClient) -> None:
    """Users newest joiner first; points as pairs about 2 s apart; peer 0 for the own side."""
    body = await client.details("class_77_2")
    assert [user["uid"] for user in body["call_info"]] == [20002, 10001]
    assert {
        *("sid", "cname", "uid", "network", "platform", "speaker", "sdk_version"),
        *("device_type", "join_ts", "leave_ts", "finished"),
    } == set(body["call_info"][0])
    assert [user["sid"] for user in body["call_info"]] == [row["sid"] for row in body["metrics"]]
    student = {(row["mid"], row["peer_uid"]): row["kvs"] for row in body["metrics"][0]["data"]}
    assert {mid for mid, _ in student} <= {*range(20001, 20021)} - {20012, 20014}
    losses = [value for _, value in student[20018, 10001]]
    assert 15 < sum(losses) / len(losses) < 50  # percent
    assert max(value for _, value in student[20017, 0]) < 5
    assert all(isinstance(at, int) for at, _ in student[20001, 0])


async def test_metrics_and_servers_are_left_out_on_request(client: ApiClient) -> None:
    """`exclude_metrics_info` removes the structure; recorders are only listed on request."""
    bare = await client.details("class_77_big", exclude_metrics_info="true")
    assert "metrics" not in bare
    assert 90000 not in [user["uid"] for user in bare["call_info"]]


async def test_the_teacher_of_a_big_class_is_cut_off(client: ApiClient) -> None:
    """Ten users at most; the first to join is left out."""
    body = await client.details("class_77_big")
    assert len(body["call_info"]) == 10
    assert 10001 not in [user["uid"] for user in body["call_info"]]


async def test_at_most_three_hours_of_points(client: ApiClient) -> None:
    """A longer window is cut three hours after its start."""
    sim_call = build_simulated_call(
        "healthy", "long", seed=1, started_at=NOW - 15000, length_s=14000, complaint_after_s=9000
    )
    client.clouds.add(sim_call)
    call_id = (await client.lists(cname="long", start_ts=NOW - 20000))["call_lists"][0]["call_id"]
    start = NOW - 14000
    _, body = await client.get(DETAILS, call_id=call_id, start_ts=start, end_ts=NOW)
    newest = max(row["kvs"][-1][0] for row in body["metrics"][0]["data"])
    assert start + 10700 < newest <= start + 10800


async def test_a_rejoin_has_two_sids(client: ApiClient) -> None:
    """A participant who rejoins is listed twice, each session with its own sid and points."""
    body = await client.details("class_77_12", start_ts=NOW - 2000)
    sids = [user["sid"] for user in body["call_info"] if user["uid"] == 20002]
    assert len(set(sids)) == 2
    assert set(sids) <= {row["sid"] for row in body["metrics"] if row["data"]}


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer sandbox"}, 401),
        ({"Authorization": "Basic %%%"}, 401),
        (basic("sandbox-customer", "wrong"), 401),
        (basic("sandbox-customer", "sandbox-customer-secret"), 200),
    ],
)
async def test_only_the_right_key_is_let_in(
    client: ApiClient, header: dict[str, str], status: int
) -> None:
    """401 for anything but the customer's key and secret."""
    params = {"appid": client.appid, "start_ts": str(NOW - 100), "end_ts": str(NOW)}
    url = f"{client.clouds.agora_url}/beta/{LISTS}"
    async with (
        aiohttp.ClientSession(headers=header) as session,
        session.get(url, params=params) as response,
    ):
        assert status == response.status
        assert status == (await response.json())["code"]
    assert (status == 200) == (client.clouds.counts[LISTS] == 1)


async def test_a_key_without_the_right_is_forbidden(client: ApiClient) -> None:
    """403 for another account's app, and for an endpoint that was not enabled."""
    query = {"start_ts": NOW - 100, "end_ts": NOW}
    assert (await client.get(LISTS, **(query | {"appid": "f" * 32})))[0] == 403
    client.clouds.agora.deny(DIAGNOSIS)
    assert (await client.get(DIAGNOSIS, **query))[0] == 403


MINUTES = {"start_ts": NOW - 300, "end_ts": NOW}


@pytest.mark.parametrize(
    ("endpoint", "query"),
    [
        (LISTS, {"end_ts": NOW}),
        (LISTS, {"start_ts": NOW - 10, "end_ts": "now"}),
        (LISTS, {"start_ts": NOW * 1000, "end_ts": NOW * 1000}),
        (LISTS, {"start_ts": NOW, "end_ts": NOW - 1}),
        (LISTS, {"start_ts": NOW - 10, "end_ts": NOW, "page_no": 1}),
        (LISTS, {"start_ts": NOW - 10, "end_ts": NOW, "appid": ""}),
        (DETAILS, {"start_ts": NOW - 10, "end_ts": NOW}),
        (DETAILS, {"start_ts": NOW, "end_ts": NOW, "call_id": "c", "exclude_server_user": "True"}),
        ("live/net/by_time", {"start_ts": NOW - 10, "end_ts": NOW}),
        ("live/net/by_time", {"start_ts": NOW - 10, "end_ts": NOW, "metric": "pcu"}),
        ("live/net/by_time", {**MINUTES, "metric": "networkDelay", "extra": "1"}),
        ("insight/usage/by_time", {**MINUTES, "metric": "userCount", "extra": "1"}),
        (DIAGNOSIS, {**MINUTES, "extra": "1"}),
        (DETAILS, {**MINUTES, "call_id": "c", "extra": "1"}),
    ],
)
async def test_wrong_parameters_are_refused(
    client: ApiClient, endpoint: str, query: dict[str, object]
) -> None:
    """400 for what is missing, of the wrong type or unknown to the document."""
    status, body = await client.get(endpoint, **query)
    assert (status, body["code"]) == (400, 400)


@pytest.mark.parametrize("path", ["analytics/call/sessions", "realtime/usage", "", "../call"])
async def test_unknown_paths_are_404(client: ApiClient, path: str) -> None:
    """What the 2020 document does not have is not there."""
    assert (await client.get(path))[0] == 404


@pytest.mark.parametrize(
    ("endpoint", "start", "message"),
    [
        (LISTS, NOW - 3 * 86400 - 60, "query time range limit error"),
        (DIAGNOSIS, NOW - 3700, "query time range limit error"),
        ("insight/usage/by_time", NOW - 8 * 86400, "query time range limit error"),
    ],
)
async def test_the_cloud_forgets(
    client: ApiClient, endpoint: str, start: int, message: str
) -> None:
    """A window that begins before the look-back is refused in the body."""
    extra = {"metric": "userCount"} if endpoint.startswith("insight") else {}
    status, body = await client.get(endpoint, start_ts=start, end_ts=NOW, **extra)
    assert (200, 300, message) == (status, body["code"], body["message"])


@pytest.mark.parametrize(
    ("endpoint", "per_second", "per_minute", "per_day"),
    [
        ("analytics/call/lists", 3, None, 1000),
        ("analytics/call/details", 1, None, 1000),
        ("live/diagnosis", None, 1, 1000),
        ("live/scale/by_time", None, 1, 1000),
        ("live/experience/by_time", None, 1, 1000),
        ("live/net/by_time", None, 1, 1000),
        ("insight/usage/by_time", None, 1, 10),
        ("analytics/feedback/report", 10, None, None),
        ("analytics/feedback/reportV2", 10, None, None),
    ],
)
def test_limits_are_the_documents(
    endpoint: str, per_second: int | None, per_minute: int | None, per_day: int | None
) -> None:
    """How often each may be called, in a second, a minute and a day."""
    agora = FakeClouds([], clock=lambda: NOW).agora
    method = "POST" if "feedback" in endpoint else "GET"
    request = Request(method, f"/beta/{endpoint}", {}, {}, b"", NOW)
    assert agora.find(request).limits == RateLimits(per_second, per_minute, per_day)


async def test_quotas_are_kept_per_app_and_endpoint(client: ApiClient) -> None:
    """The fourth call in a second is refused; another app and another second are not."""
    codes = [(await client.lists())["code"] for _ in range(4)]
    assert codes == [200, 200, 200, 300]
    other = client.clouds.agora.account.apps["adults"]
    assert (await client.lists(appid=other))["code"] == 200
    client.now += 1
    assert (await client.lists())["code"] == 200
    assert client.clouds.max_rate(LISTS, 1.0, client.appid) == 4
    assert client.clouds.counts[LISTS] == 6
    assert len(client.clouds.over_quota) == 1


async def test_days_have_a_quota_too(client: ApiClient) -> None:
    """Ten insight calls a UTC day, whatever the minute."""
    client.now = NOW // 86400 * 86400 + 100
    query = {"start_ts": int(client.now) - 5 * 86400, "metric": "userCount"}
    messages = []
    for _ in range(11):
        _, body = await client.get("insight/usage/by_time", end_ts=int(client.now), **query)
        messages.append(body["message"])
        client.now += 60
    assert messages == ["success"] * 10 + ["qpd limit error"]


@pytest.mark.parametrize(("shape", "status"), [("body", 200), ("http_300", 300), ("http_429", 429)])
async def test_the_limit_can_take_other_shapes(client: ApiClient, shape: Any, status: int) -> None:
    """Exceeding the limit is an error in the body, or an HTTP status if the test sets it."""
    client.clouds.agora.limit_shape = shape
    query = {"start_ts": NOW - 300, "end_ts": NOW}
    await client.get(DIAGNOSIS, **query)
    refused, body = await client.get(DIAGNOSIS, **query)
    assert (status, 300, "qps limit error") == (refused, body["code"], body["message"])


async def test_diagnosis_names_the_fault_and_its_side(client: ApiClient) -> None:
    """Rows name who suffers, what, and the cause at the end where it lies."""
    _, body = await client.get(DIAGNOSIS, start_ts=NOW - 800, end_ts=NOW - 700)
    assert 0 < len(body["data"]) <= 10
    sim_calls = {sim_call.cname: sim_call for sim_call in demo_calls(NOW)}
    for row in body["data"]:
        assert set(row) == {"user", "exp_id", "cname", "cause_tags", "ts"}
        assert row["exp_id"] in {4, 5, 6}
        assert 1 <= len(row["cause_tags"]) <= 3
        faults = {(fault.cause.key, str(fault.uid)) for fault in sim_calls[row["cname"]].faults}
        known = [
            (cause.key, tag["host_user"] or row["user"])
            for tag in row["cause_tags"]
            if (cause := cause_of(Code("agora.factor_id", str(tag["factor_id"]))))
        ]
        assert known
        assert set(known) <= faults


async def test_diagnosis_has_undocumented_factors(client: ApiClient) -> None:
    """Some row has factor 18 twice, with different hosts, as in the sample."""
    for number in range(40):
        client.clouds.add(random_simulated_call(number, "downlink_loss_video", now=NOW + 5000))
    tags = []
    for minute in range(50):
        client.now = NOW + minute * 61
        start = int(client.now) - 160
        _, body = await client.get(DIAGNOSIS, start_ts=start, end_ts=start + 60)
        tags += [
            [(tag["factor_id"], bool(tag["host_user"])) for tag in row["cause_tags"]]
            for row in body["data"]
        ]
    assert any((18, True) in row and (18, False) in row for row in tags)


async def test_live_numbers_are_percent_per_minute(client: ApiClient) -> None:
    """A row a minute with the requested names, none newer than the delay."""
    query = {"start_ts": NOW - 600, "end_ts": NOW}
    _, scale = await client.get("live/scale/by_time", metric="pcu,pcc", **query)
    assert set(scale["data"][0]) == {"pcu", "pcc", "ts"}
    assert NOW - 90 >= scale["data"][-1]["ts"] > NOW - 180
    assert scale["data"][-1]["pcu"] > scale["data"][-1]["pcc"] > 15
    metric = "videoFreezeRate,joinSuccessRate"
    _, felt = await client.get("live/experience/by_time", metric=metric, **query)
    assert 1 < felt["data"][-1]["videoFreezeRate"] < 60
    _, net = await client.get("live/net/by_time", metric="videoUpstreamExcellentTransRate", **query)
    assert 50 < net["data"][-1]["videoUpstreamExcellentTransRate"] < 100


async def test_insight_counts_whole_utc_days(client: ApiClient) -> None:
    """Less than a day's window is empty; a day shows after 08:00 UTC of the next."""
    metric = {"metric": "userCount,sessionCount,channelCount"}
    usage = "insight/usage/by_time"
    midnight = NOW // 86400 * 86400
    _, short = await client.get(usage, start_ts=NOW - 80000, end_ts=NOW, **metric)
    assert (short["code"], short["data"]) == (200, [])
    window = {"start_ts": midnight - 86400, "end_ts": midnight + 86400}
    client.now = midnight + 86400 + 8 * 3600 - 60
    _, before = await client.get(usage, **window, **metric)
    assert [midnight - 86400] == [row["ts"] for row in before["data"]]
    client.now = midnight + 86400 + 8 * 3600
    _, after = await client.get(usage, **window, **metric)
    assert [midnight - 86400, midnight] == [row["ts"] for row in after["data"]]
    assert after["data"][1]["sessionCount"] > after["data"][1]["userCount"] > 20


VALID_V2 = {
    "cname": "class_77_1",
    "teacher_uid": 10001,
    "student_uid": 20002,
    "abnormal_uid": 20002,
    "ts": NOW - 60,
    "type": 3,
    "comments": "卡",
}


async def test_a_report_is_stored(client: ApiClient) -> None:
    """reportV2 returns 200 without an id, and the accepted report is recorded."""
    status, body = await client.report(REPORT_V2, VALID_V2)
    assert (status, body) == (200, {"code": 200, "message": ""})
    report = client.clouds.reports[0]
    assert (client.appid, REPORT_V2, VALID_V2) == (report.app, report.endpoint, report.fields)
    older = {"cname": "class_77_1", "teacher_uid": 10001, "type": 1}
    assert (await client.report(REPORT, older))[0] == 200
    assert len(client.clouds.reports) == 2


@pytest.mark.parametrize(
    ("change", "endpoint"),
    [
        ({"abnormal_uid": 30003}, REPORT_V2),
        ({"teacher_uid": "10001"}, REPORT_V2),
        ({"teacher_uid": True}, REPORT_V2),
        ({"student_uid": 2**32}, REPORT_V2),
        ({"type": 5}, REPORT_V2),
        ({"type": "1"}, REPORT_V2),
        ({"ts": NOW * 1000}, REPORT_V2),
        ({"cname": ""}, REPORT_V2),
        ({"cname": "x" * 65}, REPORT_V2),
        ({"comments": None}, REPORT_V2),
        ({"severity": 1}, REPORT_V2),
        ({}, REPORT),
    ],
)
async def test_a_wrong_report_is_refused(
    client: ApiClient, change: dict[str, object], endpoint: str
) -> None:
    """400 for wrong types and values, strangers as abnormal side and unknown fields."""
    status, body = await client.report(endpoint, VALID_V2 | change)
    assert (status, body["code"]) == (400, 400)
    assert client.clouds.reports == []


@pytest.mark.parametrize("missing", sorted(set(VALID_V2) - {"comments"}))
async def test_every_field_but_comments_is_required(client: ApiClient, missing: str) -> None:
    """A reportV2 with a missing field is refused."""
    fields = {key: value for key, value in VALID_V2.items() if key != missing}
    assert (await client.report(REPORT_V2, fields))[0] == 400


@pytest.mark.parametrize("data", [b"", b"[]", b"5", b"{", b'{"cname": "x"}'])
async def test_a_body_must_be_a_json_object(client: ApiClient, data: bytes) -> None:
    """Anything else than a JSON object of the right content type is 400."""
    headers = {"Content-Type": "application/json"}
    assert (await client.report(REPORT_V2, None, data=data, headers=headers))[0] == 400
    plain = {"Content-Type": "text/plain"}
    assert (await client.report(REPORT_V2, None, data=b"{}", headers=plain))[0] == 400


async def test_eleven_reports_a_second_are_too_many(client: ApiClient) -> None:
    """Ten a second are taken."""
    codes = [(await client.report(REPORT_V2, VALID_V2))[1]["code"] for _ in range(11)]
    assert codes == [200] * 10 + [300]
    assert len(client.clouds.reports) == 10


async def test_two_rooms_of_one_name_are_two_calls(client: ApiClient) -> None:
    """A reused cname gives several calls with ids of their own."""
    body = await client.lists(cname="class_77_1", start_ts=NOW - 2 * 86400)
    assert len({row["call_id"] for row in body["call_lists"]}) == 2
    assert [row["finished"] for row in body["call_lists"]] == [False, True]


async def test_calls_of_another_app_are_not_listed(client: ApiClient) -> None:
    """Each app sees its own rooms only."""
    other = client.clouds.agora.account.apps["adults"]
    assert (await client.lists(appid=other))["call_lists"] == []
    latest = client.clouds.sim_call("class_77_1")
    assert latest is not None
    assert latest.running(NOW)
    assert client.clouds.sim_call("nobody_was_here") is None
