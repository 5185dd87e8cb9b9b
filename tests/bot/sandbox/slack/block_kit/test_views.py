"""Errors of views and their inputs: the input, the pointer, the message."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.block_kit import Problem, validate_view

Case = tuple[Any, str, str]
WHOLE_DOCUMENT = "failed to match all allowed schemas"


def _plain(text: str = "x") -> dict[str, object]:
    return {"type": "plain_text", "text": text}


def _mrkdwn(text: str = "x") -> dict[str, object]:
    return {"type": "mrkdwn", "text": text}


def _section(**more: object) -> dict[str, object]:
    return {"type": "section", "text": _mrkdwn(), **more}


def _asked(kind: str, **more: object) -> dict[str, object]:
    return {"type": "input", "label": _plain(), "element": {"type": kind, **more}}


def _words(*parts: object) -> dict[str, object]:
    inner = list(parts) or [{"type": "text", "text": "x"}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": inner}]}


def _line(**more: object) -> dict[str, Any]:
    chart: dict[str, object] = {
        "type": "line",
        "series": [{"name": "up", "data": [{"label": "0", "value": 1}]}],
        "axis_config": {"categories": ["0"]},
        **more,
    }
    return {"type": "data_visualization", "title": "Loss", "chart": chart}


def _container(*children: object, **more: object) -> dict[str, object]:
    return {"type": "container", "title": _plain(), "child_blocks": list(children), **more}


def _modal(*blocks: object, **more: object) -> dict[str, Any]:
    return {"type": "modal", "title": _plain(), "blocks": list(blocks) or [_section()], **more}


def _messages_of(problems: list[Problem]) -> list[tuple[str, str]]:
    """List (pointer, message), without the sentence that only announces those that follow."""
    return [
        (problem.pointer, problem.message)
        for problem in problems
        if problem.message != WHOLE_DOCUMENT
    ]


INPUTS: list[Case] = [
    (_asked("button", text=_plain()), "/element/type", "unsupported type: button"),
    ({"type": "input", "label": _plain()}, "", "missing required field: element"),
    (
        {"type": "input", "element": {"type": "plain_text_input"}},
        "",
        "missing required field: label",
    ),
    (
        {**_asked("plain_text_input"), "label": _mrkdwn()},
        "/label/type",
        "must be a valid enum value",
    ),
    (
        {**_asked("plain_text_input"), "label": _plain("a" * 2001)},
        "/label/text",
        "must be less than 2001 characters",
    ),
    (
        {**_asked("plain_text_input"), "hint": _plain("a" * 2001)},
        "/hint/text",
        "must be less than 2001 characters",
    ),
    ({**_asked("plain_text_input"), "optional": "yes"}, "/optional", "must be a boolean"),
    (_asked("plain_text_input", max_length=3001), "/element/max_length", "must be less than 3000"),
    (_asked("plain_text_input", max_length=0), "/element/max_length", "must be greater than 1"),
    (
        _asked("plain_text_input", min_length=5, max_length=4),
        "/element/min_length",
        "`min_length` cannot be greater than `max_length`",
    ),
    (
        _asked("plain_text_input", initial_value=7),
        "/element/initial_value",
        "must provide a string",
    ),
    (
        _asked("plain_text_input", dispatch_action_config={"trigger_actions_on": []}),
        "/element/dispatch_action_config/trigger_actions_on",
        "must provide at least 1 items",
    ),
    (
        _asked("plain_text_input", dispatch_action_config={"trigger_actions_on": ["on_blur"]}),
        "/element/dispatch_action_config/trigger_actions_on/0",
        "must be a valid enum value",
    ),
    (_asked("number_input"), "/element", "missing required field: is_decimal_allowed"),
    (
        _asked("number_input", is_decimal_allowed=True, min_value=1),
        "/element/min_value",
        "must provide a string",
    ),
    (
        _asked("number_input", is_decimal_allowed=True, min_value="2", max_value="1.5"),
        "/element/min_value",
        "`min_value` cannot be greater than `max_value`",
    ),
    (
        _asked("email_text_input", multiline=True),
        "/element",
        "invalid additional property: multiline",
    ),
    (_asked("url_text_input", placeholder="x"), "/element/placeholder", "must provide an object"),
    (_asked("file_input", max_files=11), "/element/max_files", "must be less than 10"),
    (_asked("file_input", filetypes="pdf"), "/element/filetypes", "must provide an array"),
    (_asked("rich_text_input"), "/element", "missing required field: action_id"),
    (
        _asked("rich_text_input", action_id="a", initial_value={**_words(), "type": "x"}),
        "/element/initial_value/type",
        "must be a valid enum value",
    ),
    (
        {"type": "alert", "text": _plain("a" * 201)},
        "/text/text",
        "must be less than 201 characters",
    ),
    ({"type": "alert", "text": _plain(), "level": "fatal"}, "/level", "must be a valid enum value"),
    (_line(), "/type", "unsupported type: data_visualization"),
    ({"type": "markdown", "text": "x"}, "/type", "unsupported type: markdown"),
    (_container(_section()), "/type", "unsupported type: container"),
]


@pytest.mark.parametrize(("block", "pointer", "message"), INPUTS)
def test_a_wrong_block_in_a_modal_is_refused(block: object, pointer: str, message: str) -> None:
    """Blocks of a modal are checked by the modal's rules, with pointers below /view."""
    view = _modal(block, submit=_plain())
    assert [("/view/blocks/0" + pointer, message)] == _messages_of(validate_view(view))


