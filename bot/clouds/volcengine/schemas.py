"""Volcengine's responses: their fields, and errors by code and status."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, TypeVar

import msgspec

from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import (
    clean_code,
    cloud_name,
    invalid_response,
    quota_exceeded,
    refused,
    server_error,
)
from bot.clouds.http import ApiResponse, retry_after_s
from bot.decoding import decode_json
from bot.errors import CloudRefusedError
from bot.i18n.messages import message

Id = int | str
# "Rules for parameters" (docs/6348/70114): ids of rooms and of users, case-sensitive.
ID_PATTERN: Final = re.compile(r"[A-Za-z0-9@_.-]{1,128}")
ID_HINT: Final = message("1 to 128 letters, digits or these characters: %(signs)s", signs="@ _ - .")
CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_HTTP_OK: Final = 2
_RATE_LIMITED: Final = 429
_SERVER_ERROR: Final = 500
_BAD_REQUEST: Final = 400
_MIN_RETRY_AFTER_S: Final = 2.0
_EARLIEST_YEAR: Final = 1971  # an earlier time means "none"

# The gateway's codes by name and by CodeN, as the HTTP status that means the same.
_MEANINGS: Final = {
    "FlowLimitExceeded": 429,
    "AccountFlowLimitExceeded": 429,
    "InvalidAccessKey": 401,
    "100009": 401,
    "SignatureDoesNotMatch": 401,
    "100010": 401,
    "AccessDenied": 403,
    "100013": 403,
    "ServiceNotFound": 404,
    "100007": 404,
    "InvalidActionOrVersion": 404,
    "100008": 404,
    "InternalError": 500,
    "100014": 500,
    "InternalServiceTimeout": 504,
    "100016": 504,
}
_CLOCK_CODES: Final = ("InvalidTimestamp", "100006")


class ErrorDetail(msgspec.Struct):
    """`ResponseMetadata.Error`; `CodeN` may be missing."""

    code: Id | None = msgspec.field(name="Code", default=None)
    code_n: Id | None = msgspec.field(name="CodeN", default=None)

    @property
    def names(self) -> tuple[str, ...]:
        """The codes of the error, the readable one first."""
        return tuple(str(code) for code in (self.code, self.code_n) if code not in (None, ""))


class Metadata(msgspec.Struct):
    """The metadata of every response; an error may come with HTTP 200."""

    error: ErrorDetail | None = msgspec.field(name="Error", default=None)


class Envelope(msgspec.Struct):
    """BaseResponse (Volcengine RTC, "Structure of answers")."""

    metadata: Metadata = msgspec.field(name="ResponseMetadata")


class RoomRow(msgspec.Struct, rename="pascal"):
    """One call of `ListRoomInfo`; times are RFC 3339. `destroy_time` is empty while it runs."""

    call_id: Id
    room_id: Id
    created_time: str
    destroy_time: str | None = None
    is_finished: bool | None = None


class RoomPage(msgspec.Struct, rename="pascal"):
    """A page of calls."""

    room_list: list[RoomRow] | None = None
    has_more: bool | None = None
    total: int | None = None


class RecordRow(msgspec.Struct, rename="pascal"):
    """A user joined (`join_room`) or left (`leave_room`)."""

    time: str
    type: str


class UserRow(msgspec.Struct, rename="pascal"):
    """One user of one call. `record` has every join and leave; the rest is of the last session."""

    user_id: Id
    created_at: str
    call_id: Id | None = None
    leave_at: str | None = None
    finished: bool | None = None
    os: str | None = msgspec.field(name="OS", default=None)
    access: str | None = None
    pub: bool | None = None
    device_type: str | None = None
    sdk_version: str | None = None
    record: list[RecordRow] | None = None


class UserPage(msgspec.Struct, rename="pascal"):
    """A page of users."""

    user_list: list[UserRow] | None = None
    has_more: bool | None = None
    total: int | None = None


class DetailRow(msgspec.Struct, rename="pascal"):
    """One metric; `data` are points of epoch milliseconds, unparsed."""

    name: str | None = None
    desc: str | None = None
    unit: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class UserDetailRow(msgspec.Struct, rename="pascal"):
    """Metrics of one user; `peer_id` only for streams received."""

    user_id: Id
    peer_id: Id | None = None
    direction: Id | None = None
    call_detail: list[DetailRow] | None = None


class CallDetails(msgspec.Struct, rename="pascal"):
    """`ListCallDetail`."""

    user_call_detail: list[UserDetailRow] | None = None


class _ResponseBody(Envelope):
    result: msgspec.Raw = msgspec.field(name="Result", default=msgspec.Raw(b""))


Body = TypeVar("Body", bound=msgspec.Struct)


def parse_response(
    endpoint: Endpoint, response: ApiResponse, body_type: type[Body], now: dt.datetime
) -> Body:
    """Return `Result` of a success; raise the CloudError of an error or invalid response.

    An error has an HTTP status that is not 2xx, or `ResponseMetadata.Error`, or both.
    """
    response_body = _parse_envelope(response.body)
    error_detail = response_body.metadata.error if response_body else None
    if response.status // 100 != _HTTP_OK or error_detail is not None:
        raise _error_for(endpoint, response, error_detail or ErrorDetail(), now)
    if response_body is None:
        raise invalid_response(endpoint, "no ResponseMetadata")
    try:
        return decode_json(response_body.result, body_type, strict=False)
    except _DECODE_ERRORS as error:
        raise invalid_response(endpoint, type(error).__name__) from None


def parse_time(value: str | None) -> dt.datetime | None:
    """Parse an RFC 3339 time. "", "-", null and years before 1971 mean none.

    A time without a zone is +08:00. Raises ValueError for an invalid time.
    """
    if value is None or value.strip() in ("", "-", "null"):
        return None
    parsed = dt.datetime.fromisoformat(value.strip())
    if parsed.year < _EARLIEST_YEAR:
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=CHINA)
    try:
        return aware.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("no time") from error


def parse_required_time(value: str | None) -> dt.datetime:
    """Parse a required RFC 3339 time; ValueError when there is none."""
    parsed = parse_time(value)
    if parsed is None:
        raise ValueError("no time")
    return parsed


def format_time(at: dt.datetime) -> str:
    """Write a time the way Volcengine takes it: whole seconds of +08:00."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")


