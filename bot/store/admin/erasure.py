"""Erasing a person from every table, whatever tables there are.

A text is compared as a whole and word by word, JSON value by value. Rows about nobody but the
person are deleted; elsewhere ERASED takes the place of the id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Row,
    String,
    Table,
    Text,
    and_,
    cast,
    delete,
    false,
    or_,
    select,
    true,
    update,
)
from sqlmodel import AutoString, Session, col

from bot.call import ERASED
from bot.call_control import ACTIVE_RECORDING_STATES, RoomCommandState
from bot.errors import ConflictError
from bot.i18n.messages import message
from bot.store.call_control.recordings import Recording
from bot.store.call_control.room_commands import RoomCommand
from bot.store.diagnosis.evidence import StoredEvidence
from bot.store.models import ThreadReply
from bot.store.tables import load_tables
from bot.ticket import Ticket

_PERSONS_OWN: Final = frozenset(  # when `person` is theirs
    {"access_token", "inquiry", "mention", "thread_reply"}
)
_DELETED: Final = frozenset({"job", "polled_event"})  # whatever column names the person
_UID_NAMES: Final = ("uid", "peer", "factors")  # how columns and keys that hold uids end
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,4}")
_TO_FULL_WIDTH: Final = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom to erase: a uid in calls, or a Slack user id. With `app`, only in rows of that app."""

    value: str
    is_uid: bool
    app: str = ""

    def erase_from(self, value: Any, name: str = "") -> Any:
        """Return a value of a column, or of a key in JSON, without the person."""
        if isinstance(value, str):
            return self._erase_text(value, name)
        if isinstance(value, list):
            return [self.erase_from(each, name) for each in value]
        if isinstance(value, dict):
            return {self.erase_from(key): self.erase_from(each, key) for key, each in value.items()}
        return value

    def _erase_text(self, text: str, name: str) -> str:
        """A short number is a uid only where uids are: every text has a 1."""
        if self.is_uid and name.endswith(_UID_NAMES) and text == self.value:
            return ERASED
        if self.is_uid and _SHORT_NUMBER.fullmatch(self.value):
            return text
        return _word(self.value).sub(ERASED, text)

    def is_in(self, column: Column[Any]) -> ColumnElement[bool]:
        """The condition that a column has the id, perhaps as a part of something else."""
        texts = {self.value, self.value.translate(_TO_FULL_WIDTH)}
        return or_(*(cast(column, Text).contains(text, autoescape=True) for text in texts))

    def is_app(self, table: Table) -> ColumnElement[bool]:
        """The condition that a row belongs to the app; true without one."""
        if not self.app:
            return true()
        if "app" in table.c:
            return table.c.app == self.app
        if "ticket" in table.c:
            return table.c.ticket.in_(select(col(Ticket.number)).where(col(Ticket.app) == self.app))
        return false()


@cache
def _word(value: str) -> re.Pattern[str]:
    """Match an id that stands alone, also in full-width digits; not in LD-12345, not in 1.12345."""
    letters = "0-9A-Za-z_\uff10-\uff19"
    digits = "".join(
        f"[{char}{char.translate(_TO_FULL_WIDTH)}]" if char.isdecimal() else re.escape(char)
        for char in value
    )
    return re.compile(rf"(?<![{letters}])(?<![0-9]\.)(?<!LD-){digits}(?![{letters}]|\.[0-9])")


def require_no_pending_control(connection: Connection, identity: Identity) -> None:
    """Raise ConflictError while a recording of the person runs, or their removal is under way."""
    recording = select(col(Recording.ticket)).where(
        col(Recording.uid) == identity.value, col(Recording.state).in_(ACTIVE_RECORDING_STATES)
    )
    removal = select(col(RoomCommand.ticket)).where(
        col(RoomCommand.uid) == identity.value, col(RoomCommand.state) == RoomCommandState.PENDING
    )
    number = connection.scalar(recording.union_all(removal).limit(1))
    if identity.is_uid and number is not None:
        raise ConflictError(
            message(
                "A recording or a removal of this person is under way in LD-%(number)s. Stop it, or"
                " wait until it has ended.",
                number=number,
            )
        )


