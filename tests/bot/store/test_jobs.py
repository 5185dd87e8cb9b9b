from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.store import Session, Store, job_leases
from bot.store import jobs as store_jobs
from bot.store.job_leases import ClaimedJob, FreeSlots, Pace
from bot.store.models import Heartbeat, Job, JobPartition
from tests.due_jobs import list_unfinished

NOON = dt.datetime(2026, 11, 9, 12, 0, tzinfo=dt.UTC)
CARD = "card:LD-12"
LEASE = dt.timedelta(seconds=6)
PACE = Pace(dt.timedelta(seconds=1), burst=3)

Step = Callable[[Session], Any]


def _at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def _enqueue(due_in_s: float = 0, name: str = CARD, *, partition: str = "") -> Step:
    kind = name.partition(":")[0]
    return lambda session: store_jobs.enqueue(
        session, name, kind, 12, partition=partition, due_at=_at(due_in_s)
    )


def _claim(holder: str = "w1", at_s: float = 0, *, limit: int = 1, **more: Any) -> Step:
    free = [FreeSlots(["card"], limit, more.pop("pace", PACE))]
    return lambda session: job_leases.claim(
        session, free, token=holder, now=_at(at_s), lease=LEASE, **more
    )


def _complete(holder: str = "w1", **more: Any) -> Step:
    return lambda session: job_leases.end(session, CARD, holder, NOON, **more)


def _reschedule(due_in_s: float, error: str = "", holder: str = "w1", **more: Any) -> Step:
    return lambda session: job_leases.end(
        session, CARD, holder, NOON, _at(due_in_s), error=error, **more
    )


def _run(store: Store, *steps: Step) -> Job:
    """Run each step in a transaction of its own and return the job."""
    for step in steps:
        store.transact_sync(step)
    return _read(store)


def _read(store: Store, name: str = CARD) -> Job:
    job = store.read_sync(lambda session: session.get(Job, name))
    assert job is not None
    return job


def _names(jobs: Sequence[ClaimedJob]) -> list[str]:
    return [job.name for job in jobs]


@pytest.mark.parametrize(
    ("steps", "due_in_s"),
    [
        pytest.param([_enqueue(0)], 0, id="once"),
        pytest.param([_enqueue(0), _enqueue(60)], 0, id="then later: stays"),
        pytest.param([_enqueue(60), _enqueue(0)], 0, id="then earlier: moves"),
        pytest.param([_enqueue(0), _claim(), _complete()], None, id="done"),
        pytest.param([_enqueue(0), _claim(), _complete(), _enqueue(60)], 60, id="after its end"),
        pytest.param([_enqueue(0), _claim(), _enqueue(60), _complete()], 60, id="while it runs"),
        pytest.param(
            [_enqueue(0), _claim(), _enqueue(60), _enqueue(30), _complete()],
            30,
            id="twice while it runs is once",
        ),
        pytest.param([_enqueue(0), _claim(), _reschedule(5, "no answer")], 5, id="failed"),
        pytest.param([_enqueue(0), _claim(), _reschedule(60)], 60, id="wants to run again"),
        pytest.param(
            [_enqueue(0), _claim(), _enqueue(1), _reschedule(60)],
            1,
            id="while it runs, earlier than it wants",
        ),
        pytest.param(
            [_enqueue(0), _claim(), _enqueue(90), _reschedule(60)],
            60,
            id="while it runs, later than it wants",
        ),
        pytest.param(
            [_enqueue(0), _claim(), _enqueue(1), _reschedule(5, "no answer")],
            5,
            id="while it runs, but it failed",
        ),
        pytest.param(
            [_enqueue(0), _claim(), _complete(error="no", failures=2), _enqueue(9)],
            9,
            id="after giving up",
        ),
    ],
)
def test_enqueueing(shared_store: Store, steps: list[Step], due_in_s: float | None) -> None:
    """The same name is one job, due at the earliest moment asked for."""
    job = _run(shared_store, *steps)
    assert (job.finished_at is not None) == (due_in_s is None)
    assert due_in_s is None or job.due_at == _at(due_in_s)
    assert (job.rerun, job.failures) == (False, 0)


