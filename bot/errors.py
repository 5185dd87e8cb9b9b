"""The error tree. Every error has a Message for people.

    LagdeskError
    ├── InputError            invalid input, with a message for each field
    ├── NotFoundError         no such ticket, app or channel
    ├── NotSetUpError         the workspace has not chosen its settings yet
    ├── NotAllowedError       the person may not do this
    ├── ConflictError         somebody else was first, or the ticket's state forbids it
    ├── CloudError            a request to an RTC cloud failed
    │   ├── CloudUnreachableError         no connection or no response    (retryable)
    │   ├── CloudRefusedError             refused: key, plan or parameters
    │   │   ├── CloudQuotaExceededError   too many calls                  (retryable)
    │   │   ├── CloudDataExpiredError     older than the cloud's retention
    │   │   └── CloudServerError          5xx                             (retryable)
    │   ├── CloudInvalidResponseError     not as documented               (retryable)
    │   └── CloudUnsupportedError         this cloud has no such endpoint
    ├── IntegrationError      a request to a service outside Slack and the clouds failed
    │   ├── IntegrationUnreachableError       no connection or no response    (retryable)
    │   ├── IntegrationRefusedError           refused: key, rights or parameters
    │   │   └── IntegrationBusyError          too many requests, or 5xx       (retryable)
    │   └── IntegrationInvalidResponseError   not as documented               (retryable)
    └── SlackError            a request to Slack failed
        ├── SlackUnreachableError         no connection or no response    (retryable)
        ├── SlackRateLimitedError         too many requests               (retryable)
        └── SlackRefusedError             refused
            ├── SlackContentRefusedError  invalid blocks, too long
            ├── SlackAccessLostError      channel gone, app not invited   (retryable)
            │   └── SlackTokenError       token revoked, scope missing
            │       └── SlackNotInstalledError   never installed, or removed (not retryable)
            └── SlackMessageGoneError     the message to update is gone

DatabaseUnavailableError (retryable) is in bot/store/engine.py, as it is SQLAlchemy's too;
SettingError is in bot/setting_reader.py, a layer below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from bot.i18n.messages import Message, message
from bot.setting_reader import SettingError


class LagdeskError(Exception):
    """Any error Lagdesk can explain. `user_message` is for people, `str(error)` for the log."""

    retryable = False
    retried_at_start = False  # given up until the next start, as a newer version may succeed

    def __init__(self, user_message: Message) -> None:
        super().__init__(str(user_message))
        self.user_message = user_message

    @property
    def operator_message(self) -> Message:
        """What the terminal prints."""
        return self.user_message


class InputError(LagdeskError):
    """Invalid input; `fields` has a message for each invalid field."""

    def __init__(self, fields: Mapping[str, Message]) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = dict(fields)


class NotFoundError(LagdeskError):
    """No such ticket, app, channel or message."""


class NotSetUpError(LagdeskError):
    """The workspace has not chosen its settings yet."""


class NotAllowedError(LagdeskError):
    """The person lacks a permission; the message says who has it."""


class ConflictError(LagdeskError):
    """Somebody else was first, or the ticket's state forbids it."""


class CloudError(LagdeskError):
    """A request to an RTC cloud failed.

    `cloud` is `agora`, `volcengine` or `huawei`; `endpoint` a name of `bot.clouds.endpoints`.
    """

    def __init__(self, user_message: Message, *, cloud: str, endpoint: str) -> None:
        super().__init__(user_message)
        self.cloud = cloud
        self.endpoint = endpoint

    def __str__(self) -> str:
        return f"{self.cloud} {self.endpoint}: {self.user_message}"


class CloudUnreachableError(CloudError):
    """No response. `maybe_arrived`: the cloud may have received and executed the request."""

    retryable = True

    def __init__(
        self, user_message: Message, *, cloud: str, endpoint: str, maybe_arrived: bool
    ) -> None:
        super().__init__(user_message, cloud=cloud, endpoint=endpoint)
        self.maybe_arrived = maybe_arrived


class CloudRefusedError(CloudError):
    """The cloud refused. `status` is HTTP's, `code` the cloud's own ("" when it sent none)."""

    def __init__(
        self, user_message: Message, *, cloud: str, endpoint: str, status: int, code: str = ""
    ) -> None:
        super().__init__(user_message, cloud=cloud, endpoint=endpoint)
        self.status = status
        self.code = code


