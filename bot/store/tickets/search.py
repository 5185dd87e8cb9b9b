"""Questions to the search index: the newest tickets that hold some terms. Nothing is kept here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, text
from sqlmodel import Session

from bot.store.tickets.search_index import block_of, block_term

_SCAN_LIMIT: Final = 1000  # newest rows that are looked at one by one
_FETCH_LIMIT: Final = 3000  # found rows that are fetched at once
_COMMON_ROWS: Final = 2 * _FETCH_LIMIT  # rows it expects; of words it does not know some thousands


@dataclass(frozen=True, slots=True)
class Clause:
    """Something that has to be found in one of several ways, each a list of terms."""

    alternatives: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Numbers of tickets, from `first` on and below `below`; None: no end."""

    first: int | None = None
    below: int | None = None

    @property
    def condition(self) -> str:
        """The span as a part of a WHERE that goes on."""
        first = " AND {0} >= :first" if self.first is not None else ""
        return first + (" AND {0} < :below" if self.below is not None else "")

    @property
    def values(self) -> dict[str, int]:
        """What the condition's places are filled with."""
        blocks = {"first": self.first, "below": self.below}
        return {name: number for name, number in blocks.items() if number is not None}

    def contains(self, number: int) -> bool:
        """Tell whether a number is in the span."""
        return (self.first or 0) <= number and (self.below is None or number < self.below)


Clauses = Sequence[Clause]


def newest(session: Session, clauses: Clauses, number_range: NumberRange, limit: int) -> list[int]:
    """Return the highest numbers of tickets in which everything wanted is found, downwards."""
    if not clauses or not all(each.alternatives for each in clauses):
        return []
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return _query_sqlite(connection, clauses, number_range, limit)
    return _query_postgres(connection, clauses, number_range, limit)


def _query_sqlite(
    connection: Connection, clauses: Clauses, number_range: NumberRange, limit: int
) -> list[int]:
    sql = (
        f"SELECT rowid FROM ticket_search WHERE ticket_search MATCH :wanted"  # noqa: S608 - no input
        f"{number_range.condition.format('rowid')} ORDER BY rowid DESC LIMIT :limit"
    )
    values = {
        "wanted": _render(clauses, '"', " AND ", " OR "),
        "limit": limit,
        **number_range.values,
    }
    return [int(each) for each in connection.scalars(text(sql), values)]


def _query_postgres(
    connection: Connection, clauses: Clauses, number_range: NumberRange, limit: int
) -> list[int]:
    """Look through the newest rows one by one, then ask the index, for limited numbers of rows.

    The planner cannot know that a word is rare among the newest tickets, or common but long ago.
    Left alone it reads the whole table for the one, and sorts half of it for the other. What it
    expects to be common is not gathered first.
    """
    for setting in ("enable_seqscan", "jit"):
        connection.execute(text(f"SET LOCAL {setting} = off"))
    recent, last = _scan_newest(connection, clauses, number_range)
    if len(recent) >= limit or last is None:
        return recent[:limit]
    if _estimate_rows(connection, clauses) < _COMMON_ROWS:
        all_matches = _fetch_matches(connection, clauses)
        if len(all_matches) < _FETCH_LIMIT:
            return sorted(filter(number_range.contains, all_matches), reverse=True)[:limit]
    return recent + _query_blocks(
        connection, clauses, replace(number_range, below=last), limit - len(recent)
    )


def _scan_newest(
    connection: Connection, clauses: Clauses, number_range: NumberRange
) -> tuple[list[int], int | None]:
    """Return what is found among the newest, and the last number looked at, None: all were."""
    sql = (
        "SELECT number, terms @@ CAST(:wanted AS tsquery) AS is_found FROM ticket_search"  # noqa: S608 - no input
        f" WHERE true{number_range.condition.format('number')}"
        f" ORDER BY number DESC LIMIT {_SCAN_LIMIT}"
    )
    rows = connection.execute(text(sql), {"wanted": _tsquery(clauses), **number_range.values}).all()
    matches = [row.number for row in rows if row.is_found]
    return matches, rows[-1].number if len(rows) == _SCAN_LIMIT else None


def _estimate_rows(connection: Connection, clauses: Clauses) -> float:
    """Return how many rows the planner expects to be found, which it says without looking."""
    sql = (
        "EXPLAIN (FORMAT JSON)"
        " SELECT number FROM ticket_search WHERE terms @@ CAST(:wanted AS tsquery)"
    )
    plan = connection.execute(text(sql), {"wanted": _tsquery(clauses)}).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])


def _fetch_matches(connection: Connection, clauses: Clauses) -> list[int]:
    """Return what the index finds, in no order; no more than so many."""
    sql = "SELECT number FROM ticket_search WHERE terms @@ CAST(:wanted AS tsquery) LIMIT :limit"
    values = {"wanted": _tsquery(clauses), "limit": _FETCH_LIMIT}
    return [int(each) for each in connection.scalars(text(sql), values)]


def _query_blocks(
    connection: Connection, clauses: Clauses, number_range: NumberRange, limit: int
) -> list[int]:
    """Ask for one block of neighbours after another, downwards, until enough is found.

    A block without a hit costs next to nothing; several blocks in one question are each read whole.
    The sum keeps the planner from walking the table in the order of its numbers instead.
    """
    and_op = "CAST(:wanted AS tsquery) && CAST(:before || block || :behind AS tsquery)"
    sql = (
        "SELECT found.number FROM generate_series(:top, :bottom, -1) AS block CROSS JOIN LATERAL"  # noqa: S608 - no input
        f" (SELECT number FROM ticket_search WHERE terms @@ ({and_op})"
        f" {number_range.condition.format('number')} ORDER BY number + 0 DESC) AS found"
        " LIMIT :limit"
    )
    before, _, behind = f"'{block_term(0)}'".partition("0")
    values = {"wanted": _tsquery(clauses), "before": before, "behind": behind, "limit": limit}
    blocks = {"top": block_of(number_range.below or 0), "bottom": block_of(number_range.first or 0)}
    return [
        int(each)
        for each in connection.scalars(text(sql), {**values, **blocks, **number_range.values})
    ]


def _tsquery(clauses: Clauses) -> str:
    return _render(clauses, "'", " & ", " | ")


def _render(clauses: Clauses, quote: str, and_op: str, or_op: str) -> str:
    """Write what is wanted in the database's own language; terms hold no quotation marks."""
    return and_op.join(
        "("
        + or_op.join(
            _render_alternative(alternative, quote, and_op) for alternative in each.alternatives
        )
        + ")"
        for each in clauses
    )


def _render_alternative(alternative: tuple[str, ...], quote: str, and_op: str) -> str:
    return "(" + and_op.join(f"{quote}{term}{quote}" for term in alternative) + ")"
