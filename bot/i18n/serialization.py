"""Messages as JSON, stored now and translated later."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.i18n.messages import Duration, Message, Percentage, PersonId, TimeRange, Uid


def dump_message(msg: Message) -> dict[str, Any]:
    """Write a message as JSON; the inverse of `load_message`."""
    params = {name: _dump_value(value) for name, value in msg.params.items()}
    return {"id": msg.id, "params": params, "domain": msg.domain, "plural": msg.plural}


def load_message(data: Mapping[str, Any]) -> Message:
    """Read what `dump_message` wrote."""
    params = {name: _load_value(value) for name, value in data["params"].items()}
    return Message(data["id"], params, data["domain"], data["plural"])


def _dump_value(value: object) -> object:
    """Tag parameters with their type, so that a loaded uid is still masked."""
    if isinstance(value, list | tuple):
        return [_dump_value(item) for item in value]
    for tag, (kind, dump, _) in _SERIALIZERS.items():
        if isinstance(value, kind):
            inner = _dump_value(dump(value)) if tag != "message" else dump(value)
            return None if inner is None else {tag: inner}
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    return value if isinstance(value, str | int | float | None) else str(value)


def _load_value(value: Any) -> object:
    if isinstance(value, list):
        return [_load_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag, inner = next(iter(value.items()))
    return _SERIALIZERS[tag][2](inner)


_Serializer = tuple[type, Callable[[Any], object], Callable[[Any], object]]
_SERIALIZERS: Final[dict[str, _Serializer]] = {
    "message": (Message, dump_message, load_message),
    "time": (dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    "times": (
        TimeRange,
        lambda times: f"{times.since.isoformat()}/{times.until.isoformat()}",
        lambda times: TimeRange(*map(dt.datetime.fromisoformat, times.split("/"))),
    ),
    "uid": (Uid, str, Uid),
    "person": (PersonId, str, PersonId),
    "duration_s": (Duration, lambda duration: duration.seconds, Duration),
    "timedelta_s": (dt.timedelta, dt.timedelta.total_seconds, Duration),
    "percent": (Percentage, lambda percentage: percentage.value, Percentage),
}
