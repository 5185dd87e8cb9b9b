"""Protocols and types about who is on call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody is on call from `start` until before `end`.

    `person` is an e-mail address, a Slack user id, or what the rota has instead.
    """

    start: dt.datetime
    end: dt.datetime
    person: str


class Rota(Protocol):
    """Where it says who is on call. `service` is its name for people."""

    service: str

    async def list_shifts(self, start: dt.datetime, end: dt.datetime) -> Sequence[Shift]:
        """Return all shifts that overlap a time, in any order. Raises IntegrationError."""

    async def close(self) -> None:
        """Close all connections."""


class PeopleFinder(Protocol):
    """Finds the people of a rota in a workspace."""

    async def find_user(self, team: str, person: str) -> str:
        """Return the Slack user id of a person of a shift, "" without one. Raises SlackError."""


class NoPeople:
    """The finder of the terminal: without Slack people stay as the rota names them."""

    async def find_user(self, team: str, person: str) -> str:
        """Return the person."""
        _ = team
        return person
