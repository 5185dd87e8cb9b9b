"""Errors of menus, checkboxes and pickers: the input, the pointer, the message."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.block_kit import Problem, validate_message

Case = tuple[Any, str, str]
WHOLE_DOCUMENT = "failed to match all allowed schemas"


def _plain(text: str = "x") -> dict[str, object]:
    return {"type": "plain_text", "text": text}


def _mrkdwn(text: str = "x") -> dict[str, object]:
    return {"type": "mrkdwn", "text": text}


def _option(value: str = "a", text: str = "x", **more: object) -> dict[str, object]:
    return {"text": _plain(text), "value": value, **more}


def _options(count: int) -> list[dict[str, object]]:
    return [_option(str(number)) for number in range(count)]


def _actions(*elements: object) -> dict[str, object]:
    return {"type": "actions", "elements": list(elements)}


def _select(kind: str = "static_select", **more: object) -> dict[str, object]:
    listed = {"options": _options(2)} if "static" in kind and "option_groups" not in more else {}
    return {"type": kind, **listed, **more}


def _messages_of(problems: list[Problem]) -> list[tuple[str, str]]:
    """List (pointer, message), without the sentence that only announces those that follow."""
    return [
        (problem.pointer, problem.message)
        for problem in problems
        if problem.message != WHOLE_DOCUMENT
    ]


CHOICES: list[Case] = [
    (
        _actions({"type": "overflow", "options": _options(6)}),
        "/options",
        "no more than 5 items allowed",
    ),
    (_actions({"type": "overflow", "options": []}), "/options", "must provide at least 1 items"),
    (
        _actions({"type": "checkboxes", "options": _options(11)}),
        "/options",
        "no more than 10 items allowed",
    ),
    (
        _actions({"type": "radio_buttons", "options": _options(11)}),
        "/options",
        "no more than 10 items allowed",
    ),
    (_actions(_select(options=_options(101))), "/options", "no more than 100 items allowed"),
    (_actions(_select(options=[])), "/options", "must provide at least 1 items"),
    (_actions({"type": "static_select"}), "", "must define either `options` or `option_groups`"),
    (
        _actions(
            {
                "type": "static_select",
                "options": _options(1),
                "option_groups": [{"label": _plain(), "options": _options(1)}],
            }
        ),
        "",
        "must define only one of `options` or `option_groups`",
    ),
    (
        _actions(_select(option_groups=[{"label": _plain("a" * 76), "options": _options(1)}])),
        "/option_groups/0/label/text",
        "must be less than 76 characters",
    ),
    (
        _actions(_select(option_groups=[{"label": _plain(), "options": []}])),
        "/option_groups/0/options",
        "must provide at least 1 items",
    ),
    (
        _actions(_select(options=[_option("v" * 151)])),
        "/options/0/value",
        "must be less than 151 characters",
    ),
    (
        _actions(_select(options=[_option("")])),
        "/options/0/value",
        "must be more than 0 characters",
    ),
    (
        _actions(_select(options=[_option(text="a" * 76)])),
        "/options/0/text/text",
        "must be less than 76 characters",
    ),
    (
        _actions(_select(options=[_option(description=_plain("a" * 76))])),
        "/options/0/description/text",
        "must be less than 76 characters",
    ),
    (
        _actions(_select(options=[{"text": _mrkdwn(), "value": "a"}])),
        "/options/0/text/type",
        "must be a valid enum value",
    ),
    (
        _actions(_select(options=[_option(url="https://example.com")])),
        "/options/0",
        "invalid additional property: url",
    ),
    (
        _actions(_select(initial_option=_option("nowhere"))),
        "/initial_option",
        "must be one of the provided options",
    ),
    (
        _actions({"type": "checkboxes", "options": _options(1), "initial_options": []}),
        "/initial_options",
        "must be one of the provided options",
    ),
    (
        _actions(_select(placeholder=_plain("a" * 151))),
        "/placeholder/text",
        "must be less than 151 characters",
    ),
    (
        _actions(_select("users_select", initial_users=["U1"])),
        "",
        "invalid additional property: initial_users",
    ),
    (
        _actions(_select("multi_users_select", max_selected_items=0)),
        "/max_selected_items",
        "must be greater than 1",
    ),
    (
        _actions(_select("conversations_select", filter={})),
        "/filter",
        "must define either `include` or `exclude_external_shared_channels` or `exclude_bot_users`",
    ),
    (
        _actions(_select("conversations_select", filter={"include": ["dm"]})),
        "/filter/include/0",
        "must be a valid enum value",
    ),
    (
        _actions(_select("external_select", min_query_length="3")),
        "/min_query_length",
        "must provide an integer",
    ),
    (
        _actions(_select("external_select", options=_options(1))),
        "",
        "invalid additional property: options",
    ),
    (
        _actions({"type": "datepicker", "initial_date": "2026-02-30"}),
        "/initial_date",
        "input must be a valid: date",
    ),
    (
        _actions({"type": "datepicker", "initial_date": 20261121}),
        "/initial_date",
        "must provide a string",
    ),
    (
        _actions({"type": "timepicker", "initial_time": "24:00"}),
        "/initial_time",
        "input must match regex pattern: ^([01][0-9]|2[0-3]):[0-5][0-9]$",
    ),
    (
        _actions({"type": "datetimepicker", "initial_date_time": 12}),
        "/initial_date_time",
        "must be greater than 1000000000",
    ),
]


# Each is /elements/0 of its actions block: the pointers above continue from there.
PLACED = [(block, "/elements/0" + pointer, text) for block, pointer, text in CHOICES]


@pytest.mark.parametrize(("block", "pointer", "message"), PLACED)
def test_a_wrong_block_is_refused_where_it_is_wrong(
    block: object, pointer: str, message: str
) -> None:
    """One thing wrong in a message's block gives that refusal and no other."""
    problems = _messages_of(validate_message({"text": "x", "blocks": [block]}))
    assert [("/blocks/0" + pointer, message)] == problems
