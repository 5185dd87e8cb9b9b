"""Posts about room commands and recordings in ticket threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.call import CLOUD_NAMES, Code, Side
from bot.call_control import RecordingState, RoomAction, RoomCommandState
from bot.i18n.messages import Duration, Message, PersonId, Uid, message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.services.call_control.jobs import SEND_TIMEOUT
from bot.services.call_control.status_posts import (
    CommandStatus,
    RecordedFile,
    RecordingStatus,
    ThreadItem,
)
from bot.ticket import Ticket
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer, mask_uids

_STOP_REASON: Final = "huawei.stop_reason"
_COMMAND_TEXTS: Final = {
    RoomAction.REMOVE_STUDENT: message(
        "%(person)s asked to remove the student %(uid)s from channel %(cname)s."
    ),
    RoomAction.REMOVE_TEACHER: message(
        "%(person)s asked to remove the teacher %(uid)s from channel %(cname)s."
    ),
    RoomAction.DISMISS: message("%(person)s asked to close channel %(cname)s for everybody."),
}
_COMMAND_STATES: Final = {
    RoomCommandState.PENDING: message("It has not been sent to %(cloud)s yet. %(reason)s"),
    RoomCommandState.ACCEPTED: message(
        "Sent to %(cloud)s. It takes effect within moments; %(cloud)s sends no confirmation."
    ),
    RoomCommandState.NOT_FOUND: message(
        "Nothing was done: %(cloud)s finds no such channel. Nobody is in it any more."
    ),
    RoomCommandState.REFUSED: message("Nothing was done: %(cloud)s refused. %(reason)s"),
    RoomCommandState.UNCONFIRMED: message(
        "It was sent to %(cloud)s, but there was no response. It is not sent again: check "
        "whether it happened, and repeat it if it did not."
    ),
    RoomCommandState.EXPIRED: message(
        "Nothing was done: it could not be sent to %(cloud)s within %(time)s, so it was "
        "cancelled. %(reason)s"
    ),
}
_RECORDING_TEXTS: Final = {
    Side.TEACHER: message("%(person)s asked to record the teacher %(uid)s in channel %(cname)s."),
    Side.STUDENT: message("%(person)s asked to record the student %(uid)s in channel %(cname)s."),
}
_RECORDING_STATES: Final = {
    RecordingState.PENDING: message("It has not been sent to %(cloud)s yet. %(reason)s"),
    RecordingState.STARTING: message("%(cloud)s is preparing the recording. %(reason)s"),
    RecordingState.RUNNING: message("Recording since %(since)s. %(reason)s"),
    RecordingState.STOPPED: message("The recording has stopped."),
    RecordingState.UNCONFIRMED: message(
        "It was sent to %(cloud)s, but there was no response. A recording may be running; it "
        "ends by itself when the channel has been empty for half a minute."
    ),
    RecordingState.REFUSED: message("Nothing is recorded: %(cloud)s refused. %(reason)s"),
    RecordingState.EXPIRED: message(
        "Nothing is recorded: it could not be sent in time. %(reason)s"
    ),
    RecordingState.NOT_FOUND: message("%(cloud)s no longer has this recording."),
    RecordingState.ABANDONED: message(
        "It has been running for a day, and Lagdesk has stopped tracking it. %(cloud)s keeps "
        "recording until the channel is empty."
    ),
}
_STOP_REASONS: Final[Mapping[str, Message]] = {
    "TENANT_STOP": message("It was stopped on request."),
    "EXCEED_MAX_IDLE_TIME": message("It ended because the channel was empty."),
    "INTERNAL_ERROR": message("It ended because %(cloud)s failed."),
}
_FILE_ANNOUNCED: Final = message("The finished file is announced here when %(cloud)s reports it.")
_NO_CALLBACK: Final = message(
    "%(cloud)s has no callback address for recordings, so the finished file will not be "
    "announced here. It is in your own storage."
)


class SlackRoomStatusPosts:
    """Posts room commands, recordings and finished files."""

    def __init__(self, poster: SlackPoster, users: UserDirectory) -> None:
        self._poster = poster
        self._users = users

    async def post(self, ticket: Ticket, item: ThreadItem, run: Run) -> MessageRef:
        """Post an item in the ticket's thread."""
        text, blocks = await self._render(ticket, item)
        return await self._poster.post(Destination.thread_of(ticket), run, text, blocks)

    async def update(self, ticket: Ticket, item: ThreadItem, ts: str) -> None:
        """Update the post of an item."""
        text, blocks = await self._render(ticket, item)
        await self._poster.update(ticket.team, MessageRef(ticket.thread.channel, ts), text, blocks)

    async def _render(self, ticket: Ticket, item: ThreadItem) -> tuple[str, list[Block]]:
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        match item:
            case CommandStatus():
                lines = command_lines(ticket, item)
            case RecordingStatus():
                lines = recording_lines(ticket, item)
            case RecordedFile():
                return file_message(ticket, item, renderer)
        text = "\n".join(renderer.mrkdwn(line) for line in lines)
        fallback_text = f"{ticket.label}: {renderer.fallback_text(lines[1])}"
        return fallback_text, [block_kit.section("note", text)]


