"""The home and what people choose for themselves: their language, their app, their quiet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.clouds import AgoraAccount
from tests.conftest import Stage, faults_of, set_up_stage
from tests.storytelling import text_of

ACCOUNT = AgoraAccount()


@pytest.fixture(scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A house with two apps."""
    apps = f"kids={ACCOUNT.apps['kids']},grown=00000000000000000000000000000001"
    async with set_up_stage(tmp_path_factory.mktemp("house"), AGORA_APPS=apps) as built:
        yield built
        assert [] == faults_of(built.workspace)


async def test_settings_are_kept_and_obeyed(school: Stage) -> None:
    """Language, app and notices are chosen in one form; the next form obeys them."""
    wang = school.workspace.person("wang")
    await wang.command("/lagdesk", "settings")
    view = await wang.view_opened("preferences")
    assert "我的设置" == view["title"]["text"]
    chosen = {"language": "en", "app": "grown", "notices": ["resolved"]}
    assert (await wang.submit(view, chosen)).ok
    await wang.command("/report", "")
    form = await wang.view_opened("report")
    assert "Report a bad call" == form["title"]["text"]
    assert "grown" == form["blocks"][0]["element"]["initial_option"]["value"]
    await wang.close(form)
    await wang.command("/lagdesk", "notify")
    again = await wang.view_opened("preferences")
    assert "My settings" == again["title"]["text"]
    ticked = again["blocks"][2]["element"]["initial_options"]
    assert ["resolved"] == [option["value"] for option in ticked]
    assert (await wang.submit(again, {"language": "auto", "app": "-", "notices": []})).ok
    await wang.command("/lagdesk", "settings")
    last = await wang.view_opened("preferences")
    assert "我的设置" == last["title"]["text"]
    assert "initial_options" not in text_of(last)
    await wang.close(last)
