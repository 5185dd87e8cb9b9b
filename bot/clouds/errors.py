"""The sentences of what can go wrong with a cloud, as errors. Decides nothing, asks nothing.

No text of a vendor gets in here beyond its code: such texts can hold names and addresses.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final, TypedDict

from bot.call import CLOUD_NAMES
from bot.clouds.codes import sentence_of
from bot.clouds.endpoints import Endpoint
from bot.errors import (
    CloudBrokenError,
    CloudCannotError,
    CloudForgotError,
    CloudNonsenseError,
    CloudOverQuotaError,
    CloudRefusedError,
    CloudUnreachableError,
)
from bot.i18n.messages import Message, message

_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")  # may stand anywhere in a vendor's text
_ODD: Final = re.compile(r"[^0-9A-Za-z._-]+")


class TooEarlyError(CloudOverQuotaError):
    """The data is not out yet; no allowance was used up."""


def cloud_words(cloud: str) -> Message:
    """The name of a cloud as people write it."""
    return CLOUD_NAMES[cloud]


def clean_code(code: object) -> str:
    """A cloud's code as we show it: short, of a code's characters alone, without any address."""
    return _ODD.sub("_", _ADDRESS.sub("_", str(code)))[:48]


class _Told(TypedDict):
    """What every sentence names."""

    cloud: Message
    endpoint: str


class _Place(TypedDict):
    """Where every error happened."""

    cloud: str
    endpoint: str


def _told(endpoint: Endpoint) -> _Told:
    return {"cloud": cloud_words(endpoint.cloud), "endpoint": endpoint.name}


def _place(endpoint: Endpoint) -> _Place:
    return {"cloud": endpoint.cloud, "endpoint": endpoint.name}


def unreachable(endpoint: Endpoint, reason: str, *, maybe_arrived: bool) -> CloudUnreachableError:
    """Build the error of a question without an answer."""
    return CloudUnreachableError(
        message(
            "%(cloud)s did not answer (%(endpoint)s, %(reason)s). Try again in a minute.",
            **_told(endpoint),
            reason=reason,
        ),
        **_place(endpoint),
        maybe_arrived=maybe_arrived,
    )


def nonsense(endpoint: Endpoint, reason: str) -> CloudNonsenseError:
    """Build the error of an answer its document forbids; `reason` quotes nothing of it."""
    return CloudNonsenseError(
        message(
            "%(cloud)s answered something we cannot read (%(endpoint)s, %(reason)s). "
            "Try again in a minute; if it persists, check the address in the settings.",
            **_told(endpoint),
            reason=reason,
        ),
        **_place(endpoint),
    )


def over_quota(
    endpoint: Endpoint, retry_at: dt.datetime, *, status: int = 0, code: str = ""
) -> CloudOverQuotaError:
    """Build the error of a used-up allowance. Status 0: we kept the call back ourselves."""
    return CloudOverQuotaError(
        message(
            "%(cloud)s allows no further call of %(endpoint)s until %(time)s. Try again then.",
            **_told(endpoint),
            time=retry_at,
        ),
        **_place(endpoint),
        retry_at=retry_at,
        status=status,
        code=code,
    )


def not_out_yet(
    endpoint: Endpoint, retry_at: dt.datetime, *, status: int, code: str
) -> TooEarlyError:
    """Build the error of a question about data the cloud has not published yet."""
    return TooEarlyError(
        message(
            "%(cloud)s has not published this data yet (%(endpoint)s). Try again at %(time)s.",
            **_told(endpoint),
            time=retry_at,
        ),
        **_place(endpoint),
        retry_at=retry_at,
        status=status,
        code=code,
    )


def forgot(endpoint: Endpoint, *, status: int = 0, code: str = "") -> CloudForgotError:
    """Build the error of a question outside the time the cloud remembers."""
    look_back = endpoint.look_back or dt.timedelta(0)
    spoken = (
        message(
            "%(cloud)s remembers only the last %(hours)s hours (%(endpoint)s). "
            "Ask about a later time.",
            **_told(endpoint),
            hours=f"{look_back.total_seconds() / 3600:g}",
        )
        if look_back
        else message(
            "%(cloud)s no longer remembers this time (%(endpoint)s). Ask about a later time.",
            **_told(endpoint),
        )
    )
    return CloudForgotError(spoken, **_place(endpoint), status=status, code=code)


def broken(endpoint: Endpoint, *, status: int, code: str = "") -> CloudBrokenError:
    """Build the error of a cloud that failed itself, or did not wait for our question (408)."""
    spoken = _documented(endpoint, status, code) or message(
        "%(cloud)s itself failed (%(endpoint)s, code %(code)s). Try again in a minute.",
        **_told(endpoint),
        code=code or status,
    )
    return CloudBrokenError(
        spoken,
        **_place(endpoint),
        status=status,
        code=code,
    )


def wrong_key(endpoint: Endpoint, code: str) -> Message:
    """Say that the key was not accepted."""
    return message(
        "%(cloud)s does not accept our key (%(endpoint)s, code %(code)s). Check the key and its "
        "secret in the settings, and that the REST API is enabled for this account.",
        **_told(endpoint),
        code=code,
    )


def no_right(endpoint: Endpoint, code: str) -> Message:
    """Say that the key is known but may not do this."""
    return message(
        "%(cloud)s forbids this call (%(endpoint)s, code %(code)s): the plan of this account does "
        "not include it, it has not been enabled, or the app id belongs to another account. Check "
        "the app id in the settings, or ask %(cloud)s to enable the call.",
        **_told(endpoint),
        code=code,
    )


def no_such_call(endpoint: Endpoint, code: str) -> Message:
    """Say that the path or the thing asked about is unknown."""
    return message(
        "%(cloud)s knows no such call (%(endpoint)s, code %(code)s). Check the address and the "
        "API generation in the settings.",
        **_told(endpoint),
        code=code,
    )


def other_refusal(endpoint: Endpoint, code: str) -> Message:
    """Say that the cloud said no, with its code."""
    return message(
        "%(cloud)s refused the question (%(endpoint)s, code %(code)s). Check the channel, the "
        "user ids and the app id in the settings.",
        **_told(endpoint),
        code=code,
    )


_BY_STATUS: Final[dict[int, Callable[[Endpoint, str], Message]]] = {
    401: wrong_key,
    403: no_right,
    404: no_such_call,
}


def refused(endpoint: Endpoint, *, status: int, code: str = "") -> CloudRefusedError:
    """Build the error of an answered no, by HTTP status or a code that means the same."""
    say = _BY_STATUS.get(status, other_refusal)
    return CloudRefusedError(
        _documented(endpoint, status, code) or say(endpoint, code or str(status)),
        **_place(endpoint),
        status=status,
        code=code,
    )


def too_long(endpoint: Endpoint, *, code: str) -> CloudRefusedError:
    """Build the error of a stretch of time longer than the cloud takes at once."""
    return CloudRefusedError(
        message(
            "%(cloud)s does not tell so long a stretch at once (%(endpoint)s, code %(code)s). "
            "Ask about a shorter one.",
            **_told(endpoint),
            code=code,
        ),
        **_place(endpoint),
        status=400,
        code=code,
    )


def _documented(endpoint: Endpoint, status: int, code: str) -> Message | None:
    """What the documents say of this code or status; None: no more than its class does."""
    msgid = sentence_of(endpoint.cloud, code, status)
    if msgid is None:
        return None
    return Message(msgid, {**_told(endpoint), "code": code or status})


def cannot(cloud: str, name: str) -> CloudCannotError:
    """Build the error of something this cloud has no call for, or that is switched off."""
    return CloudCannotError(
        message(
            "%(cloud)s has no call for this (%(endpoint)s), or it is switched off in the settings.",
            cloud=cloud_words(cloud),
            endpoint=name,
        ),
        cloud=cloud,
        endpoint=name,
    )
