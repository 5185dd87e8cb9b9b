"""Alert callbacks that Agora sends to us ("Alert notifications" of Agora Analytics).

They are not signed. Documented are the fields `alertTime` (Unix milliseconds as text),
`projectName`, `cname`, `uid` (of an alert about a user), `enContent` or `cnContent`, `callId` and
others; only what is needed to look the call up is read, and other types than documented, too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from bot.decoding import decode_json

_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_MILLISECONDS_FROM: Final = 10**11  # as seconds, this is the year 5138
_Text = Annotated[str, Meta(max_length=256)]


@dataclass(frozen=True, slots=True)
class Alert:
    """What an alert is about; `uid` is "" for a whole channel."""

    project: str
    cname: str
    uid: str
    at: dt.datetime


class _Callback(msgspec.Struct):
    cname: Annotated[str, Meta(min_length=1, max_length=64)]
    projectName: _Text = ""  # noqa: N815 - Agora's own names
    uid: _Text | int | None = None
    alertTime: _Text | int | None = None  # noqa: N815 - likewise


def parse_alert(body: bytes, now: dt.datetime) -> Alert:
    """Parse a callback. Raises ValueError for what is no alert about a channel.

    An alert without a time is of now.
    """
    try:
        callback = decode_json(body, _Callback)
        at = _parse_time(callback.alertTime) or now
    except _DECODE_ERRORS as error:
        raise ValueError(f"no alert of Agora's: {type(error).__name__}") from None
    uid = "" if callback.uid in (None, 0, "0") else str(callback.uid)
    return Alert(callback.projectName, callback.cname, uid, min(at, now))


def _parse_time(value: str | int | None) -> dt.datetime | None:
    if value in (None, ""):
        return None
    number = int(str(value))
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
