"""Acting on the call of a ticket: permissions, confirmations, outcomes, thread messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bot.sandbox.clouds import HuaweiAccount
from bot.sandbox.slack import Person
from bot.sandbox.slack.state.seed import SUPPORT_GROUP
from bot.store.call_control.recordings import Recording
from bot.store.call_control.room_commands import RoomCommand
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    Json,
    choose_in_menu,
    ephemeral_texts,
    find_card,
    find_replies,
    find_ticket,
    open_external_services,
    report,
    text_of,
)
from tests.stored_rows import list_audit_entries

APP = HuaweiAccount().apps["kids"]
KEY = "callback-key"
DISMISS = "POST apps/rooms/dismiss"


def on_huawei(
    services: ExternalServices, *, worker: bool = True, **more: str
) -> AbstractAsyncContextManager[Harness]:
    """Run Lagdesk with Huawei as its only cloud."""
    account, clouds = HuaweiAccount(), services.clouds
    environment = {
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
    return services.run_lagdesk(worker=worker, connect=True, **environment)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, FakeClock()) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


@pytest.fixture
async def harness(services: ExternalServices) -> AsyncIterator[Harness]:
    """Lagdesk with Huawei as its only cloud."""
    async with on_huawei(services) as built:
        yield built


async def open_menu(harness: Harness, person: Person, cname: str) -> Json:
    """Press More… on the card about a room."""
    await choose_in_menu(harness, person, cname, "room")
    return await person.wait_for_view("room")


async def choose(harness: Harness, person: Person, cname: str, choice: str) -> Json:
    """Choose something, up to the second question."""
    view = await open_menu(harness, person, cname)
    outcome = await person.submit(view, {"choice": choice})
    assert outcome.action == "push"
    return person.views[-1]


async def order(harness: Harness, person: Person, cname: str, choice: str) -> None:
    """Choose something and confirm it."""
    outcome = await person.submit(await choose(harness, person, cname, choice))
    assert outcome.action == "clear"
    await harness.settled()


async def filed(harness: Harness, cname: str) -> Person:
    """Somebody of support whose report stands in the channel."""
    sam = harness.workspace.person("sam")
    await report(sam, cname)
    await harness.settled()
    return sam


def notes(harness: Harness, cname: str) -> list[str]:
    """Return the thread's messages about actions and recordings."""
    replies = [text_of(reply) for reply in find_replies(harness, find_card(harness, cname))]
    return [text for text in replies if "asked to" in text or "请求" in text]


async def actions(harness: Harness, cname: str) -> list[str]:
    """What the audit kept about a ticket."""
    number = (await find_ticket(harness, cname)).id
    entries = await harness.application.store.read(
        lambda session: list_audit_entries(session, number)
    )
    return [entry.action for entry in entries]


async def test_student_is_sent_out(harness: Harness) -> None:
    """Two forms, the second names the consequence; the thread says what was requested and no more."""
    sam = await filed(harness, "class_77_1")
    view = await open_menu(harness, sam, "class_77_1")
    assert "2 people are in the channel now." in text_of(view)
    assert "•••02" in text_of(view)
    assert "20002" not in text_of(view)
    question = await choose(harness, sam, "class_77_1", "remove_student")
    assert "will be disconnected from channel class_77_1" in text_of(question)
    assert harness.clouds.huawei.control.removed == []
    await sam.submit(question)
    await harness.settled()
    assert harness.clouds.huawei.control.removed == [(APP, "class_77_1", ("20002",))]
    [note] = notes(harness, "class_77_1")
    assert f"<@{sam.id}> asked to remove the student •••02" in note
    assert "sends no confirmation" in note
    expected = ["room.remove_student", "room.remove_student.taken"]
    assert expected == await actions(harness, "class_77_1")


