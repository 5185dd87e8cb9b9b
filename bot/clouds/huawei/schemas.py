"""Huawei's responses: their fields, and errors by code and status."""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeVar

import msgspec

from bot.call import CLOUD_NAMES
from bot.clouds.codes import msgid_for
from bot.clouds.endpoint import Endpoint
from bot.clouds.errors import (
    access_denied,
    clean_code,
    invalid_credentials,
    invalid_response,
    quota_exceeded,
    refused,
    server_error,
)
from bot.clouds.http import ApiResponse, retry_after_s
from bot.decoding import decode_json
from bot.errors import CloudRefusedError
from bot.i18n.messages import Message, message

Id = int | str
JsonTime = int | float | str | None
Body = TypeVar("Body")
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_RATE_LIMITED: Final = 429
_SERVER_ERROR: Final = 500
_NOT_FOUND: Final = 404
_LOGIN_REFUSED: Final = (400, 401, 403, 404)  # 404: no such project or domain
_REQUEST_TIMEOUT: Final = 408  # table 14-1: the same request may be sent again at any time
_MINUTE: Final = dt.timedelta(seconds=60)
_MAX_RETRY_AFTER: Final = dt.timedelta(days=1)
_NO_TIME: Final = frozenset({"", "-", "0", "null"})

THROTTLED: Final = "APIGW.0308"
_WRONG_KEY: Final = frozenset({"RTC.00001001", "APIGW.0301"})
_NO_RIGHT: Final = frozenset({"RTC.00001021", "APIGW.0302"})
_INTERNAL: Final = "RTC.00002"  # 14.2: all of these are its own failures
_STOPPED: Final = "RTC.00001016"


class ErrorBody(msgspec.Struct):
    """An error of any of Huawei's families of errors (W7); IAM wraps it in `error`."""

    error_code: Id | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


class _IamError(msgspec.Struct):
    code: Id | None = None


class RoomRow(msgspec.Struct):
    """One room; `end_time` is when the last class in it ended, "-" during a class (W14)."""

    room_id: Id
    start_time: JsonTime
    end_time: JsonTime = None
    state: str | None = None
    duration: float | str | None = None


class Rooms(msgspec.Struct):
    """The response of 13.1."""

    total: int | None = None
    room_info_list: list[RoomRow] | None = None


class UserRow(msgspec.Struct):
    """One session of one user. Names and IP addresses are not parsed."""

    uid: Id
    session: Id | None = None
    state: str | None = None
    device_model: str | None = None
    platform: str | None = None
    sdk: str | None = None
    join_time: JsonTime = None
    leave_time: JsonTime = None


class Users(msgspec.Struct):
    """The response of 13.2."""

    total: int | None = None
    users: list[UserRow] | None = None


class PointRow(msgspec.Struct):
    """One sample; `time` is ISO 8601, `value` null, "" or "-" where nothing was measured."""

    time: JsonTime
    value: float | str | None = None


class QosRow(msgspec.Struct):
    """One metric of one user; `peerid` "0", "" or the own uid is the own side (W24)."""

    uid: Id
    mid: Id
    peerid: Id | None = None
    data: list[PointRow] | None = None


class Qos(msgspec.Struct):
    """The response of 13.10."""

    room_id: Id | None = None
    data: list[QosRow] | None = None


class EventRow(msgspec.Struct):
    """One abnormal experience. Its descriptions, in a language nobody chose, are not parsed."""

    time: JsonTime
    uid: Id
    room_id: Id
    abnormal_type: Id
    abnormal_factor: Id | None = None
    location: str | None = None
    peer_uid: Id | None = None


class Events(msgspec.Struct):
    """The response of 13.13."""

    total: int | None = None
    events: list[EventRow] | None = None


class AppState(msgspec.Struct):
    """Whether an app is on."""

    state: str | None = None


class AppRow(msgspec.Struct):
    """One app; the keys in the response are not parsed."""

    app_id: Id
    state: AppState | None = None


class Apps(msgspec.Struct):
    """The response of 5.2."""

    count: int | None = None
    apps: list[AppRow] | None = None


def parse_response(
    endpoint: Endpoint, response: ApiResponse, body_type: type[Body], now: dt.datetime
) -> Body:
    """Return the body of a success; raise the CloudError of an error or invalid response."""
    ensure_accepted(endpoint, response, now)
    return decode(endpoint, response.body, body_type)


