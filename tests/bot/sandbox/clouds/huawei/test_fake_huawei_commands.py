"""The simulated Huawei's figures, commands, rights and callbacks, through our own client."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.clouds.cache import Cache
from bot.clouds.http import CloudHttp
from bot.clouds.huawei import AccessKeyCredentials, HuaweiClient, HuaweiCloud
from bot.clouds.quota import Quota
from bot.clouds.response_cache import InMemoryResponseCache
from bot.errors import CloudRefusedError
from bot.ports import Window
from bot.sandbox.clouds import FakeClouds, HuaweiAccount
from bot.sandbox.scenario import build_simulated_call

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
NOON_S = NOON.timestamp()
ACCOUNT = HuaweiAccount()
APP = ACCOUNT.apps["kids"]
HOUR = Window(NOON - dt.timedelta(hours=1), NOON)
YESTERDAY = dt.date(2026, 11, 19)


class FrozenClock:
    """A clock fixed at noon, and in-memory stores."""

    def now(self) -> dt.datetime:
        """Noon."""
        return NOON

    async def reserve_slot(self, *_: object, now: dt.datetime, **__: object) -> Any:
        """Book at once."""
        return now, True

    async def block_until(self, account: str, until: dt.datetime) -> None:
        """Forget it."""

    async def get(self, name: str) -> str | None:
        """Return None."""
        return None if name else ""


@pytest.fixture
async def clouds() -> AsyncIterator[FakeClouds]:
    """A call of the last hour with a fault, one of yesterday, a running one."""
    sim_calls = [
        build_simulated_call("uplink_loss_video", "class_77_1", seed=1, started_at=NOON_S - 3000),
        build_simulated_call("healthy", "class_77_2", seed=2, started_at=NOON_S - 86400),
        build_simulated_call("healthy", "class_77_3", seed=3, started_at=NOON_S - 900),
    ]
    made = FakeClouds(sim_calls, clock=lambda: NOON_S)
    async with made.serve():
        yield made


@pytest.fixture
async def huawei(clouds: FakeClouds) -> AsyncIterator[HuaweiCloud]:
    """Our client with the account's key pair."""
    standing: Any = FrozenClock()
    keys = AccessKeyCredentials(
        ACCOUNT.access_key,
        ACCOUNT.secret_key,
        ACCOUNT.project_id,
        clouds.huawei_url.removeprefix("http://"),
        standing,
    )
    http = CloudHttp("huawei", clouds.huawei_url, Quota(standing, standing))
    client = HuaweiClient(
        http=http,
        clock=standing,
        cache=Cache(standing),
        apps=ACCOUNT.apps,
        delay_scale=1.0,
        credentials=keys,
        key_value_store=standing,
        project_id=ACCOUNT.project_id,
    )
    cloud = HuaweiCloud(client, response_cache=InMemoryResponseCache())
    yield cloud
    await cloud.close()


async def test_live_metrics_match_the_calls(huawei: HuaweiCloud) -> None:
    """13.3 to 13.6: users online minute by minute, freezes where the loss was, no web clients."""
    users = await huawei.statistics.live_scale("kids", "OnlineUsers", HOUR, "class_77_1")
    assert (users.points[0][1], max(value for _, value in users.points)) == (0, 2)
    freezes = await huawei.statistics.live_quality("kids", "VideoFreezeRate", "native", HOUR)
    worst_at, worst = max(freezes.points, key=lambda point: point[1])
    assert 0.05 < worst < 1
    assert abs(worst_at.timestamp() - (NOON_S - 1500)) < 200
    good = await huawei.statistics.live_network(
        "kids", "VideoUpstreamExcellentTransRate", "native", HOUR
    )
    assert min(value for _, value in good.points) < 0.9
    web_clients = await huawei.statistics.live_quality("kids", "VideoFreezeRate", "webrtc", HOUR)
    assert web_clients.points == ()


async def test_where_users_are(huawei: HuaweiCloud) -> None:
    """13.4: regions are codes here, though 13.2 has names (W15)."""
    at = NOON - dt.timedelta(minutes=5)
    distribution = await huawei.statistics.live_distribution("kids", "region", at)
    assert {(row.codes[0].value, row.value) for row in distribution.rows} == {("SN", 1), ("SX", 1)}


async def test_daily_metrics_match_the_calls(huawei: HuaweiCloud) -> None:
    """13.7 to 13.9: metrics of yesterday's call; none of today's."""
    today = NOON.date()
    sizes = await huawei.statistics.daily_scale(
        "kids", ["UserCount", "RoomCount"], YESTERDAY, today
    )
    assert [(one.day, one.metric.value, one.value) for one in sizes] == [
        (YESTERDAY, "UserCount", 2),
        (YESTERDAY, "RoomCount", 1),
    ]
    metrics = ["JoinSuccess5SecsRate", "VideoTransDelay", "VideoFreezeRate"]
    good = await huawei.statistics.daily_quality("kids", metrics, YESTERDAY, YESTERDAY)
    values = {one.metric.value: one.value for one in good}
    assert values["JoinSuccess5SecsRate"] == 100
    assert 40 < values["VideoTransDelay"] < 200
    assert values["VideoFreezeRate"] < 3
    seconds = await huawei.statistics.usage("kids", "CommunicationDuration", YESTERDAY, YESTERDAY)
    assert next(one.value for one in seconds if one.metric.value == "CommunicationDuration") == 5361


async def test_who_had_what(huawei: HuaweiCloud) -> None:
    """13.14: one student whose video froze for the sender's loss."""
    distribution = await huawei.statistics.abnormal_distribution("kids", HOUR)
    assert [(tuple(code.value for code in row.codes), row.value) for row in distribution.rows] == [
        ((("2"), ("12")), 1)
    ]


