"""What is older than it is kept is deleted, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, insert, select

from bot.jobs.run import Run
from bot.services.admin.retention import KIND, RetentionJobs
from bot.settings import Settings
from bot.store import Session, Store
from bot.store.admin import retention
from bot.store.tables import load_tables
from bot.store.tickets import search_index
from bot.ticket import Status, Ticket
from tests.bot.conftest import ManualClock
from tests.bot.services.contexts import make_context
from tests.bot.store.every_table import row_of_table
from tests.bot.store.factories import make_ticket, store_tickets

DAY = dt.timedelta(days=1)
RUN = Run("retention:lagdesk")
# Tables whose old rows go, and the column of their age.
AGES = {
    "evidence": ("at", dt.timedelta(days=400)),
    "inquiry": ("requested_at", retention.QUESTION_RETENTION),
    "mention": ("at", retention.QUESTION_RETENTION),
    "cached_response": ("at", retention.QUESTION_RETENTION),
    "polled_event": ("at", dt.timedelta(days=14)),
    "scanned_interval": ("until", dt.timedelta(days=14)),
    "webhook_event": ("at", retention.CALLBACK_RETENTION),
}


def jobs_of(store: Store, clock: ManualClock, **settings: Any) -> RetentionJobs:
    """The job with these settings."""
    return RetentionJobs(make_context(store, clock, settings=Settings(**settings)))


async def test_rows_kept_for_a_time(store: Store, clock: ManualClock) -> None:
    """Of each table the row that is a moment too old goes, the one just as old stays."""

    def work(session: Session) -> None:
        for table in load_tables():
            if table.name not in AGES:
                continue
            column, age = AGES[table.name]
            for nth, late in ((11, dt.timedelta(microseconds=1)), (12, dt.timedelta())):
                values = row_of_table(table, nth) | {column: clock.now() - age - late}
                session.connection().execute(insert(table).values(values))

    store.transact_sync(work)
    assert await jobs_of(store, clock).delete_old(RUN) == clock.now() + DAY
    assert {name: count for name, count in counted(store).items() if name in AGES} == dict.fromkeys(
        AGES, 1
    )


def counted(store: Store) -> dict[str, int]:
    """The number of rows of each table."""
    return store.read_sync(
        lambda session: {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in load_tables()
        }
    )


def add_tickets(store: Store, clock: ManualClock) -> list[int]:
    """Three tickets with rows in every table: resolved long ago, lately and not yet."""

    def work(session: Session) -> list[int]:
        old, late, unresolved = [make_ticket(origin=f"V{age}") for age in range(3)]
        for ticket, days in ((old, 800), (late, 100)):
            ticket.status, ticket.resolved_at = Status.RESOLVED, clock.now() - days * DAY
        numbers = store_tickets(session, old, late, unresolved)
        old.related, unresolved.related = [numbers[2]], [numbers[0]]
        late.duplicate_of = numbers[0]
        for table in load_tables():
            if "ticket" in table.c and table.name not in ("cloud_report", "ticket_thread"):
                for number in numbers:
                    row = row_of_table(table, 20 + number) | {"ticket": number}
                    session.connection().execute(insert(table).values(row))
        return numbers

    return store.transact_sync(work)


async def test_resolved_tickets(shared_store: Store) -> None:
    """They go with everything about them, from the links of others and from the search too."""
    clock = ManualClock()
    old, late, unresolved = add_tickets(shared_store, clock)
    before = counted(shared_store)
    await jobs_of(shared_store, clock, ticket_retention_s=730 * 86400.0).delete_old(RUN)
    after = counted(shared_store)
    for table in load_tables():
        if "ticket" in table.c:
            assert after[table.name] == before[table.name] - 1, table.name

    def read(session: Session) -> tuple[list[int | None], list[int], int | None]:
        numbers = list(session.scalars(select(Ticket.number).order_by(Ticket.number)))  # type: ignore[call-overload]  # a column
        linked = session.get_one(Ticket, unresolved).related
        return numbers, linked, session.get_one(Ticket, late).duplicate_of

    assert shared_store.read_sync(read) == ([late, unresolved], [], None)
    assert old not in indexed(shared_store)


def indexed(store: Store) -> set[int]:
    """The tickets in the search index."""
    key = "rowid" if store.is_sqlite else "number"
    statement = f"SELECT {key} FROM {search_index.POSTGRES_TABLES[0]}"  # noqa: S608 - no input
    return store.read_sync(
        lambda session: set(session.connection().exec_driver_sql(statement).scalars())
    )


async def test_tickets_are_kept_without_limit(store: Store, clock: ManualClock) -> None:
    """Unless TICKET_RETENTION is set."""
    add_tickets(store, clock)
    await jobs_of(store, clock).delete_old(RUN)
    assert counted(store)["ticket"] == 3


async def test_many_rows_go_a_batch_at_a_time(store: Store, clock: ManualClock) -> None:
    """Nobody waits for a long transaction; the job goes on at once."""
    (table,) = [each for each in load_tables() if each.name == "webhook_event"]
    rows = [{"id": str(nth), "at": clock.now() - 9 * DAY} for nth in range(retention.BATCH + 1)]
    store.transact_sync(lambda session: session.connection().execute(insert(table), rows))
    jobs = jobs_of(store, clock)
    assert await jobs.delete_old(RUN) == clock.now()
    assert counted(store)["webhook_event"] == 1
    assert await jobs.delete_old(RUN) == clock.now() + DAY
    assert counted(store)["webhook_event"] == 0


async def test_it_is_enqueued_at_every_start(store: Store, clock: ManualClock) -> None:
    """Once, whatever the number of workers."""
    jobs = jobs_of(store, clock)
    await jobs.start()
    await jobs.start()
    (job,) = [table for table in load_tables() if table.name == "job"]
    kinds = store.read_sync(lambda s: list(s.connection().execute(select(job.c.kind)).scalars()))
    assert kinds == [KIND]
