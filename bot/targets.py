"""The targets: how soon a ticket is to be claimed and resolved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.settings import EVERY_APP, Settings
from bot.ticket import Status, Ticket

_STARTS: Final = frozenset(("reopened", "woken"))  # the ticket has to be claimed again


@dataclass(frozen=True, slots=True)
class Targets:
    """Seconds after the report by app; `EVERY_APP` is for the others. Without any: no target."""

    claim_s: Mapping[str, float] = field(default_factory=dict)
    resolve_s: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Targets:
        """Read the targets from the settings."""
        return cls(settings.claim_target_s, settings.resolve_target_s)

    def claim_within(self, app: str) -> dt.timedelta | None:
        """Return how soon an app's tickets are to be claimed."""
        return _target_of(self.claim_s, app)

    def resolve_within(self, app: str) -> dt.timedelta | None:
        """Return how soon an app's tickets are to be resolved."""
        return _target_of(self.resolve_s, app)

    def next_due(self, ticket: Ticket) -> dt.datetime | None:
        """Return until when an open ticket is to be claimed, or a claimed one resolved.

        A snoozed ticket has no target: its time starts again when it is open again.
        """
        if ticket.status is Status.RESOLVED or ticket.snoozed_until is not None:
            return None
        is_open = ticket.status is Status.OPEN
        within = (self.claim_within if is_open else self.resolve_within)(ticket.app)
        return None if within is None else _started_at(ticket) + within


def _target_of(targets_s: Mapping[str, float], app: str) -> dt.timedelta | None:
    seconds = targets_s.get(app, targets_s.get(EVERY_APP))
    return None if seconds is None else dt.timedelta(seconds=seconds)


def _started_at(ticket: Ticket) -> dt.datetime:
    starts = [event["at"] for event in ticket.history if event["what"] in _STARTS]
    return dt.datetime.fromisoformat(starts[-1]) if starts else ticket.created_at
