"""The demo's three clouds: each has its app's classes, and each diagnosis is the true cause."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.application import Application, open_application
from bot.call import IssueType, Report
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.demo import (
    CALLBACK_KEY,
    DELAY_SCALE,
    FIRST_PORT,
    DemoEnvironment,
    build_clouds,
    cloud_environment,
    demo_environment,
)
from bot.sandbox.integrations.fakes import FakeIntegrations
from bot.sandbox.integrations.webhook_receiver import WebhookReceiver
from bot.sandbox.scenario import SimulatedCall
from bot.sandbox.slack import Workspace
from bot.services.call_control.webhook_registration import RECORDING_PATH
from bot.settings import read_settings
from tests.conftest import FakeClock

CLASSES = [
    *(("adults", f"evening_5_{number}") for number in range(1, 5)),
    *(("piano", f"piano_8_{number}") for number in range(1, 5)),
    *(("kids", cname) for cname in ("class_77_2", "class_77_6")),
]


@dataclass(frozen=True, slots=True)
class DemoRun:
    """The demo's clouds and Lagdesk in front of them."""

    clouds: FakeClouds
    application: Application


@pytest.fixture(scope="module")
async def demo_run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DemoRun]:
    """Serve the demo's clouds, and read its settings as the demo does."""
    file = tmp_path_factory.mktemp("demo") / "lagdesk.db"
    async with AsyncExitStack() as stack:
        clock = FakeClock()
        clouds = build_clouds(clock)
        await stack.enter_async_context(clouds.serve())
        env = {"DATABASE_URL": f"sqlite:///{file}", **cloud_environment(clouds)}
        settings = read_settings(env)
        application = await stack.enter_async_context(
            open_application(settings, clock=clock, delay_scale=DELAY_SCALE, sleep=clock.sleep)
        )
        yield DemoRun(clouds, application)
        assert clouds.over_quota == []


def complain(sim_call: SimulatedCall, app: str) -> Report:
    """Report a simulated call with the data of its complaint."""
    at = dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC)
    side = sim_call.complaint.abnormal_side
    return Report(app, sim_call.cname, "10001", "20002", side, IssueType.COMPLAINT, at)


@pytest.mark.parametrize(("app", "cname"), CLASSES)
async def test_demo_calls_get_their_expected_diagnosis(
    app: str, cname: str, demo_run: DemoRun
) -> None:
    """In each cloud the cause, direction, side and uid are the simulated ones."""
    sim_call = demo_run.clouds.sim_call(cname)
    assert sim_call is not None
    diagnosis = await demo_run.application.services.diagnosis.diagnose(complain(sim_call, app))
    verdict, expected = diagnosis.verdict, sim_call.expected
    assert {"kids": "agora", "adults": "volcengine", "piano": "huawei"}[app] == diagnosis.cloud
    truth = (expected.cause, expected.media, expected.direction, expected.side)
    assert truth == (verdict.cause, verdict.media, verdict.direction, verdict.side)


@pytest.mark.parametrize(("app", "waits_s"), [("kids", 15), ("adults", 10), ("piano", 30)])
def test_demo_data_is_available_ten_times_sooner(app: str, waits_s: int, demo_run: DemoRun) -> None:
    """Data that the clouds delay by minutes is delayed by seconds, and the call list shows it."""
    assert (
        waits_s
        == demo_run.application.context.clouds[app].capabilities.metrics_delay.total_seconds()
    )


def test_each_class_belongs_to_an_app() -> None:
    """No class of the demo belongs to an app without a cloud."""
    clouds = build_clouds(lambda: 0)
    carried = {*clouds.agora.account.apps, *clouds.volcengine.account.apps}
    assert {sim_call.app for sim_call in clouds.sim_calls} == carried | set(
        clouds.huawei.account.apps
    )


def test_huawei_has_a_recording_callback(demo_run: DemoRun) -> None:
    """A piano call can be recorded, and the callback URL and key are Lagdesk's."""
    settings = demo_run.application.settings
    assert (
        list(settings.huawei_record_rules),
        settings.huawei_callback_key,
    ) == (["piano"], CALLBACK_KEY)
    receiver = WebhookReceiver(lambda: 0.0)
    demo = DemoEnvironment(Workspace(), demo_run.clouds, FakeIntegrations(), receiver, {})
    demo.connect("http://127.0.0.1:9")
    app_id = demo_run.clouds.huawei.account.apps["piano"]
    callback = demo_run.clouds.huawei.control.callbacks[app_id]
    assert callback.url == f"http://127.0.0.1:9{RECORDING_PATH}"
    assert callback.auth_key == CALLBACK_KEY


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody else has."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


async def test_the_demo_is_served_until_it_ends(tmp_path: Path) -> None:
    """Its settings lead to the fakes, and are those of a working Lagdesk."""
    async with demo_environment(tmp_path, {}, port=0, locale="zh") as demo:
        settings = read_settings(demo.environment)
        assert await is_served(demo.workspace.url)
        assert settings.slack_api_url == demo.workspace.api_url
        assert settings.default_locale == "zh"
        channels = [demo.workspace.channel(name).id for name in ("escalations", "leads")]
        assert [settings.escalation_channel, settings.summary_channel] == channels
        assert settings.database_url == f"sqlite:///{tmp_path / 'lagdesk.db'}"
        assert settings.escalate_after_s == 240
        assert [cloud.name for cloud in settings.clouds] == ["agora", "volcengine", "huawei"]
    assert not await is_served(demo.workspace.url)


async def is_served(url: str) -> bool:
    """Ask for a page."""
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(url) as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


async def test_a_busy_port_is_not_taken(busy_port: int, tmp_path: Path) -> None:
    """The one that was asked for, or nothing; without a wish the next free one."""
    with pytest.raises(OSError, match="in use"):
        async with demo_environment(tmp_path, {}, port=busy_port, locale="en"):
            pass
    async with demo_environment(tmp_path, {}, port=None, locale="en") as demo:
        assert int(demo.workspace.url.rpartition(":")[2]) >= FIRST_PORT
