"""Errors of a cloud's API, each with the message that users read.

Of a vendor's own text only the code is kept: the rest can contain names and addresses.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from bot.call import CLOUD_NAMES
from bot.clouds.codes import msgid_for
from bot.clouds.endpoint import Endpoint
from bot.errors import (
    CloudDataExpiredError,
    CloudError,
    CloudInvalidResponseError,
    CloudQuotaExceededError,
    CloudRefusedError,
    CloudServerError,
    CloudUnreachableError,
    CloudUnsupportedError,
)
from bot.i18n.messages import Message, message

_IP_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # may be anywhere in a vendor's text
Failure = TypeVar("Failure", bound=CloudError)
_UNSAFE: Final = re.compile(r"[^0-9A-Za-z._-]+")


class NotYetPublishedError(CloudQuotaExceededError):
    """The cloud has not published the data yet; no quota is used up."""


def cloud_name(cloud: str) -> Message:
    """Return the name of a cloud as users read it."""
    return CLOUD_NAMES[cloud]


def clean_code(code: object) -> str:
    """Return a cloud's code for display: short, without unsafe characters and IP addresses."""
    return _UNSAFE.sub("_", _IP_ADDRESS.sub("_", str(code)))[:48]


def unreachable(endpoint: Endpoint, reason: str, *, maybe_arrived: bool) -> CloudUnreachableError:
    """Return the error of a request without a response."""
    text = message(
        "%(cloud)s did not respond (%(endpoint)s, %(reason)s). Try again in a minute.",
        **_names(endpoint),
        reason=reason,
    )
    return _error(CloudUnreachableError, endpoint, text, maybe_arrived=maybe_arrived)


def invalid_response(endpoint: Endpoint, reason: str) -> CloudInvalidResponseError:
    """Return the error of a response its document rules out; `reason` quotes nothing of it."""
    text = message(
        "%(cloud)s returned a response we cannot read (%(endpoint)s, %(reason)s). Try "
        "again in a minute; if it persists, check the address in the settings.",
        **_names(endpoint),
        reason=reason,
    )
    return _error(CloudInvalidResponseError, endpoint, text)


def quota_exceeded(
    endpoint: Endpoint, retry_at: dt.datetime, *, status: int = 0, code: str = ""
) -> CloudQuotaExceededError:
    """Return the error of a used-up quota. Status 0: we did not send the request."""
    text = message(
        "The %(cloud)s quota for %(endpoint)s is used up until %(time)s. Try again then.",
        **_names(endpoint),
        time=retry_at,
    )
    return _error(
        CloudQuotaExceededError, endpoint, text, retry_at=retry_at, status=status, code=code
    )


def not_yet_published(
    endpoint: Endpoint, retry_at: dt.datetime, *, status: int, code: str
) -> NotYetPublishedError:
    """Return the error of a request for data the cloud has not published yet."""
    text = message(
        "%(cloud)s has not published this data yet (%(endpoint)s). Try again at %(time)s.",
        **_names(endpoint),
        time=retry_at,
    )
    return _error(NotYetPublishedError, endpoint, text, retry_at=retry_at, status=status, code=code)


def data_expired(endpoint: Endpoint, *, status: int = 0, code: str = "") -> CloudDataExpiredError:
    """Return the error of a request for a time the cloud keeps no data of."""
    if endpoint.lookback:
        text = message(
            "%(cloud)s keeps only the last %(hours)s hours (%(endpoint)s). Ask for a later time.",
            **_names(endpoint),
            hours=f"{endpoint.lookback.total_seconds() / 3600:g}",
        )
    else:
        text = message(
            "%(cloud)s no longer keeps data for this time (%(endpoint)s). Ask for a later time.",
            **_names(endpoint),
        )
    return _error(CloudDataExpiredError, endpoint, text, status=status, code=code)


