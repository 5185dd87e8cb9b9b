"""The words of /lagdesk audit: who did what, to which ticket, when. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import Message, PersonId, Uid, message
from bot.services.admin import audit_log
from bot.services.admin.audit_log import Deed
from bot.services.tickets.service import Desk
from bot.store.call_control.room_commands import OrderState
from handlers.slack.errors import Asker
from handlers.slack.user_directory import People
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Voice, date, escape

_TICKET: Final = re.compile(r"(?:ld-)?([0-9]{1,15})")
_LINES_A_BLOCK: Final = 10
_DEEDS: Final = {
    "room.remove_student": message("%(person)s asked to remove the student %(uid)s"),
    "room.remove_teacher": message("%(person)s asked to remove the teacher %(uid)s"),
    "room.dismiss": message("%(person)s asked to close the channel for everybody"),
    "room.record": message("%(person)s asked to record %(uid)s"),
    "room.stop_recording": message("%(person)s asked to stop the recording"),
    "room.reveal": message("%(person)s looked at the full uids"),
    "ticket.hand_over": message("%(person)s handed the ticket over"),
    "ticket.merge": message("%(person)s merged the ticket into another one"),
    "ticket.link": message("%(person)s linked the ticket to another one"),
    "ticket.unlink": message("%(person)s removed a link to another ticket"),
    "ticket.correct": message("%(person)s corrected the report"),
    audit_log.EXPORT: message("%(person)s downloaded the tickets of week %(week)s"),
}
_OTHER: Final = message("%(person)s: %(action)s")
_OUTCOMES: Final[dict[str, Message]] = {
    OrderState.TAKEN: message("sent to the cloud"),
    OrderState.NOT_THERE: message("not done: nobody was in the channel"),
    OrderState.REFUSED: message("not done: the cloud refused"),
    OrderState.UNCONFIRMED: message("sent, but no answer came"),
    OrderState.TOO_LATE: message("not done: it could not be sent in time"),
}


async def look_back(desk: Desk, people: People, asker: Asker, wish: str) -> tuple[str, list[Block]]:
    """The newest deeds, of one ticket if somebody wishes so: notice text and blocks."""
    number = _number(wish)
    deeds = await audit_log.look_back(desk, asker.team, asker.person, number)
    return draw(deeds, number, await people.voice(asker.team, asker.person))


def _number(wish: str) -> int | None:
    found = _TICKET.fullmatch(wish)
    if wish and found is None:
        raise InputError({"text": message("%(text)s is no ticket such as LD-12.", text=wish)})
    return int(found[1]) if found else None


def draw(deeds: Sequence[Deed], number: int | None, voice: Voice) -> tuple[str, list[Block]]:
    """A line for each deed, the newest first, under a title."""
    title = message("Who did what")
    if number is not None:
        title = message("Who did what: %(ticket)s", ticket=f"LD-{number}")
    lines = [_line(deed, voice) for deed in deeds]
    if not lines:
        lines = [voice.markup(message("Nothing yet: no channel was acted on, and no uid shown."))]
    starts = range(0, len(lines), _LINES_A_BLOCK)
    return voice.notice(title), [
        block_kit.header("title", voice.plain(title)),
        *(
            block_kit.section(f"deeds_{start}", "\n".join(lines[start : start + _LINES_A_BLOCK]))
            for start in starts
        ),
        block_kit.context("most", voice.markup(_hint(number))),
    ]


def _hint(number: int | None) -> Message:
    if number is not None:
        return message("The newest %(count)s at most.", count=audit_log.SHOWN_MOST)
    return message(
        "The newest %(count)s at most. Of one ticket: /lagdesk audit LD-12",
        count=audit_log.SHOWN_MOST,
    )


def _line(deed: Deed, voice: Voice) -> str:
    """When, which ticket and channel, who did what, and what became of it."""
    params = {
        "person": PersonId(deed.person),
        "uid": Uid(str(deed.detail.get("uid") or "")),
        "week": str(deed.detail.get("week") or ""),
        "action": deed.action,
    }
    said = _DEEDS.get(deed.action, _OTHER)
    used = {name: value for name, value in params.items() if f"%({name})s" in said.id}
    outcome = _OUTCOMES.get(deed.outcome)
    parts = [
        date(deed.at, voice.words),
        "" if deed.ticket is None else f"LD-{deed.ticket}",
        escape(str(deed.detail.get("cname") or "")),
        voice.markup(Message(said.id, used)),
        "" if outcome is None else voice.markup(outcome),
    ]
    return " · ".join(filter(None, parts))
