"""What a cloud tells of recordings by itself: noted once, told in the thread by duties."""

from __future__ import annotations

import datetime as dt
import logging

from bot.ports import RecordEvent, RecordMoment
from bot.services.call_control.service import FILE, STATE
from bot.services.tickets.service import Desk
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.call_control import recordings
from bot.store.call_control.recordings import RecordedFile, Recording, RecordState

log = logging.getLogger(__name__)


class Callbacks:
    """The desk's verb for what clouds tell."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def hear(self, event: RecordEvent) -> bool:
        """Take an event, once; tells whether it was new and of a recording of ours."""
        now = self._desk.clock.now()
        taken = await self._desk.store.transact(lambda session: _take(session, event, now))
        if taken:
            await self._desk.wake()
        return taken


def _take(session: Session, event: RecordEvent, now: dt.datetime) -> bool:
    recording = _find(session, event)
    if recording is None:
        log.info("a record event (%s) of no recording of ours is ignored", event.moment)
        return False
    if not recordings.hear(session, event.id, now):
        return False
    if event.moment is RecordMoment.OVER and recording.over_at is None:
        recording.over_at = now
    if event.moment is RecordMoment.FILE_DONE:
        _keep_file(session, recording, event, now)
    recording.polls = 0
    session.add(recording)
    if recording.is_active:  # the cloud's own answer is worth more than an event
        name = f"{STATE}:{recording.id}"
        store_jobs.owe(session, name, STATE, ticket=recording.ticket, due_at=now)
    return True


def _find(session: Session, event: RecordEvent) -> Recording | None:
    """Find the recording of ours that is spoken of."""
    known = recordings.find_by_job(session, event.app, event.job_id)
    if known is not None or not event.job_id:
        return known
    return _adopt(session, event)


def _adopt(session: Session, event: RecordEvent) -> Recording | None:
    """Learn the job of a recording whose start was never confirmed, from its stream's name.

    10.1 names a stream of a single person `s_{job}_{room}_{user}`.
    """
    for recording in recordings.unconfirmed_of(session, event.app, event.cname):
        if event.stream == f"s_{event.job_id}_{recording.cname}_{recording.uid}":
            recording.job_id, recording.state = event.job_id, RecordState.RUNNING
            return recording
    return None


def _keep_file(
    session: Session, recording: Recording, event: RecordEvent, now: dt.datetime
) -> None:
    file = RecordedFile(
        recording=recording.id or 0,
        ticket=recording.ticket,
        format=event.format,
        location=event.location,
        bucket=event.bucket,
        path=event.path,
        duration_s=event.duration_s,
        width=event.width,
        height=event.height,
        started_at=event.started_at,
        ended_at=event.ended_at,
        at=now,
    )
    if recordings.add_file(session, file):
        store_jobs.owe(session, f"{FILE}:{file.id}", FILE, ticket=file.ticket, due_at=now)