def ensure_accepted(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> None:
    """Raise the CloudError of an error; a success may have no body (chapters 10.3 and 11)."""
    if response.status // 100 != 2 or parse_error_code(response.body):  # noqa: PLR2004 - HTTP's class of success
        raise error_for(endpoint, response, now)


def decode(endpoint: Endpoint, body: bytes, body_type: type[Body]) -> Body:
    """Decode JSON. Raises CloudInvalidResponseError, which quotes nothing of it."""
    try:
        return decode_json(body, body_type, strict=False)
    except _DECODE_ERRORS as error:
        raise invalid_response(endpoint, type(error).__name__) from None


def parse_error_code(body: bytes) -> str:
    """Return the error code of a body, "" when there is none."""
    try:
        error = decode_json(body, ErrorBody)
        code = error.error_code
        if code is None:
            code = decode_json(error.error, _IamError).code
    except _DECODE_ERRORS:
        return ""
    return "" if code is None else clean_code(code)


def error_for(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> CloudRefusedError:
    """Return the error of a response, by its code where that says more than the status (W38)."""
    code, status = parse_error_code(response.body), response.status
    if status == _RATE_LIMITED or code == THROTTLED:
        retry_at = _retry_at(endpoint, response, now)
        return quota_exceeded(endpoint, retry_at, status=status, code=code)
    if status >= _SERVER_ERROR or status == _REQUEST_TIMEOUT or code.startswith(_INTERNAL):
        return server_error(endpoint, status=status, code=code)
    text = _message_for(endpoint, status, code)
    return refused(endpoint, status=status, code=code, text=text)


def _message_for(endpoint: Endpoint, status: int, code: str) -> Message | None:
    """The message of a code that says more than its HTTP status; None for any other."""
    if endpoint.name == "tokens" and status in _LOGIN_REFUSED:
        return message(
            "%(cloud)s rejected our IAM user (%(endpoint)s, code %(code)s). Check "
            "HUAWEI_IAM_USER, HUAWEI_IAM_PASSWORD, HUAWEI_IAM_DOMAIN and HUAWEI_IAM_PROJECT.",
            cloud=CLOUD_NAMES["huawei"],
            endpoint=endpoint.name,
            code=code or status,
        )
    if code in _WRONG_KEY:
        return invalid_credentials(endpoint, code)
    if code in _NO_RIGHT:
        return access_denied(endpoint, code)
    if code == _STOPPED:
        return message(
            "%(cloud)s has suspended this app (code %(code)s). Check in its console that the "
            "app is enabled and the account is paid up.",
            cloud=CLOUD_NAMES["huawei"],
            code=code,
        )
    if status == _NOT_FOUND and code.startswith("RTC.") and not msgid_for(endpoint.cloud, code, 0):
        return message(
            "%(cloud)s finds no such app, channel or job (%(endpoint)s, code %(code)s). Check "
            "the channel and the app id in the settings.",
            cloud=CLOUD_NAMES["huawei"],
            endpoint=endpoint.name,
            code=code,
        )
    return None


def _retry_at(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> dt.datetime:
    """When to retry: after the seconds of the response, else after the limit's period."""
    seconds = retry_after_s(response)
    if seconds is not None:
        return now + min(dt.timedelta(seconds=seconds), _MAX_RETRY_AFTER)
    longest_s = max((rate.period_s for rate in endpoint.rates), default=_MINUTE.total_seconds())
    return now + dt.timedelta(seconds=max(1.0, longest_s))


def parse_time(value: JsonTime) -> dt.datetime | None:
    """Parse a time; "-", "", null, 0 and Go's zero time mean none.

    Text is ISO 8601, in UTC when it has no zone; numbers are epoch seconds. Raises ValueError for
    anything else.
    """
    if value is None or value == 0:
        return None
    if not isinstance(value, str):
        return _from_seconds(value)
    if value.strip() in _NO_TIME or value.startswith("0001-01-01"):
        return None
    time = dt.datetime.fromisoformat(value.strip())
    time = time if time.tzinfo else time.replace(tzinfo=dt.UTC)
    try:
        return time.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("no time") from error


def parse_required_time(value: JsonTime) -> dt.datetime:
    """Parse a required time; ValueError when there is none."""
    time = parse_time(value)
    if time is None:
        raise ValueError("no time")
    return time


def format_time(at: dt.datetime) -> str:
    """Write a time the way Huawei takes it: `YYYY-MM-DDThh:mm:ssZ`, UTC, whole seconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_seconds(value: float) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error
