"""Recordings, carried out: begun at most once, looked after until they end, files told once."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.errors import CloudError, CloudOverQuotaError, NotFoundError
from bot.i18n.messages import message
from bot.i18n.serialization import dump_message
from bot.ports import RecordingJob, RoomControl
from bot.services.call_control.outcomes import is_missing, judge
from bot.services.call_control.service import FILE, RECORD, STATE, control_of
from bot.services.call_control.status_posts import Teller
from bot.services.tickets.service import Desk
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.call_control import recordings
from bot.store.call_control.recordings import RecordedFile, Recording, RecordState
from bot.store.call_control.room_commands import OrderState

log = logging.getLogger(__name__)
Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]

BEGUN_WITHIN: Final = dt.timedelta(minutes=5)  # what was to be seen is over by then
WATCHED_FOR: Final = dt.timedelta(hours=24)
_FIRST_LOOK: Final = dt.timedelta(seconds=10)
_LONGEST_PAUSE: Final = dt.timedelta(minutes=5)
_MOST_DOUBLINGS: Final = 10
_STATES: Final = {
    "INIT": RecordState.STARTING,
    "RUNNING": RecordState.RUNNING,
    "STOPPED": RecordState.STOPPED,
}
_FAILED: Final = {
    OrderState.WAITING: RecordState.WAITING,
    OrderState.NOT_THERE: RecordState.REFUSED,
    OrderState.REFUSED: RecordState.REFUSED,
    OrderState.UNCONFIRMED: RecordState.UNCONFIRMED,
    OrderState.TOO_LATE: RecordState.TOO_LATE,
}


class RecordDuties:
    """One carrier for each kind of duty about recordings."""

    def __init__(self, desk: Desk, teller: Teller) -> None:
        self._desk = desk
        self._teller = teller

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {RECORD: self.begin, STATE: self.watch, FILE: self.tell_file}

    async def begin(self, duty: models.Duty) -> dt.datetime | None:
        """Start a recording, then say how it went."""
        recording = await self._recording(duty)
        again_at = None
        if recording.state is RecordState.WAITING:
            again_at = await self._start(recording)
        await self._show(duty, recording)
        return again_at

    async def _start(self, recording: Recording) -> dt.datetime | None:
        """Start it, at most once as far as we can know; returns when to try again."""
        now, until = self._desk.clock.now(), recording.asked_at + BEGUN_WITHIN
        control = self._control(recording)
        given_up = _given_up(recording, is_late=control is None or now > until)
        if given_up is not None or control is None:
            await self._change(recording, state=given_up or RecordState.TOO_LATE)
            return None
        is_told = await _is_told(control, recording.app)
        await self._change(recording, begun_at=now, is_told=is_told)
        rule = self._desk.settings.huawei_record_rules.get(recording.app, "")
        app, cname, uid = recording.app, recording.cname, recording.uid
        try:
            job = await control.start_recording(app, cname, uid, rule)
        except CloudError as error:
            state, again_at = judge(error, self._desk.clock.now(), until)
            reason = dump_message(error.spoken)
            await self._change(recording, state=_FAILED[state], reason=reason, begun_at=None)
            return again_at
        await self._note_job(recording, job)
        return None

    async def _note_job(self, recording: Recording, job: RecordingJob) -> None:
        """Note the job and owe looking after it, in one transaction."""
        now = self._desk.clock.now()
        values = {
            "job_id": job.id,
            "state": _state(job) or RecordState.STARTING,
            "started_at": job.started_at or now,
            "begun_at": None,
            "reason": None,
        }

        def work(session: Session) -> None:
            _set(session, recording, values)
            due_at = now + _FIRST_LOOK
            name = f"{STATE}:{recording.id}"
            store_jobs.owe(session, name, STATE, ticket=recording.ticket, due_at=due_at)

        await self._desk.store.transact(work)
        await self._desk.wake()

    async def watch(self, duty: models.Duty) -> dt.datetime | None:
        """Stop a recording that is to be stopped, and say what changed; again while it runs."""
        recording = await self._recording(duty)
        again_at = None
        if recording.is_active and recording.job_id:
            again_at = await self._look_after(recording)
        await self._show(duty, recording)
        return again_at if recording.is_active else None

    async def _show(self, duty: models.Duty, recording: Recording) -> None:
        """Bring its post up to date, unless it is."""
        shown = _shown(recording)
        if recording.note_shown != shown:
            await self._teller.show(duty, recording)
            await self._change(recording, note_shown=shown)

    async def _look_after(self, recording: Recording) -> dt.datetime:
        """Ask how it stands; what cannot be learnt now stands in its reason. When to ask again."""
        control, now = self._control(recording), self._desk.clock.now()
        if control is None or now > recording.asked_at + WATCHED_FOR:
            await self._change(recording, state=RecordState.LOST)
            return now
        try:
            await self._stop_if_asked(control, recording)
            job = await control.recording(recording.app, recording.job_id)
        except CloudError as error:
            return await self._note_failure(recording, error)
        await self._note_state(recording, job)
        return self._desk.clock.now() + _pause(recording.polls)

    async def _stop_if_asked(self, control: RoomControl, recording: Recording) -> None:
        if recording.stop_asked_at is None or recording.stop_taken_at is not None:
            return
        try:
            await control.stop_recording(recording.app, recording.job_id)
        except CloudError as error:
            if error.retryable:
                raise
            log.info("stopping recording %s was refused: %s", recording.id, error)
            if not is_missing(error):  # asked again with the next look, which tells more
                return
        await self._change(recording, stop_taken_at=self._desk.clock.now(), reason=None)

    async def _note_state(self, recording: Recording, job: RecordingJob) -> None:
        state = _state(job) or recording.state
        polls = recording.polls + 1 if state is recording.state else 0
        values: dict[str, Any] = {"state": state, "polls": polls, "reason": None}
        if job.started_at is not None:
            values["started_at"] = job.started_at
        if state is RecordState.STOPPED:
            values["stopped_at"] = job.stopped_at or self._desk.clock.now()
            values["stop_reason"] = job.stop_reason.value if job.stop_reason else ""
        await self._change(recording, **values)

    async def _note_failure(self, recording: Recording, error: CloudError) -> dt.datetime:
        again_at = self._desk.clock.now() + _pause(recording.polls)
        if is_missing(error):
            known = recording.stop_taken_at or recording.over_at
            state = RecordState.STOPPED if known else RecordState.GONE
            await self._change(recording, state=state, stopped_at=known, reason=None)
            return again_at
        reason = dump_message(error.spoken)
        await self._change(recording, reason=reason, polls=recording.polls + 1)
        if isinstance(error, CloudOverQuotaError):
            return max(error.retry_at, again_at)
        return again_at

    async def tell_file(self, duty: models.Duty) -> dt.datetime | None:
        """Tell the facts of a finished file in the thread, once."""
        number = int(duty.name.rpartition(":")[2])
        file = await self._desk.store.read(lambda session: session.get(RecordedFile, number))
        if file is not None:
            await self._teller.post_file(duty, file)
        return None

    def _control(self, recording: Recording) -> RoomControl | None:
        return control_of(self._desk.clouds.get(recording.app))

    async def _recording(self, duty: models.Duty) -> Recording:
        number = int(duty.name.rpartition(":")[2])
        found = await self._desk.store.read(lambda session: session.get(Recording, number))
        if found is None:
            raise NotFoundError(message("There is no such recording."))
        return found

    async def _change(self, recording: Recording, **values: Any) -> None:
        await self._desk.store.transact(lambda session: _set(session, recording, values))


async def _is_told(control: RoomControl, app: str) -> bool | None:
    """Whether finished files will be told to anybody; None when it cannot be learnt."""
    try:
        return bool(await control.callback_url(app))
    except CloudError as error:
        log.info("cannot tell whether callbacks are set: %s", error)
        return None


def _set(session: Session, recording: Recording, values: Mapping[str, Any]) -> None:
    stored = recordings.lock(session, recording.id or 0)
    for name, value in values.items():
        setattr(stored, name, value)
        setattr(recording, name, value)
    session.add(stored)


def _state(job: RecordingJob) -> RecordState | None:
    """Where a job stands, None when the cloud did not say."""
    if job.state is not None:
        return _STATES.get(job.state.value)
    return RecordState.STOPPED if job.stopped_at is not None else None


def _given_up(recording: Recording, *, is_late: bool) -> RecordState | None:
    """Why a recording is not begun, None when it is to be."""
    if recording.begun_at is not None:  # a worker died between asking and noting
        return RecordState.UNCONFIRMED
    if recording.stop_asked_at is not None:
        return RecordState.STOPPED
    return RecordState.TOO_LATE if is_late else None


def _shown(recording: Recording) -> str:
    """What its post shows, as a text that changes with it."""
    reason = json.dumps(recording.reason, sort_keys=True)
    moments = (recording.started_at, recording.stopped_at, recording.stop_asked_at)
    return f"{recording.state} {reason} {moments} {recording.stop_taken_at}"


def _pause(polls: int) -> dt.timedelta:
    """How long to wait before the next look: 10 s, 20 s ... 5 min."""
    return min(_FIRST_LOOK * (1 << min(polls, _MOST_DOUBLINGS)), _LONGEST_PAUSE)
