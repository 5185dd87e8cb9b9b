"""What people are told about a ticket's life. Implements desk.telling.Messenger."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.i18n.messages import Message, PersonId, message
from bot.ports import Posted
from bot.services.notifications.rules import Step, Telling
from bot.ticket import Status, Ticket
from handlers.slack.notifier import SlackSpeaker
from handlers.slack.user_directory import People
from handlers.tickets.card import ticket_button
from handlers.tickets.history_lines import other_ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import resolution_name
from handlers.ui.renderer import Link, Voice

_THREAD: Final = message("its thread")


class TicketNotices:
    """Tells people privately, and notes in threads what the card alone would not make heard."""

    def __init__(self, speaker: SlackSpeaker, people: People) -> None:
        self._speaker = speaker
        self._people = people

    async def tell(self, ticket: Ticket, telling: Telling) -> Posted:
        """Tell somebody privately; the message carries the telling's name."""
        voice = await self._people.voice(ticket.team, telling.person)
        text, shown = notice_message(ticket, telling, voice)
        return await self._speaker.tell(ticket.team, telling.person, telling.name, text, shown)

    async def retell(self, ticket: Ticket, place: Posted, telling: Telling) -> None:
        """Edit what somebody was told, now that the ticket stands otherwise."""
        voice = await self._people.voice(ticket.team, telling.person)
        text, shown = notice_message(ticket, telling, voice)
        await self._speaker.edit_in_channel(ticket.team, place, text, shown)

    async def find_told(
        self, ticket: Ticket, person: str, key: str, since: dt.datetime
    ) -> Posted | None:
        """Look for a private message that may have arrived without an answer."""
        return await self._speaker.find_told(ticket.team, person, key, since)

    async def note(self, thread: Ticket, ticket: Ticket, step: Step, key: str) -> Posted:
        """Say in a ticket's thread what happened to it, or to another one."""
        voice = await self._people.channel_voice(thread.team, thread.channel)
        text, shown = thread_note(ticket, step, voice)
        return await self._speaker.post_in_thread(thread, key, text, shown)

    async def find_note(self, thread: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a note that may have arrived without an answer."""
        return await self._speaker.find(thread, key, since)

    async def offer(self, ticket: Ticket, telling: Telling, *, in_thread: bool) -> Posted:
        """Offer to open the ticket again: in its thread, for one person's eyes only, or directly.

        What only one person sees stands nowhere: its `ts` is "".
        """
        voice = await self._people.voice(ticket.team, telling.person)
        text, shown = _offer(ticket, voice)
        if not in_thread:
            return await self._speaker.tell(ticket.team, telling.person, telling.name, text, shown)
        await self._speaker.whisper(ticket, telling.person, text, shown)
        return Posted(ticket.channel, "")


def _offer(ticket: Ticket, voice: Voice) -> tuple[str, list[Block]]:
    said = message(
        "%(ticket)s is resolved. If the problem is still there, open it again.",
        ticket=ticket.label,
    )
    button = ticket_button("reopen", ticket, voice)
    shown = [block_kit.section("offer", voice.markup(said)), block_kit.actions("offered", button)]
    return voice.notice(said), shown


def notice_message(ticket: Ticket, telling: Telling, voice: Voice) -> tuple[str, list[Block]]:
    """A private message: notice text and blocks."""
    match telling.kind:
        case "offered" if ticket.status is Status.RESOLVED:
            return _offer(ticket, voice)
        case "claimed":
            said = message(
                "%(person)s is looking into %(ticket)s (%(cname)s).",
                person=PersonId(ticket.assignee or ""),
                **_named(ticket),
            )
            return _alone(said, ticket, voice)
        case "handed":
            said = message("%(ticket)s (%(cname)s) is yours now.", **_named(ticket))
            by = next((s["who"] for s in reversed(ticket.steps) if s["what"] == "handed"), "")
            handed = message("%(person)s handed it over to you.", person=PersonId(by))
            return _alone(said, ticket, voice, handed)
    return _resolved(ticket, telling, voice)


def _alone(
    said: Message, ticket: Ticket, voice: Voice, more: Message | None = None
) -> tuple[str, list[Block]]:
    lines = [said, *([more] if more else []), *_where(ticket)]
    text = "\n".join(voice.markup(line) for line in lines)
    return text, [block_kit.section("told", text)]


def _where(ticket: Ticket) -> list[Message]:
    if not ticket.permalink:
        return []
    return [message("Read more in %(thread)s.", thread=Link(ticket.permalink, _THREAD))]


def _named(ticket: Ticket) -> dict[str, object]:
    return {"ticket": ticket.label, "cname": ticket.cname}


def _resolved(ticket: Ticket, telling: Telling, voice: Voice) -> tuple[str, list[Block]]:
    """That it is resolved, how, and what the reporter can say to it."""
    if ticket.status is not Status.RESOLVED or telling.occasion != _life(ticket):
        said = message("%(ticket)s (%(cname)s) is open again.", **_named(ticket))
        text = "\n".join(voice.markup(line) for line in [said, *_where(ticket)])
        return voice.notice(said), [block_kit.section("told", text)]
    if ticket.duplicate_of is not None:
        said = _merged(ticket, ticket.duplicate_of)
        shown = [block_kit.section("told", voice.markup(said))]
    else:
        said = message("%(ticket)s (%(cname)s) is resolved.", **_named(ticket))
        cause = resolution_name(ticket.resolved_cause)
        facts = [said, message("Cause: %(cause)s", cause=cause), *_where(ticket)]
        uids = (ticket.teacher_uid, ticket.student_uid)
        quoted = voice.quote(ticket.resolution, uids)
        shown = [
            block_kit.section("told", "\n".join(voice.markup(line) for line in facts)),
            *(block_kit.section(f"resolution-{n}", piece) for n, piece in enumerate(quoted)),
        ]
    answers = _answers(ticket, voice) if telling.person == ticket.reporter else []
    return voice.notice(said), [*shown, *answers]


def _merged(ticket: Ticket, into: int) -> Message:
    """That another ticket is about the same problem, and whether that one is done with."""
    known = {"other": other_ticket(ticket, into), **_named(ticket)}
    merged = next(step for step in reversed(ticket.steps) if step["what"] == "merged")
    if merged.get("over"):
        return message(
            "%(ticket)s (%(cname)s) is about the same problem as %(other)s, which is resolved.",
            **known,
        )
    return message(
        "%(ticket)s (%(cname)s) is about the same problem as %(other)s. "
        "It goes on there, and you are told when it is resolved.",
        **known,
    )


def _answers(ticket: Ticket, voice: Voice) -> list[Block]:
    if ticket.helped:
        return [block_kit.context("helped", voice.markup(message("You said that it helped.")))]
    buttons = [ticket_button("reopen", ticket, voice)]
    if ticket.duplicate_of is None:
        buttons.insert(0, ticket_button("helped", ticket, voice))
    return [block_kit.actions("answers", *buttons)]


def _life(ticket: Ticket) -> str:
    return str(ticket.count_steps("reopened"))


def thread_note(ticket: Ticket, step: Step, voice: Voice) -> tuple[str, list[Block]]:
    """A note in a thread: notice text and blocks."""
    if step["what"] == "merged":
        name: object = Link(ticket.permalink, ticket.label) if ticket.permalink else ticket.label
        said = message(
            "%(ticket)s was merged into this ticket by %(person)s: it is about the same problem.",
            person=PersonId(step["who"]),
            ticket=name,
        )
        text = voice.markup(said)
        return text, [block_kit.section("note", text)]
    said = message(
        "%(ticket)s was opened again by %(person)s.",
        person=PersonId(step["who"]),
        ticket=ticket.label,
    )
    lines = [said]
    closer = _closer(ticket, step)
    if closer not in ("", step["who"]):
        lines.append(message("%(person)s had resolved it.", person=PersonId(closer)))
    text = "\n".join(voice.markup(line) for line in lines)
    return text, [block_kit.section("note", text)]


def _closer(ticket: Ticket, step: Step) -> str:
    """Who had closed the ticket before this step."""
    earlier = ticket.steps[: ticket.steps.index(dict(step))]
    closed = (each["who"] for each in reversed(earlier) if each["what"] in ("resolved", "merged"))
    return next(closed, "")
