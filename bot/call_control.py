"""Vocabulary of call control: commands to a room, their states, and the states of recordings."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RoomAction(StrEnum):
    """A command to a room."""

    REMOVE_STUDENT = "remove_student"
    REMOVE_TEACHER = "remove_teacher"
    DISMISS = "dismiss"


class RoomCommandState(StrEnum):
    """The state of a command."""

    PENDING = "waiting"  # not accepted yet; `reason` says why, once it was tried
    ACCEPTED = "taken"  # the cloud accepted it and does not report whether it was executed
    NOT_FOUND = "not_there"  # the cloud has no such room
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"  # it may have arrived; never sent again
    EXPIRED = "too_late"  # it could not be sent in time


class RecordingState(StrEnum):
    """The state of a recording."""

    PENDING = "waiting"  # the cloud has not accepted it yet; `reason` says why, once it was tried
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    UNCONFIRMED = "unconfirmed"  # it may run under an unknown job id; never started again
    REFUSED = "refused"
    EXPIRED = "too_late"
    NOT_FOUND = "gone"  # the cloud has no such job any more
    ABANDONED = "lost"  # polled for a day without an end; no longer polled


ACTIVE_RECORDING_STATES: Final = (
    RecordingState.PENDING,
    RecordingState.STARTING,
    RecordingState.RUNNING,
)
