"""Agora's responses: their fields, and errors by code, status and message."""

from __future__ import annotations

import datetime as dt
import math
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import msgspec

from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import (
    access_denied,
    clean_code,
    data_expired,
    invalid_response,
    not_yet_published,
    quota_exceeded,
    range_too_long,
    refused,
    server_error,
)
from bot.clouds.http import ApiResponse, retry_after_s
from bot.decoding import decode_json
from bot.errors import CloudRefusedError

Id = int | str
JsonTime = int | float | str | None
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_SUCCESS: Final = (0, 200)
_RATE_LIMITED: Final = (300, 429)
_SERVER_ERROR: Final = 500
_EARLIEST_S: Final = 86400.0  # anything before is a way to write "none"
_MIN_RETRY_AFTER_S: Final = 2.0


class Envelope(msgspec.Struct):
    """The fields of every response. `message` does not signal success: it may be anything."""

    code: int | str | None = None
    message: msgspec.Raw = msgspec.Raw(b"null")


class CallRow(msgspec.Struct):
    """One call of `call/lists`; times are epoch seconds."""

    call_id: Id
    cname: str
    created_ts: JsonTime
    destroyed_ts: JsonTime = None
    finished: bool | None = None


class CallList(Envelope):
    """`call/lists`. `has_more` is of the API of 2020; today's has the last three."""

    call_lists: list[CallRow] | None = None
    has_more: bool | None = None
    total_size: int | None = None
    page_no: int | None = None
    request_id: str | None = msgspec.field(name="requestId", default=None)

    @property
    def is_current(self) -> bool:
        """Return whether this is a response of today's generation."""
        current_fields = (self.total_size, self.page_no, self.request_id)
        return self.has_more is None or any(each is not None for each in current_fields)


class UserRow(msgspec.Struct):
    """One session of one user; times are epoch seconds."""

    sid: Id
    uid: Id
    join_ts: JsonTime
    leave_ts: JsonTime = None
    finished: bool | None = None
    network: str | None = None
    platform: str | None = None
    device_type: str | None = None
    sdk_version: str | None = None
    speaker: bool | None = None


class MetricRow(msgspec.Struct):
    """One metric of one session; `kvs` are pairs of epoch second and value, unparsed."""

    mid: Id
    kvs: msgspec.Raw = msgspec.Raw(b"null")
    peer_uid: Id | None = None


class SessionMetricsRow(msgspec.Struct):
    """All metrics of one session."""

    sid: Id
    data: list[MetricRow] | None = None


class Details(Envelope):
    """`call/details` of 2020, and today's `call/sessions` and `call/metrics`."""

    call_info: list[UserRow] | None = None
    metrics: list[SessionMetricsRow] | None = None
    total_size: int | None = None


class CauseRow(msgspec.Struct):
    """One root cause. `host_user` "" means the user of the event."""

    factor_id: Id
    host_user: Id | None = None


class EventRow(msgspec.Struct):
    """One abnormal experience; `ts` is epoch seconds."""

    user: Id
    exp_id: Id
    cname: str
    ts: JsonTime
    cause_tags: list[CauseRow] | None = None


class Diagnosis(Envelope):
    """`live/diagnosis`."""

    data: list[EventRow] | None = None


Body = TypeVar("Body", bound=Envelope)


def parse_response(
    endpoint: Endpoint, response: ApiResponse, body_type: type[Body], now: dt.datetime
) -> Body:
    """Return the body of a success; raise the CloudError of an error or invalid response.

    A success is HTTP 2xx with body code 0 or 200 (the documents show both), whatever the message.
    """
    if response.status // 100 != 2:  # noqa: PLR2004 - HTTP's class of success
        raise _error_for(endpoint, response, _envelope(response.body), now)
    try:
        body = decode_json(response.body, body_type, strict=False)
    except _DECODE_ERRORS as error:
        envelope = _envelope(response.body)
        if _number(envelope.code) in (None, *_SUCCESS):
            raise invalid_response(endpoint, type(error).__name__) from None
        raise _error_for(endpoint, response, envelope, now) from None
    if body.code in (None, ""):
        raise invalid_response(endpoint, "no code")
    if _number(body.code) not in _SUCCESS:
        raise _error_for(endpoint, response, body, now)
    return body


def parse_time(value: JsonTime) -> dt.datetime | None:
    """Parse epoch seconds. "-", "", null, 0 and Go's zero time mean none.

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


def parse_required_time(value: JsonTime) -> dt.datetime:
    """Parse required epoch seconds; ValueError when there are none."""
    time = parse_time(value)
    if time is None:
        raise ValueError("no time")
    return time


def _envelope(body: bytes) -> Envelope:
    try:
        return decode_json(body, Envelope, strict=False)
    except _DECODE_ERRORS:
        return Envelope()


def _number(code: int | str | None) -> int | None:
    """A code as a number; in some responses it is text."""
    if isinstance(code, str):
        return int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None  # noqa: PLR2004 - no code is longer
    return code


def _error_for(
    endpoint: Endpoint, response: ApiResponse, envelope: Envelope, now: dt.datetime
) -> CloudRefusedError:
    """Return the error of a response: by the body's code when HTTP is 2xx, else by the status."""
    code = "" if envelope.code is None else clean_code(envelope.code)
    is_http_success = response.status // 100 == 2  # noqa: PLR2004 - HTTP's class of success
    meaning = (_number(envelope.code) or 0) if is_http_success else response.status
    reason = bytes(envelope.message).lower()
    if b"no auth" in reason:
        text = access_denied(endpoint, code or str(response.status))
        return refused(endpoint, status=response.status, code=code, text=text)
    if b"time range limit" in reason:
        return data_expired(endpoint, status=response.status, code=code)
    if b"time length limit" in reason:
        return range_too_long(endpoint, code=code)
    if meaning in _RATE_LIMITED:
        return _rate_limited(endpoint, response, reason, code, now)
    if meaning // 100 == _SERVER_ERROR // 100:
        return server_error(endpoint, status=response.status, code=code)
    return refused(endpoint, status=meaning, code=code)


def _rate_limited(
    endpoint: Endpoint, response: ApiResponse, reason: bytes, code: str, now: dt.datetime
) -> CloudRefusedError:
    """Return the error of a limit, by its reason; the document lists the reasons under code 300."""
    if b"latency limit" in reason:
        retry_at = now + endpoint.delay
        return not_yet_published(endpoint, retry_at, status=response.status, code=code)
    if b"qpd" in reason:
        midnight = now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        retry_at = midnight + dt.timedelta(days=1)
    else:
        pause_s = max([_MIN_RETRY_AFTER_S, *(rate.period_s for rate in endpoint.rates)])
        retry_at = now + dt.timedelta(seconds=pause_s)
    retry_after = _retry_after(response, now)
    return quota_exceeded(endpoint, retry_after or retry_at, status=response.status, code=code)


def _retry_after(response: ApiResponse, now: dt.datetime) -> dt.datetime | None:
    """Parse the Retry-After header, in seconds or a date; None when absent or invalid."""
    seconds = retry_after_s(response)
    if seconds is not None:
        return now + dt.timedelta(seconds=seconds)
    try:
        when = parsedate_to_datetime(response.headers.get("retry-after", ""))
    except ValueError:
        return None
    if when.tzinfo is None:
        return None
    return min(max(when, now), now + dt.timedelta(days=1))
