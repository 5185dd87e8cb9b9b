"""What a route is: its path, its parameters, what it returns and who answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from handlers.api.parameters import Parameters
from handlers.api.schemas import Schema
from handlers.ui.plain_renderer import PlainRenderer

PREFIX: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and how the answer is written for them."""

    team: str
    person: str
    renderer: PlainRenderer


@dataclass(frozen=True, slots=True)
class Route:
    """A route that reads something. `path` has its parameters in braces, `name` is unique."""

    name: str
    path: str
    summary: str
    parameters: type[Parameters]
    result: type[Schema]
    answer: Callable[[Reader, Any], Awaitable[Schema]]

    def has_in_path(self, name: str) -> bool:
        """Return whether a parameter is a part of the path."""
        return f"{{{name}}}" in self.path
