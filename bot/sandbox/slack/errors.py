"""Refusals of the Web API, as Slack words them. Which call refuses what stands with the calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.slack.block_kit import Problem

Json = dict[str, Any]


class SlackError(Exception):
    """An answer with `ok: false`; `extra` goes into the body beside `error`."""

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
        """Build the answer's JSON."""
        return {"ok": False, "error": self.code, **self.extra}


def refuse(code: str, **extra: object) -> SlackError:
    """Build a refusal with nothing but its code (and what `extra` names)."""
    return SlackError(code, extra=extra)


def refuse_arguments(*messages: str) -> SlackError:
    """Build `invalid_arguments` with Slack's bracketed lines."""
    lines = [f"[ERROR] {message}" for message in messages]
    return refuse("invalid_arguments", response_metadata={"messages": lines})


def refuse_limited(retry_after_s: int) -> SlackError:
    """Build HTTP 429 `ratelimited`; Slack counts whole seconds."""
    return SlackError("ratelimited", status=429, headers={"Retry-After": str(retry_after_s)})


def refuse_message(problems: Sequence[Problem]) -> SlackError:
    """Build the refusal of a message: lines both in `errors` and in `response_metadata`."""
    code, lines = problems[0].error, [problem.line for problem in problems]
    bracketed = {"messages": [f"[ERROR] {line}" for line in lines]}
    if code == "invalid_blocks":
        return refuse(code, errors=lines, response_metadata=bracketed)
    return refuse(code, response_metadata=bracketed)


def refuse_view(problems: Sequence[Problem]) -> SlackError:
    """Build the refusal of a view; views.* never answer `invalid_blocks`."""
    code = problems[0].error
    code = code if code == "view_too_large" else "invalid_arguments"
    lines = [f"[ERROR] {problem.line}" for problem in problems]
    return refuse(code, response_metadata={"messages": lines})
