"""Control of rooms and recordings, and the check of an app, against Huawei's fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.call import Code
from bot.cloud_settings import CloudSettings
from bot.clouds import build_clouds
from bot.errors import CloudInvalidResponseError, CloudRefusedError
from bot.ports import Occupancy
from bot.sandbox.clouds import FakeClouds, HuaweiAccount
from bot.sandbox.scenario import build_simulated_call
from bot.store.rate_limits import SqlKeyValueStore, SqlRateLimitStore

NOON_S = 1795176000


@pytest.fixture
async def clouds(clock: Any) -> AsyncIterator[FakeClouds]:
    """A fake Huawei with one running call."""
    sim_call = build_simulated_call("healthy", "class_77_1", seed=1, started_at=NOON_S - 600)
    made = FakeClouds([sim_call], clock=clock.timestamp)
    async with made.serve():
        yield made


@pytest.fixture
async def huawei(
    clouds: FakeClouds, clock: Any, store: Any, rate_limit_store: SqlRateLimitStore
) -> AsyncIterator[Any]:
    """Our Huawei with an access key; `lost` is an app the account does not have."""
    account = HuaweiAccount()
    secrets = {"access_key": account.access_key, "secret_key": account.secret_key}
    options = {"project_id": account.project_id, "iam_url": clouds.huawei_url}
    apps = dict(account.apps) | {"lost": "0" * 24}
    each = CloudSettings("huawei", apps, clouds.huawei_url, secrets, options)
    key_value_store = SqlKeyValueStore(store)
    made = build_clouds(
        [each],
        rate_limit_store=rate_limit_store,
        key_value_store=key_value_store,
        clock=clock,
        sleep=clock.sleep,
    )
    yield made["kids"]
    await made["kids"].close()


async def test_w38_commands_are_accepted_without_a_body(clouds: FakeClouds, huawei: Any) -> None:
    """W38: 202 with an empty body is a success; both commands arrive, signed."""
    await huawei.control.remove_users("kids", "class_77_1", ["10001", "20002"])
    await huawei.control.dismiss("kids", "class_77_1")
    app = HuaweiAccount().apps["kids"]
    assert [(app, "class_77_1", ("10001", "20002"))] == clouds.huawei.control.removed
    assert [(app, "class_77_1")] == clouds.huawei.control.dismissed


async def test_w38_unknown_room_has_status_404(huawei: Any) -> None:
    """W38: the 404 of a room has the code of a 400; the message is about the room."""
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.control.dismiss("kids", "class_0_0")
    assert (caught.value.status, caught.value.code) == (404, "RTC.00001003")
    assert "finds no such app, channel or job" in str(caught.value.user_message)


async def test_a_recording_runs_and_stops(huawei: Any) -> None:
    """10.1 to 10.3: Go's zero time is none; the state changes."""
    job = await huawei.control.start_recording("kids", "class_77_1", "10001", "rule-1")
    assert (Code("huawei.job_state", "INIT"), None) == (job.state, job.stopped_at)
    assert job.started_at.timestamp() == NOON_S
    running = await huawei.control.recording("kids", job.id)
    assert running.state.value == "RUNNING"
    await huawei.control.stop_recording("kids", job.id)
    stopped = await huawei.control.recording("kids", job.id)
    assert (stopped.state.value, stopped.stop_reason.value) == ("STOPPED", "TENANT_STOP")
    assert stopped.stream == f"s_{job.id}_class_77_1_10001"
    with pytest.raises(CloudRefusedError):
        await huawei.control.recording("kids", "nobody")


async def test_odd_jobs(make_huawei: Any, mock_api: Any) -> None:
    """The document's sample has numeric ids and no state; a job without an id is invalid."""
    mock_api.respond("1", {"job_id": 1, "room_id": 100, "user_id": "user001"})
    mock_api.respond("2", {"room_id": 100})
    control = make_huawei().control
    job = await control.recording("kids", "1")
    assert (job.id, job.cname, job.state, job.started_at) == ("1", "100", None, None)
    with pytest.raises(CloudInvalidResponseError):
        await control.recording("kids", "2")


@pytest.mark.parametrize(
    ("state", "result"), [("ACTIVATION", "aksk, ACTIVATION"), ("ARREARS", "aksk, ARREARS")]
)
async def test_check_returns_the_state_of_the_app(
    state: str, result: str, clouds: FakeClouds, huawei: Any
) -> None:
    """5.2 tests the key without the quota of chapter 13, and returns the app's state."""
    clouds.huawei.control.app_states[HuaweiAccount().apps["kids"]] = state
    assert str(await huawei.check("kids")) == f"The key works ({result})."
    assert clouds.counts == {"apps": 1}


async def test_check_names_an_app_that_is_not_ours(huawei: Any) -> None:
    """An app id of another account is an error with a next step."""
    with pytest.raises(CloudRefusedError) as caught:
        await huawei.check("lost")
    assert (caught.value.code, "app id" in str(caught.value.user_message)) == ("RTC.00001015", True)


async def test_check_fetches_pages_by_number(make_huawei: Any, mock_api: Any) -> None:
    """5.2's offset counts pages where chapter 13's counts rows."""

    def apps(request: Any) -> Any:
        page = int(request.url.params["offset"])
        ours = [{"app_id": "5fa682b34a974f7ad24d223b"}] if page == 1 else []
        rows = ours or [{"app_id": f"other{n}"} for n in range(100)]
        return httpx.Response(200, json={"count": 101, "apps": rows})

    mock_api.respond_with("apps", apps)
    assert str(await make_huawei().check("kids")) == "The key works (aksk, unknown)."
    assert [each["offset"] for each in mock_api.params("apps")] == ["0", "1"]


async def test_who_is_in_a_room(huawei: Any) -> None:
    """13.1 has whether a call is running, 13.2 who has not left it."""
    assert Occupancy(("10001", "20002")) == await huawei.control.occupancy("kids", "class_77_1")
    assert None is await huawei.control.occupancy("kids", "class_0_0")


async def test_room_whose_call_has_ended(clouds: FakeClouds, huawei: Any) -> None:
    """A room whose last call is over is empty."""
    ended = build_simulated_call(
        "healthy", "class_77_9", seed=2, started_at=NOON_S - 9000, length_s=600
    )
    clouds.add(ended)
    assert None is await huawei.control.occupancy("kids", "class_77_9")


async def test_callback_address(clouds: FakeClouds, huawei: Any) -> None:
    """8.1 sets the URL and key for recording events; 8.2 returns the URL, not the key."""
    control, app = huawei.control, HuaweiAccount().apps["kids"]
    assert await control.callback_url("kids") == ""
    await control.set_callback("kids", "https://lagdesk.example/hook", "key")
    assert await control.callback_url("kids") == "https://lagdesk.example/hook"
    assert clouds.huawei.control.callbacks[app].auth_key == "key"
    with pytest.raises(CloudRefusedError):
        await control.set_callback("kids", "ftp://lagdesk.example", "key")
