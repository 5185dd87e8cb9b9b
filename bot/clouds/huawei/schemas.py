"""Huawei's answers on the wire and how to tell a yes from a no. Its JSON stops in this package."""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeVar

import msgspec

from bot.call import CLOUD_NAMES
from bot.clouds.codes import sentence_of
from bot.clouds.endpoints import Endpoint
from bot.clouds.errors import broken, clean_code, no_right, nonsense, over_quota, refused, wrong_key
from bot.clouds.http import Answer
from bot.errors import CloudRefusedError
from bot.i18n.messages import Message, message

Id = int | str
Moment = int | float | str | None
Body = TypeVar("Body")
_DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
_OVER_LIMIT: Final = 429
_SERVER_ERROR: Final = 500
_NOT_FOUND: Final = 404
_NOT_LET_IN: Final = (400, 401, 403, 404)  # 404: no such project or domain
_TOO_SLOW: Final = 408  # table 14-1: the same request may be sent again at any time
_MINUTE: Final = dt.timedelta(seconds=60)
_MOST_PAUSE: Final = dt.timedelta(days=1)
_NONE_YET: Final = frozenset({"", "-", "0", "null"})

THROTTLED: Final = "APIGW.0308"
_WRONG_KEY: Final = frozenset({"RTC.00001001", "APIGW.0301"})
_NO_RIGHT: Final = frozenset({"RTC.00001021", "APIGW.0302"})
_INTERNAL: Final = "RTC.00002"  # 14.2: all of these are its own failures
_STOPPED: Final = "RTC.00001016"


class Refusal(msgspec.Struct):
    """What a no says, in whichever of the families (W7); IAM wraps it in `error`."""

    error_code: Id | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


class _IamError(msgspec.Struct):
    code: Id | None = None


def understand(row: Endpoint, answer: Answer, body_type: type[Body], now: dt.datetime) -> Body:
    """Return the body of a yes; raise the typed error of a no or of nonsense."""
    if answer.status // 100 != 2 or refusal_code(answer.body):  # noqa: PLR2004 - HTTP's success
        raise refusal_of(row, answer, now)
    return decode(row, answer.body, body_type)


def accept(row: Endpoint, answer: Answer, now: dt.datetime) -> None:
    """Take a yes without a body (chapters 10.3 and 11); raise the typed error of a no."""
    if answer.status // 100 != 2 or refusal_code(answer.body):  # noqa: PLR2004 - HTTP's success
        raise refusal_of(row, answer, now)


def decode(row: Endpoint, body: bytes, body_type: type[Body]) -> Body:
    """Read JSON as typed. Raises CloudNonsenseError, which quotes nothing of it."""
    try:
        return msgspec.json.decode(body, type=body_type, strict=False)
    except _DECODE_ERRORS as error:
        raise nonsense(row, type(error).__name__) from None


def refusal_code(body: bytes) -> str:
    """Return the code of a no, "" when the body names none."""
    try:
        found = msgspec.json.decode(body, type=Refusal)
        code = found.error_code
        if code is None:
            code = msgspec.json.decode(found.error, type=_IamError).code
    except _DECODE_ERRORS:
        return ""
    return "" if code is None else clean_code(code)


def refusal_of(row: Endpoint, answer: Answer, now: dt.datetime) -> CloudRefusedError:
    """Choose the error of a no, by the cloud's code where it says more than HTTP's status (W38)."""
    code, status = refusal_code(answer.body), answer.status
    if status == _OVER_LIMIT or code == THROTTLED:
        retry_at = _retry_at(row, answer, now)
        return over_quota(row, retry_at, status=status, code=code)
    if status >= _SERVER_ERROR or status == _TOO_SLOW or code.startswith(_INTERNAL):
        return broken(row, status=status, code=code)
    spoken = _spoken(row, status, code)
    if spoken is None:
        return refused(row, status=status, code=code)
    return CloudRefusedError(spoken, cloud=row.cloud, endpoint=row.name, status=status, code=code)


def _spoken(row: Endpoint, status: int, code: str) -> Message | None:
    """What a code says that its HTTP status does not; None: the status says it all."""
    if row.name == "tokens" and status in _NOT_LET_IN:
        return message(
            "%(cloud)s does not let our IAM user in (%(endpoint)s, code %(code)s). Check "
            "HUAWEI_IAM_USER, HUAWEI_IAM_PASSWORD, HUAWEI_IAM_DOMAIN and HUAWEI_IAM_PROJECT.",
            cloud=CLOUD_NAMES["huawei"],
            endpoint=row.name,
            code=code or status,
        )
    if code in _WRONG_KEY:
        return wrong_key(row, code)
    if code in _NO_RIGHT:
        return no_right(row, code)
    if code == _STOPPED:
        return message(
            "%(cloud)s has stopped this app (code %(code)s). Check in its console that the app is "
            "on and the account is paid.",
            cloud=CLOUD_NAMES["huawei"],
            code=code,
        )
    if status == _NOT_FOUND and code.startswith("RTC.") and not sentence_of(row.cloud, code, 0):
        return message(
            "%(cloud)s finds no such app, channel or job (%(endpoint)s, code %(code)s). Check "
            "the channel and the app id in the settings.",
            cloud=CLOUD_NAMES["huawei"],
            endpoint=row.name,
            code=code,
        )
    return None


def _retry_at(row: Endpoint, answer: Answer, now: dt.datetime) -> dt.datetime:
    """When to ask again: as the answer says in seconds, else after the limit's own stretch."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit() and len(asked) < 6:  # noqa: PLR2004 - about a day
        return now + min(dt.timedelta(seconds=int(asked)), _MOST_PAUSE)
    longest_s = max((rate.per_s for rate in row.rates), default=_MINUTE.total_seconds())
    return now + dt.timedelta(seconds=max(1.0, longest_s))


def moment(value: Moment) -> dt.datetime | None:
    """Read a time; "-", "", null, 0 and Go's zero time mean that there is none.

    Texts are ISO 8601, in UTC unless they say otherwise; numbers are epoch seconds. Raises
    ValueError for anything else.
    """
    if value is None or value == 0:
        return None
    if not isinstance(value, str):
        return _from_seconds(value)
    if value.strip() in _NONE_YET or value.startswith("0001-01-01"):
        return None
    found = dt.datetime.fromisoformat(value.strip())
    found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    try:
        return found.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError("no time") from error


def required(value: Moment) -> dt.datetime:
    """Read a time that must be there; ValueError otherwise."""
    found = moment(value)
    if found is None:
        raise ValueError("no time")
    return found


def stamp(at: dt.datetime) -> str:
    """Write a time the way Huawei takes it: `YYYY-MM-DDThh:mm:ssZ`, UTC, whole seconds."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _from_seconds(value: float) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("no time") from error
