"""Acting on rooms of a ticket: who may, what is asked twice, what Huawei took, what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.sandbox.clouds import HuaweiAccount
from bot.sandbox.slack import Person
from bot.sandbox.slack.seed import SUPPORT_GROUP
from bot.store.admin import audit_log
from bot.store.call_control.recordings import Recording
from bot.store.call_control.room_commands import RoomOrder
from tests.conftest import MovedClock, Stage, faults_of
from tests.scenario_helpers import (
    Json,
    World,
    card_of,
    choose_more,
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


def on_huawei(
    world: World, *, worker: bool = True, **more: str
) -> AbstractAsyncContextManager[Stage]:
    """Run Lagdesk in a world whose calls Huawei carries."""
    account, clouds = HuaweiAccount(), world.clouds
    told = {
        "AGORA_APPS": "",
        "HUAWEI_APPS": f"kids={APP}",
        "HUAWEI_ACCESS_KEY": account.access_key,
        "HUAWEI_SECRET_KEY": account.secret_key,
        "HUAWEI_PROJECT_ID": account.project_id,
        "HUAWEI_BASE_URL": clouds.huawei_url,
        "HUAWEI_IAM_URL": clouds.huawei_url,
        "HUAWEI_CALLBACK_KEY": KEY,
        "HUAWEI_RECORD_RULES": "kids=rule-1",
        "SUPPORT_GROUP": SUPPORT_GROUP,
        **more,
    }
    return world.lagdesk(worker=worker, connect=True, **told)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Slack and the clouds, without Lagdesk."""
    async with open_world(tmp_path, MovedClock()) as built:
        yield built
        assert [] == faults_of(built.workspace)


@pytest.fixture
async def stage(world: World) -> AsyncIterator[Stage]:
    """A house whose calls Huawei carries."""
    async with on_huawei(world) as built:
        yield built


async def open_menu(stage: Stage, person: Person, cname: str) -> Json:
    """Press More… on the card about a room."""
    await choose_more(stage, person, cname, "room")
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
    sam = stage.workspace.person("sam")
    await report(sam, cname)
    await stage.settled()
    return sam


def notes(stage: Stage, cname: str) -> list[str]:
    """What the thread tells of orders and recordings."""
    told = [text_of(reply) for reply in thread_of(stage, card_of(stage, cname))]
    return [text for text in told if "asked to" in text or "请求" in text]


async def actions(stage: Stage, cname: str) -> list[str]:
    """What the audit kept about a ticket."""
    number = (await ticket_of(stage, cname)).id
    entries = await stage.house.store.read(lambda session: audit_log.of_ticket(session, number))
    return [entry.action for entry in entries]


async def test_student_is_sent_out(stage: Stage) -> None:
    """Two forms, the second names the consequence; the thread tells what was asked and no more."""
    sam = await filed(stage, "class_77_1")
    view = await open_menu(stage, sam, "class_77_1")
    assert "2 people are in the channel now." in text_of(view)
    assert "•••02" in text_of(view)
    assert "20002" not in text_of(view)
    question = await choose(stage, sam, "class_77_1", "remove_student")
    assert "will be cut off from channel class_77_1" in text_of(question)
    assert [] == stage.clouds.huawei.control.removed
    await sam.submit(question)
    await stage.settled()
    assert [(APP, "class_77_1", ("20002",))] == stage.clouds.huawei.control.removed
    [note] = notes(stage, "class_77_1")
    assert f"<@{sam.id}> asked to remove the student •••02" in note
    assert "does not confirm" in note
    expected = ["room.remove_student", "room.remove_student.taken"]
    assert expected == await actions(stage, "class_77_1")


async def test_room_is_closed_once_a_form(stage: Stage) -> None:
    """A form that Slack brings again closes the room once, and says so once."""
    sam = await filed(stage, "class_77_2")
    question = await choose(stage, sam, "class_77_2", "dismiss")
    assert "Everybody in channel class_77_2 will be cut off" in text_of(question)
    assert "2 people are in the channel now." in text_of(question)
    await sam.submit(question)
    assert [200, 200] == [ack.status for ack in await stage.workspace.redeliver(2)]
    await stage.settled()
    await stage.workspace.redeliver(1)
    await stage.settled()
    assert [(APP, "class_77_2")] == stage.clouds.huawei.control.dismissed
    assert 1 == len(notes(stage, "class_77_2"))
    assert ["room.dismiss", "room.dismiss.taken"] == await actions(stage, "class_77_2")


async def test_only_support_sees_the_menu(stage: Stage) -> None:
    """Others are told privately that only support can; nothing is ordered, revealed or kept."""
    await filed(stage, "class_77_3")
    maya = stage.workspace.person("maya")
    await choose_more(stage, maya, "class_77_3", "room")
    assert [] == maya.views
    assert "Only support can do this." in whispers(maya, "escalations")[-1]
    assert [] == await actions(stage, "class_77_3")


