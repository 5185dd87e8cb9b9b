"""The jobs that start recordings at most once, poll them and post their files."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any, Final

from bot.call_control import RecordingState, RoomCommandState
from bot.errors import CloudError, CloudQuotaExceededError, NotFoundError
from bot.i18n.messages import message
from bot.i18n.serialization import dump_message
from bot.jobs.run import Queue, Run, job
from bot.ports import RecordingTask, RoomControl
from bot.services.call_control.outcomes import classify_command_failure, is_not_found
from bot.services.call_control.service import FILE, RECORD, STATE, room_control_of
from bot.services.call_control.status_posts import StatusPosts
from bot.services.context import Context
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.call_control import recordings
from bot.store.call_control.recordings import Recording, RecordingFile

log = logging.getLogger(__name__)
Change = Callable[[Recording], None]

START_TIMEOUT: Final = dt.timedelta(minutes=5)  # later the problem is no longer visible
WATCH_TIMEOUT: Final = dt.timedelta(hours=24)
_FIRST_POLL_DELAY: Final = dt.timedelta(seconds=10)
_MAX_DELAY: Final = dt.timedelta(minutes=5)
_MAX_DOUBLINGS: Final = 10
_STATES: Final = {
    "INIT": RecordingState.STARTING,
    "RUNNING": RecordingState.RUNNING,
    "STOPPED": RecordingState.STOPPED,
}
_FAILED_STATES: Final = {
    RoomCommandState.PENDING: RecordingState.PENDING,
    RoomCommandState.NOT_FOUND: RecordingState.REFUSED,
    RoomCommandState.REFUSED: RecordingState.REFUSED,
    RoomCommandState.UNCONFIRMED: RecordingState.UNCONFIRMED,
    RoomCommandState.EXPIRED: RecordingState.EXPIRED,
}


class RecordingJobs:
    """Starts, polls and stops recordings."""

    def __init__(self, context: Context, status_posts: StatusPosts) -> None:
        self._context = context
        self._status_posts = status_posts

    @job(RECORD, Queue.MESSAGES)
    async def begin(self, run: Run, number: int) -> dt.datetime | None:
        """Start a recording, then post its status."""
        recording = await self._recording(number)
        retry_at = None
        if recording.state is RecordingState.PENDING:
            retry_at = await self._start(run, recording)
        await self._update_post(run, recording)
        return retry_at

    async def _start(self, run: Run, recording: Recording) -> dt.datetime | None:
        """Start it, at most once as far as can be known; return when to try again."""
        now, until = self._context.clock.now(), recording.requested_at + START_TIMEOUT
        control = self._control(recording)
        abandoned = _abandoned_state(recording, is_late=control is None or now > until)
        if abandoned is not None or control is None:
            await self._change(recording, _set_state(abandoned or RecordingState.EXPIRED))
            return None
        has_webhook = await _has_webhook(control, recording.app)

        def begin(row: Recording) -> None:
            row.attempted_at, row.has_webhook = now, has_webhook

        await self._context.store.transact(run.fenced(lambda s: _apply(s, recording, begin)))
        rule = self._context.settings.huawei_record_rules.get(recording.app, "")
        app, cname, uid = recording.app, recording.cname, recording.uid
        try:
            recording_job = await control.start_recording(app, cname, uid, rule)
        except CloudError as error:
            state, retry_at = classify_command_failure(error, self._context.clock.now(), until)
            reason = dump_message(error.user_message)
            await self._change(recording, _set_failure(_FAILED_STATES[state], reason))
            return retry_at
        await self._save_job(recording, recording_job)
        return None

    async def _save_job(self, recording: Recording, recording_job: RecordingTask) -> None:
        """Store the cloud's job and enqueue polling it, in one transaction."""
        now = self._context.clock.now()

        def change(row: Recording) -> None:
            row.job_id = recording_job.id
            row.state = _state(recording_job) or RecordingState.STARTING
            row.started_at = recording_job.started_at or now
            row.attempted_at = row.reason = None

        def work(session: Session) -> None:
            _apply(session, recording, change)
            due_at = now + _FIRST_POLL_DELAY
            name = f"{STATE}:{recording.id}"
            number = recording.id
            store_jobs.enqueue(session, name, STATE, number, ticket=recording.ticket, due_at=due_at)

        await self._context.commit(work)

    @job(STATE, Queue.BACKGROUND)
    async def watch(self, run: Run, number: int) -> dt.datetime | None:
        """Stop a recording if requested and post what changed; runs again while it is active."""
        recording = await self._recording(number)
        retry_at = None
        if recording.is_active and recording.job_id:
            retry_at = await self._poll(recording)
        await self._update_post(run, recording)
        return retry_at if recording.is_active else None

    async def _update_post(self, run: Run, recording: Recording) -> None:
        """Edit its post if it is outdated."""
        fingerprint = _post_fingerprint(recording)
        if recording.posted_status != fingerprint:
            await self._status_posts.post_or_update(run, recording)

            def change(row: Recording) -> None:
                row.posted_status = fingerprint

            await self._change(recording, change)

    async def _poll(self, recording: Recording) -> dt.datetime:
        """Poll the state, or store why that failed as the reason; return when to poll again."""
        control, now = self._control(recording), self._context.clock.now()
        if control is None or now > recording.requested_at + WATCH_TIMEOUT:
            await self._change(recording, _set_state(RecordingState.ABANDONED))
            return now
        try:
            await self._stop_if_requested(control, recording)
            recording_job = await control.recording(recording.app, recording.job_id)
        except CloudError as error:
            return await self._save_failure(recording, error)
        await self._save_state(recording, recording_job)
        return self._context.clock.now() + _poll_delay(recording.poll_count)

    async def _stop_if_requested(self, control: RoomControl, recording: Recording) -> None:
        if recording.stop_requested_at is None or recording.stop_accepted_at is not None:
            return
        try:
            await control.stop_recording(recording.app, recording.job_id)
        except CloudError as error:
            if error.retryable:
                raise
            log.info("stopping recording %s was refused: %s", recording.id, error)
            if not is_not_found(error):  # the next poll has more information
                return
        now = self._context.clock.now()

        def change(row: Recording) -> None:
            row.stop_accepted_at, row.reason = now, None

        await self._change(recording, change)

    async def _save_state(self, recording: Recording, recording_job: RecordingTask) -> None:
        state = _state(recording_job) or recording.state
        poll_count = recording.poll_count + 1 if state is recording.state else 0
        now, stop_reason = self._context.clock.now(), recording_job.stop_reason

        def change(row: Recording) -> None:
            row.state, row.poll_count, row.reason = state, poll_count, None
            row.started_at = recording_job.started_at or row.started_at
            if state is RecordingState.STOPPED:
                row.stopped_at = recording_job.stopped_at or now
                row.stop_reason = stop_reason.value if stop_reason else ""

        await self._change(recording, change)

    async def _save_failure(self, recording: Recording, error: CloudError) -> dt.datetime:
        retry_at = self._context.clock.now() + _poll_delay(recording.poll_count)
        if is_not_found(error):
            ended_at = recording.stop_accepted_at or recording.ended_at
            state = RecordingState.STOPPED if ended_at else RecordingState.NOT_FOUND

            def end(row: Recording) -> None:
                row.state, row.stopped_at, row.reason = state, ended_at, None

            await self._change(recording, end)
            return retry_at
        reason, poll_count = dump_message(error.user_message), recording.poll_count + 1

        def retry(row: Recording) -> None:
            row.reason, row.poll_count = reason, poll_count

        await self._change(recording, retry)
        if isinstance(error, CloudQuotaExceededError):
            return max(error.retry_at, retry_at)
        return retry_at

    @job(FILE, Queue.MESSAGES)
    async def post_file(self, run: Run, number: int) -> None:
        """Post a finished file in the thread, once."""
        file = await self._context.store.read(lambda session: session.get(RecordingFile, number))
        if file is not None:
            await self._status_posts.post_file(run, file)

    def _control(self, recording: Recording) -> RoomControl | None:
        return room_control_of(self._context.clouds.get(recording.app))

    async def _recording(self, number: int) -> Recording:
        recording = await self._context.store.read(lambda session: session.get(Recording, number))
        if recording is None:
            raise NotFoundError(message("There is no such recording."))
        return recording

    async def _change(self, recording: Recording, change: Change) -> None:
        await self._context.store.transact(lambda session: _apply(session, recording, change))


