"""Errors of texts, buttons and images: the input, the pointer, the message."""

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


def _button(**more: object) -> dict[str, object]:
    return {"type": "button", "text": _plain(), **more}


def _actions(*elements: object) -> dict[str, object]:
    return {"type": "actions", "elements": list(elements)}


def _section(**more: object) -> dict[str, object]:
    return {"type": "section", "text": _mrkdwn(), **more}


def _image(**more: object) -> dict[str, object]:
    return {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a", **more}


def _messages_of(problems: list[Problem]) -> list[tuple[str, str]]:
    """List (pointer, message), without the sentence that only announces those that follow."""
    return [
        (problem.pointer, problem.message)
        for problem in problems
        if problem.message != WHOLE_DOCUMENT
    ]


TEXTS: list[Case] = [
    (_section(text=_mrkdwn("a" * 3001)), "/text/text", "must be less than 3001 characters"),
    (
        _section(text=_mrkdwn("\U0001f600" * 3001)),
        "/text/text",
        "must be less than 3001 characters",
    ),
    (_section(text=_mrkdwn("")), "/text/text", "must be more than 0 characters"),
    (_section(text="x"), "/text", "must provide an object"),
    (_section(text=None), "/text", "must provide an object"),
    (_section(text={"text": "x"}), "/text", "missing required field: type"),
    (_section(text={"type": "html", "text": "x"}), "/text/type", "unsupported type: html"),
    (_section(text={"type": 1, "text": "x"}), "/text/type", "must provide a string"),
    (_section(text={"type": "mrkdwn"}), "/text", "missing required field: text"),
    (_section(text={**_mrkdwn(), "text": 7}), "/text/text", "must provide a string"),
    (_section(text={**_mrkdwn(), "emoji": True}), "/text", "invalid additional property: emoji"),
    (
        _section(text={**_plain(), "verbatim": True}),
        "/text",
        "invalid additional property: verbatim",
    ),
    (_section(text={**_plain(), "emoji": "yes"}), "/text/emoji", "must be a boolean"),
    ({"type": "section"}, "", "must define either `text` or `fields`"),
    (_section(fields=[]), "/fields", "must provide at least 1 items"),
    (_section(fields=[_mrkdwn()] * 11), "/fields", "no more than 10 items allowed"),
    (_section(fields=[_mrkdwn("a" * 2001)]), "/fields/0/text", "must be less than 2001 characters"),
    (_section(colour="red"), "", "invalid additional property: colour"),
    (_section(block_id=""), "/block_id", "must be more than 0 characters"),
    (_section(block_id="b" * 256), "/block_id", "must be less than 256 characters"),
    ({"type": "header", "text": _mrkdwn()}, "/text/type", "must be a valid enum value"),
    (
        {"type": "header", "text": _plain("a" * 151)},
        "/text/text",
        "must be less than 151 characters",
    ),
    ({"type": "header"}, "", "missing required field: text"),
    ({"type": "divider", "text": "x"}, "", "invalid additional property: text"),
    ({"type": "context", "elements": []}, "/elements", "must provide at least 1 items"),
    (
        {"type": "context", "elements": [_mrkdwn()] * 11},
        "/elements",
        "no more than 10 items allowed",
    ),
    (
        {"type": "context", "elements": [_button()]},
        "/elements/0/type",
        "unsupported type: button",
    ),
    ({"type": "markdown", "text": "a" * 12_001}, "/text", "must be less than 12001 characters"),
    ({"type": "markdown", "text": ""}, "/text", "must be more than 0 characters"),
    ({"type": "paragraph"}, "/type", "unsupported type: paragraph"),
    ({"text": _plain()}, "", "missing required field: type"),
    ("section", "", "must provide an object"),
    ({"type": "alert", "text": _plain()}, "/type", "unsupported type: alert"),
    (
        {"type": "input", "label": _plain(), "element": {"type": "number_input"}},
        "/element/type",
        "unsupported type: number_input",
    ),
]


BUTTONS: list[Case] = [
    (_actions(), "/elements", "must provide at least 1 items"),
    (
        _actions(*[_button(action_id=str(number)) for number in range(26)]),
        "/elements",
        "no more than 25 items allowed",
    ),
    (_actions({"type": "knob"}), "/elements/0/type", "unsupported type: knob"),
    (
        _actions({"type": "plain_text_input"}),
        "/elements/0/type",
        "unsupported type: plain_text_input",
    ),
    (_actions(_image()), "/elements/0/type", "unsupported type: image"),
    (
        _section(accessory={"type": "datetimepicker"}),
        "/accessory/type",
        "unsupported type: datetimepicker",
    ),
    (
        _actions(_button(text=_plain("a" * 76))),
        "/elements/0/text/text",
        "must be less than 76 characters",
    ),
    (_actions(_button(text=_mrkdwn())), "/elements/0/text/type", "must be a valid enum value"),
    (
        _actions(_button(value="v" * 2001)),
        "/elements/0/value",
        "must be less than 2001 characters",
    ),
    (_actions(_button(value=7)), "/elements/0/value", "must provide a string"),
    (_actions(_button(url="u" * 3001)), "/elements/0/url", "must be less than 3001 characters"),
    (_actions(_button(style="green")), "/elements/0/style", "must be a valid enum value"),
    (
        _actions(_button(accessibility_label="a" * 76)),
        "/elements/0/accessibility_label",
        "must be less than 76 characters",
    ),
    (_actions(_button(disabled=True)), "/elements/0", "invalid additional property: disabled"),
    (
        _actions(_button(action_id="a" * 256)),
        "/elements/0/action_id",
        "must be less than 256 characters",
    ),
    (
        _actions(_button(action_id="a"), _button(action_id="a")),
        "/elements/1/action_id",
        "`action_id` already exists in this block: a",
    ),
    (
        _actions(_button(agent_prompt_display="x")),
        "/elements/0/agent_prompt_display",
        "`agent_prompt_display` requires `agent_prompt`",
    ),
    (
        _actions(_button(confirm={"title": _plain(), "text": _plain(), "confirm": _plain()})),
        "/elements/0/confirm",
        "missing required field: deny",
    ),
    (
        _actions(
            _button(
                confirm={
                    "title": _plain("a" * 101),
                    "text": _plain(),
                    "confirm": _plain(),
                    "deny": _plain(),
                }
            )
        ),
        "/elements/0/confirm/title/text",
        "must be less than 101 characters",
    ),
    (
        {"type": "context_actions", "elements": [_button()]},
        "/elements/0/type",
        "unsupported type: button",
    ),
    (
        {
            "type": "context_actions",
            "elements": [{"type": "icon_button", "icon": "bin", "text": _plain()}],
        },
        "/elements/0/icon",
        "must be a valid enum value",
    ),
    (
        {
            "type": "context_actions",
            "elements": [
                {"type": "feedback_buttons", "positive_button": {"text": _plain(), "value": "y"}}
            ],
        },
        "/elements/0",
        "missing required field: negative_button",
    ),
]


PICTURES: list[Case] = [
    (
        {"type": "image", "image_url": "https://example.com/a.png"},
        "",
        "missing required field: alt_text",
    ),
    (_image(alt_text=""), "/alt_text", "must be more than 0 characters"),
    (_image(alt_text="a" * 2001), "/alt_text", "must be less than 2001 characters"),
    ({"type": "image", "alt_text": "a"}, "", "must define either `image_url` or `slack_file`"),
    (
        _image(slack_file={"id": "F0123456789"}),
        "",
        "must define only one of `image_url` or `slack_file`",
    ),
    (_image(image_url="chart.png"), "/image_url", "input must be a valid: url"),
    (_image(title=_mrkdwn()), "/title/type", "must be a valid enum value"),
    (
        {"type": "image", "alt_text": "a", "slack_file": {"id": "F12"}},
        "/slack_file/id",
        "input must match regex pattern: ^[F][A-Z0-9]{8,}$",
    ),
    (
        {"type": "image", "alt_text": "a", "slack_file": {}},
        "/slack_file",
        "must define either `id` or `url`",
    ),
    (
        {
            "type": "context",
            "elements": [{"type": "image", "image_url": "https://example.com/a.png"}],
        },
        "/elements/0",
        "missing required field: alt_text",
    ),
    (
        {"type": "video", "alt_text": "a", "title": _plain(), "video_url": "https://example.com/v"},
        "",
        "missing required field: thumbnail_url",
    ),
    (
        {"type": "file", "external_id": "a", "source": "local"},
        "/source",
        "must be a valid enum value",
    ),
]


@pytest.mark.parametrize(("block", "pointer", "message"), [*TEXTS, *BUTTONS, *PICTURES])
def test_a_wrong_block_is_refused_where_it_is_wrong(
    block: object, pointer: str, message: str
) -> None:
    """One thing wrong in a message's block gives that refusal and no other."""
    problems = _messages_of(validate_message({"text": "x", "blocks": [block]}))
    assert [("/blocks/0" + pointer, message)] == problems
