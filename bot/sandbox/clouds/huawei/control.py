"""Huawei's commands: apps (5.2), callbacks (8), recordings (10), rooms (11)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import msgspec

from bot.sandbox.clouds.huawei.params import api_error, not_found, stamp
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import SimulatedCall

Json = dict[str, Any]
GO_ZERO_TIME: Final = "0001-01-01T00:00:00Z"  # what has not happened, as Go writes it
EVENTS: Final = ("RECORD_NEW_FILE_START", "RECORD_FILE_COMPLETE", "CLOUD_RECORD_SERVER_OVER")
_VIDEO_TYPES: Final = ("CAMERASTREAM", "SCREENSTREAM")
_SIZES: Final = ("LD", "SD", "HD", "FHD")
_IDLE_S: Final = (5, 43200)
_MAX_APPS: Final = 100
_FIELDS: Final = {
    "room_id",
    "user_id",
    "is_record_audio",
    "video_type",
    "select_stream_type",
    "max_idle_time",
    "record_param",
}


def invalid_value() -> Exception:
    """Build the refusal for a value these chapters cannot take."""
    return api_error(400, "RTC.00001003", "InvalidParameterValue")


def read_body(content: bytes) -> Json:
    """Read a JSON object; a refusal for anything else."""
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.DecodeError:
        text = "MalformedRequestBody: json parsing failed"
        raise api_error(400, "RTC.00001002", text) from None


@dataclass(slots=True)
class Callback:
    """An app's URL for record events (8.1)."""

    url: str
    auth_key: str
    update_time: str

    def row(self) -> Json:
        """The callback as 8.2 shows it."""
        return {
            "url": self.url,
            "auth_key": self.auth_key,
            "notify_event_subscription": list(EVENTS[:2]),
            "update_time": self.update_time,
        }


