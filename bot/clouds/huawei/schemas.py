"""Huawei's answers on the wire and how to tell a yes from a no. Its JSON stops in this package."""

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
from bot.clouds.http import ApiResponse
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
    """What a no says, in whichever of the families (W7); IAM wraps it in `error`."""

    error_code: Id | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


class _IamError(msgspec.Struct):
    code: Id | None = None


def parse_response(
    endpoint: Endpoint, response: ApiResponse, body_type: type[Body], now: dt.datetime
) -> Body:
    """Return the body of a yes; raise the typed error of a no or of nonsense."""
    if response.status // 100 != 2 or parse_error_code(response.body):  # noqa: PLR2004 - HTTP's success
        raise error_for(endpoint, response, now)
    return decode(endpoint, response.body, body_type)


def ensure_accepted(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> None:
    """Take a yes without a body (chapters 10.3 and 11); raise the typed error of a no."""
    if response.status // 100 != 2 or parse_error_code(response.body):  # noqa: PLR2004 - HTTP's success
        raise error_for(endpoint, response, now)


def decode(endpoint: Endpoint, body: bytes, body_type: type[Body]) -> Body:
    """Read JSON as typed. Raises CloudNonsenseError, which quotes nothing of it."""
    try:
        return msgspec.json.decode(body, type=body_type, strict=False)
    except _DECODE_ERRORS as error:
        raise invalid_response(endpoint, type(error).__name__) from None


def parse_error_code(body: bytes) -> str:
    """Return the code of a no, "" when the body names none."""
    try:
        found = msgspec.json.decode(body, type=ErrorBody)
        code = found.error_code
        if code is None:
            code = msgspec.json.decode(found.error, type=_IamError).code
    except _DECODE_ERRORS:
        return ""
    return "" if code is None else clean_code(code)


def error_for(endpoint: Endpoint, response: ApiResponse, now: dt.datetime) -> CloudRefusedError:
    """Choose the error of a no, by the cloud's code where it says more than HTTP's status (W38)."""
    code, status = parse_error_code(response.body), response.status
    if status == _RATE_LIMITED or code == THROTTLED:
        retry_at = _retry_at(endpoint, response, now)
        return quota_exceeded(endpoint, retry_at, status=status, code=code)
    if status >= _SERVER_ERROR or status == _REQUEST_TIMEOUT or code.startswith(_INTERNAL):
        return server_error(endpoint, status=status, code=code)
    user_message = _user_message(endpoint, status, code)
    if user_message is None:
        return refused(endpoint, status=status, code=code)
    return CloudRefusedError(
        user_message, cloud=endpoint.cloud, endpoint=endpoint.name, status=status, code=code
    )


def _user_message(endpoint: Endpoint, status: int, code: str) -> Message | None:
    """What a code says that its HTTP status does not; None: the status says it all."""
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
    """When to ask again: as the answer says in seconds, else after the limit's own stretch."""
    retry_after = response.headers.get("retry-after", "").strip()
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 6:  # noqa: PLR2004 - about a day
        return now + min(dt.timedelta(seconds=int(retry_after)), _MAX_RETRY_AFTER)
    longest_s = max((rate.period_s for rate in endpoint.rates), default=_MINUTE.total_seconds())
    return now + dt.timedelta(seconds=max(1.0, longest_s))


def parse_time(value: JsonTime) -> dt.datetime | None:
    """Read a time; "-", "", null, 0 and Go's zero time mean that there is none.

    Texts are ISO 8601, in UTC unless they say otherwise; numbers are epoch seconds. Raises
    ValueError for anything else.
    """
    if value is None or value == 0:
        return None
    if not isinstance(value, str):
        return _from_seconds(value)
    if value.strip() in _NO_TIME or value.startswith("0001-01-01"):
        return None
    found = dt.datetime.fromisoformat(value.strip())
    found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    try:
        return found.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("no time") from error


def parse_required_time(value: JsonTime) -> dt.datetime:
    """Read a time that must be there; ValueError otherwise."""
    found = parse_time(value)
    if found is None:
        raise ValueError("no time")
    return found


def format_time(at: dt.datetime) -> str:
    """Write a time the way Huawei takes it: `YYYY-MM-DDThh:mm:ssZ`, UTC, whole seconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_seconds(value: float) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error