def _parse_envelope(body: bytes) -> _ResponseBody | None:
    try:
        return decode_json(body, _ResponseBody)
    except _DECODE_ERRORS:
        return None


def _error_for(
    endpoint: Endpoint, response: ApiResponse, error_detail: ErrorDetail, now: dt.datetime
) -> CloudRefusedError:
    """Return the error of a response: by the known codes, else by HTTP's status."""
    code = clean_code(error_detail.names[0]) if error_detail.names else ""
    if any(name in _CLOCK_CODES for name in error_detail.names):
        return _wrong_clock(endpoint, response.status, code)
    status = response.status if response.status // 100 != _HTTP_OK else _BAD_REQUEST
    meaning = next((_MEANINGS[name] for name in error_detail.names if name in _MEANINGS), status)
    if meaning == _RATE_LIMITED:
        pause_s = max([_MIN_RETRY_AFTER_S, *(rate.period_s for rate in endpoint.rates)])
        retry_at = now + dt.timedelta(seconds=retry_after_s(response) or pause_s)
        return quota_exceeded(endpoint, retry_at, status=response.status, code=code)
    if meaning >= _SERVER_ERROR:
        return server_error(endpoint, status=response.status, code=code)
    return refused(endpoint, status=meaning, code=code)


def _wrong_clock(endpoint: Endpoint, status: int, code: str) -> CloudRefusedError:
    text = message(
        "%(cloud)s rejected our signature as expired (%(endpoint)s, code %(code)s). "
        "Correct the clock of the machine that Lagdesk runs on.",
        cloud=cloud_name(endpoint.cloud),
        endpoint=endpoint.name,
        code=code,
    )
    return refused(endpoint, status=status, code=code, text=text)
