"""Was this right? What people said of verdicts, and how often they said yes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import case, func
from sqlmodel import Field, Session, SQLModel, col, select

from bot.ticket import OneOf, UtcTime


class Judgement(StrEnum):
    """Somebody's word on a verdict."""

    RIGHT = "right"
    PARTLY = "partly"
    WRONG = "wrong"


class Judged(SQLModel, table=True):
    """One person's latest judgement of one ticket's verdict; `cause` is what it named then."""

    ticket: int = Field(primary_key=True)
    person: str = Field(primary_key=True)
    team: str = Field(index=True)
    cause: str
    judgement: Judgement = Field(sa_type=OneOf(Judgement))
    at: dt.datetime = Field(sa_type=UtcTime, index=True)


@dataclass(frozen=True, slots=True)
class Precision:
    """How often people agreed with one cause."""

    cause: str
    right: int
    partly: int
    wrong: int

    @property
    def judged(self) -> int:
        """How many judgements there are."""
        return self.right + self.partly + self.wrong

    @property
    def share(self) -> float:
        """The share that said yes, 0 to 1; partly counts half."""
        return (self.right + self.partly / 2) / self.judged if self.judged else 0.0


def judge(session: Session, judged: Judged) -> None:
    """Remember a judgement; a person's later one replaces the earlier."""
    session.merge(judged)


def precision(session: Session, team: str, since: dt.datetime) -> list[Precision]:
    """Count the judgements of each cause, the most judged first."""
    counts = [func.sum(case((col(Judged.judgement) == word, 1), else_=0)) for word in Judgement]
    rows = session.exec(
        select(Judged.cause, *counts)
        .where(Judged.team == team, col(Judged.at) >= since)
        .group_by(Judged.cause)
    ).all()
    found = [Precision(row[0], *(int(count) for count in row[1:])) for row in rows]
    return sorted(found, key=lambda each: (-each.judged, each.cause))