async def test_rights_lost_between_the_forms(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is no support any more when confirming is told in the form; nobody is cut off."""
    sam = await filed(stage, "class_77_3")
    question = await choose(stage, sam, "class_77_3", "dismiss")

    async def nobody(_team: str, _person: str) -> bool:
        return False

    monkeypatch.setattr(stage.house.desk, "is_support", nobody)
    outcome = await sam.submit(question)
    assert "update" == outcome.action
    assert "Only support can do this." in text_of(sam.views[-1])
    await stage.settled()
    assert [] == stage.clouds.huawei.control.dismissed


async def test_forged_choice_is_refused(stage: Stage) -> None:
    """A choice that is not offered comes back as an error under the field."""
    sam = await filed(stage, "class_77_3")
    view = await open_menu(stage, sam, "class_77_3")
    outcome = await sam.submit(view, {"choice": "stop_recording"}, force=True)
    assert {"choice": "Choose one from the list."} == outcome.errors
    outcome = await sam.submit(view, {"choice": ""}, force=True)
    assert ["choice"] == list(outcome.errors)


async def test_call_that_has_ended(stage: Stage) -> None:
    """Where no call runs, nobody can be cut off; full uids can still be seen."""
    sam = await filed(stage, "class_77_1")
    stage.clock.move(3 * 3600)
    view = await open_menu(stage, sam, "class_77_1")
    shown = text_of(view)
    assert "The call has ended" in shown
    assert "remove_student" not in shown
    assert "dismiss" not in shown
    assert "reveal" in shown


async def test_room_that_is_gone(stage: Stage) -> None:
    """404 carries the code of a 400 (W38); the thread says that nobody is there any more."""
    sam = await filed(stage, "class_77_1")
    question = await choose(stage, sam, "class_77_1", "dismiss")
    stage.clock.move(3 * 3600)
    await sam.submit(question)
    await stage.settled()
    [note] = notes(stage, "class_77_1")
    assert "finds no such channel" in note
    assert ["room.dismiss", "room.dismiss.not_there"] == await actions(stage, "class_77_1")


async def test_too_many_calls(stage: Stage) -> None:
    """429 is waited out for two minutes: the same post says so, and then that it was taken."""
    sam = await filed(stage, "class_77_1")
    stage.clouds.fail_next(DISMISS, "http_429")
    await order(stage, sam, "class_77_1", "dismiss")
    [note] = notes(stage, "class_77_1")
    assert "not been sent to Huawei Cloud yet" in note
    await stage.pass_time(15)
    [note] = notes(stage, "class_77_1")
    assert "does not confirm" in note
    assert [(APP, "class_77_1")] == stage.clouds.huawei.control.dismissed


async def test_too_late(stage: Stage) -> None:
    """What could not be sent within two minutes is not sent any more."""
    sam = await filed(stage, "class_77_1")
    stage.clouds.fail_next(DISMISS, "http_500", times=50)
    await order(stage, sam, "class_77_1", "dismiss")
    for _ in range(14):
        await stage.pass_time(11)
    stage.clouds.clear_faults()
    await stage.pass_time(400)
    [note] = notes(stage, "class_77_1")
    assert "Nothing was done: it could not be sent" in note
    assert [] == stage.clouds.huawei.control.dismissed


@pytest.mark.parametrize("after_effect", [True, False])
async def test_no_answer(stage: Stage, *, after_effect: bool) -> None:
    """An order without an answer is never sent again; the thread says to look."""
    sam = await filed(stage, "class_77_1")
    stage.clouds.fail_next(DISMISS, "reset", after_effect=after_effect)
    await order(stage, sam, "class_77_1", "dismiss")
    await stage.pass_time(100)
    [note] = notes(stage, "class_77_1")
    assert "no answer came. It is not sent again" in note
    assert int(after_effect) == len(stage.clouds.huawei.control.dismissed)


async def test_cloud_does_not_say_who_is_there(stage: Stage) -> None:
    """The form opens all the same, and says why nobody is counted."""
    sam = await filed(stage, "class_77_1")
    stage.clock.move(120)
    stage.clouds.fail_next("rtc/rooms", "http_500", times=9)
    view = await open_menu(stage, sam, "class_77_1")
    assert "Huawei Cloud itself failed" in text_of(view)
    assert "dismiss" in text_of(view)


async def test_slow_cloud_keeps_nobody_waiting(stage: Stage) -> None:
    """A click is answered within three seconds although Huawei takes longer."""
    sam = await filed(stage, "class_77_1")
    stage.clock.move(120)
    stage.clouds.fail_next("rtc/rooms", "slow", times=9, seconds=5)
    outcome = await choose_more(stage, sam, "class_77_1", "room")
    assert (200, None) == (outcome.status, outcome.error)
    assert "did not say in time" in text_of(await sam.view_opened("room"))


async def test_full_uids_are_shown_to_support_alone(stage: Stage) -> None:
    """They stand in a form only the asker sees; who saw them is kept, once a form."""
    sam = await filed(stage, "class_77_1")
    view = await open_menu(stage, sam, "class_77_1")
    await sam.submit(view, {"choice": "reveal"})
    shown = text_of(sam.views[-1])
    assert "10001" in shown
    assert "20002" in shown
    await stage.workspace.redeliver(1)
    assert ["room.reveal"] == await actions(stage, "class_77_1")
    assert "20002" not in text_of(stage.workspace.messages(stage.escalations)[-1])


async def test_resolved_ticket_shows_uids_alone(stage: Stage) -> None:
    """A resolved card offers full uids and no more, audited; an old form orders nothing."""
    sam = await filed(stage, "class_77_1")
    question = await choose(stage, sam, "class_77_1", "dismiss")
    ticket = await ticket_of(stage, "class_77_1")
    await stage.house.desk.resolve(
        stage.workspace.team_id, ticket.id, sam.id, cause="none", resolution="done"
    )
    await stage.settled()
    outcome = await sam.submit(question)
    assert "update" == outcome.action
    assert "is already resolved" in text_of(sam.views[-1])
    assert [] == stage.clouds.huawei.control.dismissed
    view = await open_menu(stage, sam, "class_77_1")
    assert ["reveal"] == [o["value"] for o in view["blocks"][-1]["element"]["options"]]
    await sam.submit(view, {"choice": "reveal"})
    assert "20002" in text_of(sam.views[-1])
    assert ["room.reveal"] == await actions(stage, "class_77_1")


async def test_restart_between_order_and_sending(world: World) -> None:
    """What was confirmed while no worker ran is carried out by the next one, once."""
    async with on_huawei(world) as stage:
        await filed(stage, "class_77_1")
    async with on_huawei(world, worker=False) as stage:
        sam = stage.workspace.person("sam")
        await sam.submit(await choose(stage, sam, "class_77_1", "remove_teacher"))
        assert [] == world.clouds.huawei.control.removed
    async with on_huawei(world) as stage:
        await stage.settled()
        assert [(APP, "class_77_1", ("10001",))] == world.clouds.huawei.control.removed
        assert 1 == len(notes(stage, "class_77_1"))


async def test_other_clouds_offer_only_full_uids(world: World) -> None:
    """Agora lets no room be acted on: its menu shows full uids, and nothing is asked of it."""
    async with world.lagdesk() as stage:
        sam = await filed(stage, "class_77_1")
        view = await open_menu(stage, sam, "class_77_1")
        assert "reveal" in text_of(view)
        assert "dismiss" not in text_of(view)
        assert "record" not in text_of(view)


async def test_no_menu_where_there_is_nothing_in_it(world: World) -> None:
    """With uids shown to everybody, a ticket of Agora has no menu."""
    async with world.lagdesk(MASK_UIDS="false") as stage:
        await filed(stage, "class_77_1")
        assert ':room"' not in text_of(card_of(stage, "class_77_1"))


async def test_chinese(world: World) -> None:
    """Form and thread speak Chinese where Chinese is spoken."""
    async with on_huawei(world, DEFAULT_LOCALE="zh") as stage:
        await filed(stage, "class_77_1")
        zhou = stage.workspace.person("zhou")
        question = await choose(stage, zhou, "class_77_1", "remove_student")
        assert "确定" in text_of(question)
        await zhou.submit(question)
        await stage.settled()
        [note] = notes(stage, "class_77_1")
        assert "学生 •••02" in note
        assert "请求" in note
        assert "asked" not in note


@pytest.mark.parametrize("choice", ["dismiss", "record"])
async def test_worker_that_died_while_asking(world: World, choice: str) -> None:
    """Whether Huawei was asked nobody knows: the thread says so, and it is not asked again."""
    async with on_huawei(world) as stage:
        await filed(stage, "class_77_1")
    async with on_huawei(world, worker=False) as stage:
        sam = stage.workspace.person("sam")
        await sam.submit(await choose(stage, sam, "class_77_1", choice))
        row = Recording if choice == "record" else RoomOrder
        began_at = stage.clock.now()
        await stage.house.store.transact(
            lambda session: setattr(session.get_one(row, 1), "begun_at", began_at)
        )
    async with on_huawei(world) as stage:
        await stage.settled()
        [note] = notes(stage, "class_77_1")
        assert "no answer came" in note
        await stage.pass_time(400)
    assert [] == world.clouds.huawei.control.dismissed
    assert {} == world.clouds.huawei.control.jobs
