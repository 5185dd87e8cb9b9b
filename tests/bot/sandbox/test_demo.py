"""The demo's three clouds: each carries its app's classes, and the truth comes out of each."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from bot.app import open_house
from bot.call import IssueType, Report
from bot.sandbox.clouds import Clouds
from bot.sandbox.demo import CALLBACK_KEY, DELAY_SCALE, Stage, build_clouds, cloud_environment
from bot.sandbox.scenario import Lesson
from bot.sandbox.slack import Workspace
from bot.services.call_control.webhook_registration import RECORDING_PATH
from bot.services.tickets.service import Desk
from bot.settings import read_settings

CLASSES = [
    *(("adults", f"evening_5_{number}") for number in range(1, 5)),
    *(("piano", f"piano_8_{number}") for number in range(1, 5)),
    *(("kids", cname) for cname in ("class_77_2", "class_77_6")),
]


@dataclass(frozen=True, slots=True)
class Played:
    """The demo's clouds and a desk in front of them."""

    clouds: Clouds
    desk: Desk


@pytest.fixture(scope="module")
async def played(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Played]:
    """Serve the demo's clouds, and read its settings as the demo does."""
    file = tmp_path_factory.mktemp("demo") / "lagdesk.db"
    async with AsyncExitStack() as stack:
        clouds = build_clouds(time.time())
        await stack.enter_async_context(clouds.serve())
        told = {"DATABASE_URL": f"sqlite:///{file}", **cloud_environment(clouds)}
        settings = read_settings(told)
        house = await stack.enter_async_context(open_house(settings, delay_scale=DELAY_SCALE))
        yield Played(clouds, house.desk)
        assert [] == clouds.over_quota


def complain(lesson: Lesson, app: str) -> Report:
    """Complain about a lesson as its complaint has it."""
    at = dt.datetime.fromtimestamp(lesson.complaint.at, dt.UTC)
    side = lesson.complaint.abnormal_side
    return Report(app, lesson.cname, "10001", "20002", side, IssueType.COMPLAINT, at)


@pytest.mark.parametrize(("app", "cname"), CLASSES)
async def test_demo_classes_are_told_truly(app: str, cname: str, played: Played) -> None:
    """Whichever cloud carries the app: cause, way, side and uid are what happened."""
    lesson = played.clouds.lesson(cname)
    assert lesson is not None
    diagnosis = await played.desk.examiner.examine(complain(lesson, app))
    found, expected = diagnosis.verdict, lesson.expected
    assert {"kids": "agora", "adults": "volcengine", "piano": "huawei"}[app] == diagnosis.cloud
    truth = (expected.cause, expected.media, expected.direction, expected.side)
    assert truth == (found.cause, found.media, found.direction, found.side)


@pytest.mark.parametrize(("app", "waits_s"), [("kids", 15), ("adults", 10), ("piano", 30)])
def test_demo_data_comes_ten_times_sooner(app: str, waits_s: int, played: Played) -> None:
    """What the clouds hold back for minutes they hold back for seconds, and we know it."""
    assert waits_s == played.desk.clouds[app].capabilities.metrics_delay.total_seconds()


def test_each_class_is_held_in_an_app() -> None:
    """No class of the demo belongs to an app that no cloud carries."""
    clouds = build_clouds(0)
    carried = {*clouds.agora.account.apps, *clouds.volcengine.account.apps}
    assert {lesson.app for lesson in clouds.lessons} == carried | set(clouds.huawei.account.apps)


def test_huawei_knows_where_to_tell_of_recordings(played: Played) -> None:
    """A piano call can be recorded, and the callback leads to our hook with the key we know."""
    settings = played.desk.settings
    assert (["piano"], CALLBACK_KEY) == (
        list(settings.huawei_record_rules),
        settings.huawei_callback_key,
    )
    Stage(Workspace(), played.clouds, {}).lead_to("http://127.0.0.1:9")
    app_id = played.clouds.huawei.account.apps["piano"]
    callback = played.clouds.huawei.control.callbacks[app_id]
    assert f"http://127.0.0.1:9{RECORDING_PATH}" == callback.url
    assert CALLBACK_KEY == callback.auth_key
