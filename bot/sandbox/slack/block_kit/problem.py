"""A refusal as Slack words it. Only words and their shape; what is refused stands elsewhere.

The wording and the codes are those of Slack's open-source validator generator, `hack-json-schema`,
and of refusals quoted in the SDKs' issues; where none is known, the wording is the sandbox's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal["missing_field", "invalid_type", "failed_constraint"]
Constraint = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why Slack would refuse a payload.

    `pointer` is RFC 6901 from the root of the method's arguments, such as `/blocks/0/text` or
    `/view/title`. `constraint` is (type, expected), such as ("max_items", 25), or None when the
    type was wrong or a field missing. `error` is the `error` of the whole response.
    """

    message: str
    pointer: str
    constraint: Constraint | None = None
    code: Code = "failed_constraint"
    error: str = "invalid_blocks"

    @property
    def line(self) -> str:
        """The text in `errors`, and after `[ERROR] ` in `response_metadata.messages`."""
        return f"{self.message} [json-pointer:{self.pointer}]"

    def described(self) -> dict[str, object]:
        """The item in `blocks.validate`: code, message, pointer and, if any, constraint."""
        shape: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "pointer": self.pointer,
        }
        if self.constraint is not None:
            shape["constraint"] = dict(zip(("type", "expected"), self.constraint, strict=True))
        return shape


def step(pointer: str, *keys: str | int) -> str:
    """Extend an RFC 6901 pointer by keys and indexes, escaped."""
    for key in keys:
        name = key.replace("~", "~0").replace("/", "~1") if isinstance(key, str) else key
        pointer = f"{pointer}/{name}"
    return pointer


def wrong_type(expected: str, pointer: str) -> Problem:
    """Build the refusal of a value of another JSON type; `expected` is a whole sentence."""
    return Problem(expected, pointer, code="invalid_type")


def missing(field: str, pointer: str) -> Problem:
    """Build the refusal of an object that lacks a required field."""
    return Problem(f"missing required field: {field}", pointer, code="missing_field")


def unknown(field: str, pointer: str) -> Problem:
    """Build the refusal of an object with a key its schema does not have."""
    return Problem(
        f"invalid additional property: {field}", pointer, ("additional_properties", field)
    )


def too_long(max_length: int, pointer: str) -> Problem:
    """Build the refusal of a string of more than `max_length` code points."""
    return Problem(
        f"must be less than {max_length + 1} characters", pointer, ("max_length", max_length)
    )


def too_short(min_length: int, pointer: str) -> Problem:
    """Build the refusal of a string of fewer than `min_length` code points."""
    return Problem(
        f"must be more than {min_length - 1} characters", pointer, ("min_length", min_length)
    )


def too_many(maximum: int, pointer: str) -> Problem:
    """Build the refusal of a list of more than `maximum` items."""
    return Problem(f"no more than {maximum} items allowed", pointer, ("max_items", maximum))


def too_few(minimum: int, pointer: str) -> Problem:
    """Build the refusal of a list of fewer than `minimum` items."""
    return Problem(f"must provide at least {minimum} items", pointer, ("min_items", minimum))