def command_lines(ticket: Ticket, command: CommandStatus) -> list[Message]:
    """Return the lines of a room command: request and outcome."""
    params = {
        "person": PersonId(command.person),
        "uid": Uid(command.uid),
        "cname": ticket.cname,
        "cloud": CLOUD_NAMES[ticket.cloud],
        "time": Duration(SEND_TIMEOUT.total_seconds()),
        "reason": command.reason or "",
    }
    return [
        _fill(_COMMAND_TEXTS[command.action], params),
        _fill(_COMMAND_STATES[command.state], params),
    ]


def recording_lines(ticket: Ticket, recording: RecordingStatus) -> list[Message]:
    """Return the lines of a recording: request, state, and where its file will be announced."""
    params = {
        "person": PersonId(recording.person),
        "uid": Uid(recording.uid),
        "cname": recording.cname,
        "cloud": CLOUD_NAMES[ticket.cloud],
        "since": recording.started_at or recording.requested_at,
        "reason": recording.reason or "",
    }
    lines = [_RECORDING_TEXTS[recording.side], _RECORDING_STATES[recording.state]]
    if recording.state is RecordingState.STOPPED:
        lines += _stop_reason_lines(recording)
    if recording.job_id:
        lines.append(_NO_CALLBACK if recording.has_webhook is False else _FILE_ANNOUNCED)
    lines_filled = [_fill(line, params) for line in lines]
    if recording.stop_requested_at is not None:
        stop = message("%(person)s asked to stop it.", person=PersonId(recording.stop_requested_by))
        lines_filled.insert(2, stop)
    return lines_filled


def _stop_reason_lines(recording: RecordingStatus) -> list[Message]:
    """Return why it stopped, unless its thread already has the request to stop it."""
    code = Code(_STOP_REASON, recording.stop_reason)
    if not code.value or (code.value == "TENANT_STOP" and recording.stop_requested_at):
        return []
    return [_STOP_REASONS.get(code.value, code.user_message)]


def file_message(ticket: Ticket, file: RecordedFile, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build the post about a finished recording file; uids in its path are masked."""
    title = message("A recording of %(cname)s is finished.", cname=ticket.cname)
    facts = [
        renderer.mrkdwn(message("*%(name)s*\n%(value)s", name=name, value=value))
        for name, value in _file_facts(file)
        if value
    ]
    where = message(
        "It is in your own storage; open it in the console of %(cloud)s.",
        cloud=CLOUD_NAMES[ticket.cloud],
    )
    blocks = [block_kit.section("note", renderer.mrkdwn(title), fields=facts)]
    if file.path:
        uids = (ticket.teacher_uid, ticket.student_uid)
        path = mask_uids(file.path, uids) if renderer.mask else file.path
        named = message("*%(name)s*\n%(value)s", name=message("Path"), value=path)
        blocks.append(block_kit.section("path", renderer.mrkdwn(named)))
    return renderer.fallback_text(title), [
        *blocks,
        block_kit.context("where", renderer.mrkdwn(where)),
    ]


def _file_facts(file: RecordedFile) -> list[tuple[Message, object]]:
    picture = f"{file.width}×{file.height}" if file.width and file.height else ""
    length = None if file.duration_s is None else Duration(file.duration_s)
    return [
        (message("Format"), file.format),
        (message("Length"), length),
        (message("From"), file.started_at),
        (message("To"), file.ended_at),
        (message("Picture size"), picture),
        (message("Storage"), " / ".join(filter(None, (file.location, file.bucket)))),
    ]


def _fill(template: Message, params: Mapping[str, object]) -> Message:
    """Fill in the parameters that a template uses."""
    used = {name: value for name, value in params.items() if f"%({name})s" in template.id}
    return replace(template, params=used or template.params)
