"""The sentences of what can go wrong with a cloud, as errors. Decides nothing, asks nothing.

No text of a vendor gets in here beyond its code: such texts can hold names and addresses.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final, TypedDict

from bot.call import CLOUD_NAMES
from bot.clouds.codes import msgid_for
from bot.clouds.endpoint import Endpoint
from bot.errors import (
    CloudDataExpiredError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
    CloudUnsupportedError,
)
from bot.i18n.messages import Message, message

_IP_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # may stand anywhere in a vendor's text
_UNSAFE: Final = re.compile(r"[^0-9A-Za-z._-]+")


class NotYetPublishedError(CloudQuotaExceededError):
    """The data is not out yet; no allowance was used up."""


def cloud_name(cloud: str) -> Message:
    """The name of a cloud as people write it."""
    return CLOUD_NAMES[cloud]


def clean_code(code: object) -> str:
    """A cloud's code as we show it: short, of a code's characters alone, without any address."""
    return _UNSAFE.sub("_", _IP_ADDRESS.sub("_", str(code)))[:48]


class _Placeholders(TypedDict):
    """What every sentence names."""

    cloud: Message
    endpoint: str


class _ErrorContext(TypedDict):
    """Where every error happened."""

    cloud: str
    endpoint: str


def _placeholders(endpoint: Endpoint) -> _Placeholders:
    return {"cloud": cloud_name(endpoint.cloud), "endpoint": endpoint.name}


def _error_context(endpoint: Endpoint) -> _ErrorContext:
    return {"cloud": endpoint.cloud, "endpoint": endpoint.name}


def unreachable(endpoint: Endpoint, reason: str, *, maybe_arrived: bool) -> CloudUnreachableError:
    """Build the error of a question without an answer."""
    return CloudUnreachableError(
        message(
            "%(cloud)s did not respond (%(endpoint)s, %(reason)s). Try again in a minute.",
            **_placeholders(endpoint),
            reason=reason,
        ),
        **_error_context(endpoint),
        maybe_arrived=maybe_arrived,
    )


def invalid_response(endpoint: Endpoint, reason: str) -> CloudInvalidResponseError:
    """Build the error of an answer its document forbids; `reason` quotes nothing of it."""
    return CloudInvalidResponseError(
        message(
            "%(cloud)s returned a response we cannot read (%(endpoint)s, %(reason)s). Try "
            "again in a minute; if it persists, check the address in the settings.",
            **_placeholders(endpoint),
            reason=reason,
        ),
        **_error_context(endpoint),
    )


def quota_exceeded(
    endpoint: Endpoint, retry_at: dt.datetime, *, status: int = 0, code: str = ""
) -> CloudQuotaExceededError:
    """Build the error of a used-up allowance. Status 0: we kept the call back ourselves."""
    return CloudQuotaExceededError(
        message(
            "The %(cloud)s quota for %(endpoint)s is used up until %(time)s. Try again then.",
            **_placeholders(endpoint),
            time=retry_at,
        ),
        **_error_context(endpoint),
        retry_at=retry_at,
        status=status,
        code=code,
    )


def not_yet_published(
    endpoint: Endpoint, retry_at: dt.datetime, *, status: int, code: str
) -> NotYetPublishedError:
    """Build the error of a question about data the cloud has not published yet."""
    return NotYetPublishedError(
        message(
            "%(cloud)s has not published this data yet (%(endpoint)s). Try again at %(time)s.",
            **_placeholders(endpoint),
            time=retry_at,
        ),
        **_error_context(endpoint),
        retry_at=retry_at,
        status=status,
        code=code,
    )


def data_expired(endpoint: Endpoint, *, status: int = 0, code: str = "") -> CloudDataExpiredError:
    """Build the error of a question outside the time the cloud remembers."""
    look_back = endpoint.look_back or dt.timedelta(0)
    user_message = (
        message(
            "%(cloud)s keeps only the last %(hours)s hours (%(endpoint)s). Ask for a later time.",
            **_placeholders(endpoint),
            hours=f"{look_back.total_seconds() / 3600:g}",
        )
        if look_back
        else message(
            "%(cloud)s no longer keeps data for this time (%(endpoint)s). Ask for a later time.",
            **_placeholders(endpoint),
        )
    )
    return CloudDataExpiredError(user_message, **_error_context(endpoint), status=status, code=code)


def server_error(endpoint: Endpoint, *, status: int, code: str = "") -> CloudServerError:
    """Build the error of a cloud that failed itself, or did not wait for our question (408)."""
    user_message = _documented_message(endpoint, status, code) or message(
        "%(cloud)s had an internal error (%(endpoint)s, code %(code)s). Try again in a minute.",
        **_placeholders(endpoint),
        code=code or status,
    )
    return CloudServerError(
        user_message,
        **_error_context(endpoint),
        status=status,
        code=code,
    )


def invalid_credentials(endpoint: Endpoint, code: str) -> Message:
    """Say that the key was not accepted."""
    return message(
        "%(cloud)s rejected our key (%(endpoint)s, code %(code)s). Check the key and its "
        "secret in the settings, and that the REST API is enabled for this account.",
        **_placeholders(endpoint),
        code=code,
    )


def access_denied(endpoint: Endpoint, code: str) -> Message:
    """Say that the key is known but may not do this."""
    return message(
        "%(cloud)s does not allow this request (%(endpoint)s, code %(code)s): the account's "
        "plan does not include it, it has not been enabled, or the app id belongs to another "
        "account. Check the app id in the settings, or ask %(cloud)s to enable the API.",
        **_placeholders(endpoint),
        code=code,
    )


def unknown_endpoint(endpoint: Endpoint, code: str) -> Message:
    """Say that the path or the thing asked about is unknown."""
    return message(
        "%(cloud)s has no such API (%(endpoint)s, code %(code)s). Check the address and the "
        "API generation in the settings.",
        **_placeholders(endpoint),
        code=code,
    )


def other_rejection(endpoint: Endpoint, code: str) -> Message:
    """Say that the cloud said no, with its code."""
    return message(
        "%(cloud)s refused the query (%(endpoint)s, code %(code)s). Check the channel, the "
        "user ids and the app id in the settings.",
        **_placeholders(endpoint),
        code=code,
    )


_BY_STATUS: Final[dict[int, Callable[[Endpoint, str], Message]]] = {
    401: invalid_credentials,
    403: access_denied,
    404: unknown_endpoint,
}


def refused(endpoint: Endpoint, *, status: int, code: str = "") -> CloudRefusedError:
    """Build the error of an answered no, by HTTP status or a code that means the same."""
    build_message = _BY_STATUS.get(status, other_rejection)
    return CloudRefusedError(
        _documented_message(endpoint, status, code) or build_message(endpoint, code or str(status)),
        **_error_context(endpoint),
        status=status,
        code=code,
    )


def range_too_long(endpoint: Endpoint, *, code: str) -> CloudRefusedError:
    """Build the error of a stretch of time longer than the cloud takes at once."""
    return CloudRefusedError(
        message(
            "%(cloud)s does not return such a long period at once (%(endpoint)s, code "
            "%(code)s). Ask for a shorter one.",
            **_placeholders(endpoint),
            code=code,
        ),
        **_error_context(endpoint),
        status=400,
        code=code,
    )


def _documented_message(endpoint: Endpoint, status: int, code: str) -> Message | None:
    """What the documents say of this code or status; None: no more than its class does."""
    msgid = msgid_for(endpoint.cloud, code, status)
    if msgid is None:
        return None
    return Message(msgid, {**_placeholders(endpoint), "code": code or status})


def unsupported(cloud: str, name: str) -> CloudUnsupportedError:
    """Build the error of something this cloud has no call for, or that is switched off."""
    return CloudUnsupportedError(
        message(
            "%(cloud)s has no API for this (%(endpoint)s), or it is switched off in the settings.",
            cloud=cloud_name(cloud),
            endpoint=name,
        ),
        cloud=cloud,
        endpoint=name,
    )