def erase_texts(connection: Connection, identity: Identity) -> int:
    """Empty what the person wrote, or what was written about their calls; return the replies."""
    if not identity.is_uid:
        _empty(connection, identity, Ticket.reporter, ("comments", "source_permalink"))
        _empty(connection, identity, Ticket.resolver, ("resolution",))
        return 0
    replies = 0
    for uid in (Ticket.teacher_uid, Ticket.student_uid):
        numbers = select(col(Ticket.number)).where(*_is_at(identity, uid))
        of_theirs = col(ThreadReply.ticket).in_(numbers)
        replies += connection.execute(delete(ThreadReply).where(of_theirs)).rowcount
        _empty(connection, identity, uid, ("comments", "source_permalink", "resolution"))
    return replies


def _empty(connection: Connection, identity: Identity, at: Any, names: Sequence[str]) -> None:
    """Empty columns of the tickets that have the person in the column `at`."""
    connection.execute(update(Ticket).where(*_is_at(identity, at)).values(dict.fromkeys(names, "")))


def _is_at(identity: Identity, at: Any) -> list[ColumnElement[bool]]:
    is_there = col(at) == identity.value
    return [is_there, col(Ticket.app) == identity.app] if identity.app else [is_there]


def erase_ids(connection: Connection, identity: Identity) -> tuple[Counter[str], set[int]]:
    """Erase the id from every table; return the rows changed by table, and the tickets."""
    counts: Counter[str] = Counter()
    numbers: set[int] = set()
    for table in reversed(load_tables()):  # what belongs to tickets before the tickets
        for row, values in _changes(connection, identity, table):
            own = and_(*(column == row._mapping[column.name] for column in table.primary_key))  # noqa: SLF001 - SQLAlchemy's public name
            is_deleted = _is_deleted(table, values)
            statement = delete(table) if is_deleted else update(table).values(values)
            connection.execute(statement.where(own))
            counts[table.name] += 1
            if table.name in ("ticket", "thread_reply"):
                numbers.add(row.number if table.name == "ticket" else row.ticket)
    return counts, numbers


def _changes(
    connection: Connection, identity: Identity, table: Table
) -> Iterator[tuple[Row[Any], Mapping[str, Any]]]:
    """Yield the rows that name the person, with the changed values by column."""
    columns = [each for each in table.columns if isinstance(each.type, AutoString | String | JSON)]
    if not columns:
        return
    has_id = or_(*(identity.is_in(column) for column in columns))
    for row in connection.execute(select(table).where(identity.is_app(table), has_id)).all():
        before = {column.name: row._mapping[column.name] for column in columns}  # noqa: SLF001 - likewise
        after = {name: identity.erase_from(value, name) for name, value in before.items()}
        values = {name: value for name, value in after.items() if value != before[name]}
        if values:
            yield row, values


def _is_deleted(table: Table, values: Mapping[str, Any]) -> bool:
    """Return whether a row is about nobody but the person."""
    is_key = any(column.name in values for column in table.primary_key)
    is_own = table.name in _PERSONS_OWN and "person" in values
    return is_key or is_own or table.name in _DELETED


def list_evidence(session: Session, identity: Identity) -> Sequence[StoredEvidence]:
    """List the evidence of calls that a uid was in."""
    table, ticket = StoredEvidence.__table__, Ticket  # type: ignore[attr-defined]  # SQLModel's own
    is_side = or_(
        col(ticket.teacher_uid) == identity.value, col(ticket.student_uid) == identity.value
    )
    is_theirs = col(StoredEvidence.ticket).in_(select(col(ticket.number)).where(is_side))
    has_uid = or_(identity.is_in(table.c.facts), is_theirs)
    return session.scalars(select(StoredEvidence).where(identity.is_app(table), has_uid)).all()
