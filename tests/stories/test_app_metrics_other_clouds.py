"""App metrics and quotas of Volcengine and Huawei, in Slack."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clouds import HuaweiAccount, VolcengineAccount
from bot.sandbox.slack import Person
from bot.sandbox.slack.state.seed import SUPPORT_GROUP
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import Json, choose_in_menu, open_external_services, report, text_of


@pytest.fixture(scope="module")
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with an app at Volcengine, `kids`, and one at Huawei, `adults`."""
    volcengine, huawei = VolcengineAccount(), HuaweiAccount()
    async with open_external_services(tmp_path_factory.mktemp("others"), FakeClock()) as services:
        environment = {
            "AGORA_APPS": "",
            "VOLCENGINE_APPS": f"kids={volcengine.apps['kids']}",
            "VOLCENGINE_ACCESS_KEY": volcengine.access_key,
            "VOLCENGINE_SECRET_KEY": volcengine.secret_key,
            "VOLCENGINE_BASE_URL": services.clouds.volcengine_url,
            "HUAWEI_APPS": f"adults={huawei.apps['adults']}",
            "HUAWEI_ACCESS_KEY": huawei.access_key,
            "HUAWEI_SECRET_KEY": huawei.secret_key,
            "HUAWEI_PROJECT_ID": huawei.project_id,
            "HUAWEI_BASE_URL": services.clouds.huawei_url,
            "HUAWEI_IAM_URL": services.clouds.huawei_url,
            "SUPPORT_GROUP": SUPPORT_GROUP,
        }
        async with services.run_lagdesk(worker=True, connect=True, **environment) as built:
            yield built
        assert slack_errors_of(services.workspace) == []


async def quality(harness: Harness, text: str) -> Json:
    """What Sam is answered about a whole app."""
    sam = harness.workspace.person("sam")
    await sam.command("/quality", text)
    await harness.settled()
    response: Json = sam.ephemerals("teachers")[-1]
    return response


def captions(response: Json) -> list[str]:
    """The tables' titles."""
    return [block["caption"] for block in response["blocks"] if block["type"] == "data_table"]


async def test_volcengine_by_day_and_by_place(harness: Harness) -> None:
    """Days stand under the last hour, and the newest half minute before the last day."""
    response = await quality(harness, "experience app=kids")
    assert captions(response) == ["Metrics for this period", "Metrics by day"]
    assert "Audio freeze" in text_of(response)
    assert "Days are in Beijing time" in text_of(response)
    spread = await quality(harness, "distribution app=kids")
    titles = captions(spread)
    assert len(titles) == 8
    assert [title.removeprefix("Metrics by ").partition(",")[0] for title in titles] == [
        "region",
        "country",
        "system",
        "network type",
    ] * 2
    for figure in ("Join success", "First video decoded", "Audio on time"):
        assert figure in text_of(spread)
    assert "First, 30 seconds from the last few minutes" in text_of(spread)


async def test_huaweis_billed_time(harness: Harness) -> None:
    """Users and sessions stand beside the time of calls, transcoding and recording."""
    response = await quality(harness, "usage app=adults")
    (table,) = [block for block in response["blocks"] if block["type"] == "data_table"]
    head = [cell["text"] for cell in table["rows"][0]]
    assert head[-3:] == ["Calls", "Transcoding", "Recording"]
    assert "does not define the boundaries" in text_of(response)
    assert harness.clouds.over_quota == []


async def test_who_is_in_a_volcengine_channel(harness: Harness) -> None:
    """Support sees in the card's menu who is there now, and that the class is over later."""
    sam = harness.workspace.person("sam")
    await report(sam, "class_77_1", app="kids")
    await harness.settled()
    modal = await menu(harness, sam)
    assert "2 people are in the channel now." in modal
    assert "The teacher and the student are among them." in modal
    assert "Remove" not in modal
    harness.clouds.fail_next("GetRoomOnlineUsers", "http_500", times=9)
    assert "Volcengine had an internal error" in await menu(harness, sam)
    harness.clouds.clear_faults()
    harness.clock.move(2 * 3600)
    assert "Nobody is in the channel now" in await menu(harness, sam)
    harness.clock.move(-2 * 3600)


async def menu(harness: Harness, person: Person) -> str:
    """Return the modal of the card's menu."""
    await choose_in_menu(harness, person, "class_77_1", "room")
    return text_of(await person.wait_for_view("room"))


async def test_remaining_quotas(harness: Harness) -> None:
    """Under figures and by the doctor; calls that are counted by the second never run out."""
    response = text_of(await quality(harness, "usage app=adults"))
    left = re.search(r"statistics (\d+) of 30 within", response)
    assert left is not None
    assert 0 < int(left[1]) < 30
    endless = "Volcengine has only a per-second rate limit"
    assert endless in text_of(await quality(harness, "live app=kids"))
    sam = harness.workspace.person("sam")
    await sam.command("/lagdesk", "doctor")
    await harness.settled()
    response = text_of(sam.ephemerals("teachers")[-1])
    for expected in (endless, "of 30 within", "management", "The key works (aksk, ACTIVATION)"):
        assert expected in response
