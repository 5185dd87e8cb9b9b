"""The last answers of the clouds about whole apps, so that a restart costs no allowance."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Field, Session, SQLModel

from bot.store.database import Store
from bot.ticket import UtcTime


class Answer(SQLModel, table=True):
    """The last answer to a question; `text` is written and read by whoever asked."""

    question: str = Field(primary_key=True)
    text: str
    at: dt.datetime = Field(sa_type=UtcTime)


class SqlAnswers:
    """Keeps answers in the database, one for each question."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def recall(self, question: str) -> tuple[str, dt.datetime] | None:
        """Return the last answer and when it was fetched."""

        def work(session: Session) -> tuple[str, dt.datetime] | None:
            known = session.get(Answer, question)
            return (known.text, known.at) if known else None

        return await self._store.read(work)

    async def keep(self, question: str, answer: str, at: dt.datetime) -> None:
        """Keep an answer, replacing the one before."""
        await self._store.transact(
            lambda session: session.merge(Answer(question=question, text=answer, at=at))
        )
