"""The search index: the terms of every ticket, updated in the transaction that changes it.

One row for each ticket. On SQLite an FTS5 table whose rowid is the ticket's number, on PostgreSQL
a tsvector under a GIN index; both contain the terms of `terms`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, event, inspect, select, text
from sqlalchemy.orm import UOWTransaction
from sqlmodel import Session, SQLModel, col

from bot.store.models import ThreadReply
from bot.store.tickets.tokenizer import field_term, index_terms
from bot.ticket import Ticket

_BATCH_SIZE: Final = 1000
_TEXT_COLUMNS: Final = ("cname", "comments", "resolution")
_KEYWORD_COLUMNS: Final = (
    *("team", "status", "app", "cloud", "cname", "cause", "resolved_cause", "reporter"),
    *("assignee", "is_live", "incident"),
)
_BLOCK_SIZE: Final = 1 << 14  # neighbours share a term

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
POSTGRES_TABLES: Final = ("ticket_search",)
_INSERT_SQLITE: Final = text("INSERT INTO ticket_search (rowid, terms) VALUES (:number, :terms)")
_INSERT_POSTGRES: Final = text(
    "INSERT INTO ticket_search (number, terms)"
    " VALUES (:number, array_to_tsvector(CAST(:terms AS text[])))"
)


def create(connection: Connection) -> None:
    """Create the empty index."""
    is_sqlite = connection.dialect.name == "sqlite"
    for statement in (_CREATE_SQLITE,) if is_sqlite else _CREATE_POSTGRES:
        connection.exec_driver_sql(statement)


def _create_after_table(table: Any, connection: Connection, **kwargs: Any) -> None:
    """Create the index where the tables are created without migrations."""
    _ = table, kwargs
    create(connection)


def drop(connection: Connection) -> None:
    """Drop the index."""
    connection.execute(text("DROP TABLE ticket_search"))


def index_all(connection: Connection) -> None:
    """Index every ticket there is, a batch at a time."""
    number, last = col(Ticket.number), 0
    while True:
        statement = select(number).where(number > last).order_by(number).limit(_BATCH_SIZE)
        batch = [int(each) for each in connection.scalars(statement) if each]
        if not batch:
            return
        write(connection, _lock_and_cut(connection, batch))
        last = batch[-1]


def block_of(number: int) -> int:
    """Return the block of neighbours a ticket is in."""
    return number // _BLOCK_SIZE


def block_term(block: int) -> str:
    """Write a block as the term all its tickets have."""
    return f"=b:{block}"


def ticket_terms(
    row: Any, replies: Iterable[str] = (), *, cut: Callable[[str], set[str]] = index_terms
) -> set[str]:
    """Cut a ticket, or a row with its columns, into its search terms."""
    terms = {block_term(block_of(row.number))}
    for name in _KEYWORD_COLUMNS:
        value = getattr(row, name)
        if value is not None and value != "":
            terms.add(field_term(name, str(value)))
    for name in _TEXT_COLUMNS:
        terms |= cut(getattr(row, name))
    for reply in replies:
        terms |= cut(reply)
    return terms


def _lock_and_cut(connection: Connection, batch: Sequence[int]) -> list[tuple[int, set[str]]]:
    """Lock tickets, in the order of their numbers, and cut them into terms."""
    columns = [getattr(Ticket, name) for name in ("number", *_KEYWORD_COLUMNS, *_TEXT_COLUMNS)]
    own_number = col(Ticket.number)
    own = own_number.in_(batch)
    rows = connection.execute(
        select(*columns).where(own).order_by(own_number).with_for_update()
    ).all()
    replies: dict[int, list[str]] = {}
    statement = select(col(ThreadReply.ticket), col(ThreadReply.text)).where(
        col(ThreadReply.ticket).in_(batch)
    )
    for number, reply_text in connection.execute(statement):
        replies.setdefault(number, []).append(reply_text)
    return [(row.number, ticket_terms(row, replies.get(row.number, ()))) for row in rows]


def write(connection: Connection, cut: Collection[tuple[int, set[str]]]) -> None:
    """Write the terms of tickets that are not in the index yet."""
    if not cut:
        return
    if connection.dialect.name == "sqlite":
        rows = [{"number": number, "terms": " ".join(sorted(terms))} for number, terms in cut]
        connection.execute(_INSERT_SQLITE, rows)
        return
    rows_of_lists = [{"number": number, "terms": sorted(terms)} for number, terms in cut]
    connection.execute(_INSERT_POSTGRES, rows_of_lists)


def _reindex_changes(session: Session, flush: UOWTransaction) -> None:
    """Index the tickets that a transaction changes again.

    Every transaction locks the ticket first and its row in the index then.
    """
    _ = flush
    write(
        session.connection(),
        [(each.id, ticket_terms(each)) for each in session.new if isinstance(each, Ticket)],
    )
    changed: dict[int, None] = {}
    for each in (*session.new, *session.dirty, *session.deleted):
        is_old = isinstance(each, Ticket) and each not in session.new
        if isinstance(each, ThreadReply) or (is_old and _needs_reindexing(each)):
            changed[each.ticket if isinstance(each, ThreadReply) else each.id] = None
    if changed:
        reindex(session.connection(), list(changed))


def reindex(connection: Connection, changed: Sequence[int]) -> None:
    """Index tickets again, which are locked."""
    cut = _lock_and_cut(connection, changed)
    key = "rowid" if connection.dialect.name == "sqlite" else "number"
    delete_statement = text(f"DELETE FROM ticket_search WHERE {key} IN :numbers")  # noqa: S608 - no input
    numbers: Any = bindparam("numbers", list(changed), expanding=True)
    connection.execute(delete_statement.bindparams(numbers))
    write(connection, cut)


def _needs_reindexing(ticket: Ticket) -> bool:
    state = inspect(ticket)
    if state is None or state.transient or not state.has_identity:
        return True
    return any(
        state.attrs[name].history.has_changes() for name in (*_KEYWORD_COLUMNS, *_TEXT_COLUMNS)
    )


event.listen(Session, "after_flush", _reindex_changes)
event.listen(SQLModel.metadata.tables["ticket"], "after_create", _create_after_table)
