"""Agora's answers on the wire and how to tell a yes from a no. Its JSON stops in this package."""

from __future__ import annotations

import datetime as dt
import math
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import msgspec

from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import (
    broken,
    clean_code,
    forgot,
    no_right,
    nonsense,
    not_out_yet,
    over_quota,
    refused,
    too_long,
)
from bot.clouds.http import Answer
from bot.errors import CloudRefusedError

Id = int | str
Moment = int | float | str | None
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_SUCCESS: Final = (0, 200)
_OVER_LIMIT: Final = (300, 429)
_SERVER_ERROR: Final = 500
_EARLIEST_S: Final = 86400.0  # anything before is a way to write "none"
_LEAST_PAUSE_S: Final = 2.0


class Envelope(msgspec.Struct):
    """What every answer has. `message` is never a sign of success: it may be anything."""

    code: int | str | None = None
    message: msgspec.Raw = msgspec.Raw(b"null")


class CallRow(msgspec.Struct):
    """One call of `call/lists`; times are epoch seconds."""

    call_id: Id
    cname: str
    created_ts: Moment
    destroyed_ts: Moment = None
    finished: bool | None = None


class Lists(Envelope):
    """`call/lists`. The seed always tells `has_more`; only today's generation the last three."""

    call_lists: list[CallRow] | None = None
    has_more: bool | None = None
    total_size: int | None = None
    page_no: int | None = None
    request_id: str | None = msgspec.field(name="requestId", default=None)

    @property
    def is_current(self) -> bool:
        """Tell whether today's generation answered."""
        told = (self.total_size, self.page_no, self.request_id)
        return self.has_more is None or any(each is not None for each in told)


class UserRow(msgspec.Struct):
    """One stay of one user; times are epoch seconds."""

    sid: Id
    uid: Id
    join_ts: Moment
    leave_ts: Moment = None
    finished: bool | None = None
    network: str | None = None
    platform: str | None = None
    device_type: str | None = None
    sdk_version: str | None = None
    speaker: bool | None = None


class MetricRow(msgspec.Struct):
    """One metric of one stay; `kvs` are pairs of epoch second and value, left raw."""

    mid: Id
    kvs: msgspec.Raw = msgspec.Raw(b"null")
    peer_uid: Id | None = None


class StayRow(msgspec.Struct):
    """All metrics of one stay."""

    sid: Id
    data: list[MetricRow] | None = None


class Details(Envelope):
    """The seed's `call/details`, and today's `call/sessions` and `call/metrics`."""

    call_info: list[UserRow] | None = None
    metrics: list[StayRow] | None = None
    total_size: int | None = None


class CauseRow(msgspec.Struct):
    """One root cause. `host_user` "" means that it lies with the user of the event."""

    factor_id: Id
    host_user: Id | None = None


class EventRow(msgspec.Struct):
    """One abnormal experience; `ts` is epoch seconds."""

    user: Id
    exp_id: Id
    cname: str
    ts: Moment
    cause_tags: list[CauseRow] | None = None


class Diagnosis(Envelope):
    """`live/diagnosis`."""

    data: list[EventRow] | None = None


Body = TypeVar("Body", bound=Envelope)


def understand(endpoint: Endpoint, answer: Answer, body_type: type[Body], now: dt.datetime) -> Body:
    """Return the body of a yes; raise the typed error of a no or of nonsense.

    Yes is HTTP 2xx with body code 0 or 200 (the documents show both), whatever the message says.
    """
    if answer.status // 100 != 2:  # noqa: PLR2004 - HTTP's class of success
        raise _refusal(endpoint, answer, _envelope(answer.body), now)
    try:
        body = msgspec.json.decode(answer.body, type=body_type, strict=False)
    except _DECODE_ERRORS as error:
        envelope = _envelope(answer.body)
        if _number(envelope.code) in (None, *_SUCCESS):
            raise nonsense(endpoint, type(error).__name__) from None
        raise _refusal(endpoint, answer, envelope, now) from None
    if body.code in (None, ""):
        raise nonsense(endpoint, "no code")
    if _number(body.code) not in _SUCCESS:
        raise _refusal(endpoint, answer, body, now)
    return body


def moment(value: Moment) -> dt.datetime | None:
    """Read epoch seconds. "-", "", null, 0 and Go's zero time mean that there is none.

    Raises ValueError for anything else that is no time.
    """
    if value is None or value in ("", "-", "null") or str(value).startswith("0001-01-01"):
        return None
    seconds = float(value)
    if not math.isfinite(seconds):
        raise ValueError("no time")
    if seconds < _EARLIEST_S:
        return None
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error


def required(value: Moment) -> dt.datetime:
    """Read epoch seconds that must be there; ValueError otherwise."""
    found = moment(value)
    if found is None:
        raise ValueError("no time")
    return found


def _envelope(body: bytes) -> Envelope:
    try:
        return msgspec.json.decode(body, type=Envelope, strict=False)
    except _DECODE_ERRORS:
        return Envelope()


def _number(code: int | str | None) -> int | None:
    """A code as a number; some answers carry it as text."""
    if isinstance(code, str):
        return int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None  # noqa: PLR2004 - no code is longer
    return code


def _refusal(
    endpoint: Endpoint, answer: Answer, envelope: Envelope, now: dt.datetime
) -> CloudRefusedError:
    """Choose the error of a no: by the body's code when HTTP said yes, else by HTTP's status."""
    code = "" if envelope.code is None else clean_code(envelope.code)
    http_said_yes = answer.status // 100 == 2  # noqa: PLR2004 - HTTP's class of success
    meaning = (_number(envelope.code) or 0) if http_said_yes else answer.status
    hint = bytes(envelope.message).lower()
    if b"no auth" in hint:
        return _refused_for(endpoint, answer.status, code)
    if b"time range limit" in hint:
        return forgot(endpoint, status=answer.status, code=code)
    if b"time length limit" in hint:
        return too_long(endpoint, code=code)
    if meaning in _OVER_LIMIT:
        return _over_limit(endpoint, answer, hint, code, now)
    if meaning // 100 == _SERVER_ERROR // 100:
        return broken(endpoint, status=answer.status, code=code)
    return refused(endpoint, status=meaning, code=code)


def _refused_for(endpoint: Endpoint, status: int, code: str) -> CloudRefusedError:
    return CloudRefusedError(
        no_right(endpoint, code or str(status)),
        cloud=endpoint.cloud,
        endpoint=endpoint.name,
        status=status,
        code=code,
    )


def _over_limit(
    endpoint: Endpoint, answer: Answer, hint: bytes, code: str, now: dt.datetime
) -> CloudRefusedError:
    """Tell from the reason which limit it was; the document lists the reasons under code 300."""
    if b"latency limit" in hint:
        retry_at = now + endpoint.delay
        return not_out_yet(endpoint, retry_at, status=answer.status, code=code)
    if b"qpd" in hint:
        midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        retry_at = midnight + dt.timedelta(days=1)
    else:
        pause_s = max([_LEAST_PAUSE_S, *(rate.per_s for rate in endpoint.rates)])
        retry_at = now + dt.timedelta(seconds=pause_s)
    asked_for = _retry_after(answer, now)
    return over_quota(endpoint, asked_for or retry_at, status=answer.status, code=code)


def _retry_after(answer: Answer, now: dt.datetime) -> dt.datetime | None:
    """Read the Retry-After header, in seconds or as a date; None when absent or odd."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 6:  # noqa: PLR2004 - about a day
        return now + dt.timedelta(seconds=int(value))
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    return min(max(when, now), now + dt.timedelta(days=1))
