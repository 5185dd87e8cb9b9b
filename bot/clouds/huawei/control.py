"""Controls rooms: removing users (11), and recording one user's stream (8, 10)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from bot.call import Code
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import clean_code, invalid_response
from bot.clouds.huawei.calls import find_calls
from bot.clouds.huawei.client import HuaweiClient
from bot.clouds.huawei.schemas import Id, JsonTime, parse_time
from bot.clouds.huawei.sessions import fetch_sessions
from bot.clouds.windows import RequestWindow, round_down
from bot.ports import Occupancy, RecordingTask, Window

STATE_KIND: Final = "huawei.job_state"
REASON_KIND: Final = "huawei.stop_reason"
Video = Literal["CAMERASTREAM", "SCREENSTREAM"]
Size = Literal["LD", "SD", "HD", "FHD"]
_LATELY: Final = dt.timedelta(minutes=5)  # sessions that ended earlier are not listed
_LONGEST_URL: Final = 512


class _Job(msgspec.Struct):
    """The response of 10.1 and 10.2; a time that is not known yet is Go's zero time."""

    job_id: Id
    room_id: Id | None = None
    user_id: Id | None = None
    state: str | None = None
    stop_reason: str | None = None
    stream_name: str | None = None
    start_time: JsonTime = None
    stop_time: JsonTime = None


class _Callback(msgspec.Struct):
    """Where recording events are sent; the key is not parsed."""

    url: str | None = None


class _Callbacks(msgspec.Struct):
    """The response of 8.1 and 8.2."""

    record_callback: _Callback | None = None


class RoomControlApi:
    """Controls rooms. Every method sends a request once, and raises CloudError only."""

    def __init__(self, client: HuaweiClient) -> None:
        self._client = client

    async def occupancy(self, app: str, cname: str) -> Occupancy | None:
        """Return who is in a room now, with minutes of delay (13.1, 13.2); None without a call."""
        now = round_down(self._client.clock.now())
        lately = Window(now - _LATELY, now)
        calls = await find_calls(self._client, app, cname, lately, fresh=True)
        running = next((call for call in calls if call.ended_at is None), None)
        if running is None:
            return None
        window = RequestWindow(lately, lately)
        sessions = await fetch_sessions(self._client, running, (), window)
        inside = {session.uid for session in sessions.participants if session.left_at is None}
        return Occupancy(tuple(sorted(inside)), sessions.is_complete)

    async def remove_users(self, app: str, cname: str, uids: Sequence[str]) -> None:
        """Remove users from a room (11.1). Returns when the command is accepted, maybe not done."""
        endpoint = self._client.find_endpoint("remove_users")
        content = {"user_ids": list(uids)}
        await self._client.command(app, endpoint, content, room_id=cname)

    async def dismiss(self, app: str, cname: str) -> None:
        """Close a room and remove everybody (11.2). Returns when the command is accepted.

        Raises CloudRefusedError with status 404 when there is no such room.
        """
        endpoint = self._client.find_endpoint("dismiss")
        await self._client.command(app, endpoint, None, room_id=cname)

    async def start_recording(
        self,
        app: str,
        cname: str,
        uid: str,
        rule_id: str,
        *,
        with_audio: bool = True,
        video: Video = "CAMERASTREAM",
        size: Size = "FHD",
        max_idle_s: int = 30,
    ) -> RecordingTask:
        """Start recording one user (10.1) with a recording rule from Huawei's console.

        It ends when the room has been empty for `max_idle_s` seconds (5 to 43200).
        """
        endpoint = self._client.find_endpoint("start_job")
        content = {
            "room_id": cname,
            "user_id": uid,
            "is_record_audio": with_audio,
            "video_type": video,
            "select_stream_type": size,
            "max_idle_time": max_idle_s,
            "record_param": {"record_rule_id": rule_id},
        }
        return _job(endpoint, await self._client.post(app, endpoint, content, _Job))

    async def recording(self, app: str, job_id: str) -> RecordingTask:
        """Return the state of a recording (10.2)."""
        endpoint = self._client.find_endpoint("job")
        return _job(endpoint, await self._client.get(app, endpoint, {}, _Job, job_id=job_id))

    async def stop_recording(self, app: str, job_id: str) -> None:
        """Stop a recording (10.3)."""
        endpoint = self._client.find_endpoint("stop_job")
        await self._client.command(app, endpoint, None, job_id=job_id)

    async def callback_url(self, app: str) -> str:
        """Return the URL that recording events are sent to (8.2), "" for none."""
        endpoint = self._client.find_endpoint("callback")
        body = await self._client.get(app, endpoint, {}, _Callbacks)
        url = body.record_callback.url if body.record_callback else None
        return "".join(sign for sign in url or "" if sign.isprintable())[:_LONGEST_URL]

    async def set_callback(self, app: str, url: str, key: str) -> None:
        """Set the URL that recording events are sent to, signed with this key (8.1)."""
        endpoint = self._client.find_endpoint("set_callback")
        await self._client.post(app, endpoint, {"url": url, "auth_key": key}, _Callbacks)


def _job(endpoint: Endpoint, row: _Job) -> RecordingTask:
    try:
        started_at, stopped_at = parse_time(row.start_time), parse_time(row.stop_time)
    except ValueError:
        raise invalid_response(endpoint, "start_time") from None
    return RecordingTask(
        id=str(row.job_id),
        cname="" if row.room_id is None else str(row.room_id),
        uid="" if row.user_id is None else str(row.user_id),
        state=_code(STATE_KIND, row.state),
        stop_reason=_code(REASON_KIND, row.stop_reason),
        stream=row.stream_name or "",
        started_at=started_at,
        stopped_at=stopped_at,
    )


def _code(kind: str, value: str | None) -> Code | None:
    return Code(kind, clean_code(value)) if value else None
