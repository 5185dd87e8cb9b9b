"""Errors of cards, containers, plans and rich text: the input, the pointer, the message."""

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


def _section(**more: object) -> dict[str, object]:
    return {"type": "section", "text": _mrkdwn(), **more}


def _words(*parts: object) -> dict[str, Any]:
    inner = list(parts) or [{"type": "text", "text": "x"}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": inner}]}


def _container(*children: object, **more: object) -> dict[str, object]:
    return {"type": "container", "title": _plain(), "child_blocks": list(children), **more}


def _task(**more: object) -> dict[str, object]:
    return {"task_id": "1", "title": "x", "status": "complete", **more}


def _messages_of(problems: list[Problem]) -> list[tuple[str, str]]:
    """List (pointer, message), without the sentence that only announces those that follow."""
    return [
        (problem.pointer, problem.message)
        for problem in problems
        if problem.message != WHOLE_DOCUMENT
    ]


GROUPS: list[Case] = [
    ({"type": "card"}, "", "must define either `hero_image` or `title` or `actions` or `body`"),
    (
        {"type": "card", "title": _plain("a" * 151)},
        "/title/text",
        "must be less than 151 characters",
    ),
    (
        {
            "type": "card",
            "title": _plain(),
            "actions": [_button(action_id=str(n)) for n in range(4)],
        },
        "/actions",
        "no more than 3 items allowed",
    ),
    (
        {"type": "card", "title": _plain(), "slack_icon": {"type": "icon", "name": "dragon"}},
        "/slack_icon/name",
        "must be a valid enum value",
    ),
    ({"type": "carousel", "elements": []}, "/elements", "must provide at least 1 items"),
    (
        {"type": "carousel", "elements": [_section()]},
        "/elements/0/type",
        "unsupported type: section",
    ),
    (
        {
            "type": "carousel",
            "elements": [{"type": "card", "title": _plain(), "block_id": "c"}] * 2,
        },
        "/elements/1/block_id",
        "`block_id` already exists: c",
    ),
    (_container(), "/child_blocks", "must provide at least 1 items"),
    (_container(*[_section()] * 11), "/child_blocks", "no more than 10 items allowed"),
    (_container(_container(_section())), "/child_blocks/0/type", "unsupported type: container"),
    (_container(_section(), width="huge"), "/width", "must be a valid enum value"),
    (
        _container(_section(), default_collapsed=True),
        "/default_collapsed",
        "`default_collapsed` requires `is_collapsible`",
    ),
    (
        {"type": "container", "child_blocks": [_section()]},
        "",
        "must define either `title` or `rich_text_title`",
    ),
    (
        {"type": "plan", "title": "p", "tasks": [_task(), _task()]},
        "/tasks/1/task_id",
        "`task_id` must be unique",
    ),
    (
        {"type": "task_card", **_task(status="pending")},
        "/status",
        "only a plan's tasks can be `pending`",
    ),
    (
        {
            "type": "task_card",
            **_task(details={"type": "rich_text", "elements": _words()["elements"] * 2}),
        },
        "/details/elements",
        "no more than 1 items allowed",
    ),
    ({"type": "rich_text", "elements": []}, "/elements", "must provide at least 1 items"),
    (
        {"type": "rich_text", "elements": [_plain()]},
        "/elements/0/type",
        "unsupported type: plain_text",
    ),
    (
        _words({"type": "text", "text": ""}),
        "/elements/0/elements/0/text",
        "must be more than 0 characters",
    ),
    (_words({"type": "link"}), "/elements/0/elements/0", "missing required field: url"),
    (
        _words({"type": "user"}),
        "/elements/0/elements/0",
        "missing required field: user_id",
    ),
    (
        _words({"type": "text", "text": "x", "style": {"big": True}}),
        "/elements/0/elements/0/style",
        "invalid additional property: big",
    ),
    (
        _words({"type": "broadcast", "range": "all"}),
        "/elements/0/elements/0/range",
        "must be a valid enum value",
    ),
    (
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "indent": 9,
                    "elements": _words()["elements"],
                }
            ],
        },
        "/elements/0/indent",
        "must be less than 8",
    ),
    (
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_list", "style": "dash", "elements": _words()["elements"]}
            ],
        },
        "/elements/0/style",
        "must be a valid enum value",
    ),
    (
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_quote", "elements": [], "border": 2}],
        },
        "/elements/0/border",
        "must be less than 1",
    ),
]


@pytest.mark.parametrize(("block", "pointer", "message"), GROUPS)
def test_a_wrong_block_is_refused_where_it_is_wrong(
    block: object, pointer: str, message: str
) -> None:
    """One thing wrong in a message's block gives that refusal and no other."""
    problems = _messages_of(validate_message({"text": "x", "blocks": [block]}))
    assert [("/blocks/0" + pointer, message)] == problems
