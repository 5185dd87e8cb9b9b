"""The engine of the block checks: each schema and rule at its limits, with Slack's wording."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.block_kit import rules
from bot.sandbox.slack.block_kit.problem import step
from bot.sandbox.slack.block_kit.schema import (
    Anything,
    Array,
    Boolean,
    Nullable,
    Number,
    Object,
    Schema,
    String,
    Typed,
)

A = {"a": Anything(), "b": Anything()}
OPTION: dict[str, object] = {"value": "1"}


def problems_of(schema: Schema, value: object) -> list[dict[str, object]]:
    """Return what is wrong, as `blocks.validate` answers it."""
    return [problem.described() for problem in schema.check(value, "/x")]


def wrong(message: str, constraint: tuple[str, object], pointer: str = "/x") -> dict[str, object]:
    """Build a failed constraint."""
    shape = {"type": constraint[0], "expected": constraint[1]}
    return {
        "code": "failed_constraint",
        "message": message,
        "pointer": pointer,
        "constraint": shape,
    }


def mistyped(message: str) -> dict[str, object]:
    """Build a refusal of another JSON type."""
    return {"code": "invalid_type", "message": message, "pointer": "/x"}


SMALL, LARGE = "must be greater than", "must be less than"


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (String(2), "ab", None),
        (String(2), "abc", wrong("must be less than 3 characters", ("max_length", 2))),
        (String(min_length=1), "a", None),
        (String(min_length=1), "", wrong("must be more than 0 characters", ("min_length", 1))),
        (String(), 5, mistyped("must provide a string")),
        (String(enum=("a", "b")), "b", None),
        (String(enum=("a",)), "b", wrong("must be a valid enum value", ("enum", ["a"]))),
        (String(pattern="^a"), "ab", None),
        (String(pattern="^a"), "b", wrong("input must match regex pattern: ^a", ("pattern", "^a"))),
        (String(valid=("word", str.isalpha)), "ab", None),
        (String(valid=("word", str.isalpha)), "", None),
        (
            String(valid=("word", str.isalpha)),
            "1",
            wrong("input must be a valid: word", ("format", "word")),
        ),
        (Number(1, 3), 1, None),
        (Number(1, 3), 3, None),
        (Number(1, 3), 0, wrong(f"{SMALL} 1", ("minimum", 1))),
        (Number(1, 3), 4, wrong(f"{LARGE} 3", ("maximum", 3))),
        (Number(above=0), 0.5, None),
        (Number(above=0), 0, wrong(f"{SMALL} 0", ("minimum", 0))),
        (Number(), 1.5, None),
        (Number(), True, mistyped("must provide a number")),
        (Number(), float("nan"), mistyped("must provide a number")),
        (Number(whole=True), 1.5, mistyped("must provide an integer")),
        (Boolean(), False, None),
        (Boolean(), 0, mistyped("must be a boolean")),
        (Array(String(), 2, 1), ["a"], None),
        (Array(String(), 2, 1), ["a", "b"], None),
        (Array(String(), 2, 1), [], wrong("must provide at least 1 items", ("min_items", 1))),
        (Array(String(), 2), ["", "", 3], wrong("no more than 2 items allowed", ("max_items", 2))),
        (Array(String()), "a", mistyped("must provide an array")),
        (Nullable(String()), None, None),
        (Nullable(String()), 1, mistyped("must provide a string")),
        (Object(A), [], mistyped("must provide an object")),
        (Object(A), {"a": 1}, None),
        (Object(A, open=True), {"c": 1}, None),
        (
            Object(A),
            {"c": 1},
            wrong("invalid additional property: c", ("additional_properties", "c")),
        ),
        (
            Object(A, required=("a",)),
            {"b": 1},
            {"code": "missing_field", "message": "missing required field: a", "pointer": "/x"},
        ),
        (Typed({"t": Object({"type": String()})}), {"type": "t"}, None),
        (Typed({"t": Anything()}), "t", mistyped("must provide an object")),
        (
            Typed({"t": Anything()}),
            {"type": "u"},
            wrong("unsupported type: u", ("enum", ["t"]), "/x/type"),
        ),
    ],
)
def test_values(schema: Schema, value: object, expected: dict[str, object] | None) -> None:
    """A limit itself is allowed; one thing wrong is one problem."""
    assert problems_of(schema, value) == ([] if expected is None else [expected])


EITHER = ["a", "b"]


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (rules.at_least_one_of("a", "b"), {"b": None}, None),
        (
            rules.at_least_one_of("a", "b"),
            {},
            wrong("must define either `a` or `b`", ("any_of", EITHER)),
        ),
        (rules.not_together("a", "b"), {"a": 1}, None),
        (
            rules.not_together("a", "b"),
            {"a": 1, "b": 1},
            wrong("must define only one of `a` or `b`", ("one_of", EITHER)),
        ),
        (rules.exactly_one_of("a", "b"), {"a": 1}, None),
        (
            rules.exactly_one_of("a", "b"),
            {},
            wrong("must define either `a` or `b`", ("any_of", EITHER)),
        ),
        (
            rules.exactly_one_of("a", "b"),
            {"a": 1, "b": 1},
            wrong("must define only one of `a` or `b`", ("one_of", EITHER)),
        ),
        (rules.needs("a", "b"), {"b": 1}, None),
        (rules.needs("a", "b"), {"a": 1, "b": 1}, None),
        (rules.needs("a", "b"), {"a": 1}, wrong("`a` requires `b`", ("requires", "b"), "/x/a")),
        (rules.excludes("a", "b"), {"a": 1, "b": 0}, None),
        (
            rules.excludes("a", "b"),
            {"a": 1, "b": 1},
            wrong("`a` cannot be used with `b`", ("not", "b"), "/x/a"),
        ),
        (rules.ordered("a", "b"), {"a": 1, "b": "1.0"}, None),
        (rules.ordered("a", "b"), {"a": 2, "b": True}, None),
        (rules.ordered("a", "b"), {"a": "NaN", "b": 1}, None),
        (rules.ordered("a", "b"), {"a": "x", "b": 1}, None),
        (rules.ordered("a", "b"), {"a": 2}, None),
        (
            rules.ordered("a", "b"),
            {"a": "2", "b": 1},
            wrong("`a` cannot be greater than `b`", ("maximum", 1), "/x/a"),
        ),
        (rules.unique("a", "id"), {"a": [{"id": "1"}, {"id": "2"}, {"id": 2}, {"id": 2}]}, None),
        (rules.unique("a", "id"), {"a": 5}, None),
        (
            rules.unique("a", "id"),
            {"a": [{"id": "1"}, 5, {"id": "1"}]},
            wrong("`id` must be unique", ("unique_items", "1"), "/x/a/2/id"),
        ),
        (rules.chosen_among_options("a"), {}, None),
        (rules.chosen_among_options("a"), {"a": OPTION, "options": [OPTION]}, None),
        (rules.chosen_among_options("a"), {"a": [OPTION], "options": [OPTION]}, None),
        (
            rules.chosen_among_options("a"),
            {"a": [OPTION], "option_groups": [{"options": [OPTION]}, {}]},
            None,
        ),
        *(
            (
                rules.chosen_among_options("a"),
                {"a": chosen, "options": [OPTION]},
                wrong("must be one of the provided options", ("enum", "options"), "/x/a"),
            )
            for chosen in ([], [OPTION, {}], {"value": "2"}, None)
        ),
    ],
)
def test_rules(rule: Any, value: dict[str, object], expected: dict[str, object] | None) -> None:
    """Rules compare fields of one object; what has no limit to compare is right."""
    found = [problem.described() for problem in rule(value, "/x")]
    assert found == ([] if expected is None else [expected])


def test_pointers_are_escaped() -> None:
    """RFC 6901: a slash in a key is ~1, a tilde ~0."""
    assert step("/x", "a/b~c", 0) == "/x/a~1b~0c/0"
