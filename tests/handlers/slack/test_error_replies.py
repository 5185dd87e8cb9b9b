"""Error replies: each kind of request gets the error where its sender looks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.errors import ConflictError, InputError, LagdeskError
from bot.i18n.messages import message
from handlers.commands import Rights
from handlers.slack.errors import _reply_to_command, _reply_to_form, _user_message
from tests.handlers.samples import EN, ZH

CONFLICT = ConflictError(message("LD-12 is not resolved."))
FIRST, SECOND = message("Choose a person."), message("Describe in a few words what was done.")
UNEXPECTED = (
    "Something went wrong on our side. Please try again; if a ticket appeared, it is saved."
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (CONFLICT, "LD-12 is not resolved."),
        (TimeoutError(), UNEXPECTED),
        (ValueError("response_url is missing"), UNEXPECTED),
        (ZeroDivisionError("secret"), UNEXPECTED),
    ],
)
def test_what_the_sender_reads(error: Exception, expected: str) -> None:
    """Ours say what is wrong; others say nothing of their text."""
    assert EN.plain_text(_user_message(error)) == expected


@pytest.mark.parametrize(
    ("error", "is_logged"),
    [
        (ZeroDivisionError(), True),
        (ValueError("x"), True),
        (ValueError("response_url is missing"), False),
        (TimeoutError(), False),
        (CONFLICT, False),
    ],
)
def test_only_our_mistakes_have_a_traceback(
    error: Exception,
    *,
    is_logged: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A slow Slack is a line in the log."""
    _user_message(error)
    assert any(record.exc_info for record in caplog.records) is is_logged


@pytest.mark.parametrize(
    ("error", "command", "has_usage"),
    [
        (InputError({"text": FIRST}), "/diagnose", True),
        (InputError({"text": FIRST}), "/unknown", False),
        (CONFLICT, "/diagnose", False),
    ],
)
def test_commands(error: LagdeskError, command: str, *, has_usage: bool) -> None:
    """Privately; wrong arguments also get the command's usage."""
    response = _reply_to_command(error, error.user_message, {"command": command}, EN, Rights())
    reply = json.loads(response.body)
    assert (response.status, reply["response_type"]) == (200, "ephemeral")
    first, *usage = reply["text"].splitlines()
    assert first == EN.mrkdwn(error.user_message)
    assert bool(usage) == has_usage
    assert all(line.startswith(f"`{command} ") for line in usage)


FORM = [
    {"type": "section", "block_id": "s"},
    {"type": "input", "block_id": "person"},
    {"type": "input", "block_id": "resolution"},
]


def reply_to(error: LagdeskError, blocks: list[dict[str, Any]] | None) -> Any:
    """The reply to a submitted form with these blocks."""
    body = {"view": {"blocks": blocks}}
    return json.loads(_reply_to_form(error, error.user_message, body, EN).body)


@pytest.mark.parametrize(
    ("error", "errors"),
    [
        (InputError({"resolution": FIRST}), {"resolution": "Choose a person."}),
        (
            InputError({"person": FIRST, "resolution": SECOND}),
            {
                "person": "Choose a person.",
                "resolution": "Describe in a few words what was done.",
            },
        ),
        (InputError({"other": FIRST}), {"person": "Choose a person."}),
        (InputError({"other": FIRST, "person": SECOND}), {"person": "Choose a person."}),
        (CONFLICT, {"resolution": "LD-12 is not resolved."}),
    ],
)
def test_forms(error: LagdeskError, errors: dict[str, str]) -> None:
    """Under their fields; one of no field of this form under the first, others under the last."""
    assert reply_to(error, FORM) == {"response_action": "errors", "errors": errors}


@pytest.mark.parametrize("blocks", [FORM[:1], [], None])
def test_a_form_without_fields(blocks: list[dict[str, Any]] | None) -> None:
    """The error is a modal above it."""
    reply = reply_to(CONFLICT, blocks)
    assert reply["response_action"] == "push"
    view = reply["view"]
    assert (view["title"]["text"], view["close"]["text"]) == ("Not done", "Close")
    assert view["blocks"][0]["text"]["text"] == "LD-12 is not resolved."
    assert "submit" not in view


def test_replies_are_translated() -> None:
    """Into the reader's language."""
    body = {"command": "/diagnose"}
    response = _reply_to_command(CONFLICT, CONFLICT.user_message, body, ZH, Rights(is_support=True))
    assert json.loads(response.body)["text"] == ZH.mrkdwn(CONFLICT.user_message)
    assert response.headers["content-type"] == ["application/json"]