def server_error(endpoint: Endpoint, *, status: int, code: str = "") -> CloudServerError:
    """Return the error of a cloud that failed, or that waited too long for the request (408)."""
    text = _documented_message(endpoint, status, code) or message(
        "%(cloud)s had an internal error (%(endpoint)s, code %(code)s). Try again in a minute.",
        **_names(endpoint),
        code=code or status,
    )
    return _error(CloudServerError, endpoint, text, status=status, code=code)


def invalid_credentials(endpoint: Endpoint, code: str) -> Message:
    """Return the message for a key that is not accepted."""
    return message(
        "%(cloud)s rejected our key (%(endpoint)s, code %(code)s). Check the key and its "
        "secret in the settings, and that the REST API is enabled for this account.",
        **_names(endpoint),
        code=code,
    )


def access_denied(endpoint: Endpoint, code: str) -> Message:
    """Return the message for a key without the right to this call."""
    return message(
        "%(cloud)s does not allow this request (%(endpoint)s, code %(code)s): the account's "
        "plan does not include it, it has not been enabled, or the app id belongs to another "
        "account. Check the app id in the settings, or ask %(cloud)s to enable the API.",
        **_names(endpoint),
        code=code,
    )


def unknown_endpoint(endpoint: Endpoint, code: str) -> Message:
    """Return the message for a path or an object the cloud does not have."""
    return message(
        "%(cloud)s has no such API (%(endpoint)s, code %(code)s). Check the address and the "
        "API generation in the settings.",
        **_names(endpoint),
        code=code,
    )


def other_rejection(endpoint: Endpoint, code: str) -> Message:
    """Return the message for any other error response, with its code."""
    return message(
        "%(cloud)s refused the query (%(endpoint)s, code %(code)s). Check the channel, the "
        "user ids and the app id in the settings.",
        **_names(endpoint),
        code=code,
    )


_BY_STATUS: Final[dict[int, Callable[[Endpoint, str], Message]]] = {
    401: invalid_credentials,
    403: access_denied,
    404: unknown_endpoint,
}


def refused(
    endpoint: Endpoint, *, status: int, code: str = "", text: Message | None = None
) -> CloudRefusedError:
    """Return the error of an error response, by HTTP status or a code that means the same.

    `text` is the message; None: the documented one of the code, else that of the status.
    """
    build_message = _BY_STATUS.get(status, other_rejection)
    text = text or _documented_message(endpoint, status, code)
    text = text or build_message(endpoint, code or str(status))
    return _error(CloudRefusedError, endpoint, text, status=status, code=code)


def range_too_long(endpoint: Endpoint, *, code: str) -> CloudRefusedError:
    """Return the error of a time window longer than the cloud allows."""
    text = message(
        "%(cloud)s does not return such a long period at once (%(endpoint)s, code "
        "%(code)s). Ask for a shorter one.",
        **_names(endpoint),
        code=code,
    )
    return _error(CloudRefusedError, endpoint, text, status=400, code=code)


def unsupported(cloud: str, name: str) -> CloudUnsupportedError:
    """Return the error of an operation this cloud does not have, or that is switched off."""
    text = message(
        "%(cloud)s has no API for this (%(endpoint)s), or it is switched off in the settings.",
        cloud=cloud_name(cloud),
        endpoint=name,
    )
    return CloudUnsupportedError(text, cloud=cloud, endpoint=name)


def _error(kind: type[Failure], endpoint: Endpoint, text: Message, **details: Any) -> Failure:
    return kind(text, cloud=endpoint.cloud, endpoint=endpoint.name, **details)


def _names(endpoint: Endpoint) -> dict[str, Any]:
    """The values that every message has."""
    return {"cloud": cloud_name(endpoint.cloud), "endpoint": endpoint.name}


def _documented_message(endpoint: Endpoint, status: int, code: str) -> Message | None:
    """The message for a documented code or status, None for one without a meaning of its own."""
    msgid = msgid_for(endpoint.cloud, code, status)
    if msgid is None:
        return None
    return Message(msgid, {**_names(endpoint), "code": code or status})