class CloudQuotaExceededError(CloudRefusedError):
    """Too many calls; `retry_at` is when the next one is allowed."""

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
    """The requested time is older than the cloud's retention."""


class CloudServerError(CloudRefusedError):
    """The cloud failed (5xx)."""

    retryable = True


class CloudInvalidResponseError(CloudError):
    """The response does not match its documentation."""

    retryable = True


class CloudUnsupportedError(CloudError):
    """This cloud has no endpoint for this."""


class IntegrationError(LagdeskError):
    """A request to a service outside Slack and the clouds failed; `service` is its name."""

    def __init__(self, user_message: Message, *, service: str) -> None:
        super().__init__(user_message)
        self.service = service


class IntegrationUnreachableError(IntegrationError):
    """No response. `maybe_arrived`: the service may have received and executed the request."""

    retryable = True

    def __init__(self, user_message: Message, *, service: str, maybe_arrived: bool) -> None:
        super().__init__(user_message, service=service)
        self.maybe_arrived = maybe_arrived


class IntegrationRefusedError(IntegrationError):
    """The service refused; `status` is HTTP's."""

    def __init__(self, user_message: Message, *, service: str, status: int) -> None:
        super().__init__(user_message, service=service)
        self.status = status


class IntegrationBusyError(IntegrationRefusedError):
    """The service asks to wait, or failed (429, 5xx); `retry_after_s` is what it asked for."""

    retryable = True

    def __init__(
        self, user_message: Message, *, service: str, status: int, retry_after_s: float = 0.0
    ) -> None:
        super().__init__(user_message, service=service, status=status)
        self.retry_after_s = retry_after_s


class IntegrationInvalidResponseError(IntegrationError):
    """The response does not match its documentation."""

    retryable = True


class SlackError(LagdeskError):
    """A request to Slack failed. `code` is Slack's own error code."""

    def __init__(self, user_message: Message, *, code: str) -> None:
        super().__init__(user_message)
        self.code = code

    def __str__(self) -> str:
        return f"slack {self.code}: {self.user_message}"


class SlackUnreachableError(SlackError):
    """No response from Slack. `maybe_arrived`: the message may have been posted."""

    retryable = True

    def __init__(self, user_message: Message, *, code: str, maybe_arrived: bool) -> None:
        super().__init__(user_message, code=code)
        self.maybe_arrived = maybe_arrived


class SlackRateLimitedError(SlackError):
    """Too many requests; Slack wants the next one after `retry_after_s` seconds."""

    retryable = True

    def __init__(self, user_message: Message, *, code: str, retry_after_s: float) -> None:
        super().__init__(user_message, code=code)
        self.retry_after_s = retry_after_s


class SlackRefusedError(SlackError):
    """Slack refused the request."""


class SlackContentRefusedError(SlackRefusedError):
    """Slack refused what the message contains; `problems` are its complaints, with pointers."""

    retried_at_start = True

    def __init__(self, user_message: Message, *, code: str, problems: Sequence[str] = ()) -> None:
        super().__init__(user_message, code=code)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return " ".join([super().__str__(), *self.problems])


class SlackAccessLostError(SlackRefusedError):
    """No access: channel gone, app not invited, token revoked or scope missing."""

    retryable = True


class SlackTokenError(SlackAccessLostError):
    """The token is revoked or lacks a scope: no message can be sent to anybody."""


class SlackNotInstalledError(SlackTokenError):
    """Lagdesk is not installed in the workspace, or no longer; tried again after a start."""

    retryable = False
    retried_at_start = True


class SlackMessageGoneError(SlackRefusedError):
    """The message to update is gone."""


def ticket_not_found(number: object) -> NotFoundError:
    """Return the error for a ticket number that does not exist."""
    return NotFoundError(
        message("There is no ticket LD-%(number)s. /tickets lists the open ones.", number=number)
    )


def setting_problem(error: SettingError) -> Message:
    """Return what is wrong with one setting or with several."""
    if not error.others:
        return message(
            "%(name)s is missing or wrong. Expected: %(expected)s.",
            name=error.name,
            expected=Message(error.expected),
        )
    problems = [
        message("%(name)s (%(expected)s)", name=each.name, expected=Message(each.expected))
        for each in (error, *error.others)
    ]
    return message("These settings are missing or wrong: %(settings)s.", settings=problems)
