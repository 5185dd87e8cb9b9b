"""Recordings, orders and the audit log, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from bot.call import Side
from bot.call_control import RecordingState
from bot.store import Session, Store
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.call_control import recordings
from bot.store.call_control.recordings import Recording, RecordingFile

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


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


def entry(origin: str, action: str, minute: int, **changes: Any) -> AuditEntry:
    """An audit entry, this many minutes after noon."""
    fields = {"team": "T1", "person": "U1", "ticket": 7, "at": NOON + minute * MINUTE}
    return AuditEntry(**{**fields, "origin": origin, "action": action, **changes})


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
        assert [one.origin for one in recordings.list_unconfirmed(session, "piano", "c1")] == ["V3"]
        with pytest.raises(KeyError):
            recordings.lock(session, number + 1000)

    await each_database.transact(look)


async def test_repeated_rows_are_stored_once(each_database: Store) -> None:
    """An event, a file and an audit entry are new once, also with two concurrent writers."""

    async def twice(work: Any) -> list[bool]:
        return sorted(await asyncio.gather(*(each_database.transact(work) for _ in range(2))))

    assert await twice(lambda s: recordings.mark_received(s, "e1", NOON)) == [False, True]
    assert await twice(lambda s: audit_log.add_entry(s, entry("V9", "room.reveal", 0))) == [
        False,
        True,
    ]

    def add(session: Session) -> list[bool]:
        return [recordings.add_file(session, file(path, 1)) for path in ("a", "a", "b")]

    assert await each_database.transact(add) == [True, False, True]
    later = NOON + dt.timedelta(days=3)
    assert await each_database.transact(lambda s: recordings.mark_received(s, "e2", later))
    assert await each_database.transact(lambda s: recordings.mark_received(s, "e1", later))


async def test_who_did_what_newest_first(each_database: Store) -> None:
    """Outcomes stand beside their orders; other workspaces and tickets are apart."""
    uid = {"uid": "20002", "cname": "琴房"}
    entries = [
        entry("V1", "room.dismiss", 1, detail=uid),
        entry("V1", "room.dismiss.refused", 2),
        entry("V2", "room.record", 3, ticket=8),
        entry("V3", "tickets.export", 3, ticket=None),
        entry("V1", "room.reveal", 9, team="T2"),
    ]

    def save(session: Session) -> None:
        assert [True] * len(entries) == [audit_log.add_entry(session, each) for each in entries]

    await each_database.transact(save)

    def look(session: Session) -> None:
        newest = audit_log.list_newest(session, "T1", None, 3)
        assert [each.origin for each in newest] == ["V3", "V2", "V1"]
        (only,) = [
            each for each in audit_log.list_newest(session, "T1", 7, 20) if each.origin == "V1"
        ]
        assert (uid, NOON + MINUTE) == (only.detail, only.at)
        assert audit_log.outcomes(session, "T1", ["V1", "V2"]) == {"V1": "refused"}
        assert audit_log.outcomes(session, "T2", ["V1"]) == {}
        assert audit_log.outcomes(session, "T1", []) == {}
        about = [each.action for each in audit_log.list_for_ticket(session, 7) if each.team == "T1"]
        assert about[-2:] == ["room.dismiss", "room.dismiss.refused"]

    await each_database.read(look)
