"""The protocol of an issue tracker, to which tickets are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.i18n.messages import Message


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue to create, in plain text. `key` is unique: it finds the issue again.

    `url` is the address of the ticket's thread, "" while it is unknown.
    """

    key: str
    title: str
    lines: Sequence[str]
    url: str = ""


@dataclass(frozen=True, slots=True)
class IssueReference:
    """An issue: its name for people, such as LAG-7, and its address."""

    name: str
    url: str


class IssueTracker(Protocol):
    """A tracker. Every method raises IntegrationError only."""

    async def create(self, issue: NewIssue) -> IssueReference:
        """Create an issue."""

    async def find(self, key: str) -> IssueReference | None:
        """Return the issue with this key, None without one.

        One that was created within the last minute may not be found yet.
        """

    async def check(self) -> Message:
        """Check address, key and rights with the cheapest request; return what is there."""

    async def close(self) -> None:
        """Close all connections."""
