from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bot.store import Session, Store
from bot.store import jobs as store_jobs
from bot.store.models import Duty, Heartbeat

NOON = dt.datetime(2026, 11, 9, 12, 0, tzinfo=dt.UTC)
CARD = "card:LD-12"


def _at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def _owe(due_in_s: float = 0, name: str = CARD) -> Callable[[Session], None]:
    return lambda session: store_jobs.owe(session, name, "card", ticket=12, due_at=_at(due_in_s))


def _take(worker: str = "w1", at_s: float = 0) -> Callable[[Session], Duty | None]:
    return lambda session: store_jobs.take(session, CARD, worker, _at(at_s))


def _settle(**options: Any) -> Callable[[Session], bool]:
    return lambda session: store_jobs.settle(session, CARD, NOON, **options)


def _postpone(due_in_s: float, error: str = "", **options: Any) -> Callable[[Session], None]:
    return lambda session: store_jobs.postpone(session, CARD, _at(due_in_s), error, **options)


def _drop(session: Session) -> None:
    store_jobs.drop(session, CARD, NOON)


def _run(store: Store, *steps: Callable[[Session], Any]) -> Duty:
    """Run each step in a transaction of its own and return what became of the duty."""
    for step in steps:
        store.transact_here(step)
    duty = store.read_here(lambda session: session.get(Duty, CARD))
    assert duty is not None
    return duty


@pytest.mark.parametrize(
    ("steps", "due_in_s"),
    [
        pytest.param([_owe(0)], 0, id="once"),
        pytest.param([_owe(0), _owe(60)], 0, id="the earlier stays"),
        pytest.param([_owe(60), _owe(0)], 0, id="the earlier comes"),
        pytest.param([_owe(0), _take(), _settle()], None, id="done"),
        pytest.param([_owe(0), _take(), _settle(), _owe(60)], 60, id="owed again once done"),
        pytest.param([_owe(0), _take(), _owe(60), _settle()], 60, id="owed again meanwhile"),
        pytest.param(
            [_owe(0), _take(), _owe(60), _owe(30), _settle()], 30, id="twice meanwhile is once"
        ),
        pytest.param([_owe(0), _take(), _postpone(5, "no answer")], 5, id="postponed"),
        pytest.param(
            [_owe(0), _take(), _owe(1), _postpone(60)], 1, id="meanwhile is earlier than a return"
        ),
        pytest.param(
            [_owe(0), _take(), _owe(1), _postpone(5, "no answer")], 5, id="a failure pauses both"
        ),
        pytest.param([_owe(0), _drop], None, id="dropped"),
        pytest.param([_owe(0), _take(), _drop, _postpone(5, "no")], None, id="dropped while held"),
        pytest.param([_owe(0), _take(), _owe(1), _drop, _settle()], None, id="dropped with again"),
        pytest.param([_owe(0), _take(), _drop, _owe(9)], 9, id="owed after it was dropped"),
    ],
)
def test_owing(store: Store, steps: list[Callable[[Session], Any]], due_in_s: float | None) -> None:
    """A duty is owed once at a time, from the earliest moment somebody asked for."""
    duty = _run(store, *steps)
    assert (due_in_s is None) == (duty.done_at is not None)
    assert due_in_s is None or _at(due_in_s) == duty.due_at


@pytest.mark.parametrize(
    ("steps", "attempt"),
    [
        pytest.param([_owe(0)], 1, id="free"),
        pytest.param([_owe(0), _take("w2")], None, id="held"),
        pytest.param([_owe(1)], None, id="not due"),
        pytest.param([_owe(0), _take("w2"), _settle()], None, id="done"),
        pytest.param([_owe(0), _take("w2"), _postpone(0)], 2, id="put off till now"),
        pytest.param([_owe(0), _take("w2"), _settle(), _owe(0)], 2, id="attempts count on"),
        pytest.param([_owe(0), _take("w2"), _owe(0), _settle()], 2, id="owed meanwhile"),
    ],
)
def test_taking(store: Store, steps: list[Callable[[Session], Any]], attempt: int | None) -> None:
    """A duty is taken only while it is due, undone and free, and every try is counted."""
    _run(store, *steps)
    taken = store.transact_here(_take("w1"))
    assert attempt == (taken.attempt if taken else None)
    assert taken is None or ("w1", NOON) == (taken.holder, taken.begun_at)


def test_late_worker_changes_nothing(store: Store) -> None:
    """A worker whose duty went to another neither settles nor postpones it."""
    duty = _run(
        store,
        _owe(0),
        _take("w2"),
        _settle(holder="w1"),
        _postpone(5, "no answer", holder="w1", failed=True),
    )
    assert ("w2", None, 0) == (duty.holder, duty.done_at, duty.failures)


