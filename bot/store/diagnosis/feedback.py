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
    """One person's latest rating of one ticket's verdict; `cause` is the rated one.

    `true_cause` is what was wrong instead, "" as long as the person has not said it.
    """

    __tablename__ = "verdict_feedback"

    ticket: int = Field(primary_key=True)
    person: str = Field(primary_key=True)
    team: str = Field(index=True)
    cause: str
    rating: Rating = Field(sa_type=EnumText(Rating))
    at: dt.datetime = Field(sa_type=UtcTime, index=True)
    true_cause: str = Field(default="", sa_column_kwargs={"server_default": ""})


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


def save_true_cause(session: Session, ticket: int, person: str, cause: str) -> None:
    """Store what was wrong instead; nothing if the person has not rated the verdict."""
    feedback = session.get(VerdictFeedback, (ticket, person))
    if feedback is not None:
        feedback.true_cause = cause


def true_causes(session: Session) -> list[tuple[int, str]]:
    """Return each rated ticket whose cause somebody knows, by the latest such rating."""
    rows = session.exec(select(VerdictFeedback).order_by(col(VerdictFeedback.at))).all()
    causes = {row.ticket: _known_cause(row) for row in rows if _known_cause(row)}
    return sorted(causes.items())


def _known_cause(feedback: VerdictFeedback) -> str:
    return feedback.cause if feedback.rating is Rating.RIGHT else feedback.true_cause


def accuracy_by_cause(
    session: Session, team: str | None, since: dt.datetime
) -> list[CauseAccuracy]:
    """Count the ratings of each cause, the most rated first; without a team, of all of them."""
    counts = [func.sum(case((col(VerdictFeedback.rating) == word, 1), else_=0)) for word in Rating]
    rows = session.exec(
        select(VerdictFeedback.cause, *counts)
        .where(team is None or col(VerdictFeedback.team) == team, col(VerdictFeedback.at) >= since)
        .group_by(VerdictFeedback.cause)
    ).all()
    result = [CauseAccuracy(row[0], *(int(count) for count in row[1:])) for row in rows]
    return sorted(result, key=lambda each: (-each.total, each.cause))
