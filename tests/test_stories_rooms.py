"""Acting on rooms of a ticket: who may, what is asked twice, what Huawei took, what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.clouds import Clouds, HuaweiAccount
from bot.sandbox.workspace import Person
from bot.store import audit
from tests.conftest import MovedClock, Stage, faults_of
from tests.storytelling import (
    Json,
    World,
    card_of,
    open_world,
    report,
    text_of,
    thread_of,
    ticket_of,
    whispers,
)

APP = HuaweiAccount().apps["kids"]
KEY = "callback-key"
DISMISS = "POST apps/rooms/dismiss"


def on_huawei(clouds: Clouds, **more: str) -> dict[str, str]:
    """The settings of a house whose calls Huawei carries."""
    account = HuaweiAccount()
    return {
        "AGORA_APPS": "",
        "HUAWEI_APPS": f"kids={APP}",
        "HUAWEI_ACCESS_KEY": account.access_key,
        "HUAWEI_SECRET_KEY": account.secret_key,
        "HUAWEI_PROJECT_ID": account.project_id,
        "HUAWEI_BASE_URL": clouds.huawei_url,
        "HUAWEI_IAM_URL": clouds.huawei_url,
        "HUAWEI_CALLBACK_KEY": KEY,
        "HUAWEI_RECORD_RULES": "kids=rule-1",
        **more,
    }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Slack and the clouds, without Lagdesk."""
    async with open_world(tmp_path, MovedClock()) as built:
        yield built
        assert [] == faults_of(built.workspace)


@pytest.fixture
async def stage(world: World) -> AsyncIterator[Stage]:
    """A house whose calls Huawei carries."""
    async with world.lagdesk(**on_huawei(world.clouds)) as built:
        yield built


async def open_menu(stage: Stage, person: Person, cname: str) -> Json:
    """Press More… on the card about a room."""
    await person.click(card_of(stage, cname), "room.menu")
    return await person.view_opened("room")


async def choose(stage: Stage, person: Person, cname: str, choice: str) -> Json:
    """Choose something, up to the second question."""
    view = await open_menu(stage, person, cname)
    outcome = await person.submit(view, {"choice": choice})
    assert "push" == outcome.action
    return person.views[-1]


async def order(stage: Stage, person: Person, cname: str, choice: str) -> None:
    """Choose something and confirm it."""
    outcome = await person.submit(await choose(stage, person, cname, choice))
    assert "clear" == outcome.action
    await stage.settled()


async def filed(stage: Stage, cname: str) -> Person:
    """Somebody of support whose report stands in the channel."""
    zhou = stage.workspace.person("zhou")
    await report(zhou, cname)
    await stage.settled()
    return zhou


def notes(stage: Stage, cname: str) -> list[str]:
    """What the thread tells of orders and recordings."""
    told = [text_of(reply) for reply in thread_of(stage, card_of(stage, cname))]
    return [text for text in told if "asked to" in text or "请求" in text]


async def actions(stage: Stage, cname: str) -> list[str]:
    """What the audit kept about a ticket."""
    number = (await ticket_of(stage, cname)).id
    entries = await stage.house.store.read(lambda session: audit.of_ticket(session, number))
    return [entry.action for entry in entries]


async def test_student_is_sent_out(stage: Stage) -> None:
    """Two forms, the second names the consequence; the thread tells what was asked and no more."""
    zhou = await filed(stage, "class_77_1")
    view = await open_menu(stage, zhou, "class_77_1")
    assert "2 people are in the channel now." in text_of(view)
    assert "•••02" in text_of(view)
    assert "20002" not in text_of(view)
    question = await choose(stage, zhou, "class_77_1", "remove_student")
    assert "will be cut off from channel class_77_1" in text_of(question)
    assert [] == stage.clouds.huawei.desk.removed
    await zhou.submit(question)
    await stage.settled()
    assert [(APP, "class_77_1", ("20002",))] == stage.clouds.huawei.desk.removed
    [note] = notes(stage, "class_77_1")
    assert f"<@{zhou.id}> asked to remove the student •••02" in note
    assert "does not confirm" in note
    expected = ["room.remove_student", "room.remove_student.taken"]
    assert expected == await actions(stage, "class_77_1")
