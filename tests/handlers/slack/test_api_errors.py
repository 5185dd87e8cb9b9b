"""Failed calls to Slack: may they be retried, when, and can the message have arrived."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import (
    SlackAccessLostError,
    SlackContentRefusedError,
    SlackError,
    SlackMessageGoneError,
    SlackRateLimitedError,
    SlackRefusedError,
    SlackTokenError,
    SlackUnreachableError,
)
from handlers.slack.api_errors import (
    SlackFileNotReadyError,
    call_slack,
    respond_privately,
    response_error_code,
    to_slack_error,
)
from tests.handlers.response_url import ResponseUrl
from tests.handlers.samples import EN


def api_error(
    code: str,
    status: int = 200,
    headers: dict[str, Any] | None = None,
    **data: Any,
) -> SlackApiError:
    """Slack's answer with an error code."""
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, "error": code, **data},
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("failed", response)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (api_error("ratelimited"), SlackRateLimitedError),
        (api_error("rate_limited"), SlackRateLimitedError),
        (api_error("message_limit_exceeded"), SlackRateLimitedError),
        (api_error("other", 429), SlackRateLimitedError),
        (api_error("internal_error"), SlackUnreachableError),
        (api_error("other", 500), SlackUnreachableError),
        (api_error("other", 503), SlackUnreachableError),
        (api_error("other", 499), SlackAccessLostError),
        (api_error("message_not_found"), SlackMessageGoneError),
        (api_error("edit_window_closed"), SlackMessageGoneError),
        (api_error("invalid_blocks"), SlackContentRefusedError),
        (api_error("msg_too_long"), SlackContentRefusedError),
        (
            api_error("invalid_blocks", errors=["invalid slack file (F1)"]),
            SlackFileNotReadyError,
        ),
        (api_error("channel_not_found"), SlackAccessLostError),
        (api_error("restricted_action"), SlackAccessLostError),
        (api_error("invalid_auth"), SlackTokenError),
        (api_error("token_revoked"), SlackTokenError),
        (api_error("missing_scope"), SlackTokenError),
        (api_error("", 502), SlackUnreachableError),
        (TimeoutError(), SlackUnreachableError),
        (aiohttp.ServerDisconnectedError(), SlackUnreachableError),
        (SlackRequestError("x"), SlackUnreachableError),
    ],
)
def test_kinds_of_errors(error: Exception, expected: type[SlackError]) -> None:
    """Each has the code that Slack gave, or the exception's name."""
    mapped = to_slack_error(error)
    assert type(mapped) is expected
    if isinstance(error, SlackApiError):
        code = error.response["error"] or "http_502"
        assert mapped.code == code
        assert EN.plain_text(mapped.user_message) == f"Slack refused: {code}."
    else:
        assert mapped.code == type(error).__name__
        assert EN.plain_text(mapped.user_message) == "Slack does not respond."


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ({"errors": ["too long [json-pointer:/blocks/1]"]}, ["too long [json-pointer:/blocks/1]"]),
        ({"response_metadata": {"messages": ["[ERROR] no"]}}, ["[ERROR] no"]),
        ({"errors": ["a", "b"], "response_metadata": {"messages": ["[ERROR] a"]}}, ["a", "b"]),
        ({"errors": "?"}, []),
        ({"response_metadata": {}}, []),
        ({}, []),
    ],
)
def test_complaints_about_content(data: dict[str, Any], problems: list[str]) -> None:
    """Slack has two lists of them; either may be missing."""
    mapped = to_slack_error(api_error("invalid_blocks", **data))
    assert isinstance(mapped, SlackContentRefusedError)
    assert mapped.problems == tuple(problems)


