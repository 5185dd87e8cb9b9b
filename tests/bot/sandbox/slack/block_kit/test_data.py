"""Errors of charts and tables: the input, the pointer, the message."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.block_kit import Problem, validate_message

Case = tuple[Any, str, str]
WHOLE_DOCUMENT = "failed to match all allowed schemas"


def _mrkdwn(text: str = "x") -> dict[str, object]:
    return {"type": "mrkdwn", "text": text}


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


def _pie(*segments: object) -> dict[str, object]:
    chart = {"type": "pie", "segments": list(segments)}
    return {"type": "data_visualization", "title": "Causes", "chart": chart}


def _series(*points: tuple[str, float], name: str = "up") -> dict[str, object]:
    return {"name": name, "data": [{"label": label, "value": value} for label, value in points]}


def _cell(text: str = "x") -> dict[str, object]:
    return {"type": "raw_text", "text": text}


def _data_table(*rows: object, **more: object) -> dict[str, object]:
    cells = list(rows) or [[_cell()], [_cell()]]
    return {"type": "data_table", "caption": "Calls", "rows": cells, **more}


def _messages_of(problems: list[Problem]) -> list[tuple[str, str]]:
    """List (pointer, message), without the sentence that only announces those that follow."""
    return [
        (problem.pointer, problem.message)
        for problem in problems
        if problem.message != WHOLE_DOCUMENT
    ]


DATA: list[Case] = [
    (
        _line(series=[_series(("1", 1))]),
        "/chart/series/0/data",
        "must have exactly one point for every axis category",
    ),
    (
        _line(series=[_series(("0", 1)), _series(("0", 2))]),
        "/chart/series/1/name",
        "`name` must be unique",
    ),
    (_line(series=[]), "/chart/series", "must provide at least 1 items"),
    (
        _line(series=[_series(("0", 1), name=str(number)) for number in range(13)]),
        "/chart/series",
        "no more than 12 items allowed",
    ),
    (
        _line(series=[_series(("0", 1), name="n" * 21)]),
        "/chart/series/0/name",
        "must be less than 21 characters",
    ),
    (
        _line(axis_config={"categories": ["0"], "y_label": "l" * 51}),
        "/chart/axis_config/y_label",
        "must be less than 51 characters",
    ),
    (
        _line(series=[_series(("0", 1), ("0", 2))], axis_config={"categories": ["0", "0"]}),
        "/chart/axis_config/categories",
        "Input contains duplicate items",
    ),
    (_line(segments=[]), "/chart", "invalid additional property: segments"),
    (_line(type="radar"), "/chart/type", "unsupported type: radar"),
    ({**_line(), "title": "t" * 51}, "/title", "must be less than 51 characters"),
    (_pie({"label": "loss", "value": 0}), "/chart/segments/0/value", "must be greater than 0"),
    (_pie({"label": "loss", "value": True}), "/chart/segments/0/value", "must provide a number"),
    (
        _pie({"label": "loss", "value": float("nan")}),
        "/chart/segments/0/value",
        "must provide a number",
    ),
    (
        _pie(*[{"label": str(n), "value": 1} for n in range(13)]),
        "/chart/segments",
        "no more than 12 items allowed",
    ),
    ({"type": "table", "rows": [[_cell()]] * 101}, "/rows", "no more than 100 items allowed"),
    ({"type": "table", "rows": [[_cell()] * 21]}, "/rows/0", "no more than 20 items allowed"),
    ({"type": "table", "rows": [[_mrkdwn()]]}, "/rows/0/0/type", "unsupported type: mrkdwn"),
    (
        {"type": "table", "rows": [[_cell()]], "column_settings": [None, {"align": "top"}]},
        "/column_settings/1/align",
        "must be a valid enum value",
    ),
    (_data_table([_cell()]), "/rows", "must provide at least 2 items"),
    (_data_table(*[[_cell()]] * 202), "/rows", "no more than 201 items allowed"),
    (
        _data_table([_cell()], [_cell(), _cell()]),
        "/rows/1",
        "all rows must have the same number of cells",
    ),
    (_data_table([_words()], [_cell()]), "/rows/0/0/type", "unsupported type: rich_text"),
    (
        _data_table([_cell("a" * 10_001)], [_cell("a" * 10_000)]),
        "/rows",
        "must be less than 20001 characters",
    ),
    (_data_table(page_size=101), "/page_size", "must be less than 100"),
    (_data_table(row_header_column_index=1), "/row_header_column_index", "must be less than 1"),
    ({"type": "data_table", "rows": [[_cell()]] * 2}, "", "missing required field: caption"),
    (
        _data_table([_cell()], [{"type": "raw_number", "value": 1}]),
        "/rows/1/0",
        "missing required field: text",
    ),
]


@pytest.mark.parametrize(("block", "pointer", "message"), DATA)
def test_a_wrong_block_is_refused_where_it_is_wrong(
    block: object, pointer: str, message: str
) -> None:
    """One thing wrong in a message's block gives that refusal and no other."""
    problems = _messages_of(validate_message({"text": "x", "blocks": [block]}))
    assert [("/blocks/0" + pointer, message)] == problems


def test_a_series_of_21_points_is_too_long() -> None:
    """Twenty points are the most, and they must be those of the axis."""
    chart = _line(
        series=[_series(*[(str(number), 1) for number in range(21)])],
        axis_config={"categories": [str(number) for number in range(20)]},
    )
    at = "/blocks/0/chart/series/0/data"
    assert [
        (at, "no more than 20 items allowed"),
        (at, "must have exactly one point for every axis category"),
    ] == _messages_of(validate_message({"text": "x", "blocks": [chart]}))