VIEWS: list[tuple[Any, str, str]] = [
    ({"type": "modal", "blocks": [_section()]}, "/view", "missing required field: title"),
    ({"type": "modal", "title": _plain()}, "/view", "missing required field: blocks"),
    ({"title": _plain(), "blocks": []}, "/view", "missing required field: type"),
    ({"type": "workflow_step"}, "/view/type", "unsupported type: workflow_step"),
    (_modal(title=_plain("a" * 25)), "/view/title/text", "must be less than 25 characters"),
    (_modal(title=_mrkdwn()), "/view/title/type", "must be a valid enum value"),
    (_modal(submit=_plain("a" * 25)), "/view/submit/text", "must be less than 25 characters"),
    (_modal(close=_plain("a" * 25)), "/view/close/text", "must be less than 25 characters"),
    (_modal(*[_section()] * 101), "/view/blocks", "no more than 100 items allowed"),
    (
        _modal(private_metadata="a" * 3001),
        "/view/private_metadata",
        "must be less than 3001 characters",
    ),
    (_modal(callback_id="a" * 256), "/view/callback_id", "must be less than 256 characters"),
    (_modal(external_id="a" * 256), "/view/external_id", "must be less than 256 characters"),
    (_modal(clear_on_close="yes"), "/view/clear_on_close", "must be a boolean"),
    (_modal(submit_disabled=True), "/view", "invalid additional property: submit_disabled"),
    (_modal(id="V1"), "/view", "invalid additional property: id"),
    (_modal(submit=None), "/view/submit", "must provide an object"),
    (
        _modal(_section(), _asked("plain_text_input")),
        "/view/blocks/1/input",
        "must define `submit` to use `input` block",
    ),
    (
        _modal(_section(block_id="b"), _section(block_id="b")),
        "/view/blocks/1/block_id",
        "`block_id` already exists: b",
    ),
    (
        _modal(
            _asked("plain_text_input", focus_on_load=True),
            _asked("datepicker", focus_on_load=True),
            submit=_plain(),
        ),
        "/view/blocks/1/element/focus_on_load",
        "only one element can set `focus_on_load` to true",
    ),
    (
        {"type": "home", "blocks": [_section()], "title": _plain()},
        "/view",
        "invalid additional property: title",
    ),
    ({"type": "home", "blocks": []}, "/view/blocks", "must provide at least 1 items"),
    (
        {"type": "home", "blocks": [{"type": "alert", "text": _plain()}]},
        "/view/blocks/0/type",
        "unsupported type: alert",
    ),
    (
        {"type": "home", "blocks": [_asked("datetimepicker")]},
        "/view/blocks/0/element/type",
        "unsupported type: datetimepicker",
    ),
    (
        {"type": "home", "blocks": [_asked("file_input")]},
        "/view/blocks/0/element/type",
        "unsupported type: file_input",
    ),
    ("modal", "/view", "must provide an object"),
    ("[]", "/view", "must provide an object"),
]


@pytest.mark.parametrize(("view", "pointer", "message"), VIEWS)
def test_a_wrong_view_is_refused(view: object, pointer: str, message: str) -> None:
    """One thing wrong with a view gives exactly that refusal, as invalid_arguments."""
    problems = validate_view(view)
    assert [(pointer, message)] == _messages_of(problems)
    assert {problem.error for problem in problems} == {"invalid_arguments"}


def test_a_view_over_250_kilobytes_is_too_large() -> None:
    """The size of the whole payload in UTF-8 is checked before anything in it."""
    view = _modal(*[_section(text=_mrkdwn("课" * 1000))] * 90)
    assert [(p.error, p.pointer) for p in validate_view(view)] == [("view_too_large", "/view")]


def test_error_of_an_extra_key_in_a_view() -> None:
    """The general error is first, the key second, in Slack's wording."""
    assert [problem.line for problem in validate_view(_modal(submit_disabled=True))] == [
        "failed to match all allowed schemas [json-pointer:/view]",
        "invalid additional property: submit_disabled [json-pointer:/view]",
    ]
