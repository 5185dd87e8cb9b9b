"""Recordings of the simulated Huawei end by themselves, and their events are sent until taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.clouds import FakeClouds, HuaweiAccount
from bot.sandbox.clouds.huawei.webhook_sender import WebhookSender
from bot.sandbox.scenario import build_simulated_call

START = 1_795_176_000.0
APP = HuaweiAccount().apps["kids"]
BEGUN, DONE, OVER = "RECORD_NEW_FILE_START", "RECORD_FILE_COMPLETE", "CLOUD_RECORD_SERVER_OVER"


@dataclass
class Recorder:
    """A room that is in use for ten minutes, its recording, and who receives the events."""

    statuses: list[int] = field(default_factory=list)
    now: float = START
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sim_call = build_simulated_call("healthy", "room", seed=1, started_at=START, length_s=600)
        self.clouds = FakeClouds([sim_call], clock=lambda: self.now)
        self.control = self.clouds.huawei.control
        self.sender = WebhookSender(self.clouds.huawei)

    async def receive(self, request: web.Request) -> web.Response:
        """Take an event with the next status, 200 when there is none."""
        self.events.append(await request.json())
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    def record(self, **more: object) -> dict[str, Any]:
        """Start a recording."""
        body = {"room_id": "room", "user_id": "10001", "record_param": {}, **more}
        self.control.start_job(APP, body, self.now)
        return [*self.control.jobs.values()][-1]

    async def run_at(self, seconds: float) -> list[str]:
        """Make a round so many seconds after the start; return the events it sent."""
        self.now = START + seconds
        sent = len(self.events)
        await self.sender.run_once()
        return [event["event_type"] for event in self.events[sent:]]


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    """A recorder whose app has a callback."""
    made = Recorder()
    app = web.Application()
    app.router.add_post("/", made.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.control.set_callback(APP, {"url": f"http://127.0.0.1:{runner.addresses[0][1]}/"}, START)
    yield made
    await runner.cleanup()


@pytest.mark.parametrize(("more", "idle_s"), [({}, 30), ({"max_idle_time": 5}, 5)])
async def test_a_recording_ends_after_its_room_is_empty(
    more: dict[str, int], idle_s: int, recorder: Recorder
) -> None:
    """10.1: after 30 seconds, or as many as requested; each event is sent once."""
    job = recorder.record(**more)
    assert await recorder.run_at(1) == [BEGUN]
    assert await recorder.run_at(600 + idle_s - 1) == []
    assert await recorder.run_at(600 + idle_s) == [DONE, OVER]
    assert await recorder.run_at(600 + idle_s + 1) == []
    assert (job["state"], job["stop_reason"]) == ("STOPPED", "EXCEED_MAX_IDLE_TIME")
    assert recorder.events[1]["record_duration"] == 600 + idle_s
    assert recorder.events[1]["obs_object"] == f"lessons/20261120/{job['stream_name']}.m3u8"
    assert recorder.events[1]["download_url"].startswith("https://class-recordings.obs.example/")
    assert {event["job_id"] for event in recorder.events} == {job["job_id"]}


async def test_a_closed_room_ends_its_recording(recorder: Recorder) -> None:
    """11.2: at once. One that was stopped keeps its reason."""
    stopped, job = recorder.record(), recorder.record()
    recorder.control.stop_job(APP, stopped["job_id"], START)
    recorder.control.dismissed.append((APP, "room"))
    assert sorted(await recorder.run_at(1)) == sorted([BEGUN, DONE, OVER] * 2)
    assert (stopped["stop_reason"], job["state"]) == ("TENANT_STOP", "STOPPED")


@pytest.mark.parametrize(
    ("statuses", "rounds"), [([500], 2), ([404, 300], 3), ([500] * 5, 5), ([299], 1)]
)
async def test_an_event_is_sent_until_it_is_taken(
    statuses: list[int], rounds: int, recorder: Recorder
) -> None:
    """A response with 2xx takes it; after five attempts it is given up."""
    recorder.statuses = statuses
    recorder.record()
    sent = [await recorder.run_at(number) for number in range(7)]
    assert sent == [[BEGUN]] * rounds + [[]] * (7 - rounds)


async def test_nobody_is_there_to_take_it(recorder: Recorder) -> None:
    """Without a callback nothing is sent; a callback that does not answer is tried again."""
    recorder.record()
    callback = recorder.control.callbacks.pop(APP)
    assert await recorder.run_at(1) == []
    recorder.control.set_callback(APP, {"url": "http://127.0.0.1:1/"}, START)
    assert await recorder.run_at(2) == []
    recorder.control.callbacks[APP] = callback
    assert await recorder.run_at(3) == [BEGUN]
