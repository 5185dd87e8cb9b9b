"""Recordings as evidence: started once, their progress posted, stopped; the file posted once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.clouds import HuaweiAccount
from bot.sandbox.clouds.huawei.control import Callback
from bot.sandbox.clouds.huawei.webhook_sender import WebhookSender
from bot.sandbox.slack import Person
from bot.services.call_control.webhook_registration import RECORDING_PATH
from bot.store.call_control import recordings
from bot.store.call_control.recordings import Recording
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    choose_in_menu,
    find_card,
    find_replies,
    find_ticket,
    open_external_services,
    text_of,
)
from tests.stories.test_call_control import KEY, actions, choose, filed, on_huawei

APP = HuaweiAccount().apps["kids"]
CNAME = "class_77_1"
JOBS = "apps/individual-stream-jobs"


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, FakeClock()) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


@pytest.fixture
async def harness(services: ExternalServices) -> AsyncIterator[Harness]:
    """Lagdesk with Huawei as its only cloud and a registered callback URL."""
    async with on_huawei(services) as built:
        set_callback(built)
        yield built


def set_callback(harness: Harness, key: str = KEY) -> None:
    """Register our callback URL at Huawei (8.1)."""
    url = str(getattr(harness.workspace.transport, "url", "")).replace(
        "/slack/events", RECORDING_PATH
    )
    harness.clouds.huawei.control.callbacks[APP] = Callback(url, key, "")


async def send_event(harness: Harness, event_type: str, **more: object) -> int:
    """Send an event of Huawei; returns the status of the response."""
    control = harness.clouds.huawei.control
    status = await control.send_callback(APP, event_type, harness.clock(), **more)
    await harness.settled()
    return status


async def record(harness: Harness, sam: Person) -> str:
    """Have the call recorded; returns the job's id."""
    question = await choose(harness, sam, CNAME, "record")
    await sam.submit(question)
    await harness.settled()
    return next(iter(harness.clouds.huawei.control.jobs), "")


def notes(harness: Harness) -> list[str]:
    """The posts about recordings."""
    texts = [text_of(reply) for reply in find_replies(harness, find_card(harness, CNAME))]
    return [text for text in texts if "asked to record" in text]


def files(harness: Harness) -> list[str]:
    """The posts about finished files."""
    texts = [text_of(reply) for reply in find_replies(harness, find_card(harness, CNAME))]
    return [text for text in texts if "is finished" in text]


async def active(harness: Harness) -> Recording | None:
    """The recording that goes on."""
    number = (await find_ticket(harness, CNAME)).id
    return await harness.application.store.read(
        lambda session: recordings.find_active(session, number)
    )


async def test_recording_from_start_to_file(harness: Harness) -> None:
    """One post follows the job; the file's facts come once, without uids and secrets."""
    sam = await filed(harness, CNAME)
    job = await record(harness, sam)
    assert harness.clouds.huawei.control.jobs[job]["user_id"] == "10001"
    assert harness.clouds.huawei.control.jobs[job]["record_param"] == {"record_rule_id": "rule-1"}
    [note] = notes(harness)
    assert "the teacher •••01" in note
    assert "preparing the recording" in note
    await harness.pass_time(11)
    [note] = notes(harness)
    assert "Recording since" in note

    question = await choose(harness, sam, CNAME, "stop_recording")
    await sam.submit(question)
    await harness.workspace.redeliver(1)
    await harness.settled()
    [note] = notes(harness)
    assert "The recording has stopped." in note
    assert "asked to stop it" in note
    assert await actions(harness, CNAME) == ["room.record", "room.stop_recording"]

    times = {"start_time": "2026-11-21T02:00:00Z", "stop_time": "2026-11-21T02:01:05Z"}
    harness.clouds.huawei.control.jobs[job] |= times
    for _ in range(2):  # the second one is a delivery of its own, with the same content
        await WebhookSender(harness.clouds.huawei).run_once()
        await harness.settled()
    [file] = files(harness)
    path = f"s_{job}_class_77_1_•••01.m3u8"
    for fact in ("HLS", "1280×720", "1 min 5 s", "cn-north-4 / class-recordings", path):
        assert fact in file
    assert "10001" not in file
    assert "Signature" not in file
    assert None is await active(harness)


async def test_recording_ends_by_itself(harness: Harness) -> None:
    """Huawei's end event makes us poll at once; it repeats an event that we could not store."""
    sam = await filed(harness, CNAME)
    await record(harness, sam)
    await harness.pass_time(11)
    huawei = harness.clouds.huawei
    huawei.control.dismissed.append((APP, CNAME))
    callback, courier = huawei.control.callbacks[APP], WebhookSender(huawei)
    huawei.control.callbacks[APP] = Callback(callback.url, "another-key", "")
    await courier.run_once()
    assert files(harness) == []
    huawei.control.callbacks[APP] = callback
    await courier.run_once()
    await harness.settled()
    [note] = notes(harness)
    assert "It ended because the channel was empty." in note
    assert len(files(harness)) == 1
    assert None is await active(harness)


