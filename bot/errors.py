"""The error tree. Every error owns a Message; nothing here says it or sends it.

    LagdeskError
    ├── InputError            a person typed something we cannot take (a message per field)
    ├── NotFoundError         no such ticket, app or channel
    ├── NotAllowedError       the person may not do this
    ├── ConflictError         somebody was first, or the ticket is in another state
    ├── CloudError            something between us and an RTC cloud
    │   ├── CloudUnreachableError   never arrived, or no answer came     (retryable)
    │   ├── CloudRefusedError       answered no: wrong key, plan, parameters
    │   │   ├── CloudOverQuotaError answered, or we know: too many calls (retryable)
    │   │   ├── CloudForgotError    outside the window the cloud remembers
    │   │   └── CloudBrokenError    answered 5xx                         (retryable)
    │   ├── CloudNonsenseError      answered what its document forbids   (retryable)
    │   └── CloudCannotError        this cloud has no such call
    └── SpeakError            something between us and Slack
        ├── SpeakUnreachableError   never arrived, or no answer came     (retryable)
        ├── SpeakLimitedError       asked to wait                        (retryable)
        └── SpeakRefusedError       answered no
            ├── SpeakClosedError    no way in now: channel gone, not invited (retryable)
            └── SpeakGoneError      the message that was to be changed is gone

Setting errors live in bot/settings.py, which stands below this floor.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from bot.i18n.messages import Message, message


class LagdeskError(Exception):
    """Anything Lagdesk can explain. `user_message` is for people, `str(error)` for the log."""

    retryable = False

    def __init__(self, user_message: Message) -> None:
        super().__init__(str(user_message))
        self.user_message = user_message


class InputError(LagdeskError):
    """What a person typed cannot be taken; `fields` says why, per field."""

    def __init__(self, fields: Mapping[str, Message]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = dict(fields)


class NotFoundError(LagdeskError):
    """There is no such thing."""


class NotAllowedError(LagdeskError):
    """This person may not do this; the message says who can."""


class ConflictError(LagdeskError):
    """Somebody was first, or the ticket is in a state that does not allow this."""


class CloudError(LagdeskError):
    """Something went wrong between us and an RTC cloud.

    `cloud` is `agora`, `volcengine` or `huawei`; `endpoint` its name in our endpoint table.
    """

    def __init__(self, user_message: Message, *, cloud: str, endpoint: str) -> None:
        super().__init__(user_message)
        self.cloud = cloud
        self.endpoint = endpoint

    def __str__(self) -> str:
        return f"{self.cloud} {self.endpoint}: {self.user_message}"


class CloudUnreachableError(CloudError):
    """No answer came. `maybe_arrived` tells whether the request may have been carried out."""

    retryable = True

    def __init__(
        self, user_message: Message, *, cloud: str, endpoint: str, maybe_arrived: bool
    ) -> None:
        super().__init__(user_message, cloud=cloud, endpoint=endpoint)
        self.maybe_arrived = maybe_arrived


class CloudRefusedError(CloudError):
    """The cloud answered no. `status` is HTTP's, `code` the cloud's own ("" when none)."""

    def __init__(
        self, user_message: Message, *, cloud: str, endpoint: str, status: int, code: str = ""
    ) -> None:
        super().__init__(user_message, cloud=cloud, endpoint=endpoint)
        self.status = status
        self.code = code


class CloudQuotaExceededError(CloudRefusedError):
    """Too many calls; `retry_at` is when the next one may go out."""

    retryable = True

    def __init__(
        self,
        user_message: Message,
        *,
        cloud: str,
        endpoint: str,
        retry_at: dt.datetime,
        status: int = 0,
        code: str = "",
    ) -> None:
        super().__init__(user_message, cloud=cloud, endpoint=endpoint, status=status, code=code)
        self.retry_at = retry_at


class CloudDataExpiredError(CloudRefusedError):
    """The question lies outside the time the cloud remembers."""


class CloudServerError(CloudRefusedError):
    """The cloud itself failed (5xx)."""

    retryable = True


class CloudInvalidResponseError(CloudError):
    """The answer is not what the document promises."""

    retryable = True


class CloudUnsupportedError(CloudError):
    """This cloud has no call that tells this."""


class SlackError(LagdeskError):
    """Something went wrong between us and Slack. `code` is Slack's own word."""

    def __init__(self, user_message: Message, *, code: str) -> None:
        super().__init__(user_message)
        self.code = code

    def __str__(self) -> str:
        return f"slack {self.code}: {self.user_message}"


class SlackUnreachableError(SlackError):
    """No answer came from Slack. `maybe_arrived` tells whether it may have been posted."""

    retryable = True

    def __init__(self, user_message: Message, *, code: str, maybe_arrived: bool) -> None:
        super().__init__(user_message, code=code)
        self.maybe_arrived = maybe_arrived


class SlackRateLimitedError(SlackError):
    """Slack asked us to wait `retry_after_s` seconds."""

    retryable = True

    def __init__(self, user_message: Message, *, code: str, retry_after_s: float) -> None:
        super().__init__(user_message, code=code)
        self.retry_after_s = retry_after_s


class SlackRefusedError(SlackError):
    """Slack answered no."""


class SlackAccessLostError(SlackRefusedError):
    """Slack lets us in no more, or not yet: channel gone, app not invited, token or scope gone."""

    retryable = True


class SlackMessageGoneError(SlackRefusedError):
    """The message that was to be changed is gone."""


def ticket_not_found(number: object) -> NotFoundError:
    """Build the error for a ticket number nobody has."""
    return NotFoundError(message("There is no ticket LD-%(number)s.", number=number))
