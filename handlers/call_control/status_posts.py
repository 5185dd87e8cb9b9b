"""What stands in the thread about orders and recordings. Implements desk.room_notes.RoomNotes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.call import CLOUD_NAMES, Code, Side
from bot.i18n.messages import Duration, Message, PersonId, Uid, message
from bot.i18n.serialization import load_message
from bot.ports import Posted
from bot.services.call_control.jobs import SENT_WITHIN
from bot.services.call_control.status_posts import Fact
from bot.store.call_control.recordings import RecordedFile, Recording, RecordState
from bot.store.call_control.room_commands import OrderState, RoomAct, RoomOrder
from bot.ticket import Ticket
from handlers.slack.notifier import SlackSpeaker
from handlers.slack.user_directory import People
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Voice, hide_uids

_STOP_REASON: Final = "huawei.stop_reason"
_ASKED: Final = {
    RoomAct.REMOVE_STUDENT: message(
        "%(person)s asked to remove the student %(uid)s from channel %(cname)s."
    ),
    RoomAct.REMOVE_TEACHER: message(
        "%(person)s asked to remove the teacher %(uid)s from channel %(cname)s."
    ),
    RoomAct.DISMISS: message("%(person)s asked to close channel %(cname)s for everybody."),
}
_ORDER_STATES: Final = {
    OrderState.WAITING: message("It has not been sent to %(cloud)s yet. %(reason)s"),
    OrderState.TAKEN: message(
        "Sent to %(cloud)s, which acts within a moment and does not confirm it."
    ),
    OrderState.NOT_THERE: message(
        "Nothing was done: %(cloud)s finds no such channel. Nobody is in it any more."
    ),
    OrderState.REFUSED: message("Nothing was done: %(cloud)s refused. %(reason)s"),
    OrderState.UNCONFIRMED: message(
        "It was sent to %(cloud)s, but no answer came. It is not sent again: look whether it "
        "happened, and ask again if it did not."
    ),
    OrderState.TOO_LATE: message(
        "Nothing was done: it could not be sent to %(cloud)s within %(time)s, so it was "
        "given up. %(reason)s"
    ),
}
_RECORD_ASKED: Final = {
    Side.TEACHER: message("%(person)s asked to record the teacher %(uid)s in channel %(cname)s."),
    Side.STUDENT: message("%(person)s asked to record the student %(uid)s in channel %(cname)s."),
}
_RECORD_STATES: Final = {
    RecordState.WAITING: message("It has not been sent to %(cloud)s yet. %(reason)s"),
    RecordState.STARTING: message("%(cloud)s is setting the recording up. %(reason)s"),
    RecordState.RUNNING: message("Recording since %(since)s. %(reason)s"),
    RecordState.STOPPED: message("The recording has stopped."),
    RecordState.UNCONFIRMED: message(
        "It was sent to %(cloud)s, but no answer came. A recording may be running; it ends by "
        "itself when the channel has been empty for half a minute."
    ),
    RecordState.REFUSED: message("Nothing is recorded: %(cloud)s refused. %(reason)s"),
    RecordState.TOO_LATE: message("Nothing is recorded: it could not be sent in time. %(reason)s"),
    RecordState.GONE: message("%(cloud)s no longer knows this recording."),
    RecordState.LOST: message(
        "It has been running for a day, and Lagdesk no longer follows it. %(cloud)s goes on "
        "recording until the channel is empty."
    ),
}
_STOP_REASONS: Final[Mapping[str, Message]] = {
    "TENANT_STOP": message("It was stopped on request."),
    "EXCEED_MAX_IDLE_TIME": message("It ended because the channel was empty."),
    "INTERNAL_ERROR": message("It ended because %(cloud)s failed."),
}
_FILE_COMES: Final = message("The finished file is announced here when %(cloud)s reports it.")
_NO_CALLBACK: Final = message(
    "%(cloud)s has no callback address for recordings, so the finished file will not be "
    "announced here. It is in your own storage."
)


class ThreadNotes:
    """Writes facts about rooms into ticket threads."""

    def __init__(self, speaker: SlackSpeaker, people: People) -> None:
        self._speaker = speaker
        self._people = people

    async def post(self, ticket: Ticket, fact: Fact, key: str) -> Posted:
        """Post a fact in the ticket's thread."""
        text, shown = await self._draw(ticket, fact)
        return await self._speaker.post_in_thread(ticket, key, text, shown)

    async def update(self, ticket: Ticket, fact: Fact, ts: str) -> None:
        """Edit the post of a fact."""
        text, shown = await self._draw(ticket, fact)
        await self._speaker.edit_in_thread(ticket, ts, text, shown)

    async def find(self, ticket: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""
        return await self._speaker.find(ticket, key, since)

    async def _draw(self, ticket: Ticket, fact: Fact) -> tuple[str, list[Block]]:
        voice = await self._people.channel_voice(ticket.team, ticket.channel)
        match fact:
            case RoomOrder():
                lines = order_lines(ticket, fact)
            case Recording():
                lines = recording_lines(ticket, fact)
            case RecordedFile():
                return draw_file(ticket, fact, voice)
        text = "\n".join(voice.markup(line) for line in lines)
        notice = f"{ticket.label}: {voice.notice(lines[1])}"
        return notice, [block_kit.section("note", text)]


def order_lines(ticket: Ticket, order: RoomOrder) -> list[Message]:
    """What was asked, and what became of it."""
    params = {
        "person": PersonId(order.person),
        "uid": Uid(order.uid),
        "cname": ticket.cname,
        "cloud": CLOUD_NAMES[ticket.cloud],
        "time": Duration(SENT_WITHIN.total_seconds()),
        "reason": _reason(order.reason),
    }
    return [_with(_ASKED[order.act], params), _with(_ORDER_STATES[order.state], params)]


def recording_lines(ticket: Ticket, recording: Recording) -> list[Message]:
    """What was asked, how it stands, and where its file will be told."""
    params = {
        "person": PersonId(recording.person),
        "uid": Uid(recording.uid),
        "cname": recording.cname,
        "cloud": CLOUD_NAMES[ticket.cloud],
        "since": recording.started_at or recording.asked_at,
        "reason": _reason(recording.reason),
    }
    lines = [_RECORD_ASKED[recording.side], _RECORD_STATES[recording.state]]
    if recording.state is RecordState.STOPPED:
        lines += _why_stopped(recording)
    if recording.job_id:
        lines.append(_NO_CALLBACK if recording.is_told is False else _FILE_COMES)
    said = [_with(line, params) for line in lines]
    if recording.stop_asked_at is not None:
        stop = message("%(person)s asked to stop it.", person=PersonId(recording.stop_person))
        said.insert(2, stop)
    return said


def _why_stopped(recording: Recording) -> list[Message]:
    """Why it stopped, unless that was asked for in this thread, which stands there already."""
    code = Code(_STOP_REASON, recording.stop_reason)
    if not code.value or (code.value == "TENANT_STOP" and recording.stop_asked_at):
        return []
    return [_STOP_REASONS.get(code.value, code.spoken)]


def draw_file(ticket: Ticket, file: RecordedFile, voice: Voice) -> tuple[str, list[Block]]:
    """The facts of a finished file; its name may hold a uid, which is masked like any other."""
    title = message("A recording of %(cname)s is finished.", cname=ticket.cname)
    facts = [
        voice.markup(message("*%(name)s*\n%(value)s", name=name, value=value))
        for name, value in _file_facts(file)
        if value
    ]
    where = message(
        "It is in your own storage; open it in the console of %(cloud)s.",
        cloud=CLOUD_NAMES[ticket.cloud],
    )
    shown = [block_kit.section("note", voice.markup(title), fields=facts)]
    if file.path:
        uids = (ticket.teacher_uid, ticket.student_uid)
        path = hide_uids(file.path, uids) if voice.mask else file.path
        named = message("*%(name)s*\n%(value)s", name=message("Path"), value=path)
        shown.append(block_kit.section("path", voice.markup(named)))
    return voice.notice(title), [*shown, block_kit.context("where", voice.markup(where))]


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


def _reason(stored: Mapping[str, Any] | None) -> object:
    return load_message(stored) if stored else ""


def _with(said: Message, params: Mapping[str, object]) -> Message:
    """Fill in what a sentence has places for."""
    used = {name: value for name, value in params.items() if f"%({name})s" in said.id}
    return replace(said, params=used or said.params)
