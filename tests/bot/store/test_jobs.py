from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.models import Heartbeat, Job

NOON = dt.datetime(2026, 11, 9, 12, 0, tzinfo=dt.UTC)
CARD = "card:LD-12"


def _at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def _enqueue(due_in_s: float = 0, name: str = CARD) -> Callable[[Session], None]:
    return lambda session: store_jobs.enqueue(
        session, name, "card", ticket=12, due_at=_at(due_in_s)
    )


def _take(worker: str = "w1", at_s: float = 0) -> Callable[[Session], Job | None]:
    return lambda session: store_jobs.start_attempt(session, CARD, worker, _at(at_s))


def _settle(**options: Any) -> Callable[[Session], bool]:
    return lambda session: store_jobs.complete(session, CARD, NOON, **options)


def _postpone(due_in_s: float, error: str = "", **options: Any) -> Callable[[Session], None]:
    return lambda session: store_jobs.reschedule(session, CARD, _at(due_in_s), error, **options)


def _drop(session: Session) -> None:
    store_jobs.cancel(session, CARD, NOON)


def _run(store: Store, *steps: Callable[[Session], Any]) -> Job:
    """Run each step in a transaction of its own and return what became of the duty."""
    for step in steps:
        store.transact_sync(step)
    job = store.read_sync(lambda session: session.get(Job, CARD))
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("steps", "due_in_s"),
    [
        pytest.param([_enqueue(0)], 0, id="once"),
        pytest.param([_enqueue(0), _enqueue(60)], 0, id="the earlier stays"),
        pytest.param([_enqueue(60), _enqueue(0)], 0, id="the earlier comes"),
        pytest.param([_enqueue(0), _take(), _settle()], None, id="done"),
        pytest.param(
            [_enqueue(0), _take(), _settle(), _enqueue(60)], 60, id="owed again once done"
        ),
        pytest.param(
            [_enqueue(0), _take(), _enqueue(60), _settle()], 60, id="owed again meanwhile"
        ),
        pytest.param(
            [_enqueue(0), _take(), _enqueue(60), _enqueue(30), _settle()],
            30,
            id="twice meanwhile is once",
        ),
        pytest.param([_enqueue(0), _take(), _postpone(5, "no answer")], 5, id="postponed"),
        pytest.param(
            [_enqueue(0), _take(), _enqueue(1), _postpone(60)],
            1,
            id="meanwhile is earlier than a return",
        ),
        pytest.param(
            [_enqueue(0), _take(), _enqueue(1), _postpone(5, "no answer")],
            5,
            id="a failure pauses both",
        ),
        pytest.param([_enqueue(0), _drop], None, id="dropped"),
        pytest.param(
            [_enqueue(0), _take(), _drop, _postpone(5, "no")], None, id="dropped while held"
        ),
        pytest.param(
            [_enqueue(0), _take(), _enqueue(1), _drop, _settle()], None, id="dropped with again"
        ),
        pytest.param([_enqueue(0), _take(), _drop, _enqueue(9)], 9, id="owed after it was dropped"),
    ],
)
def test_owing(store: Store, steps: list[Callable[[Session], Any]], due_in_s: float | None) -> None:
    """A duty is owed once at a time, from the earliest moment somebody asked for."""
    job = _run(store, *steps)
    assert (due_in_s is None) == (job.finished_at is not None)
    assert due_in_s is None or _at(due_in_s) == job.due_at


@pytest.mark.parametrize(
    ("steps", "attempt"),
    [
        pytest.param([_enqueue(0)], 1, id="free"),
        pytest.param([_enqueue(0), _take("w2")], None, id="held"),
        pytest.param([_enqueue(1)], None, id="not due"),
        pytest.param([_enqueue(0), _take("w2"), _settle()], None, id="done"),
        pytest.param([_enqueue(0), _take("w2"), _postpone(0)], 2, id="put off till now"),
        pytest.param([_enqueue(0), _take("w2"), _settle(), _enqueue(0)], 2, id="attempts count on"),
        pytest.param([_enqueue(0), _take("w2"), _enqueue(0), _settle()], 2, id="owed meanwhile"),
    ],
)
def test_taking(store: Store, steps: list[Callable[[Session], Any]], attempt: int | None) -> None:
    """A duty is taken only while it is due, undone and free, and every try is counted."""
    _run(store, *steps)
    taken = store.transact_sync(_take("w1"))
    assert attempt == (taken.attempt if taken else None)
    assert taken is None or (taken.locked_by, taken.attempted_at) == ("w1", NOON)


def test_late_worker_changes_nothing(store: Store) -> None:
    """A worker whose duty went to another neither settles nor postpones it."""
    job = _run(
        store,
        _enqueue(0),
        _take("w2"),
        _settle(locked_by="w1"),
        _postpone(5, "no answer", locked_by="w1", failed=True),
    )
    assert (job.locked_by, job.finished_at, job.failures) == ("w2", None, 0)


