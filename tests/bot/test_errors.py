"""The error tree: which errors are retried, and what each says to people and to the log."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import errors
from bot.i18n.messages import message

BUSY = message("%(cloud)s is busy.", cloud="Agora")
WHERE: dict[str, Any] = {"cloud": "agora", "endpoint": "call_search"}
NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
ERRORS: list[tuple[errors.LagdeskError, bool, type[errors.LagdeskError]]] = [
    (errors.InputError({"cname": BUSY}), False, errors.LagdeskError),
    (errors.NotFoundError(BUSY), False, errors.LagdeskError),
    (errors.NotSetUpError(BUSY), False, errors.LagdeskError),
    (errors.NotAllowedError(BUSY), False, errors.LagdeskError),
    (errors.ConflictError(BUSY), False, errors.LagdeskError),
    (errors.CloudError(BUSY, **WHERE), False, errors.LagdeskError),
    (
        errors.CloudUnreachableError(BUSY, **WHERE, maybe_arrived=True),
        True,
        errors.CloudError,
    ),
    (errors.CloudRefusedError(BUSY, **WHERE, status=403), False, errors.CloudError),
    (
        errors.CloudQuotaExceededError(BUSY, **WHERE, retry_at=NOON),
        True,
        errors.CloudRefusedError,
    ),
    (
        errors.CloudDataExpiredError(BUSY, **WHERE, status=400),
        False,
        errors.CloudRefusedError,
    ),
    (errors.CloudServerError(BUSY, **WHERE, status=503), True, errors.CloudRefusedError),
    (errors.CloudInvalidResponseError(BUSY, **WHERE), True, errors.CloudError),
    (errors.CloudUnsupportedError(BUSY, **WHERE), False, errors.CloudError),
    (errors.IntegrationError(BUSY, service="Jira"), False, errors.LagdeskError),
    (
        errors.IntegrationUnreachableError(BUSY, service="Jira", maybe_arrived=True),
        True,
        errors.IntegrationError,
    ),
    (
        errors.IntegrationRefusedError(BUSY, service="Jira", status=403),
        False,
        errors.IntegrationError,
    ),
    (
        errors.IntegrationBusyError(BUSY, service="Jira", status=429),
        True,
        errors.IntegrationRefusedError,
    ),
    (errors.IntegrationInvalidResponseError(BUSY, service="Jira"), True, errors.IntegrationError),
    (errors.SlackError(BUSY, code="x"), False, errors.LagdeskError),
    (
        errors.SlackUnreachableError(BUSY, code="x", maybe_arrived=True),
        True,
        errors.SlackError,
    ),
    (
        errors.SlackRateLimitedError(BUSY, code="ratelimited", retry_after_s=30),
        True,
        errors.SlackError,
    ),
    (errors.SlackRefusedError(BUSY, code="x"), False, errors.SlackError),
    (errors.SlackContentRefusedError(BUSY, code="x"), False, errors.SlackRefusedError),
    (errors.SlackAccessLostError(BUSY, code="x"), True, errors.SlackRefusedError),
    (errors.SlackTokenError(BUSY, code="x"), True, errors.SlackAccessLostError),
    (errors.SlackNotInstalledError(BUSY, code="x"), False, errors.SlackTokenError),
    (errors.SlackMessageGoneError(BUSY, code="x"), False, errors.SlackRefusedError),
]


@pytest.mark.parametrize(
    ("error", "retryable", "parent"), ERRORS, ids=lambda value: type(value).__name__
)
def test_the_tree(
    error: errors.LagdeskError, parent: type[errors.LagdeskError], *, retryable: bool
) -> None:
    """As in the module's docstring: its parent, and whether a retry may succeed."""
    assert type(error).__bases__ == (parent,)
    assert error.retryable is retryable
    assert error.user_message == BUSY
    assert error.args == ("Agora is busy.",)


def test_the_table_is_complete() -> None:
    """Every error of the module is in it."""
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    known = {kind for kind in kinds if issubclass(kind, errors.LagdeskError)}
    assert {type(error) for error, _, _ in ERRORS} == known - {errors.LagdeskError}


def test_what_an_error_says_in_the_log() -> None:
    """Which cloud and endpoint, or Slack's code, and the English sentence."""
    assert str(errors.NotFoundError(BUSY)) == "Agora is busy."
    cloud = errors.CloudRefusedError(BUSY, **WHERE, status=403)
    assert str(cloud) == "agora call_search: Agora is busy."
    slack = errors.SlackRefusedError(BUSY, code="not_in_channel")
    assert str(slack) == "slack not_in_channel: Agora is busy."
    problems = ["too long [json-pointer:/blocks/1]", "no text"]
    content = errors.SlackContentRefusedError(BUSY, code="invalid_blocks", problems=problems)
    assert str(content) == f"slack invalid_blocks: Agora is busy. {' '.join(problems)}"


def test_what_an_error_knows() -> None:
    """What its handler needs to decide."""
    fields = {"cname": BUSY, "teacher_uid": message("Unknown")}
    invalid = errors.InputError(fields)
    assert (invalid.user_message, invalid.fields) == (BUSY, fields)
    fields.clear()
    assert len(invalid.fields) == 2
    for maybe_arrived in (True, False):
        lost = errors.CloudUnreachableError(BUSY, **WHERE, maybe_arrived=maybe_arrived)
        assert (lost.maybe_arrived, lost.cloud, lost.endpoint) == (
            maybe_arrived,
            "agora",
            "call_search",
        )
        unsent = errors.SlackUnreachableError(BUSY, code="x", maybe_arrived=maybe_arrived)
        assert (unsent.maybe_arrived, unsent.code) == (maybe_arrived, "x")
    refused = errors.CloudRefusedError(BUSY, **WHERE, status=403)
    assert (refused.status, refused.code) == (403, "")
    quota = errors.CloudQuotaExceededError(BUSY, **WHERE, retry_at=NOON, status=429, code="Q")
    assert (quota.retry_at, quota.status, quota.code) == (NOON, 429, "Q")
    ours = errors.CloudQuotaExceededError(BUSY, **WHERE, retry_at=NOON)  # counted before the call
    assert (ours.status, ours.code) == (0, "")
    limited = errors.SlackRateLimitedError(BUSY, code="ratelimited", retry_after_s=30)
    assert (limited.retry_after_s, limited.code) == (30, "ratelimited")


def test_a_ticket_that_does_not_exist() -> None:
    """It is named."""
    error = errors.ticket_not_found(12)
    assert isinstance(error, errors.NotFoundError)
    assert str(error) == "There is no ticket LD-12. /tickets lists the open ones."
