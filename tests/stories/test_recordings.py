"""Recordings as evidence: begun once, shown as they go, stopped; the finished file told once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.clouds import HuaweiAccount
from bot.sandbox.clouds.huawei.control import Callback
from bot.sandbox.clouds.huawei.webhook_sender import Courier
from bot.sandbox.slack import Person
from bot.services.call_control.webhook_registration import RECORDING_PATH
from bot.store.call_control import recordings
from bot.store.call_control.recordings import Recording
from tests.conftest import MovedClock, Stage, faults_of
from tests.scenario_helpers import (
    World,
    card_of,
    choose_more,
    open_world,
    text_of,
    thread_of,
    ticket_of,
)
from tests.stories.test_call_control import KEY, actions, choose, filed, on_huawei

APP = HuaweiAccount().apps["kids"]
CNAME = "class_77_1"
JOBS = "apps/individual-stream-jobs"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Slack and the clouds, without Lagdesk."""
    async with open_world(tmp_path, MovedClock()) as built:
        yield built
        assert [] == faults_of(built.workspace)


@pytest.fixture
async def stage(world: World) -> AsyncIterator[Stage]:
    """A house whose calls Huawei carries, and Huawei knows where to tell of recordings."""
    async with on_huawei(world) as built:
        set_callback(built)
        yield built


def set_callback(stage: Stage, key: str = KEY) -> None:
    """Let Huawei tell of recordings at our door (8.1)."""
    url = str(getattr(stage.workspace.transport, "url", "")).replace(
        "/slack/events", RECORDING_PATH
    )
    stage.clouds.huawei.control.callbacks[APP] = Callback(url, key, "")


async def tell(stage: Stage, event_type: str, **more: object) -> int:
    """Let Huawei tell of something; returns the status it is answered with."""
    desk = stage.clouds.huawei.control
    status = await desk.call_back(APP, event_type, stage.clock(), **more)
    await stage.settled()
    return status


async def record(stage: Stage, sam: Person) -> str:
    """Have the call recorded; returns the job's id."""
    question = await choose(stage, sam, CNAME, "record")
    await sam.submit(question)
    await stage.settled()
    return next(iter(stage.clouds.huawei.control.jobs), "")


def notes(stage: Stage) -> list[str]:
    """The posts about recordings."""
    told = [text_of(reply) for reply in thread_of(stage, card_of(stage, CNAME))]
    return [text for text in told if "asked to record" in text]


def files(stage: Stage) -> list[str]:
    """The posts about finished files."""
    told = [text_of(reply) for reply in thread_of(stage, card_of(stage, CNAME))]
    return [text for text in told if "is finished" in text]


async def active(stage: Stage) -> Recording | None:
    """The recording that goes on."""
    number = (await ticket_of(stage, CNAME)).id
    return await stage.house.store.read(lambda session: recordings.active_of(session, number))


async def test_recording_from_start_to_file(stage: Stage) -> None:
    """One post follows the job; the file's facts come once, without uids and secrets."""
    sam = await filed(stage, CNAME)
    job = await record(stage, sam)
    assert "10001" == stage.clouds.huawei.control.jobs[job]["user_id"]
    assert {"record_rule_id": "rule-1"} == stage.clouds.huawei.control.jobs[job]["record_param"]
    [note] = notes(stage)
    assert "the teacher •••01" in note
    assert "setting the recording up" in note
    await stage.pass_time(11)
    [note] = notes(stage)
    assert "Recording since" in note

    question = await choose(stage, sam, CNAME, "stop_recording")
    await sam.submit(question)
    await stage.workspace.redeliver(1)
    await stage.settled()
    [note] = notes(stage)
    assert "The recording has stopped." in note
    assert "asked to stop it" in note
    assert ["room.record", "room.stop_recording"] == await actions(stage, CNAME)

    times = {"start_time": "2026-11-21T02:00:00Z", "stop_time": "2026-11-21T02:01:05Z"}
    stage.clouds.huawei.control.jobs[job] |= times
    for _ in range(2):  # the second one knows nothing of the first, and tells everything again
        await Courier(stage.clouds.huawei).make_round()
        await stage.settled()
    [file] = files(stage)
    path = f"s_{job}_class_77_1_•••01.m3u8"
    for fact in ("HLS", "1280×720", "1 min 5 s", "cn-north-4 / class-recordings", path):
        assert fact in file
    assert "10001" not in file
    assert "Signature" not in file
    assert None is await active(stage)


async def test_recording_ends_by_itself(stage: Stage) -> None:
    """Huawei's word that it is over makes us look at once; what we cannot take it tells again."""
    sam = await filed(stage, CNAME)
    await record(stage, sam)
    await stage.pass_time(11)
    huawei = stage.clouds.huawei
    huawei.control.dismissed.append((APP, CNAME))
    callback, courier = huawei.control.callbacks[APP], Courier(huawei)
    huawei.control.callbacks[APP] = Callback(callback.url, "another-key", "")
    await courier.make_round()
    assert [] == files(stage)
    huawei.control.callbacks[APP] = callback
    await courier.make_round()
    await stage.settled()
    [note] = notes(stage)
    assert "It ended because the channel was empty." in note
    assert 1 == len(files(stage))
    assert None is await active(stage)


