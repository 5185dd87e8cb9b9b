"""The declaration of a Web API method: handler, scopes, tier, arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.errors import Json
from bot.sandbox.slack.state.workspace_state import WorkspaceState

Handler = Callable[[WorkspaceState, Arguments], Json]
Token = Literal["bot", "app", "none"]


@dataclass(frozen=True, slots=True)
class Method:
    """A method. Any one of `scopes` is enough; `per_minute` is its tier, None when special.

    `required` and `optional` are its arguments. With an organization's token it also requires
    `team_id` if it `needs_team`.
    """

    run: Handler
    scopes: tuple[str, ...] = ()
    per_minute: int | None = None
    takes_json: bool = True
    token: Token = "bot"
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    needs_team: bool = False

    @property
    def arguments(self) -> frozenset[str]:
        """Every argument the method takes."""
        return frozenset({*self.required, *self.optional})


TIER_2, TIER_3, TIER_4 = 20, 50, 100


def split_names(text: str) -> tuple[str, ...]:
    """Split a line of names."""
    return tuple(text.split())
