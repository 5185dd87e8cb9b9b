"""Error responses of the Web API in Slack's wording, and a delivery's failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.slack.block_kit import Problem

Json = dict[str, Any]


class WebApiError(Exception):
    """A response with `ok: false`; `extra` goes into the body beside `error`."""

    def __init__(
        self,
        code: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def body(self) -> Json:
        """Build the response's JSON."""
        return {"ok": False, "error": self.code, **self.extra}


def api_error(code: str, **extra: object) -> WebApiError:
    """Build an error with its code and the fields of `extra`."""
    return WebApiError(code, extra=extra)


def invalid_arguments(*messages: str) -> WebApiError:
    """Build `invalid_arguments` with Slack's bracketed lines."""
    lines = [f"[ERROR] {message}" for message in messages]
    return api_error("invalid_arguments", response_metadata={"messages": lines})


def rate_limited(retry_after_s: int) -> WebApiError:
    """Build HTTP 429 `ratelimited`; Slack counts whole seconds."""
    return WebApiError("ratelimited", status=429, headers={"Retry-After": str(retry_after_s)})


def invalid_message(problems: Sequence[Problem]) -> WebApiError:
    """Build the error for an invalid message: lines in both `errors` and `response_metadata`."""
    code, lines = problems[0].error, [problem.line for problem in problems]
    bracketed = {"messages": [f"[ERROR] {line}" for line in lines]}
    if code == "invalid_blocks":
        return api_error(code, errors=lines, response_metadata=bracketed)
    return api_error(code, response_metadata=bracketed)


def invalid_view(problems: Sequence[Problem]) -> WebApiError:
    """Build the error for an invalid view; views.* never return `invalid_blocks`."""
    code = problems[0].error
    code = code if code == "view_too_large" else "invalid_arguments"
    lines = [f"[ERROR] {problem.line}" for problem in problems]
    return api_error(code, response_metadata={"messages": lines})


class NoAckError(Exception):
    """No acknowledgement arrived. `reason` is Slack's x-slack-retry-reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