async def test_word_of_the_end_in_its_older_name(stage: Stage) -> None:
    """Trap W40: chapter 10 names the event otherwise than 14.6; either makes us look at once."""
    sam = await filed(stage, CNAME)
    job = await record(stage, sam)
    stage.clouds.huawei.control.jobs[job] |= {"state": "STOPPED", "stop_reason": "INTERNAL_ERROR"}
    assert 200 == await tell(stage, "CLOUD_RECORD_OVER", job_id=job, room_id=CNAME)
    [note] = notes(stage)
    assert "It ended because Huawei Cloud failed." in note


async def test_pauses_between_looks_grow(stage: Stage) -> None:
    """A recording of an hour is looked at some twenty times, not every ten seconds."""
    sam = await filed(stage, CNAME)
    await record(stage, sam)
    for _ in range(60):
        await stage.pass_time(60)
    looks = stage.clouds.counts[f"GET {JOBS}/job"]
    assert 10 < looks < 25
    assert 1 == len(notes(stage))


async def test_form_that_comes_again_begins_one_job(stage: Stage) -> None:
    """A confirmation delivered three times records once; a second order is not offered."""
    sam = await filed(stage, CNAME)
    question = await choose(stage, sam, CNAME, "record")
    await sam.submit(question)
    await stage.workspace.redeliver(2)
    await stage.settled()
    assert 1 == len(stage.clouds.huawei.control.jobs)
    assert 1 == len(notes(stage))
    await choose_more(stage, sam, CNAME, "room")
    offered = text_of(await sam.view_opened("room"))
    assert '"stop_recording"' in offered
    assert '"record"' not in offered


@pytest.mark.parametrize("after_effect", [True, False])
async def test_start_without_an_answer(stage: Stage, *, after_effect: bool) -> None:
    """It is not begun again; what Huawei tells of it later names the job, and it is ours again."""
    sam = await filed(stage, CNAME)
    stage.clouds.fail_next(f"POST {JOBS}", "reset", after_effect=after_effect)
    job = await record(stage, sam)
    [note] = notes(stage)
    assert "no answer came" in note
    await stage.pass_time(400)
    assert int(after_effect) == len(stage.clouds.huawei.control.jobs)
    if after_effect:
        stream = stage.clouds.huawei.control.jobs[job]["stream_name"]
        await tell(stage, "RECORD_NEW_FILE_START", job_id=job, room_id=CNAME, stream_name=stream)
        [note] = notes(stage)
        assert "Recording since" in note


async def test_refused_start(stage: Stage) -> None:
    """A right that is missing is told in plain words, and nothing is tried again."""
    sam = await filed(stage, CNAME)
    stage.clouds.huawei.deny(f"POST {JOBS}")
    await record(stage, sam)
    [note] = notes(stage)
    assert "Nothing is recorded" in note
    assert "RTC.00001021" in note
    stage.clouds.huawei.denied.clear()
    await stage.pass_time(400)
    assert {} == stage.clouds.huawei.control.jobs


async def test_too_many_calls_while_stopping(stage: Stage) -> None:
    """429 puts the stop off; the post says so, and it is stopped in the end."""
    sam = await filed(stage, CNAME)
    await record(stage, sam)
    await stage.pass_time(11)
    stage.clouds.fail_next(f"DELETE {JOBS}/job", "http_429")
    await sam.submit(await choose(stage, sam, CNAME, "stop_recording"))
    await stage.settled()
    [note] = notes(stage)
    assert "allows no further call" in note
    await stage.pass_time(60)
    [note] = notes(stage)
    assert "The recording has stopped." in note


async def test_job_that_huawei_has_forgotten(stage: Stage) -> None:
    """404 on a job nobody stopped is told as it is, and ends the looking."""
    sam = await filed(stage, CNAME)
    await record(stage, sam)
    stage.clouds.huawei.control.jobs.clear()
    await stage.pass_time(11)
    [note] = notes(stage)
    assert "no longer knows this recording" in note
    assert None is await active(stage)


async def test_restart_while_recording(world: World) -> None:
    """The next process looks after the recording in the same post."""
    async with on_huawei(world) as stage:
        await record(stage, await filed(stage, CNAME))
    async with on_huawei(world) as stage:
        await stage.pass_time(11)
        [note] = notes(stage)
        assert "Recording since" in note
        assert 1 == len(stage.clouds.huawei.control.jobs)
        assert "has no callback address" in note


async def test_no_rule_no_recording(world: World) -> None:
    """Without a recording rule for the app it is not offered, and the form says why."""
    async with on_huawei(world, HUAWEI_RECORD_RULES="") as stage:
        sam = await filed(stage, CNAME)
        await choose_more(stage, sam, CNAME, "room")
        shown = text_of(await sam.view_opened("room"))
        assert "HUAWEI_RECORD_RULES" in shown
        assert '"record"' not in shown
