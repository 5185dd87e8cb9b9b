"""Huawei's record callbacks (14.6): the state of recordings, and sending and retrying events."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

import aiohttp

from bot.sandbox.clouds.huawei.fake import FakeHuawei
from bot.sandbox.clouds.huawei.params import stamp

log = logging.getLogger(__name__)

INTERVAL_S: Final = 1.0
MAX_ATTEMPTS: Final = 5
BUCKET: Final = "class-recordings"
_LOCATION: Final = "cn-north-4"
_IDLE_S: Final = 30  # the default of 10.1
_STARTED: Final = "RECORD_NEW_FILE_START"
_ENDED: Final = ("RECORD_FILE_COMPLETE", "CLOUD_RECORD_SERVER_OVER")
Json = dict[str, Any]


class WebhookSender:
    """Ends recordings of empty rooms, and sends callbacks for files started and finished.

    An event without a 2xx response is sent again in the next rounds, five times at most.
    """

    def __init__(self, fake: FakeHuawei) -> None:
        self._fake = fake
        self._attempts: dict[tuple[str, str], int] = {}

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Make a round every second until the block ends."""
        task = asyncio.create_task(self._loop())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self.run_once()

    async def run_once(self) -> None:
        """End finished recordings and send the events that are due."""
        now = self._fake.clock()
        for job in list(self._fake.control.jobs.values()):
            self._end_if_empty(job, now)
            for event in (_STARTED, *(_ENDED if job["state"] == "STOPPED" else ())):
                await self._send(job, event, now)

    def _end_if_empty(self, job: Json, now: float) -> None:
        """A recording ends by itself when its room is empty for long enough (10.1), or closed."""
        room = (job["app_id"], job["room_id"])
        is_empty = now >= self._last_used_at(*room) + job.get("max_idle_time", _IDLE_S)
        if job["state"] != "STOPPED" and (is_empty or room in self._fake.control.dismissed):
            reason = {"state": "STOPPED", "stop_reason": "EXCEED_MAX_IDLE_TIME"}
            job |= {**reason, "stop_time": stamp(now), "update_time": stamp(now)}

    def _last_used_at(self, app: str, room_id: str) -> float:
        """When the last one leaves a room (epoch s), 0 for one that was never used."""
        apps = self._fake.account.apps
        selected = (one for one in self._fake.sim_calls if one.cname == room_id)
        return max((one.ended_at for one in selected if apps.get(one.app) == app), default=0.0)

    async def _send(self, job: Json, event: str, now: float) -> None:
        key = (job["job_id"], event)
        callback = self._fake.control.callbacks.get(job["app_id"])
        if callback is None or not callback.url or self._attempts.get(key, 0) >= MAX_ATTEMPTS:
            return
        self._attempts[key] = self._attempts.get(key, 0) + 1
        more = file_of(job) if event == "RECORD_FILE_COMPLETE" else {}
        named = {name: job[name] for name in ("job_id", "room_id", "stream_name")}
        try:
            status = await self._fake.control.send_callback(
                job["app_id"], event, now, **named, **more
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("a callback does not answer: %s", type(error).__name__)
            return
        if status < 300:  # noqa: PLR2004 - 2xx
            self._attempts[key] = MAX_ATTEMPTS


def file_of(job: Json) -> Json:
    """The file of a finished job, as in 14.6; one job makes one file."""
    begun, ended = (dt.datetime.fromisoformat(job[name]) for name in ("start_time", "stop_time"))
    path = f"lessons/{begun:%Y%m%d}/{job['stream_name']}.m3u8"
    return {
        "record_format": "HLS",
        "download_url": f"https://{BUCKET}.obs.example/{path}?Signature=sandbox",
        "record_duration": max(1, int((ended - begun).total_seconds())),
        "width": 1280,
        "height": 720,
        "start_time": job["start_time"],
        "end_time": job["stop_time"],
        "obs_location": _LOCATION,
        "obs_bucket": BUCKET,
        "obs_object": path,
    }