@pytest.mark.parametrize(
    ("steps", "attempt"),
    [
        pytest.param([_enqueue(0)], 1, id="free"),
        pytest.param([_enqueue(0), _claim("w2")], None, id="held"),
        pytest.param([_enqueue(-9), _claim("w2", at_s=-6)], None, id="held until this moment"),
        pytest.param([_enqueue(-9), _claim("w2", at_s=-6.1)], 2, id="lease over"),
        pytest.param([_enqueue(1)], None, id="not due"),
        pytest.param([_enqueue(0), _claim("w2"), _complete("w2")], None, id="done"),
        pytest.param([_enqueue(0), _claim("w2"), _reschedule(0, holder="w2")], 2, id="again now"),
        pytest.param(
            [_enqueue(0), _claim("w2"), _complete("w2"), _enqueue(0)], 2, id="attempts count on"
        ),
        pytest.param(
            [_enqueue(0), _claim("w2"), _enqueue(0), _complete("w2")], 2, id="enqueued meanwhile"
        ),
    ],
)
def test_claiming(shared_store: Store, steps: list[Step], attempt: int | None) -> None:
    """A job is claimed only while it is due, unfinished and free; every attempt is counted."""
    _run(shared_store, *steps)
    claimed = shared_store.transact_sync(_claim("w1"))
    assert [job.attempt for job in claimed] == ([] if attempt is None else [attempt])
    for job in claimed:
        assert (job.name, job.kind, job.arguments, job.token) == (CARD, "card", [12], "w1")
        assert (_read(shared_store).locked_by, _read(shared_store).locked_until) == ("w1", _at(6))


def test_which_jobs_are_claimed(shared_store: Store) -> None:
    """Only known kinds, the longest due first, no more than asked for, none that still runs."""
    for due_in_s, name in [(-1, "card:1"), (-3, "card:2"), (-2, "card:3"), (-9, "report:1")]:
        shared_store.transact_sync(_enqueue(due_in_s, name))
    assert _names(shared_store.transact_sync(_claim(limit=1, name="card:1"))) == ["card:1"]
    assert _names(shared_store.transact_sync(_claim(limit=1, running=["card:2"]))) == ["card:3"]
    assert _names(shared_store.transact_sync(_claim(limit=9))) == ["card:2"]


def test_backlog_of_one_kind_hides_no_other(shared_store: Store) -> None:
    """However many reports have waited for longer, a card is claimed with them."""
    for number in range(30):
        shared_store.transact_sync(_enqueue(-9, f"report:{number}"))
    shared_store.transact_sync(_enqueue(0))
    free = [FreeSlots([kind], 1, PACE) for kind in ("card", "report")]
    claimed = shared_store.transact_sync(
        lambda session: job_leases.claim(session, free, token="w1", now=NOON, lease=LEASE)
    )
    assert [job.kind for job in claimed] == ["card", "report"]


def test_lost_lease_changes_nothing(shared_store: Store) -> None:
    """A worker whose job was claimed by another neither ends nor postpones it."""
    job = _run(
        shared_store,
        _enqueue(0),
        _claim("w1"),
        _claim("w2", at_s=7),
        _complete("w1"),
        _reschedule(5, "no answer", "w1", failures=1),
        lambda session: job_leases.release(session, "worker", ["w1"]),
        lambda session: job_leases.renew_leases(session, {CARD: "w1"}, _at(60)),
    )
    assert (job.locked_by, job.finished_at, job.failures) == ("w2", None, 0)
    assert (job.locked_until, job.due_at) == (_at(13), NOON)
    held = [
        shared_store.transact_sync(lambda s, t=token: job_leases.is_held(s, CARD, t))  # type: ignore[misc]
        for token in ("w1", "w2")
    ]
    assert held == [False, True]