def test_failures_count_until_one_try_ends_well(store: Store) -> None:
    """Failures in a row are counted, and a moment somebody asked for starts the count anew."""
    fail = _postpone(0, "no answer", failed=True)
    assert 2 == _run(store, _owe(0), _take(), fail, _take(), fail).failures
    assert 0 == _run(store, _take(), _postpone(0, "slow down")).failures
    assert 0 == _run(store, _take(), fail, _take(), _settle()).failures


def test_dead_worker_holds_nothing(store: Store) -> None:
    """What a silent worker held is due at once; what a living one holds stays with it."""
    for name, worker, heard_s in [(CARD, "dead", 0), ("card:LD-13", "alive", 8)]:
        store.transact_here(_owe(0, name))
        store.transact_here(lambda s, n=name, w=worker: store_jobs.take(s, n, w, NOON))  # type: ignore[misc]
        store.transact_here(lambda s, w=worker, at=heard_s: store_jobs.beat(s, w, _at(at)))  # type: ignore[misc]
    silence = dt.timedelta(seconds=5)
    assert 1 == store.transact_here(lambda s: store_jobs.release_dead(s, _at(10), silence))
    freed = store.read_here(lambda session: store_jobs.due(session, _at(10), 9))
    assert [(CARD, _at(10))] == [(duty.name, duty.due_at) for duty in freed]
    assert store.read_here(lambda session: session.get(Heartbeat, "dead")) is None


def test_leaving_worker_frees_its_duties(store: Store) -> None:
    """A worker that stops hands back what it holds and is forgotten."""
    duty = _run(
        store,
        _owe(0),
        lambda session: store_jobs.beat(session, "w1", NOON),
        _take("w1"),
        lambda session: store_jobs.leave(session, "w1", _at(3)),
    )
    assert (None, _at(3)) == (duty.holder, duty.due_at)
    assert store.read_here(lambda session: session.get(Heartbeat, "w1")) is None


def test_due_lists_the_longest_waiting_first(store: Store) -> None:
    """Duties come in the order in which they became due, and only those of the kind asked."""
    for due_in_s, name in [(-1, "card:b"), (-3, "card:a"), (-2, "card:held"), (1, "card:later")]:
        store.transact_here(_owe(due_in_s, name))
    store.transact_here(lambda session: store_jobs.take(session, "card:held", "w1", NOON))

    def names(**asked: Any) -> list[str]:
        found = store.read_here(lambda session: store_jobs.due(session, NOON, 9, **asked))
        return [duty.name for duty in found]

    assert ["card:a", "card:b"] == names()
    assert ["card:a", "card:b"] == names(kind="card")
    assert [] == names(kind="report")
    assert ["card:b"] == names(names=["card:b", "card:later"])
    assert _at(-3) == store.read_here(store_jobs.next_due)
    unsettled = store.read_here(lambda session: store_jobs.unsettled(session, NOON))
    assert {"card:a", "card:b", "card:held"} == set(unsettled)


def test_start_hastens_our_own_pauses_only(store: Store) -> None:
    """A start retries at once what we put off, not what was asked to wait or is planned."""
    store.transact_here(_owe(900, "escalate:LD-12"))
    _run(store, _owe(0), _take(), _postpone(300, "no answer", failed=True))
    store.transact_here(lambda session: store_jobs.hasten(session, NOON))
    found = store.read_here(lambda session: store_jobs.due(session, NOON, 9))
    assert [CARD] == [duty.name for duty in found]


def test_finished_duties_are_deleted_in_time(store: Store) -> None:
    """Only what was done before the moment goes."""
    store.transact_here(_owe(0, "card:owed"))
    _run(store, _owe(0), _take(), _settle())
    for before, deleted in [(NOON, 0), (_at(1), 1)]:
        counted = store.transact_here(lambda s, at=before: store_jobs.delete_finished(s, at))  # type: ignore[misc]
        assert deleted == counted
    assert ["card:owed"] == store.read_here(lambda session: store_jobs.unsettled(session, NOON))


def test_skipping_counts_only_what_stands_still(store: Store) -> None:
    """An attempt that never began is skipped once, and never one that moved on."""

    def skip(attempt: int) -> bool:
        return store.transact_here(lambda session: store_jobs.skip_attempt(session, CARD, attempt))

    _run(store, _owe(0))
    assert [True, False] == [skip(0), skip(0)]
    _run(store, _take())
    assert not skip(2)


def test_database_decides_who_takes(shared_store: Store) -> None:
    """Every statement means the same on each database."""
    duty = _run(shared_store, _owe(60), _owe(0), _take(), _owe(5), _settle(holder="w1"))
    assert (1, _at(5), None, None) == (duty.attempt, duty.due_at, duty.done_at, duty.holder)
    assert {"card": 1} == shared_store.read_here(store_jobs.count_owed)
    assert _at(5) == shared_store.read_here(lambda session: store_jobs.oldest_due(session, _at(9)))
