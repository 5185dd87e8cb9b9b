"""Whole messages, refused and accepted, and how a refusal is worded and described."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.block_kit import message_warnings, validate_message


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


def _line(**more: object) -> dict[str, Any]:
    chart: dict[str, object] = {
        "type": "line",
        "series": [{"name": "up", "data": [{"label": "0", "value": 1}]}],
        "axis_config": {"categories": ["0"]},
        **more,
    }
    return {"type": "data_visualization", "title": "Loss", "chart": chart}


def _cell(text: str = "x") -> dict[str, object]:
    return {"type": "raw_text", "text": text}


def _data_table(*rows: object, **more: object) -> dict[str, object]:
    cells = list(rows) or [[_cell()], [_cell()]]
    return {"type": "data_table", "caption": "Calls", "rows": cells, **more}


MESSAGES: list[tuple[dict[str, object], str, str]] = [
    ({}, "no_text", ""),
    ({"text": ""}, "no_text", ""),
    ({"text": "", "blocks": []}, "no_text", ""),
    ({"text": 7}, "invalid_arguments", "/text"),
    ({"text": "x", "blocks": "{"}, "invalid_blocks_format", "/blocks"),
    ({"text": "x", "blocks": '{"blocks": []}'}, "invalid_blocks_format", "/blocks"),
    ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format", "/blocks"),
    ({"text": "x", "blocks": '[{"type": "x"}]'}, "invalid_blocks", "/blocks/0/type"),
    ({"text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks", "/blocks"),
    (
        {"text": "x", "blocks": [_section(block_id="b"), _section(block_id="b")]},
        "invalid_blocks",
        "/blocks/1/block_id",
    ),
    ({"text": "x", "blocks": [_line(), _line(), _line()]}, "invalid_blocks", "/blocks/2"),
    (
        {"text": "x", "blocks": [{"type": "table", "rows": [[_cell()]]}] * 2},
        "invalid_blocks",
        "/blocks/1",
    ),
    (
        {"text": "x", "blocks": [{"type": "markdown", "text": "a" * 6001}] * 2},
        "invalid_blocks",
        "/blocks/1/text",
    ),
    (
        {"text": "x", "blocks": [_data_table([_cell("a" * 6000)], [_cell("a" * 6000)])] * 2},
        "invalid_blocks",
        "/blocks/1/rows",
    ),
    (
        {"text": "x", "blocks": [_section(text=_mrkdwn("a" * 3000)) for _ in range(5)]},
        "msg_blocks_too_long",
        "/blocks",
    ),
    ({"text": "x", "attachments": "x"}, "invalid_attachments", "/attachments"),
    ({"text": "x", "attachments": ["x"]}, "invalid_attachments", "/attachments/0"),
    ({"text": "x", "attachments": [{}] * 101}, "too_many_attachments", "/attachments"),
    (
        {"text": "x", "attachments": [{"blocks": [{"type": "x"}]}]},
        "invalid_blocks",
        "/attachments/0/blocks/0/type",
    ),
    ({"text": "x", "metadata": "x"}, "invalid_metadata_format", "/metadata"),
    ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema", "/metadata"),
    (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": []}},
        "invalid_metadata_schema",
        "/metadata/event_payload",
    ),
    ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict", "/markdown_text"),
    ({"markdown_text": "a" * 12_001}, "msg_too_long", "/markdown_text"),
]


@pytest.mark.parametrize(("payload", "error", "pointer"), MESSAGES)
def test_a_wrong_message_is_refused(payload: dict[str, object], error: str, pointer: str) -> None:
    """Errors of a whole message have the code that chat.postMessage returns."""
    assert [(error, pointer)] == [(p.error, p.pointer) for p in validate_message(payload)]


def test_error_of_a_too_long_text_object() -> None:
    """The general error is first, its reason second, in Slack's wording."""
    problems = validate_message({"text": "x", "blocks": [_section(text=_mrkdwn("a" * 3001))]})
    assert [problem.line for problem in problems] == [
        "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]


def test_a_problem_describes_itself_as_blocks_validate_does() -> None:
    """blocks.validate returns the code, the pointer and the constraint."""
    blocks = [_actions(*[_button(action_id=str(number)) for number in range(26)])]
    (problem,) = validate_message({"text": "x", "blocks": blocks})
    assert problem.described() == {
        "code": "failed_constraint",
        "message": "no more than 25 items allowed",
        "pointer": "/blocks/0/elements",
        "constraint": {"type": "max_items", "expected": 25},
    }


def test_a_missing_field_describes_itself_without_a_constraint() -> None:
    """A field that is not there has a code of its own and no constraint."""
    (problem,) = validate_message({"text": "x", "blocks": [{"type": "header"}]})
    assert problem.described() == {
        "code": "missing_field",
        "message": "missing required field: text",
        "pointer": "/blocks/0",
    }


FAULTLESS: list[dict[str, object]] = [
    {"text": "x"},
    {"text": "x", "blocks": None, "attachments": None, "metadata": None},
    {"text": "x", "blocks": ""},
    {"markdown_text": "m" * 12_000},
    {"blocks": [{"type": "divider"}] * 50},
    {"attachments": [{"text": "old", "color": "good", "whatever": 1}] * 100},
    {"attachments": '[{"text": "old"}]'},
    {"delete_original": True},
    {"text": "x", "metadata": '{"event_type": "a", "event_payload": {}}'},
    {"text": "x", "unfurl_links": False, "team_id": "T1", "thread_ts": "1.2"},
]


@pytest.mark.parametrize("payload", FAULTLESS)
def test_a_message_without_fault_passes(payload: dict[str, object]) -> None:
    """Arguments that are not its business, and None, do not trouble the validator."""
    assert [problem.line for problem in validate_message(payload)] == []


@pytest.mark.parametrize(
    ("text", "warnings"), [("x" * 40_000, []), ("x" * 40_001, ["message_truncated"]), (None, [])]
)
def test_a_text_over_40000_is_cut_and_not_refused(text: object, warnings: list[str]) -> None:
    """Slack posts the first 40,000 characters with a warning."""
    assert warnings == message_warnings({"text": text})
    assert validate_message({"text": text, "blocks": [{"type": "divider"}]}) == []
