"""Classes as the JSON schemas of tools."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.mcp.tool import Arguments, schema_of


@dataclass(frozen=True, slots=True)
class Part:
    """A part."""

    name: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole with parts."""

    parts: list[Part]
    note: str | None = None


def test_root_is_an_object() -> None:
    """As MCP requires; nested classes are definitions."""
    schema = schema_of(Whole)
    assert (schema["type"], schema["required"]) == ("object", ["parts"])
    assert schema["properties"]["parts"]["items"] == {"$ref": "#/$defs/Part"}
    assert schema["$defs"]["Part"]["properties"] == {"name": {"type": "string"}}
    assert "$defs" not in schema_of(Part)


def test_language_of_every_tool() -> None:
    """Only our languages are offered, and no other argument is accepted."""
    schema = schema_of(Arguments)
    assert schema["properties"]["language"]["enum"] == ["zh", "en", ""]
    assert schema["additionalProperties"] is False