@dataclass(slots=True)
class ControlState:
    """What has been commanded so far: callbacks, recordings, people sent out, rooms closed."""

    app_states: dict[str, str] = field(default_factory=dict)
    callbacks: dict[str, Callback] = field(default_factory=dict)
    jobs: dict[str, Json] = field(default_factory=dict)
    removed: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    dismissed: list[tuple[str, str]] = field(default_factory=list)

    def list_apps(self, apps: Mapping[str, str], limit: str, offset: str, now: float) -> Response:
        """Answer 5.2, secrets of the apps included, as the document has it. Offset counts pages."""
        if not (limit or "100").isdigit() or not (offset or "0").isdigit():
            raise invalid_value()
        size, page = int(limit or _MAX_APPS), int(offset or 0)
        if not 1 <= size <= _MAX_APPS:
            raise invalid_value()
        rows = [self._app(name, app_id, now) for name, app_id in apps.items()]
        return Response({"count": len(rows), "apps": rows[page * size : (page + 1) * size]})

    def _app(self, name: str, app_id: str, now: float) -> Json:
        at = stamp(now)
        callback = self.callbacks.get(app_id, Callback("", "", ""))
        return {
            "app_name": name,
            "app_id": app_id,
            "state": {"state": self.app_states.get(app_id, "ACTIVATION"), "update_time": at},
            "scope": "DOMESTIC",
            "tenant_name": "sandbox",
            "domain": f"{app_id}.rtc.huawei.com",
            "create_time": at,
            "authentication": {
                "enable": True,
                "expire": 300,
                "app_key": "sandbox-app-key",
                "update_time": at,
            },
            "callbacks": {"record_callback": callback.row()},
            "auto_record_mode": {"mode": "AUTO_RECORD_OFF", "update_time": at},
        }

    def set_callback(self, app: str, body: Json, now: float) -> Response:
        """Answer 8.1."""
        url, auth_key = body.get("url"), body.get("auth_key", "")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise invalid_value()
        self.callbacks[app] = Callback(url, str(auth_key), stamp(now))
        return self.get_callback(app)

    def get_callback(self, app: str) -> Response:
        """Answer 8.2."""
        callback = self.callbacks.get(app, Callback("", "", ""))
        return Response({"app_id": app, "record_callback": callback.row()})

    def start_job(self, app: str, body: Json, now: float) -> Response:
        """Answer 10.1: 201, with a job that is being set up."""
        _check_job(body)
        job_id = secrets.token_hex(16)
        room_id, user_id = body["room_id"], body["user_id"]
        self.jobs[job_id] = {
            "job_id": job_id,
            "app_id": app,
            "stream_name": f"s_{job_id}_{room_id}_{user_id}",
            **body,
            "create_time": stamp(now),
            "update_time": stamp(now),
            "start_time": stamp(now),
            "stop_time": GO_ZERO_TIME,
            "state": "INIT",
        }
        return Response(self.jobs[job_id], 201)

    def get_job(self, app: str, job_id: str) -> Response:
        """Answer 10.2; a job that was being set up runs by the first request."""
        job = self._job(app, job_id)
        if job["state"] == "INIT":
            job["state"] = "RUNNING"
        return Response(job)

    def stop_job(self, app: str, job_id: str, now: float) -> Response:
        """Answer 10.3: 204 without a body."""
        job = self._job(app, job_id)
        job |= {"state": "STOPPED", "stop_reason": "TENANT_STOP", "stop_time": stamp(now)}
        return Response(None, 204)

    def remove_users(self, app: str, room_id: str, body: Json) -> Response:
        """Answer 11.1: 202 without a body; the command is accepted (W38)."""
        uids = body.get("user_ids")
        if not isinstance(uids, list) or not uids or not all(isinstance(u, str) for u in uids):
            raise invalid_value()
        self.removed.append((app, room_id, tuple(uids)))
        return Response(None, 202)

    def dismiss(
        self, app: str, room_id: str, sim_calls: list[SimulatedCall], now: float
    ) -> Response:
        """Answer 11.2: 202, or 404 for a room nobody is in, with the code of a 400 (W38)."""
        if not any(one.cname == room_id and one.running(now) for one in sim_calls):
            raise not_found()
        self.dismissed.append((app, room_id))
        return Response(None, 202)

    async def send_callback(self, app: str, event_type: str, now: float, **more: object) -> int:
        """Send a record event to an app's callback (14.6); return the HTTP status.

        Signed when a key is set, as Huawei's FAQ on record callbacks says: X-Rtc-Signature is
        the HMAC-SHA256 of X-Rtc-Rand, X-Rtc-Timestamp and the body. Raises KeyError without a
        callback.
        """
        callback = self.callbacks[app]
        body = msgspec.json.encode({"app_id": app, "event_type": event_type, **more})
        headers = {"Content-Type": "application/json"}
        if callback.auth_key:
            headers |= sign_callback(callback.auth_key, body, now)
        async with (
            aiohttp.ClientSession() as session,
            session.post(callback.url, data=body, headers=headers) as response,
        ):
            return response.status

    def _job(self, app: str, job_id: str) -> Json:
        job = self.jobs.get(job_id)
        if job is None or job["app_id"] != app:
            raise not_found()
        return job


def sign_callback(auth_key: str, body: bytes, now: float) -> dict[str, str]:
    """Return the headers that prove a callback is Huawei's."""
    rand, timestamp = secrets.token_hex(8), str(int(now))
    text = rand.encode() + timestamp.encode() + body
    signature = hmac.new(auth_key.encode(), text, hashlib.sha256).hexdigest()
    return {"X-Rtc-Rand": rand, "X-Rtc-Timestamp": timestamp, "X-Rtc-Signature": signature}


def _check_job(body: Json) -> None:
    if not all(isinstance(body.get(name), str) and body[name] for name in ("room_id", "user_id")):
        raise api_error(400, "RTC.00001005", "MissingParameter")
    idle_s = body.get("max_idle_time", 30)
    rule = body.get("record_param", {})
    known = (
        not set(body) - _FIELDS,
        isinstance(body.get("is_record_audio", True), bool),
        body.get("video_type", _VIDEO_TYPES[0]) in _VIDEO_TYPES,
        body.get("select_stream_type", _SIZES[-1]) in _SIZES,
        isinstance(idle_s, int) and _IDLE_S[0] <= idle_s <= _IDLE_S[1],
        isinstance(rule, dict) and (not rule or bool(rule.get("record_rule_id"))),
    )
    if not all(known):
        raise invalid_value()
