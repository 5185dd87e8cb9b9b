"""What a tool is: its name, what a model reads about it, its arguments and its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Annotated, Any, Final

import msgspec

from bot.locales import LANGUAGES
from handlers.api.routes import Reader

LANGUAGE_HELP: Final = "Language of the answer; by default the person's own."


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments that every tool has."""

    language: Annotated[
        str,
        msgspec.Meta(
            description=LANGUAGE_HELP, extra_json_schema={"enum": [*LANGUAGES, ""], "default": ""}
        ),
    ] = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a tool, as text and as data.

    `quoted` is what people wrote: it is kept apart from Lagdesk's own words. `ticket` and `app` are
    what the answer is about, for the audit log.
    """

    text: str
    data: object
    quoted: str = ""
    ticket: int | None = None
    app: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. `asks_cloud`: it may use a cloud's quota, which everybody shares."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    data: type
    run: Callable[[Reader, Any], Awaitable[Answer]]
    asks_cloud: bool = False

    @property
    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return schema_of(self.arguments)

    @property
    def output_schema(self) -> dict[str, Any]:
        """The JSON schema of the answer's data."""
        return schema_of(self.data)


def schema_of(kind: type) -> dict[str, Any]:
    """Return a class as a JSON schema whose root is an object, as MCP requires."""
    (root,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts.values():
        if "description" in part:  # a docstring
            part["description"] = cleandoc(part["description"])
    name = root["$ref"].rpartition("/")[2]
    nested = {key: part for key, part in parts.items() if key != name}
    schema: dict[str, Any] = parts[name] | ({"$defs": nested} if nested else {})
    return schema