async def test_rights_can_be_taken_away(clouds: FakeClouds, huawei: HuaweiCloud) -> None:
    """A user of IAM needs the right to each API."""
    clouds.huawei.deny("rtc/data/abnormal-events")
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.fetch_events("kids", "class_77_1", HOUR)
    assert (caught.value.status, caught.value.code) == (400, "RTC.00001021")


@pytest.mark.parametrize("limit", ["qpm", "auth", "range"])
async def test_refusals_on_demand(limit: str, clouds: FakeClouds, huawei: HuaweiCloud) -> None:
    """A planned refusal has the shape of the real one."""
    clouds.fail_next("rtc/data/abnormal-events", "code_300", limit=limit)
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.fetch_events("kids", "class_77_1", HOUR)
    codes = {"qpm": "APIGW.0308", "auth": "APIGW.0302", "range": "DATA.100011002"}
    assert codes[limit] == caught.value.code


JOBS = [{"max_idle_s": 4}, {"max_idle_s": 43201}, {"video": "SCREEN"}, {"size": "UHD"}]


@pytest.mark.parametrize("wrong", JOBS)
async def test_a_recording_is_checked(wrong: Any, huawei: HuaweiCloud) -> None:
    """10.1: what the document does not allow is refused; so is an empty room."""
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.control.start_recording("kids", "class_77_3", "10001", "rule", **wrong)
    assert (caught.value.status, caught.value.code) == (400, "RTC.00001003")
    with pytest.raises(CloudRefusedError) as refused:
        await huawei.control.start_recording("kids", "class_77_3", "", "rule")
    assert refused.value.code == "RTC.00001005"


@pytest.mark.parametrize("app", ["kids", "adults"])
async def test_a_job_belongs_to_its_app(app: str, huawei: HuaweiCloud) -> None:
    """10.2, 10.3: any other job, and another app's, are not found."""
    job = await huawei.control.start_recording("kids", "class_77_3", "10001", "rule")
    job_id = job.id if app == "adults" else "0" * 32
    for request in (huawei.control.recording, huawei.control.stop_recording):
        with pytest.raises(CloudRefusedError) as caught:
            await request(app, job_id)
        assert caught.value.status == 404


async def test_a_job_runs_until_it_is_stopped(huawei: HuaweiCloud) -> None:
    """10.1 to 10.3: it is set up first; its times are the cloud's."""
    started = await huawei.control.start_recording("kids", "class_77_3", "10001", "rule")
    running = await huawei.control.recording("kids", started.id)
    await huawei.control.stop_recording("kids", started.id)
    stopped = await huawei.control.recording("kids", started.id)
    states = [task.state and task.state.value for task in (started, running, stopped)]
    assert states == ["INIT", "RUNNING", "STOPPED"]
    assert (running.stopped_at, stopped.stopped_at) == (None, NOON)


def test_commands_are_accepted(clouds: FakeClouds) -> None:
    """10, 11: 201 with the job, 204 and 202 without a body."""
    control = clouds.huawei.control
    body = {"room_id": "class_77_3", "user_id": "10001", "record_param": {}}
    started = control.start_job(APP, body, NOON_S)
    (job_id,) = control.jobs
    removed = control.remove_users(APP, "class_77_3", {"user_ids": ["10001", "20002"]})
    stopped = control.stop_job(APP, job_id, NOON_S)
    dismissed = control.dismiss(APP, "class_77_3", clouds.sim_calls, NOON_S)
    answers = [(answer.status, answer.body) for answer in (removed, stopped, dismissed)]
    assert (started.status, started.body) == (201, control.jobs[job_id])
    assert answers == [(202, None), (204, None), (202, None)]
    assert control.removed == [(APP, "class_77_3", ("10001", "20002"))]
    assert control.dismissed == [(APP, "class_77_3")]


async def test_a_room_that_is_over_cannot_be_closed(huawei: HuaweiCloud) -> None:
    """11.2: 404 for an empty room."""
    await huawei.control.dismiss("kids", "class_77_3")
    with pytest.raises(CloudRefusedError):
        await huawei.control.dismiss("kids", "class_77_1")


@pytest.mark.parametrize("key", ["sandbox-callback-key-0123456789abcdef", ""])
async def test_callbacks_are_signed(key: str, clouds: FakeClouds) -> None:
    """14.6, 8.1: with a key the callback has a signature of its body, without one none."""
    received: list[tuple[dict[str, str], bytes]] = []

    async def handle(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received.append((headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/callback", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/callback"
    control = clouds.huawei.control
    control.set_callback(APP, {"url": url, "auth_key": key}, NOON_S)
    try:
        status = await control.send_callback(
            APP, "RECORD_FILE_COMPLETE", NOON_S, record_duration=60
        )
    finally:
        await runner.cleanup()
    ((headers, body),) = received
    assert (status, b'"event_type":"RECORD_FILE_COMPLETE"' in body) == (200, True)
    text = f"{headers.get('x-rtc-rand', '')}{headers.get('x-rtc-timestamp', '')}".encode() + body
    wanted = hmac.new(key.encode(), text, hashlib.sha256).hexdigest() if key else None
    assert wanted == headers.get("x-rtc-signature")


async def test_a_callback_needs_an_address(clouds: FakeClouds) -> None:
    """8.1: only http and https; anything else is refused; without a URL nothing is sent."""
    with pytest.raises(KeyError):
        await clouds.huawei.control.send_callback(APP, "RECORD_NEW_FILE_START", NOON_S)
    url = f"{clouds.huawei_url}/v2/apps/{APP}/record-callback"
    async with aiohttp.ClientSession() as session, session.put(url, json={}) as response:
        assert response.status == 401