@pytest.mark.parametrize(("holder", "is_recorded"), [("w1", True), ("w2", False)])
def test_outcome_says_whether_it_was_recorded(
    store: Store,
    holder: str,
    is_recorded: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Only the holder of the lease records an outcome, and learns that it did."""
    _run(store, _enqueue(0), _claim("w1"))
    assert store.transact_sync(_reschedule(0, holder=holder)) is is_recorded
    store.transact_sync(_claim("w1"))
    assert store.transact_sync(_complete(holder)) is is_recorded


def test_renewal(shared_store: Store) -> None:
    """A renewed lease lasts longer, and who asks learns which jobs are still held."""
    for name in (CARD, "card:LD-13"):
        shared_store.transact_sync(_enqueue(0, name))
        shared_store.transact_sync(_claim(f"token of {name}", name=name))
    tokens = {CARD: f"token of {CARD}", "card:LD-13": f"token of {CARD}", "card:LD-14": "w3"}
    renew = partial(job_leases.renew_leases, tokens=tokens, until=_at(60))
    assert shared_store.transact_sync(renew) == {CARD}
    assert _read(shared_store).locked_until == _at(60)
    assert _read(shared_store, "card:LD-13").locked_until == _at(6)


def test_release(shared_store: Store) -> None:
    """The jobs of a worker that stops are free for others at once."""
    _run(shared_store, _enqueue(0), _claim("w1"), _enqueue(0))
    job = _run(shared_store, lambda session: job_leases.release(session, "worker", ["w1"]))
    assert (job.locked_by, job.locked_until, job.rerun) == (None, None, False)
    assert _names(shared_store.transact_sync(_claim("w2"))) == [CARD]


def test_failures_are_counted_in_a_row(shared_store: Store) -> None:
    """What an attempt reports is stored; an end starts the count anew."""
    job = _run(shared_store, _enqueue(0), _claim(), _reschedule(0, "no answer", failures=2))
    assert (job.failures, job.last_error) == (2, "no answer")
    [claimed] = shared_store.transact_sync(_claim())
    assert claimed.failures == 2
    job = _run(shared_store, _reschedule(0))
    assert (job.failures, job.last_error) == (0, "")
    job = _run(shared_store, _claim(), _complete(error="refused"))
    assert (job.failures, job.last_error, job.finished_at) == (0, "refused", NOON)


def _post(number: int, channel: str) -> Step:
    return _enqueue(0, f"card:{channel}{number}", partition=channel)


def test_pace_of_a_partition(shared_store: Store) -> None:
    """After a burst, one job a second starts in a partition; another partition is free."""
    for number in range(6):
        shared_store.transact_sync(_post(number, "A"))
    shared_store.transact_sync(_post(0, "B"))
    starts = {
        at_s: len(shared_store.transact_sync(_claim(at_s=at_s, limit=8)))
        for at_s in (0, 0.5, 0.9, 1, 1.5, 2, 2.5, 3)
    }
    assert starts == {0: 3 + 1, 0.5: 0, 0.9: 0, 1: 1, 1.5: 0, 2: 1, 2.5: 0, 3: 1}


@pytest.mark.parametrize(
    "between",
    [[], [_claim()], [_claim(), _complete()]],
    ids=["waiting", "running", "done"],
)
def test_change_of_partition(shared_store: Store, between: list[Step]) -> None:
    """A job that is enqueued again starts at the pace of the partition that it has then."""
    job = _run(
        shared_store, _enqueue(0, partition="posts"), *between, _enqueue(0, partition="edits")
    )
    assert job.partition == "edits"
    shared_store.transact_sync(lambda session: store_jobs.move(session, CARD, "posts"))
    assert _read(shared_store).partition == "posts"


def test_unused_pace_is_not_saved_up(shared_store: Store) -> None:
    """However long nothing was posted, no more than a burst starts at once."""
    for number in range(8):
        shared_store.transact_sync(_post(number, "A"))
    assert len(shared_store.transact_sync(_claim(at_s=0, limit=1))) == 1
    assert len(shared_store.transact_sync(_claim(at_s=3600, limit=8))) == 3


def test_bursts_are_left_to_others(shared_store: Store) -> None:
    """What nobody waits for starts when a whole burst is left, with or without others before."""
    pace = replace(PACE, leaves_burst=True)
    for number in range(4):
        shared_store.transact_sync(_post(number, "A"))
    shared_store.transact_sync(_claim(at_s=0))  # the first
    starts = {}
    for at_s in (0.5, 1, 1.5, 2):
        starts[at_s] = len(shared_store.transact_sync(_claim(at_s=at_s, limit=8, pace=pace)))
    assert starts == {0.5: 0, 1: 1, 1.5: 0, 2: 1}
    assert len(shared_store.transact_sync(_claim(at_s=2))) == 1


def test_late_start_is_not_made_up_for(shared_store: Store) -> None:
    """A worker that looks a little late leaves a whole interval before the next start too."""
    for number in range(8):
        shared_store.transact_sync(_post(number, "A"))
    shared_store.transact_sync(lambda session: job_leases.pause_partition(session, "A", _at(0)))
    starts = {
        at_s: len(shared_store.transact_sync(_claim(at_s=at_s, limit=8)))
        for at_s in (0.2, 1.1, 1.2, 2.1, 2.4, 3.3, 3.4)
    }
    assert starts == {0.2: 1, 1.1: 0, 1.2: 1, 2.1: 0, 2.4: 1, 3.3: 0, 3.4: 1}


def test_paused_partition(shared_store: Store) -> None:
    """Nothing starts before the pause is over, a shorter pause takes nothing away."""
    shared_store.transact_sync(_post(0, "A"))
    for until_s in (30, 10):
        shared_store.transact_sync(
            lambda session, s=until_s: job_leases.pause_partition(session, "A", _at(s))  # type: ignore[misc]
        )
    assert shared_store.transact_sync(_claim(at_s=29.9)) == []
    assert shared_store.read_sync(lambda s: list_unfinished(s, _at(29.9))) == []
    assert len(shared_store.transact_sync(_claim(at_s=30))) == 1


def test_bringing_jobs_forward(shared_store: Store) -> None:
    """Retries after failures can be run now; what waits for another reason keeps waiting."""
    _run(shared_store, _enqueue(0), _claim(), _reschedule(300, "no answer", failures=1))
    shared_store.transact_sync(_enqueue(600, "card:LD-13"))
    shared_store.transact_sync(lambda session: store_jobs.retry_now(session, NOON))
    assert (_read(shared_store).due_at, _read(shared_store, "card:LD-13").due_at) == (
        NOON,
        _at(600),
    )


@pytest.mark.parametrize(("failures", "is_pending"), [(0, False), (1, True)])
def test_job_given_up_until_the_next_start(
    shared_store: Store, failures: int, *, is_pending: bool
) -> None:
    """It runs again then; a job that is given up for good does not. Both are listed."""
    given_up = _complete(error="refused", failures=failures)
    _run(shared_store, _enqueue(0), _claim(), given_up)
    listed = shared_store.read_sync(lambda s: store_jobs.list_failing(s, "card", ""))
    assert [(job.name, job.last_error) for job in listed] == [(CARD, "refused")]
    job = _run(shared_store, lambda s: store_jobs.retry_now(s, _at(5)))
    assert (job.finished_at is None) == is_pending
    assert (job.due_at == _at(5)) == is_pending
    if is_pending:
        assert _run(shared_store, _claim(at_s=9), _complete()).failures == 0
        assert shared_store.read_sync(lambda s: store_jobs.list_failing(s, "card", "")) == []


def test_what_is_pending(shared_store: Store) -> None:
    """Unfinished jobs are counted by kind, with the moment since which the oldest is due."""
    for due_in_s, name in [(-30, CARD), (-10, "card:LD-13"), (60, "report:LD-12")]:
        shared_store.transact_sync(_enqueue(due_in_s, name))
    read = shared_store.read_sync
    assert read(store_jobs.count_pending) == {"card": 2, "report": 1}
    assert read(lambda s: store_jobs.oldest_due_at(s, NOON)) == _at(-30)
    assert read(lambda s: store_jobs.oldest_due_at(s, _at(-30))) == _at(-30)
    assert read(lambda s: store_jobs.oldest_due_at(s, _at(-31))) is None
    assert set(read(lambda s: list_unfinished(s, NOON))) == {CARD, "card:LD-13"}
    _run(shared_store, _claim(), _complete())
    assert read(store_jobs.count_pending) == {"card": 1, "report": 1}
    assert read(lambda s: list_unfinished(s, NOON)) == ["card:LD-13"]


def test_cleaning(shared_store: Store) -> None:
    """Done jobs leave before failed ones; unfinished jobs stay, and pauses until they are over."""
    for name, error in [("card:1", ""), ("card:2", "refused")]:
        shared_store.transact_sync(_enqueue(0, name))
        [job] = shared_store.transact_sync(_claim(name=name))
        shared_store.transact_sync(
            lambda s, j=job, e=error: job_leases.end(s, j.name, j.token, NOON, error=e)  # type: ignore[misc]
        )
    shared_store.transact_sync(_enqueue(-99, "card:3"))
    shared_store.transact_sync(lambda s: job_leases.pause_partition(s, "A", _at(5)))
    for seen_in_s in (0, 5):
        shared_store.transact_sync(
            lambda s, t=seen_in_s: store_jobs.record_heartbeat(s, f"w{t}", _at(t))  # type: ignore[misc]
        )

    def clean(after: dt.timedelta, passed_s: float) -> tuple[int, bool]:
        """Return how many jobs were deleted, and whether the pause is left."""
        now = _at(passed_s) + after
        number = shared_store.transact_sync(lambda s: store_jobs.delete_finished(s, now))
        return number, shared_store.read_sync(lambda s: s.get(JobPartition, "A")) is not None

    done, failed = store_jobs.DONE_RETENTION, store_jobs.FAILED_RETENTION
    cleanings = [(done, 0), (done, 1), (done, 5), (done, 6), (failed, 0), (failed, 1)]
    assert [clean(after, passed_s) for after, passed_s in cleanings] == [
        (0, True),
        (1, True),
        (0, True),
        (0, False),
        (0, False),
        (1, False),
    ]
    assert _read(shared_store, "card:3").finished_at is None
    seen = shared_store.read_sync(lambda s: (s.get(Heartbeat, "w0"), s.get(Heartbeat, "w5")))
    assert [row is not None for row in seen] == [False, True]


def test_heartbeats(shared_store: Store) -> None:
    """The newest heartbeat counts; a worker that stops has none."""
    read = shared_store.read_sync
    assert read(store_jobs.last_heartbeat) is None
    for worker, at_s in [("w1", 5), ("w2", 3), ("w2", 4)]:
        shared_store.transact_sync(
            lambda s, w=worker, t=at_s: store_jobs.record_heartbeat(s, w, _at(t))  # type: ignore[misc]
        )
    assert read(store_jobs.last_heartbeat) == _at(5)
    shared_store.transact_sync(lambda s: store_jobs.delete_heartbeat(s, "w1"))
    assert read(store_jobs.last_heartbeat) == _at(4)
