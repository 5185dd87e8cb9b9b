"""Recordings, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from bot.call import Side
from bot.call_control import RecordingState
from bot.store import Session, Store
from bot.store.call_control import recordings
from bot.store.call_control.recordings import Recording, RecordingFile, WebhookEvent
from tests.bot.store.factories import DAY, MOMENT, NOON
from tests.bot.store.schema import schema_of_database, schema_of_model


def recording(origin: str, **changes: Any) -> Recording:
    """A recording requested at noon."""
    fields = {"team": "T1", "ticket": 7, "app": "piano", "cname": "c1", "side": Side.TEACHER}
    return Recording(
        **{
            **fields,
            "uid": "10001",
            "person": "U1",
            "origin": origin,
            "requested_at": NOON,
            **changes,
        }
    )


def file(path: str, number: int) -> RecordingFile:
    """A finished file of a recording."""
    return RecordingFile(recording=number, ticket=7, bucket="b", path=path, at=NOON)


async def test_a_recording_round_trips(each_database: Store) -> None:
    """By view, job, ticket and room; reasons, times and nulls are returned as stored."""
    reason = {"id": "no %(what)s", "params": {"what": "quota"}}

    def save(session: Session) -> int:
        old = recording("V1", state=RecordingState.STOPPED, job_id="j1", stopped_at=NOON)
        new = recording(
            "V2", state=RecordingState.RUNNING, job_id="j2", reason=reason, has_webhook=False
        )
        lost = recording("V3", ticket=8, state=RecordingState.UNCONFIRMED)
        session.add_all([old, new, lost])
        session.flush()
        assert new.id is not None
        return new.id

    number = await each_database.transact(save)

    def look(session: Session) -> None:
        recording = recordings.lock(session, number)
        assert (reason, False, None) == (
            recording.reason,
            recording.has_webhook,
            recording.stopped_at,
        )
        assert (recording.requested_at, recording.side) == (NOON, Side.TEACHER)
        assert recording == recordings.find_by_origin(session, "T1", "V2")
        assert recording == recordings.find_active(session, 7)
        assert recording == recordings.find_by_job(session, "piano", "j2")
        for missing in (
            recordings.find_by_origin(session, "T2", "V2"),
            recordings.find_active(session, 8),
            recordings.find_by_job(session, "kids", "j2"),
            recordings.find_by_job(session, "piano", ""),
        ):
            assert missing is None
        assert [one.origin for one in recordings.list_without_job(session, "piano", "c1")] == ["V3"]
        with pytest.raises(KeyError):
            recordings.lock(session, number + 1000)

    await each_database.transact(look)


async def test_repeated_rows_are_stored_once(each_database: Store) -> None:
    """An event and a file are new once, also with two concurrent writers."""

    async def twice(work: Any) -> list[bool]:
        return sorted(await asyncio.gather(*(each_database.transact(work) for _ in range(2))))

    assert await twice(lambda s: recordings.mark_received(s, "e1", NOON)) == [False, True]

    def add(session: Session) -> list[bool]:
        return [recordings.add_file(session, file(path, 1)) for path in ("a", "a", "b")]

    assert await each_database.transact(add) == [True, False, True]


@pytest.mark.parametrize(("after", "is_new"), [(2 * DAY, False), (2 * DAY + MOMENT, True)])
def test_events_are_remembered_for_two_days(
    *, after: dt.timedelta, is_new: bool, session: Session
) -> None:
    """Older ones are deleted: their signatures are rejected anyway."""
    assert recordings.mark_received(session, "e1", NOON)
    assert recordings.mark_received(session, "e2", NOON + after)
    assert recordings.mark_received(session, "e1", NOON + after) is is_new


@pytest.mark.parametrize(
    ("state", "is_active"),
    [
        (RecordingState.PENDING, True),
        (RecordingState.RUNNING, True),
        (RecordingState.STOPPED, False),
    ],
)
def test_active_recording_may_still_change(
    *, state: RecordingState, is_active: bool, session: Session
) -> None:
    """Of several active ones of a ticket the newest counts."""
    assert recording("V1", state=state).is_active is is_active
    session.add_all([recording("V1", state=state), recording("V2", ticket=8)])
    session.flush()
    active = recordings.find_active(session, 7)
    assert (active is not None) is is_active
    session.add(recording("V3", state=state))
    session.flush()
    newest = recordings.find_active(session, 7)
    assert newest is None or newest.origin == "V3"


def test_recordings_of_a_room_without_jobs(session: Session) -> None:
    """The newest first, also one that is being sent; not other rooms, apps and states."""
    states: dict[str, dict[str, Any]] = {
        "V1": {},
        "V2": {"cname": "c2"},
        "V3": {"app": "kids"},
        "V4": {"state": RecordingState.RUNNING},
        "V5": {},
        "V6": {"state": RecordingState.PENDING},
        "V7": {"state": RecordingState.PENDING, "attempted_at": NOON},
    }
    for origin, changes in states.items():
        session.add(recording(origin, **{"state": RecordingState.UNCONFIRMED, **changes}))
        session.flush()
    listed = recordings.list_without_job(session, "piano", "c1")
    assert [each.origin for each in listed] == ["V7", "V5", "V1"]


def test_a_new_recording_is_pending_and_was_not_polled() -> None:
    """Nothing is known of it yet."""
    new = recording("V1")
    assert (new.state, new.poll_count, new.has_webhook) == (RecordingState.PENDING, 0, None)


def test_same_path_in_another_bucket_or_recording_is_another_file(session: Session) -> None:
    """A file is its recording, bucket and path."""
    other_bucket = file("a", 1)
    other_bucket.bucket = "b2"
    files = [file("a", 1), file("a", 2), other_bucket]
    assert [recordings.add_file(session, each) for each in files] == [True, True, True]
    assert all(each.id for each in files)


@pytest.mark.parametrize("model", [Recording, RecordingFile, WebhookEvent])
def test_tables_are_those_of_the_migrations(model: Any, migrated_store: Store) -> None:
    """A migrated database needs no further revision."""
    assert schema_of_model(model) == schema_of_database(migrated_store, model)
