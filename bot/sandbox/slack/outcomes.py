"""Results of a person's actions, as the person or a test sees them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

LATE = "operation_timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The app's acknowledgement. `status` is HTTP's, 0 if none arrived; `error` is Slack's."""

    status: int
    body: str = ""
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Return whether Slack accepted it."""
        return self.error is None

    @property
    def late(self) -> bool:
        """Return whether no acknowledgement arrived within the limit."""
        return self.error == LATE

    @property
    def text(self) -> str:
        """The `text` of the acknowledgement's body, or the body when it is plain text."""
        try:
            decoded = json.loads(self.body)
        except ValueError:
            return self.body
        return str(decoded.get("text", "")) if isinstance(decoded, dict) else self.body


@dataclass(frozen=True, slots=True)
class CommandOutcome(Outcome):
    """The result of a slash command."""


@dataclass(frozen=True, slots=True)
class ActionOutcome(Outcome):
    """The result of a click, a choice or a shortcut."""


@dataclass(frozen=True, slots=True)
class SubmitOutcome:
    """The result of submitting a modal.

    `action` is close, errors, update, push, clear, `required` (Slack's client did not even send
    it) or `failed`; `errors` is by block_id.
    """

    errors: dict[str, str] = field(default_factory=dict)
    action: str = "close"
    status: int = 0
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Return whether the app accepted it."""
        return not self.errors and self.error is None

    @property
    def late(self) -> bool:
        """Return whether no acknowledgement arrived within the limit."""
        return self.error == LATE