async def test_room_is_closed_once_a_form(harness: Harness) -> None:
    """A form that Slack delivers twice closes the room once, and one message says so."""
    sam = await filed(harness, "class_77_2")
    question = await choose(harness, sam, "class_77_2", "dismiss")
    assert "Everybody in channel class_77_2 will be disconnected" in text_of(question)
    assert "2 people are in the channel now." in text_of(question)
    await sam.submit(question)
    assert [ack.status for ack in await harness.workspace.redeliver(2)] == [200, 200]
    await harness.settled()
    await harness.workspace.redeliver(1)
    await harness.settled()
    assert harness.clouds.huawei.control.dismissed == [(APP, "class_77_2")]
    assert len(notes(harness, "class_77_2")) == 1
    assert await actions(harness, "class_77_2") == ["room.dismiss", "room.dismiss.taken"]


async def test_only_support_sees_the_menu(harness: Harness) -> None:
    """Others get a private refusal; nothing is sent to the cloud, revealed or stored."""
    await filed(harness, "class_77_3")
    maya = harness.workspace.person("maya")
    await choose_in_menu(harness, maya, "class_77_3", "room")
    assert maya.views == []
    assert "Only support can do this." in ephemeral_texts(maya, "escalations")[-1]
    assert await actions(harness, "class_77_3") == []


