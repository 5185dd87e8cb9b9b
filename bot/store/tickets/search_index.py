"""The search index: what every ticket is found by, changed in the transaction that changes it.

One row for each ticket. On SQLite an FTS5 table whose rowid is the ticket's number, on PostgreSQL
a tsvector under a GIN index; both hold the terms of `terms`. Nothing is looked for here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, event, inspect, select, text
from sqlalchemy.orm import UOWTransaction
from sqlmodel import Session, SQLModel, col

from bot.store.models import Remark
from bot.store.tickets.tokenizer import field_term, index_terms
from bot.ticket import Ticket

_BATCH: Final = 1000
_TEXTS: Final = ("cname", "comments", "resolution")
_FIELDS: Final = (
    *("team", "status", "app", "cloud", "cname", "cause", "resolved_cause", "reporter"),
    *("assignee", "is_live", "incident"),
)
_BLOCK: Final = 1 << 14  # neighbours share a term

_CREATE_SQLITE: Final = """
    CREATE VIRTUAL TABLE ticket_search USING fts5(
        terms, detail=none, columnsize=0, tokenize="ascii tokenchars '_=:.-%'"
    )
"""
INDEX_POSTGRES: Final = (
    "CREATE INDEX ix_ticket_search ON ticket_search USING gin (terms) WITH (fastupdate = off)"
)
_CREATE_POSTGRES: Final = (
    "CREATE TABLE ticket_search (number INTEGER PRIMARY KEY, terms TSVECTOR NOT NULL)",
    INDEX_POSTGRES,
)
_INSERT_SQLITE: Final = "INSERT INTO ticket_search (rowid, terms) VALUES (:number, :terms)"
_INSERT_POSTGRES: Final = (
    "INSERT INTO ticket_search (number, terms)"
    " VALUES (:number, array_to_tsvector(CAST(:terms AS text[])))"
)


def create(connection: Connection) -> None:
    """Create the empty index."""
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in (_CREATE_SQLITE,) if is_sqlite else _CREATE_POSTGRES:
        connection.exec_driver_sql(statement)


def _create_beside(table: Any, connection: Connection, **told: Any) -> None:
    """Create the index where the tables are created without migrations."""
    _ = table, told
    create(connection)


def drop(connection: Connection) -> None:
    """Take the index away."""
    connection.execute(text("DROP TABLE ticket_search"))


def index_all(connection: Connection) -> None:
    """Index every ticket there is, a batch at a time."""
    number, last = col(Ticket.number), 0
    while True:
        asked = select(number).where(number > last).order_by(number).limit(_BATCH)
        batch = [int(each) for each in connection.scalars(asked) if each]
        if not batch:
            return
        _insert(connection, batch)
        last = batch[-1]


def block_of(number: int) -> int:
    """Tell which block of neighbours a ticket is in."""
    return number // _BLOCK


def block_term(block: int) -> str:
    """Write a block as the term all its tickets have."""
    return f"=b:{block}"


def terms_of(
    row: Any, remarks: Iterable[str] = (), *, cut: Callable[[str], set[str]] = index_terms
) -> set[str]:
    """Cut a ticket, or a row with its columns, into the terms it is found by."""
    found = {block_term(block_of(row.number))}
    for name in _FIELDS:
        value = getattr(row, name)
        if value is not None and value != "":
            found.add(field_term(name, str(value)))
    for name in _TEXTS:
        found |= cut(getattr(row, name))
    for remark in remarks:
        found |= cut(remark)
    return found


def _insert(connection: Connection, batch: Sequence[int]) -> None:
    columns = [getattr(Ticket, name) for name in ("number", *_FIELDS, *_TEXTS)]
    own = col(Ticket.number).in_(batch)
    rows = connection.execute(select(*columns).where(own).with_for_update()).all()
    replies: dict[int, list[str]] = {}
    asked = select(col(Remark.ticket), col(Remark.text)).where(col(Remark.ticket).in_(batch))
    for number, said in connection.execute(asked):
        replies.setdefault(number, []).append(said)
    cut = [(row.number, terms_of(row, replies.get(row.number, ()))) for row in rows]
    if cut:
        write(connection, cut)


def write(connection: Connection, cut: Iterable[tuple[int, set[str]]]) -> None:
    """Write the terms of tickets that the index does not hold yet."""
    if connection.dialect.name == "sqlite":
        rows = [{"number": number, "terms": " ".join(sorted(terms))} for number, terms in cut]
        connection.execute(text(_INSERT_SQLITE), rows)
        return
    rows_of_lists = [{"number": number, "terms": sorted(terms)} for number, terms in cut]
    connection.execute(text(_INSERT_POSTGRES), rows_of_lists)


def _follow(session: Session, flush: UOWTransaction) -> None:
    """Index again what a transaction changes."""
    _ = flush
    changed: dict[int, None] = {}
    for each in (*session.new, *session.dirty, *session.deleted):
        if isinstance(each, Remark) or (isinstance(each, Ticket) and _is_found_otherwise(each)):
            changed[each.ticket if isinstance(each, Remark) else each.id] = None
    if not changed:
        return
    connection = session.connection()
    key = "rowid" if connection.dialect.name == "sqlite" else "number"
    gone = text(f"DELETE FROM ticket_search WHERE {key} IN :numbers")  # noqa: S608 - no input
    places: Any = bindparam("numbers", list(changed), expanding=True)
    connection.execute(gone.bindparams(places))
    _insert(connection, list(changed))


def _is_found_otherwise(ticket: Ticket) -> bool:
    state = inspect(ticket)
    if state is None or state.transient or not state.has_identity:
        return True
    return any(state.attrs[name].history.has_changes() for name in (*_FIELDS, *_TEXTS))


event.listen(Session, "after_flush", _follow)
event.listen(SQLModel.metadata.tables["ticket"], "after_create", _create_beside)
