"""Questions to the search index: the newest tickets that hold some terms. Nothing is kept here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, text
from sqlmodel import Session

from bot.store.tickets.search_index import block_of, block_term

_WALKED: Final = 1000  # newest rows that are looked at one by one
_GATHERED: Final = 3000  # found rows that are fetched at once
_COMMON: Final = 2 * _GATHERED  # rows it expects; of words it does not know some thousands


@dataclass(frozen=True, slots=True)
class Either:
    """Something that has to be found in one of several ways, each a list of terms."""

    ways: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Span:
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
        ends = {"first": self.first, "below": self.below}
        return {name: number for name, number in ends.items() if number is not None}

    def holds(self, number: int) -> bool:
        """Tell whether a number is in the span."""
        return (self.first or 0) <= number and (self.below is None or number < self.below)


Wanted = Sequence[Either]


def newest(session: Session, wanted: Wanted, span: Span, limit: int) -> list[int]:
    """Return the highest numbers of tickets in which everything wanted is found, downwards."""
    if not wanted or not all(each.ways for each in wanted):
        return []
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return _ask_sqlite(connection, wanted, span, limit)
    return _ask_postgres(connection, wanted, span, limit)


def _ask_sqlite(connection: Connection, wanted: Wanted, span: Span, limit: int) -> list[int]:
    asked = (
        f"SELECT rowid FROM ticket_search WHERE ticket_search MATCH :wanted"  # noqa: S608 - no input
        f"{span.condition.format('rowid')} ORDER BY rowid DESC LIMIT :limit"
    )
    values = {"wanted": _render(wanted, '"', " AND ", " OR "), "limit": limit, **span.values}
    return [int(each) for each in connection.scalars(text(asked), values)]


def _ask_postgres(connection: Connection, wanted: Wanted, span: Span, limit: int) -> list[int]:
    """Look through the newest rows one by one, then ask the index, for limited numbers of rows.

    The planner cannot know that a word is rare among the newest tickets, or common but long ago.
    Left alone it reads the whole table for the one, and sorts half of it for the other. What it
    expects to be common is not gathered first.
    """
    for setting in ("enable_seqscan", "jit"):
        connection.execute(text(f"SET LOCAL {setting} = off"))
    near, last = _walk(connection, wanted, span)
    if len(near) >= limit or last is None:
        return near[:limit]
    if _expected(connection, wanted) < _COMMON:
        everywhere = _gather(connection, wanted)
        if len(everywhere) < _GATHERED:
            return sorted(filter(span.holds, everywhere), reverse=True)[:limit]
    return near + _ask_blocks(connection, wanted, replace(span, below=last), limit - len(near))


def _walk(connection: Connection, wanted: Wanted, span: Span) -> tuple[list[int], int | None]:
    """Return what is found among the newest, and the last number looked at, None: all were."""
    asked = (
        "SELECT number, terms @@ CAST(:wanted AS tsquery) AS is_found FROM ticket_search"  # noqa: S608 - no input
        f" WHERE true{span.condition.format('number')} ORDER BY number DESC LIMIT {_WALKED}"
    )
    rows = connection.execute(text(asked), {"wanted": _tsquery(wanted), **span.values}).all()
    found = [row.number for row in rows if row.is_found]
    return found, rows[-1].number if len(rows) == _WALKED else None


def _expected(connection: Connection, wanted: Wanted) -> float:
    """Return how many rows the planner expects to be found, which it says without looking."""
    asked = (
        "EXPLAIN (FORMAT JSON)"
        " SELECT number FROM ticket_search WHERE terms @@ CAST(:wanted AS tsquery)"
    )
    plan = connection.execute(text(asked), {"wanted": _tsquery(wanted)}).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])


def _gather(connection: Connection, wanted: Wanted) -> list[int]:
    """Return what the index finds, in no order; no more than so many."""
    asked = "SELECT number FROM ticket_search WHERE terms @@ CAST(:wanted AS tsquery) LIMIT :limit"
    values = {"wanted": _tsquery(wanted), "limit": _GATHERED}
    return [int(each) for each in connection.scalars(text(asked), values)]


def _ask_blocks(connection: Connection, wanted: Wanted, span: Span, limit: int) -> list[int]:
    """Ask for one block of neighbours after another, downwards, until enough is found.

    A block without a hit costs next to nothing; several blocks in one question are each read whole.
    The sum keeps the planner from walking the table in the order of its numbers instead.
    """
    both = "CAST(:wanted AS tsquery) && CAST(:before || block || :behind AS tsquery)"
    asked = (
        "SELECT found.number FROM generate_series(:top, :bottom, -1) AS block CROSS JOIN LATERAL"  # noqa: S608 - no input
        f" (SELECT number FROM ticket_search WHERE terms @@ ({both})"
        f" {span.condition.format('number')} ORDER BY number + 0 DESC) AS found LIMIT :limit"
    )
    before, _, behind = f"'{block_term(0)}'".partition("0")
    values = {"wanted": _tsquery(wanted), "before": before, "behind": behind, "limit": limit}
    ends = {"top": block_of(span.below or 0), "bottom": block_of(span.first or 0)}
    return [
        int(each) for each in connection.scalars(text(asked), {**values, **ends, **span.values})
    ]


def _tsquery(wanted: Wanted) -> str:
    return _render(wanted, "'", " & ", " | ")


def _render(wanted: Wanted, mark: str, both: str, either: str) -> str:
    """Write what is wanted in the database's own language; terms hold no quotation marks."""
    return both.join(
        "(" + either.join(_render_way(way, mark, both) for way in each.ways) + ")"
        for each in wanted
    )


def _render_way(way: tuple[str, ...], mark: str, both: str) -> str:
    return "(" + both.join(f"{mark}{term}{mark}" for term in way) + ")"
