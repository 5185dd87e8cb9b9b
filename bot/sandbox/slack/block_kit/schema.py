"""The engine: what a schema can say and how a value is held against it. No Slack names here.

A schema is a frozen dataclass; `check(value, pointer)` yields what is wrong, in document order,
and never raises, whatever the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeGuard

from bot.sandbox.slack.block_kit.problem import (
    Problem,
    missing,
    step,
    too_few,
    too_long,
    too_many,
    too_short,
    unknown,
    wrong_type,
)

Json = Mapping[str, object]
Problems = Iterator[Problem]
Rule = Callable[[Json, str], Problems]


class Schema(Protocol):
    """Anything a value can be held against."""

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`; `pointer` is its JSON pointer."""
        ...  # pragma: no cover


@dataclass(frozen=True, slots=True)
class String:
    """A string; lengths in Unicode code points; `valid` is (format's name, predicate)."""

    max_length: int | None = None
    min_length: int = 0
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    valid: tuple[str, Callable[[str], bool]] | None = None

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`."""
        if not isinstance(value, str):
            yield wrong_type("must provide a string", pointer)
            return
        if self.max_length is not None and len(value) > self.max_length:
            yield too_long(self.max_length, pointer)
        if len(value) < self.min_length:
            yield too_short(self.min_length, pointer)
        yield from self._check_form(value, pointer)

    def _check_form(self, value: str, pointer: str) -> Problems:
        if self.enum and value not in self.enum:
            yield Problem("must be a valid enum value", pointer, ("enum", list(self.enum)))
        if self.pattern is not None and not re.search(self.pattern, value):
            text = f"input must match regex pattern: {self.pattern}"
            yield Problem(text, pointer, ("pattern", self.pattern))
        if self.valid is not None and value and not self.valid[1](value):
            yield Problem(
                f"input must be a valid: {self.valid[0]}", pointer, ("format", self.valid[0])
            )


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number within inclusive bounds, or strictly `above`; `whole` asks for an integer."""

    minimum: int | None = None
    maximum: int | None = None
    above: int | None = None
    whole: bool = False

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`."""
        if not _is_number(value) or (self.whole and not isinstance(value, int)):
            yield wrong_type(f"must provide {'an integer' if self.whole else 'a number'}", pointer)
            return
        yield from self._check_bounds(value, pointer)

    def _check_bounds(self, value: float, pointer: str) -> Problems:
        if self.maximum is not None and value > self.maximum:
            yield Problem(f"must be less than {self.maximum}", pointer, ("maximum", self.maximum))
        floor = self.minimum if self.minimum is not None else self.above
        too_small = self.above is not None and value <= self.above
        if floor is not None and (value < floor or too_small):
            yield Problem(f"must be greater than {floor}", pointer, ("minimum", floor))


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`."""
        if not isinstance(value, bool):
            yield wrong_type("must be a boolean", pointer)


@dataclass(frozen=True, slots=True)
class Array:
    """A list of `items`, of `minimum` to `maximum` of them."""

    items: Schema
    maximum: int | None = None
    minimum: int = 0

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`, items past the limit not looked at."""
        if not isinstance(value, list | tuple):
            yield wrong_type("must provide an array", pointer)
            return
        if self.maximum is not None and len(value) > self.maximum:
            yield too_many(self.maximum, pointer)
        if len(value) < self.minimum:
            yield too_few(self.minimum, pointer)
        for index, item in enumerate(value[: self.maximum]):
            yield from self.items.check(item, step(pointer, index))


@dataclass(frozen=True, slots=True)
class Object:
    """An object with these fields and no others; `rules` look at several fields at once."""

    fields: Mapping[str, Schema]
    required: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    open: bool = False

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`: missing, then unknown, then each field, then rules."""
        if not isinstance(value, Mapping):
            yield wrong_type("must provide an object", pointer)
            return
        yield from (missing(name, pointer) for name in self.required if name not in value)
        if not self.open:
            yield from (unknown(str(key), pointer) for key in value if key not in self.fields)
        for name, schema in self.fields.items():
            if name in value:
                yield from schema.check(value[name], step(pointer, name))
        for rule in self.rules:
            yield from rule(value, pointer)


@dataclass(frozen=True, slots=True)
class Typed:
    """One of several objects, distinguished by `type`."""

    variants: Mapping[str, Schema]

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value`, held against the variant its `type` names."""
        if not isinstance(value, Mapping):
            yield wrong_type("must provide an object", pointer)
        elif "type" not in value:
            yield missing("type", pointer)
        elif not isinstance(name := value["type"], str):
            yield wrong_type("must provide a string", step(pointer, "type"))
        elif name not in self.variants:
            expected = ("enum", list(self.variants))
            yield Problem(f"unsupported type: {name}", step(pointer, "type"), expected)
        else:
            yield from self.variants[name].check(value, pointer)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Schemas that must all hold; Slack names the failure of the whole before its parts."""

    parts: tuple[Schema, ...]

    def check(self, value: object, pointer: str) -> Problems:
        """Yield the failure of the whole, then each part's, the same one only once."""
        problems = [problem for part in self.parts for problem in part.check(value, pointer)]
        if problems:
            yield Problem("failed to match all allowed schemas", pointer, ("all_of", None))
        seen: list[Problem] = []
        for problem in problems:
            if problem not in seen:
                seen.append(problem)
                yield problem


@dataclass(frozen=True, slots=True)
class Nullable:
    """A schema or null."""

    schema: Schema

    def check(self, value: object, pointer: str) -> Problems:
        """Yield what is wrong with `value` unless it is null."""
        if value is not None:
            yield from self.schema.check(value, pointer)


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value at all."""

    def check(self, value: object, pointer: str) -> Problems:
        """Yield nothing."""
        del value, pointer
        yield from ()
