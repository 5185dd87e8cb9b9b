"""Ratings of verdicts, and their counts by cause."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import case, func
from sqlmodel import Field, Session, SQLModel, col, select

from bot.columns import EnumText, UtcTime


class Rating(StrEnum):
    """A rating of a verdict."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"


class VerdictFeedback(SQLModel, table=True):
    """One person's latest rating of one ticket's verdict; `cause` is the rated one."""

    __tablename__ = "verdict_feedback"

    ticket: int = Field(primary_key=True)
    person: str = Field(primary_key=True)
    team: str = Field(index=True)
    cause: str
    rating: Rating = Field(sa_type=EnumText(Rating))
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


@dataclass(frozen=True, slots=True)
class CauseAccuracy:
    """The ratings of one cause."""

    cause: str
    right: int
    partly: int
    wrong: int

    @property
    def total(self) -> int:
        """The number of ratings."""
        return self.right + self.partly + self.wrong

    @property
    def share(self) -> float:
        """The share rated right, 0 to 1; partly counts half."""
        return (self.right + self.partly / 2) / self.total if self.total else 0.0


def save_feedback(session: Session, feedback: VerdictFeedback) -> None:
    """Store a rating; a person's later one replaces the earlier."""
    session.merge(feedback)


def accuracy_by_cause(session: Session, team: str, since: dt.datetime) -> list[CauseAccuracy]:
    """Count the ratings of each cause, the most rated first."""
    counts = [func.sum(case((col(VerdictFeedback.rating) == word, 1), else_=0)) for word in Rating]
    rows = session.exec(
        select(VerdictFeedback.cause, *counts)
        .where(VerdictFeedback.team == team, col(VerdictFeedback.at) >= since)
        .group_by(VerdictFeedback.cause)
    ).all()
    result = [CauseAccuracy(row[0], *(int(count) for count in row[1:])) for row in rows]
    return sorted(result, key=lambda each: (-each.total, each.cause))