@pytest.mark.parametrize(
    ("error", "arrived"),
    [
        (api_error("internal_error"), True),
        (api_error("x", 500), True),
        (TimeoutError(), True),
        (aiohttp.ServerDisconnectedError(), True),
        (aiohttp.ClientConnectorError(None, OSError()), False),  # type: ignore[arg-type]
    ],
)
def test_only_a_failed_connection_proves_that_nothing_arrived(
    error: Exception,
    *,
    arrived: bool,
) -> None:
    """After any other failure the post may exist."""
    mapped = to_slack_error(error)
    assert isinstance(mapped, SlackUnreachableError)
    assert mapped.maybe_arrived is arrived


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": ["8"]}, 8.0),
        ({"Retry-After": "soon"}, 5.0),
        ({}, 5.0),
    ],
)
def test_retry_after(headers: dict[str, Any], seconds: float) -> None:
    """What Slack asked for; five seconds where it does not say."""
    mapped = to_slack_error(api_error("ratelimited", 429, headers))
    assert isinstance(mapped, SlackRateLimitedError)
    assert mapped.retry_after_s == seconds


async def test_a_call_raises_slack_errors_only() -> None:
    """Its answer is returned; an unrelated error passes."""

    async def call(error: Exception | None = None) -> str:
        if error is not None:
            raise error
        return "answer"

    assert await call_slack(call()) == "answer"
    for error in (api_error("x"), TimeoutError(), aiohttp.ClientError(), OSError()):
        with pytest.raises(SlackError):
            await call_slack(call(error))
    with pytest.raises(ZeroDivisionError):
        await call_slack(call(ZeroDivisionError()))


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, "ok", ""),
        (200, "", ""),
        (200, "null", ""),
        (200, "[]", ""),
        (200, '{"ok": true}', ""),
        (200, '{"error": "x"}', ""),
        (200, '{"ok": false, "error": "invalid_blocks"}', "invalid_blocks"),
        (200, '{"ok": false}', "http_200"),
        (200, "invalid_blocks", "invalid_blocks"),
        (200, '"unsupported_block"', "unsupported_block"),
        (200, '"something else"', ""),
        (400, " invalid_blocks_format\n", "invalid_blocks_format"),
        (404, '{"ok": false, "error": "used_url"}', "used_url"),
        (404, "no_such_url", "http_404"),
        (500, "<html>", "http_500"),
        (201, "ok", "http_201"),
    ],
)
def test_a_refusal_may_be_in_the_body(status: int, body: str, code: str) -> None:
    """Slack's response URLs refuse in several ways."""
    assert response_error_code(status, body) == code


async def respond(slack: ResponseUrl) -> None:
    """Respond privately by this URL."""
    async with slack.serve() as inquiry:
        await respond_privately(inquiry.response_url, "text", [{"type": "divider"}])


async def test_a_private_response_replaces_the_first_answer() -> None:
    """Only the person who asked sees it."""
    slack = ResponseUrl((200, "ok"))
    await respond(slack)
    assert slack.received == [
        {
            "text": "text",
            "blocks": [{"type": "divider"}],
            "response_type": "ephemeral",
            "replace_original": True,
        },
    ]


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (404, SlackRefusedError, "http_404"),
        (499, SlackRefusedError, "http_499"),
        (500, SlackUnreachableError, "http_500"),
        (503, SlackUnreachableError, "http_503"),
    ],
)
async def test_a_private_response_that_fails(
    status: int,
    expected: type[SlackError],
    code: str,
) -> None:
    """A server's error may have arrived, a refusal has not."""
    with pytest.raises(SlackError) as caught:
        await respond(ResponseUrl((status, "")))
    assert (type(caught.value), caught.value.code) == (expected, code)
    assert EN.plain_text(caught.value.user_message) == f"Slack refused: {code}."
    if isinstance(caught.value, SlackUnreachableError):
        assert caught.value.maybe_arrived


@pytest.mark.parametrize(("headers", "seconds"), [({}, 5.0), ({"Retry-After": "40"}, 40.0)])
async def test_too_many_private_responses(headers: dict[str, str], seconds: float) -> None:
    """They are sent again when Slack says, or after five seconds."""
    with pytest.raises(SlackRateLimitedError) as caught:
        await respond(ResponseUrl((429, ""), headers=headers))
    assert (caught.value.code, caught.value.retry_after_s) == ("http_429", seconds)
