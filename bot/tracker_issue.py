"""The issue that a ticket was handed over as, in one tracker, and its states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

TRACKER_NAMES: Final[Mapping[str, str]] = {"jira": "Jira", "zendesk": "Zendesk"}


class IssueState(StrEnum):
    """The state of an issue."""

    PENDING = "pending"
    CREATED = "created"
    REFUSED = "refused"  # a person can try again


@dataclass(frozen=True, slots=True)
class TrackerIssue:
    """A ticket's issue in `tracker`, requested by `person`.

    `attempted_at` is when it was sent for the last time, None when it has certainly not arrived.
    `reason` is why it is not created yet, a message as JSON. `name` is such as LAG-7.
    """

    tracker: str
    person: str
    state: IssueState = IssueState.PENDING
    attempted_at: dt.datetime | None = None
    reason: dict[str, Any] | None = None
    name: str = ""
    url: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        attempted_at = self.attempted_at.isoformat() if self.attempted_at else None
        return {**asdict(self), "attempted_at": attempted_at}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned."""
        at = data["attempted_at"]
        values = {
            **data,
            "state": IssueState(data["state"]),
            "attempted_at": dt.datetime.fromisoformat(at) if at else None,
        }
        return cls(**values)


def read_issues(stored: Sequence[Mapping[str, Any]]) -> list[TrackerIssue]:
    """Read the issues of a ticket."""
    return [TrackerIssue.from_json(each) for each in stored]


def find_issue(stored: Sequence[Mapping[str, Any]], tracker: str) -> TrackerIssue | None:
    """Return the issue in a tracker, None without one."""
    return next((each for each in read_issues(stored) if each.tracker == tracker), None)


def with_issue(stored: Sequence[dict[str, Any]], issue: TrackerIssue) -> list[dict[str, Any]]:
    """Return the issues of a ticket with one added, or in place of the one in its tracker."""
    others = [each for each in stored if each["tracker"] != issue.tracker]
    return [*others, issue.to_json()]


def open_trackers(stored: Sequence[Mapping[str, Any]], trackers: Sequence[str]) -> list[str]:
    """Return the trackers in which a ticket can have an issue created."""
    taken = {each.tracker for each in read_issues(stored) if each.state is not IssueState.REFUSED}
    return [each for each in trackers if each not in taken]
