"""Queries of the search index: the newest tickets that contain some terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, text
from sqlmodel import Session

from bot.store.tickets.search_index import block_of, block_term

_SCAN_LIMIT: Final = 1000  # newest rows that are scanned one by one
_FETCH_LIMIT: Final = 3000  # matches that are fetched at once
_COMMON_ROWS: Final = 2 * _FETCH_LIMIT  # estimated; thousands for unknown words


@dataclass(frozen=True, slots=True)
class Clause:
    """Alternatives, each a list of terms that must all occur."""

    alternatives: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Ticket numbers from `first` on and below `below`; None: unlimited."""

    first: int | None = None
    below: int | None = None

    @property
    def condition(self) -> str:
        """The range as a continuation of a WHERE clause."""
        first = " AND {0} >= :first" if self.first is not None else ""
        return first + (" AND {0} < :below" if self.below is not None else "")

    @property
    def values(self) -> dict[str, int]:
        """The parameters of the condition."""
        blocks = {"first": self.first, "below": self.below}
        return {name: number for name, number in blocks.items() if number is not None}

    def contains(self, number: int) -> bool:
        """Return whether a number is in the range."""
        return (self.first or 0) <= number and (self.below is None or number < self.below)


Clauses = Sequence[Clause]


def newest(session: Session, clauses: Clauses, number_range: NumberRange, limit: int) -> list[int]:
    """Return the highest numbers of tickets that match all clauses, in descending order."""
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
    """Scan the newest rows one by one, then query the index, for limited numbers of rows.

    The planner cannot know that a word is rare among the newest tickets, or common but long ago.
    By itself it reads the whole table for the former, and sorts half of it for the latter. Rows
    of words that it estimates to be common are not fetched at once.
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
    """Return the matches among the newest rows, and the last number scanned, None: all were."""
    sql = (
        "SELECT number, terms @@ CAST(:wanted AS tsquery) AS is_match FROM ticket_search"  # noqa: S608 - no input
        f" WHERE true{number_range.condition.format('number')}"
        f" ORDER BY number DESC LIMIT {_SCAN_LIMIT}"
    )
    rows = connection.execute(text(sql), {"wanted": _tsquery(clauses), **number_range.values}).all()
    matches = [row.number for row in rows if row.is_match]
    return matches, rows[-1].number if len(rows) == _SCAN_LIMIT else None


def _estimate_rows(connection: Connection, clauses: Clauses) -> float:
    """Return the planner's estimate of the matching rows, without running the query."""
    sql = (
        "EXPLAIN (FORMAT JSON)"
        " SELECT number FROM ticket_search WHERE terms @@ CAST(:wanted AS tsquery)"
    )
    plan = connection.execute(text(sql), {"wanted": _tsquery(clauses)}).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])


def _fetch_matches(connection: Connection, clauses: Clauses) -> list[int]:
    """Return the matches of the index, unordered, at most `_FETCH_LIMIT`."""
    sql = "SELECT number FROM ticket_search WHERE terms @@ CAST(:wanted AS tsquery) LIMIT :limit"
    values = {"wanted": _tsquery(clauses), "limit": _FETCH_LIMIT}
    return [int(each) for each in connection.scalars(text(sql), values)]


def _query_blocks(
    connection: Connection, clauses: Clauses, number_range: NumberRange, limit: int
) -> list[int]:
    """Query one block of numbers after another, downwards, until there are enough matches.

    A block without a match costs next to nothing; several blocks in one query are read in full.
    The sum keeps the planner from walking the table in the order of its numbers instead.
    """
    and_op = "CAST(:wanted AS tsquery) && CAST(:before || block || :behind AS tsquery)"
    sql = (
        "SELECT matched.number FROM generate_series(:top, :bottom, -1) AS block CROSS JOIN LATERAL"  # noqa: S608 - no input
        f" (SELECT number FROM ticket_search WHERE terms @@ ({and_op})"
        f" {number_range.condition.format('number')} ORDER BY number + 0 DESC) AS matched"
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
    """Write the clauses in the database's search syntax; terms contain no quotation marks."""
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