def test_failures_count_until_one_try_ends_well(store: Store) -> None:
    """Failures in a row are counted, and a moment somebody asked for starts the count anew."""
    fail = _postpone(0, "no answer", failed=True)
    assert _run(store, _enqueue(0), _take(), fail, _take(), fail).failures == 2
    assert _run(store, _take(), _postpone(0, "slow down")).failures == 0
    assert _run(store, _take(), fail, _take(), _settle()).failures == 0


def test_dead_worker_holds_nothing(store: Store) -> None:
    """What a silent worker held is due at once; what a living one holds stays with it."""
    for name, worker, heard_s in [(CARD, "dead", 0), ("card:LD-13", "alive", 8)]:
        store.transact_sync(_enqueue(0, name))
        store.transact_sync(lambda s, n=name, w=worker: store_jobs.start_attempt(s, n, w, NOON))  # type: ignore[misc]
        store.transact_sync(partial(store_jobs.record_heartbeat, worker=worker, now=_at(heard_s)))
    silence = dt.timedelta(seconds=5)
    assert store.transact_sync(lambda s: store_jobs.release_dead_workers(s, _at(10), silence)) == 1
    freed = store.read_sync(lambda session: store_jobs.list_due(session, _at(10), 9))
    assert [(CARD, _at(10))] == [(job.name, job.due_at) for job in freed]
    assert store.read_sync(lambda session: session.get(Heartbeat, "dead")) is None


def test_leaving_worker_frees_its_duties(store: Store) -> None:
    """A worker that stops hands back what it holds and is forgotten."""
    job = _run(
        store,
        _enqueue(0),
        lambda session: store_jobs.record_heartbeat(session, "w1", NOON),
        _take("w1"),
        lambda session: store_jobs.release_worker(session, "w1", _at(3)),
    )
    assert (None, _at(3)) == (job.locked_by, job.due_at)
    assert store.read_sync(lambda session: session.get(Heartbeat, "w1")) is None


def test_due_lists_the_longest_waiting_first(store: Store) -> None:
    """Duties come in the order in which they became due, and only those of the kind asked."""
    for due_in_s, name in [(-1, "card:b"), (-3, "card:a"), (-2, "card:held"), (1, "card:later")]:
        store.transact_sync(_enqueue(due_in_s, name))
    store.transact_sync(lambda session: store_jobs.start_attempt(session, "card:held", "w1", NOON))

    def names(**asked: Any) -> list[str]:
        found = store.read_sync(lambda session: store_jobs.list_due(session, NOON, 9, **asked))
        return [job.name for job in found]

    assert names() == ["card:a", "card:b"]
    assert names(kind="card") == ["card:a", "card:b"]
    assert names(kind="report") == []
    assert names(names=["card:b", "card:later"]) == ["card:b"]
    assert _at(-3) == store.read_sync(store_jobs.next_due_at)
    list_unfinished = store.read_sync(lambda session: store_jobs.list_unfinished(session, NOON))
    assert set(list_unfinished) == {"card:a", "card:b", "card:held"}


def test_start_hastens_our_own_pauses_only(store: Store) -> None:
    """A start retries at once what we put off, not what was asked to wait or is planned."""
    store.transact_sync(_enqueue(900, "escalate:LD-12"))
    _run(store, _enqueue(0), _take(), _postpone(300, "no answer", failed=True))
    store.transact_sync(lambda session: store_jobs.retry_now(session, NOON))
    found = store.read_sync(lambda session: store_jobs.list_due(session, NOON, 9))
    assert [job.name for job in found] == [CARD]


def test_finished_duties_are_deleted_in_time(store: Store) -> None:
    """Only what was done before the moment goes."""
    store.transact_sync(_enqueue(0, "card:owed"))
    _run(store, _enqueue(0), _take(), _settle())
    for before, deleted in [(NOON, 0), (_at(1), 1)]:
        counted = store.transact_sync(lambda s, at=before: store_jobs.delete_finished(s, at))  # type: ignore[misc]
        assert deleted == counted
    assert store.read_sync(lambda session: store_jobs.list_unfinished(session, NOON)) == [
        "card:owed"
    ]


def test_skipping_counts_only_what_stands_still(store: Store) -> None:
    """An attempt that never began is skipped once, and never one that moved on."""

    def skip(attempt: int) -> bool:
        return store.transact_sync(lambda session: store_jobs.skip_attempt(session, CARD, attempt))

    _run(store, _enqueue(0))
    assert [skip(0), skip(0)] == [True, False]
    _run(store, _take())
    assert not skip(2)


def test_database_decides_who_takes(shared_store: Store) -> None:
    """Every statement means the same on each database."""
    job = _run(
        shared_store, _enqueue(60), _enqueue(0), _take(), _enqueue(5), _settle(locked_by="w1")
    )
    assert (1, _at(5), None, None) == (job.attempt, job.due_at, job.finished_at, job.locked_by)
    assert shared_store.read_sync(store_jobs.count_pending) == {"card": 1}
    assert _at(5) == shared_store.read_sync(
        lambda session: store_jobs.oldest_due_at(session, _at(9))
    )