async def test_word_of_the_end_in_its_older_name(harness: Harness) -> None:
    """Trap W40: chapter 10 names the event otherwise than 14.6; either makes us look at once."""
    sam = await filed(harness, CNAME)
    job = await record(harness, sam)
    harness.clouds.huawei.control.jobs[job] |= {"state": "STOPPED", "stop_reason": "INTERNAL_ERROR"}
    assert await send_event(harness, "CLOUD_RECORD_OVER", job_id=job, room_id=CNAME) == 200
    [note] = notes(harness)
    assert "It ended because Huawei Cloud failed." in note


async def test_pauses_between_looks_grow(harness: Harness) -> None:
    """A recording of an hour is looked at some twenty times, not every ten seconds."""
    sam = await filed(harness, CNAME)
    await record(harness, sam)
    for _ in range(60):
        await harness.pass_time(60)
    looks = harness.clouds.counts[f"GET {JOBS}/job"]
    assert 10 < looks < 25
    assert len(notes(harness)) == 1


async def test_form_that_comes_again_begins_one_job(harness: Harness) -> None:
    """A confirmation delivered three times records once; a second order is not offered."""
    sam = await filed(harness, CNAME)
    question = await choose(harness, sam, CNAME, "record")
    await sam.submit(question)
    await harness.workspace.redeliver(2)
    await harness.settled()
    assert len(harness.clouds.huawei.control.jobs) == 1
    assert len(notes(harness)) == 1
    await choose_in_menu(harness, sam, CNAME, "room")
    offered = text_of(await sam.wait_for_view("room"))
    assert '"stop_recording"' in offered
    assert '"record"' not in offered


@pytest.mark.parametrize("after_effect", [True, False])
async def test_start_without_an_answer(harness: Harness, *, after_effect: bool) -> None:
    """It is not started again; a later event of Huawei names its job, which is then ours."""
    sam = await filed(harness, CNAME)
    harness.clouds.fail_next(f"POST {JOBS}", "reset", after_effect=after_effect)
    job = await record(harness, sam)
    [note] = notes(harness)
    assert "there was no response" in note
    await harness.pass_time(400)
    assert int(after_effect) == len(harness.clouds.huawei.control.jobs)
    if after_effect:
        stream = harness.clouds.huawei.control.jobs[job]["stream_name"]
        await send_event(
            harness, "RECORD_NEW_FILE_START", job_id=job, room_id=CNAME, stream_name=stream
        )
        [note] = notes(harness)
        assert "Recording since" in note


async def test_refused_start(harness: Harness) -> None:
    """A missing permission is described in plain words, and nothing is retried."""
    sam = await filed(harness, CNAME)
    harness.clouds.huawei.deny(f"POST {JOBS}")
    await record(harness, sam)
    [note] = notes(harness)
    assert "Nothing is recorded" in note
    assert "RTC.00001021" in note
    harness.clouds.huawei.denied.clear()
    await harness.pass_time(400)
    assert harness.clouds.huawei.control.jobs == {}


async def test_too_many_calls_while_stopping(harness: Harness) -> None:
    """429 delays the stop; the post says so, and it is stopped in the end."""
    sam = await filed(harness, CNAME)
    await record(harness, sam)
    await harness.pass_time(11)
    harness.clouds.fail_next(f"DELETE {JOBS}/job", "http_429")
    await sam.submit(await choose(harness, sam, CNAME, "stop_recording"))
    await harness.settled()
    [note] = notes(harness)
    assert "is used up until" in note
    await harness.pass_time(60)
    [note] = notes(harness)
    assert "The recording has stopped." in note


async def test_job_that_huawei_has_forgotten(harness: Harness) -> None:
    """404 on a job nobody stopped is posted as it is, and ends the polling."""
    sam = await filed(harness, CNAME)
    await record(harness, sam)
    harness.clouds.huawei.control.jobs.clear()
    await harness.pass_time(11)
    [note] = notes(harness)
    assert "no longer has this recording" in note
    assert None is await active(harness)


async def test_restart_while_recording(services: ExternalServices) -> None:
    """The next process looks after the recording in the same post."""
    async with on_huawei(services) as harness:
        await record(harness, await filed(harness, CNAME))
    async with on_huawei(services) as harness:
        await harness.pass_time(11)
        [note] = notes(harness)
        assert "Recording since" in note
        assert len(harness.clouds.huawei.control.jobs) == 1
        assert "has no callback address" in note


async def test_no_rule_no_recording(services: ExternalServices) -> None:
    """Without a recording rule for the app it is not offered, and the form says why."""
    async with on_huawei(services, HUAWEI_RECORD_RULES="") as harness:
        sam = await filed(harness, CNAME)
        await choose_in_menu(harness, sam, CNAME, "room")
        modal = text_of(await sam.wait_for_view("room"))
        assert "HUAWEI_RECORD_RULES" in modal
        assert '"record"' not in modal