async def test_rights_lost_between_the_forms(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who left support before confirming is refused in the form; nobody is removed."""
    sam = await filed(harness, "class_77_3")
    question = await choose(harness, sam, "class_77_3", "dismiss")

    async def nobody(_team: str, _person: str) -> bool:
        return False

    monkeypatch.setattr(harness.slack.context.permissions, "is_support", nobody)
    outcome = await sam.submit(question)
    assert outcome.action == "update"
    assert "Only support can do this." in text_of(sam.views[-1])
    await harness.settled()
    assert harness.clouds.huawei.control.dismissed == []


async def test_forged_choice_is_refused(harness: Harness) -> None:
    """A choice that is not offered comes back as an error, under the field or as a refusal."""
    sam = await filed(harness, "class_77_3")
    view = await open_menu(harness, sam, "class_77_3")
    outcome = await sam.submit(view, {"choice": "stop_recording"}, force=True)
    assert outcome.errors == {"choice": "Choose one from the list."}
    outcome = await sam.submit(view, {"choice": ""}, force=True)
    assert list(outcome.errors) == ["choice"]
    await sam.submit(view, {"choice": "record"})
    outcome = await sam.submit(sam.views[-1], {"side": ""}, force=True)
    assert outcome.action == "update"
    assert "Choose one from the list." in text_of(sam.views[-1])
    assert await actions(harness, "class_77_3") == []


async def test_call_that_has_ended(harness: Harness) -> None:
    """Where no call runs, nobody can be cut off; full uids can still be seen."""
    sam = await filed(harness, "class_77_1")
    harness.clock.move(3 * 3600)
    view = await open_menu(harness, sam, "class_77_1")
    text = text_of(view)
    assert "The call has ended" in text
    assert "remove_student" not in text
    assert "dismiss" not in text
    assert "reveal" in text


async def test_room_that_is_gone(harness: Harness) -> None:
    """404 carries the code of a 400 (W38); the thread says that nobody is there any more."""
    sam = await filed(harness, "class_77_1")
    question = await choose(harness, sam, "class_77_1", "dismiss")
    harness.clock.move(3 * 3600)
    await sam.submit(question)
    await harness.settled()
    [note] = notes(harness, "class_77_1")
    assert "finds no such channel" in note
    assert await actions(harness, "class_77_1") == ["room.dismiss", "room.dismiss.not_there"]


async def test_too_many_calls(harness: Harness) -> None:
    """429 is retried for two minutes: the same post says so, and then that it was accepted."""
    sam = await filed(harness, "class_77_1")
    harness.clouds.fail_next(DISMISS, "http_429")
    await order(harness, sam, "class_77_1", "dismiss")
    [note] = notes(harness, "class_77_1")
    assert "not been sent to Huawei Cloud yet" in note
    await harness.pass_time(15)
    [note] = notes(harness, "class_77_1")
    assert "sends no confirmation" in note
    assert harness.clouds.huawei.control.dismissed == [(APP, "class_77_1")]


async def test_too_late(harness: Harness) -> None:
    """What could not be sent within two minutes is not sent any more."""
    sam = await filed(harness, "class_77_1")
    harness.clouds.fail_next(DISMISS, "http_500", times=50)
    await order(harness, sam, "class_77_1", "dismiss")
    for _ in range(14):
        await harness.pass_time(11)
    harness.clouds.clear_faults()
    await harness.pass_time(400)
    [note] = notes(harness, "class_77_1")
    assert "Nothing was done: it could not be sent" in note
    assert harness.clouds.huawei.control.dismissed == []


@pytest.mark.parametrize("after_effect", [True, False])
async def test_no_answer(harness: Harness, *, after_effect: bool) -> None:
    """A request without a response is never sent again; the thread says so."""
    sam = await filed(harness, "class_77_1")
    harness.clouds.fail_next(DISMISS, "reset", after_effect=after_effect)
    await order(harness, sam, "class_77_1", "dismiss")
    await harness.pass_time(100)
    [note] = notes(harness, "class_77_1")
    assert "there was no response. It is not sent again" in note
    assert int(after_effect) == len(harness.clouds.huawei.control.dismissed)


async def test_cloud_does_not_say_who_is_there(harness: Harness) -> None:
    """The form opens anyway, and says why nobody is counted."""
    sam = await filed(harness, "class_77_1")
    harness.clock.move(120)
    harness.clouds.fail_next("rtc/rooms", "http_500", times=9)
    view = await open_menu(harness, sam, "class_77_1")
    assert "Huawei Cloud had an internal error" in text_of(view)
    assert "dismiss" in text_of(view)


async def test_slow_cloud_keeps_nobody_waiting(harness: Harness) -> None:
    """A click is answered within three seconds although Huawei takes longer."""
    sam = await filed(harness, "class_77_1")
    harness.clock.move(120)
    harness.clouds.fail_next("rtc/rooms", "slow", times=9, seconds=5)
    outcome = await choose_in_menu(harness, sam, "class_77_1", "room")
    assert (outcome.status, outcome.error) == (200, None)
    assert "did not return in time" in text_of(await sam.wait_for_view("room"))


async def test_form_closed_while_the_cloud_is_asked(harness: Harness) -> None:
    """Slack has no form to update; the click is answered all the same."""
    sam = await filed(harness, "class_77_1")
    harness.workspace.fail_next("views.update", "not_found")
    outcome = await choose_in_menu(harness, sam, "class_77_1", "room")
    assert (outcome.status, outcome.error) == (200, None)
    assert "Asking Huawei Cloud who is in the channel" in text_of(sam.views[-1])
    assert ephemeral_texts(sam, "escalations") == []


async def test_full_uids_are_shown_to_support_alone(harness: Harness) -> None:
    """They stand in a form only the asker sees; who saw them is kept, once a form."""
    sam = await filed(harness, "class_77_1")
    view = await open_menu(harness, sam, "class_77_1")
    await sam.submit(view, {"choice": "reveal"})
    text = text_of(sam.views[-1])
    assert "10001" in text
    assert "20002" in text
    await harness.workspace.redeliver(1)
    assert await actions(harness, "class_77_1") == ["room.reveal"]
    assert "20002" not in text_of(harness.workspace.messages(harness.escalations)[-1])


async def test_resolved_ticket_shows_uids_alone(harness: Harness) -> None:
    """A resolved card offers full uids and no more, audited; an old form orders nothing."""
    sam = await filed(harness, "class_77_1")
    question = await choose(harness, sam, "class_77_1", "dismiss")
    ticket = await find_ticket(harness, "class_77_1")
    await harness.slack.services.tickets.resolve(
        harness.workspace.team_id, ticket.id, sam.id, cause="none", resolution="done"
    )
    await harness.settled()
    outcome = await sam.submit(question)
    assert outcome.action == "update"
    assert "is already resolved" in text_of(sam.views[-1])
    assert harness.clouds.huawei.control.dismissed == []
    await sam.close(sam.views[-1])
    outcome = await sam.submit(sam.views[-1], {"choice": "dismiss"})
    assert outcome.errors == {"choice": f"{ticket.label} is already resolved."}
    view = await open_menu(harness, sam, "class_77_1")
    assert [o["value"] for o in view["blocks"][-1]["element"]["options"]] == ["reveal"]
    await sam.submit(view, {"choice": "reveal"})
    assert "20002" in text_of(sam.views[-1])
    assert await actions(harness, "class_77_1") == ["room.reveal"]


async def test_restart_between_order_and_sending(services: ExternalServices) -> None:
    """What was confirmed while no worker ran is carried out by the next one, once."""
    async with on_huawei(services) as harness:
        await filed(harness, "class_77_1")
    async with on_huawei(services, worker=False) as harness:
        sam = harness.workspace.person("sam")
        await sam.submit(await choose(harness, sam, "class_77_1", "remove_teacher"))
        assert services.clouds.huawei.control.removed == []
    async with on_huawei(services) as harness:
        await harness.settled()
        assert services.clouds.huawei.control.removed == [(APP, "class_77_1", ("10001",))]
        assert len(notes(harness, "class_77_1")) == 1


async def test_other_clouds_offer_only_full_uids(services: ExternalServices) -> None:
    """Agora has no such endpoints: its menu shows full uids, and no request is sent."""
    async with services.run_lagdesk() as harness:
        sam = await filed(harness, "class_77_1")
        view = await open_menu(harness, sam, "class_77_1")
        assert "reveal" in text_of(view)
        assert "dismiss" not in text_of(view)
        assert "record" not in text_of(view)


async def test_no_menu_where_there_is_nothing_in_it(services: ExternalServices) -> None:
    """With unmasked uids a ticket of Agora has no menu."""
    async with services.run_lagdesk(MASK_UIDS="false") as harness:
        await filed(harness, "class_77_1")
        assert ':room"' not in text_of(find_card(harness, "class_77_1"))


async def test_chinese(services: ExternalServices) -> None:
    """Form and thread speak Chinese where Chinese is spoken."""
    async with on_huawei(services, DEFAULT_LOCALE="zh") as harness:
        await filed(harness, "class_77_1")
        zhou = harness.workspace.person("zhou")
        question = await choose(harness, zhou, "class_77_1", "remove_student")
        assert "确定" in text_of(question)
        await zhou.submit(question)
        await harness.settled()
        [note] = notes(harness, "class_77_1")
        assert "学生 •••02" in note
        assert "请求" in note
        assert "asked" not in note


@pytest.mark.parametrize("choice", ["dismiss", "record"])
async def test_worker_that_died_while_asking(services: ExternalServices, choice: str) -> None:
    """The request may have arrived: the thread says so, and it is not sent again."""
    async with on_huawei(services) as harness:
        await filed(harness, "class_77_1")
    async with on_huawei(services, worker=False) as harness:
        sam = harness.workspace.person("sam")
        await sam.submit(await choose(harness, sam, "class_77_1", choice))
        row = Recording if choice == "record" else RoomCommand
        began_at = harness.clock.now()
        await harness.application.store.transact(
            lambda session: setattr(session.get_one(row, 1), "attempted_at", began_at)
        )
    async with on_huawei(services) as harness:
        await harness.settled()
        [note] = notes(harness, "class_77_1")
        assert "there was no response" in note
        await harness.pass_time(400)
    assert services.clouds.huawei.control.dismissed == []
    assert services.clouds.huawei.control.jobs == {}
