"""Callbacks about recordings: each is stored once, and jobs post what it changed."""

from __future__ import annotations

import datetime as dt
import logging

from bot.call_control import RecordingState
from bot.clouds.huawei.webhooks import has_valid_signature, parse_event
from bot.ports import RecordingEvent, RecordingEventType
from bot.services.call_control.service import FILE, STATE
from bot.services.context import Context
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.call_control import recordings
from bot.store.call_control.recordings import Recording, RecordingFile

log = logging.getLogger(__name__)


class RecordingWebhooks:
    """Verifies, parses and stores callbacks."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def is_enabled(self) -> bool:
        """Return whether HUAWEI_CALLBACK_KEY is set."""
        return bool(self._context.settings.huawei_callback_key)

    def is_signed(self, body: bytes, *, rand: str, timestamp: str, signature: str) -> bool:
        """Return whether Huawei signed this body within the last minutes."""
        return has_valid_signature(
            self._context.settings.huawei_callback_key,
            body,
            rand=rand,
            timestamp=timestamp,
            signature=signature,
            now=self._context.clock.now(),
        )

    def parse(self, body: bytes) -> RecordingEvent:
        """Parse a callback's body. Raises ValueError for what chapter 14.6 does not describe."""
        clouds = self._context.settings.clouds
        apps = next((cloud.apps for cloud in clouds if cloud.name == "huawei"), {})
        return parse_event(body, apps)

    async def receive(self, event: RecordingEvent) -> bool:
        """Store an event, once; return whether it was new and about a recording of ours."""
        now = self._context.clock.now()
        return await self._context.commit(lambda session: _process_event(session, event, now))


def _process_event(session: Session, event: RecordingEvent, now: dt.datetime) -> bool:
    recording = _find(session, event)
    if recording is None:
        log.info("a record event (%s) of no recording of ours is ignored", event.moment)
        return False
    if not recordings.mark_received(session, event.id, now):
        return False
    if event.moment is RecordingEventType.OVER and recording.ended_at is None:
        recording.ended_at = now
    if event.moment is RecordingEventType.FILE_FINISHED:
        _save_file(session, recording, event, now)
    recording.poll_count = 0
    if recording.is_active:  # a polled state is more reliable than an event
        name = f"{STATE}:{recording.id}"
        store_jobs.enqueue(session, name, STATE, recording.id, ticket=recording.ticket, due_at=now)
    return True


def _find(session: Session, event: RecordingEvent) -> Recording | None:
    """Find the recording the event is about."""
    existing = recordings.find_by_job(session, event.app, event.job_id)
    if existing is not None or not event.job_id:
        return existing
    return _match_unconfirmed(session, event)


def _match_unconfirmed(session: Session, event: RecordingEvent) -> Recording | None:
    """Store the job of a recording whose start was never confirmed, from its stream's name.

    10.1 names a stream of a single person `s_{job}_{room}_{user}`, but not who asked for it: when
    two workspaces recorded that person, it may be either's.
    """
    possible = [
        each
        for each in recordings.list_without_job(session, event.app, event.cname)
        if event.stream == f"s_{event.job_id}_{each.cname}_{each.uid}"
    ]
    unconfirmed = [each for each in possible if each.state is RecordingState.UNCONFIRMED]
    if not unconfirmed or len({each.team for each in possible}) > 1:
        return None
    recording = unconfirmed[0]
    recording.job_id, recording.state = event.job_id, RecordingState.RUNNING
    return recording


def _save_file(
    session: Session, recording: Recording, event: RecordingEvent, now: dt.datetime
) -> None:
    file = RecordingFile(
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
        name = f"{FILE}:{file.id}"
        store_jobs.enqueue(session, name, FILE, file.id, ticket=file.ticket, due_at=now)
