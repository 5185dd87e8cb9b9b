"""The arguments of a Web API call, parsed as Slack parses them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack.errors import Json, api_error


@dataclass
class Arguments:
    """What a call gave: form fields are strings, JSON fields are what they are."""

    given: Json
    is_json: bool = False
    authorization: str = ""
    warnings: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Return whether the argument was given."""
        return name in self.given

    def text(self, name: str, default: str = "") -> str:
        """Read a string; numbers are taken as written."""
        value = self.given.get(name, default)
        return value if isinstance(value, str) else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Read a boolean: true, 1, "1" or "true"."""
        value = self.given.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        """Read a whole number; refused as invalid_arguments when it is none."""
        try:
            return int(self.given.get(name, default))
        except (TypeError, ValueError):
            raise api_error("invalid_arguments") from None

    def decoded(self, name: str) -> Any:
        """Read JSON, which a form carries as a string; other strings are returned unchanged."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value