async def _has_webhook(control: RoomControl, app: str) -> bool | None:
    """Return whether a callback URL is set; None when the cloud did not respond."""
    try:
        return bool(await control.callback_url(app))
    except CloudError as error:
        log.info("the callback URL could not be fetched: %s", error)
        return None


def _apply(session: Session, recording: Recording, change: Change) -> None:
    """Apply a change to the stored recording and to `recording`."""
    stored = recordings.lock(session, recording.id or 0)
    change(stored)
    change(recording)


def _set_state(state: RecordingState) -> Change:
    def change(row: Recording) -> None:
        row.state = state

    return change


def _set_failure(state: RecordingState, reason: dict[str, Any]) -> Change:
    def change(row: Recording) -> None:
        row.state, row.reason, row.attempted_at = state, reason, None

    return change


def _state(recording_job: RecordingTask) -> RecordingState | None:
    """Return the state of a job, None when the cloud sent none."""
    if recording_job.state is not None:
        return _STATES.get(recording_job.state.value)
    return RecordingState.STOPPED if recording_job.stopped_at is not None else None


def _abandoned_state(recording: Recording, *, is_late: bool) -> RecordingState | None:
    """Return why a recording must not be started, None when it may be."""
    if recording.attempted_at is not None:  # a worker died between sending and storing
        return RecordingState.UNCONFIRMED
    if recording.stop_requested_at is not None:
        return RecordingState.STOPPED
    return RecordingState.EXPIRED if is_late else None


def _post_fingerprint(recording: Recording) -> str:
    """Return a text that changes whenever the content of its post changes."""
    reason = json.dumps(recording.reason, sort_keys=True)
    moments = (recording.started_at, recording.stopped_at, recording.stop_requested_at)
    return f"{recording.state} {reason} {moments} {recording.stop_accepted_at}"


def _poll_delay(poll_count: int) -> dt.timedelta:
    """Return the time until the next poll: 10 s, 20 s ... 5 min."""
    return min(_FIRST_POLL_DELAY * (1 << min(poll_count, _MAX_DOUBLINGS)), _MAX_DELAY)
