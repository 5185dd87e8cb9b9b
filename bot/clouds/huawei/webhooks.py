"""Recording events that Huawei sends to us (14.6): their signature and fields."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from bot.clouds.huawei.schemas import Id, JsonTime, parse_time
from bot.decoding import decode_json
from bot.ports import RecordingEvent, RecordingEventType

FRESH_FOR: Final = dt.timedelta(minutes=5)
_RAND: Final = re.compile(r"[!-~]{1,128}")
_STAMP: Final = re.compile(r"[0-9]{10}|[0-9]{13}")  # seconds, or milliseconds
_SECONDS_DIGITS: Final = 10
_SIGNED: Final = re.compile(r"[0-9a-f]{64}")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_EVENT_TYPES: Final[Mapping[str, RecordingEventType]] = {
    "RECORD_NEW_FILE_START": RecordingEventType.FILE_STARTED,
    "RECORD_FILE_COMPLETE": RecordingEventType.FILE_FINISHED,
    "CLOUD_RECORD_SERVER_OVER": RecordingEventType.OVER,
    "CLOUD_RECORD_OVER": RecordingEventType.OVER,  # 8.1 and 14.6 differ (W40)
}
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_Text = Annotated[str, Meta(max_length=2048)]
_Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class _Event(msgspec.Struct):
    """14.6; the URL that opens the file (`download_url`) is not parsed."""

    event_type: _Text
    app_id: Id | None = None
    job_id: Id | None = None
    room_id: Id | None = None
    stream_name: _Text | None = None
    record_format: _Text | None = None
    record_duration: _Count | None = None
    width: _Count | None = None
    height: _Count | None = None
    start_time: JsonTime = None
    end_time: JsonTime = None
    obs_location: _Text | None = None
    obs_bucket: _Text | None = None
    obs_object: _Text | None = None


def has_valid_signature(
    key: str, body: bytes, *, rand: str, timestamp: str, signature: str, now: dt.datetime
) -> bool:
    """Return whether Huawei signed this body with our key within FRESH_FOR.

    X-Rtc-Signature is the HMAC-SHA256, in hexadecimal digits, of X-Rtc-Rand, X-Rtc-Timestamp
    and the body, one after the other (Huawei's FAQ on record callbacks).
    """
    signed = signature.strip().lower()
    if not (_RAND.fullmatch(rand) and _STAMP.fullmatch(timestamp) and _SIGNED.fullmatch(signed)):
        return False
    if abs(now.timestamp() - int(timestamp[:_SECONDS_DIGITS])) > FRESH_FOR.total_seconds():
        return False
    text = rand.encode() + timestamp.encode() + body
    expected = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signed)


def parse_event(body: bytes, apps: Mapping[str, str]) -> RecordingEvent:
    """Parse an event; `apps` maps our names of apps to Huawei's ids, the app is "" for others.

    Raises ValueError, which quotes nothing, for a body that is not as in 14.6.
    """
    try:
        event = decode_json(body, _Event)
        started_at, ended_at = parse_time(event.start_time), parse_time(event.end_time)
    except _DECODE_ERRORS as error:
        raise ValueError(type(error).__name__) from None
    app_id = _clean(event.app_id)
    return RecordingEvent(
        id=hashlib.sha256(body).hexdigest(),
        app=next((name for name, known in apps.items() if known == app_id), ""),
        cname=_clean(event.room_id),
        job_id=_clean(event.job_id),
        moment=_EVENT_TYPES.get(event.event_type, RecordingEventType.OTHER),
        stream=_clean(event.stream_name),
        format=_clean(event.record_format),
        location=_clean(event.obs_location),
        bucket=_clean(event.obs_bucket),
        path=_clean(event.obs_object),
        duration_s=event.record_duration,
        width=event.width,
        height=event.height,
        started_at=started_at,
        ended_at=ended_at,
    )


def _clean(value: Id | None) -> str:
    """A short text without control characters and surrogates."""
    return "" if value is None else _CONTROL.sub("", str(value))[:2048]
