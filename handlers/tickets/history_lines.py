"""What happened to a ticket, in words: who did what when. Decides nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.escalation import find_call
from bot.i18n.messages import Message, PersonId, message
from bot.ticket import Ticket
from handlers.escalation.lines import call_step
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Link, Voice

_ON_CARD: Final = 3
_DETAILED: Final = 20
_STEPS: Final[Mapping[str, Message]] = {
    "claimed": message("Claimed by %(person)s, %(when)s"),
    "handed": message("Handed over to %(to)s by %(person)s, %(when)s"),
    "resolved": message("Resolved by %(person)s, %(when)s"),
    "merged": message("Merged into %(other)s by %(person)s, %(when)s"),
    "reopened": message("Opened again by %(person)s, %(when)s"),
    "linked": message("Linked to %(other)s by %(person)s, %(when)s"),
    "unlinked": message("Link to %(other)s removed by %(person)s, %(when)s"),
    "corrected": message("Corrected by %(person)s: %(fields)s, %(when)s"),
    "reposted": message("Posted anew, the earlier card is gone, %(when)s"),
    "helped": message("%(person)s says that it helped, %(when)s"),
}
_TOLD_ELSEWHERE: Final = frozenset(("claimed", "resolved", "merged", "called"))
_FIELDS: Final[Mapping[str, Message]] = {
    "app": message("App"),
    "cname": message("Channel"),
    "teacher_uid": message("Teacher"),
    "student_uid": message("Student"),
    "abnormal_side": message("Who had the problem"),
    "issue_type": message("Type"),
    "occurred_at": message("Time"),
}


def card_steps(ticket: Ticket, voice: Voice) -> list[Block]:
    """The newest steps that nothing else on the card tells, and the tickets it is linked to."""
    told = [step for step in ticket.steps if step["what"] not in _TOLD_ELSEWHERE]
    lines = [step_line(ticket, step) for step in told[-_ON_CARD:]]
    lines = [line for line in lines if line is not None]
    if ticket.related:
        lines.insert(0, _related(ticket))
    if not lines:
        return []
    return [block_kit.context("steps", *(voice.markup(line) for line in lines if line))]


def all_steps(ticket: Ticket, voice: Voice) -> list[Block]:
    """Everything that happened to the ticket, oldest first; of very many the newest."""
    reported = message(
        "Reported by %(person)s, %(when)s",
        person=PersonId(ticket.reporter),
        when=ticket.created_at,
    )
    told = [step_line(ticket, step) for step in ticket.steps[-_DETAILED:]]
    lines = [voice.markup(line) for line in [reported, *told] if line is not None]
    return [block_kit.section("steps", "\n".join(lines))]


def step_line(ticket: Ticket, step: Mapping[str, Any]) -> Message | None:
    """One step in words; None for one that has none."""
    if step["what"] == "called":
        called = find_call(ticket, step.get("call", 0))
        return None if called is None else call_step(called)
    said = _STEPS.get(str(step["what"]))
    if said is None or not (step["who"] or "person" not in said.id):
        return None
    params: dict[str, object] = {
        "person": PersonId(step["who"]),
        "to": PersonId(step.get("to", "")),
        "when": dt.datetime.fromisoformat(step["at"]),
        "other": other_ticket(ticket, step.get("ticket", 0)),
        "fields": [_FIELDS[name] for name in step.get("fields", ()) if name in _FIELDS],
    }
    return replace(said, params={k: v for k, v in params.items() if f"%({k})s" in said.id})


def other_ticket(ticket: Ticket, number: int) -> Link | str:
    """Another ticket's name, as a link when its address is known."""
    links: Sequence[str] = [
        step["link"] for step in ticket.steps if step.get("ticket") == number and step.get("link")
    ]
    label = f"LD-{number}"
    return Link(links[-1], label) if links else label


def _related(ticket: Ticket) -> Message:
    others = [other_ticket(ticket, number) for number in ticket.related[:_DETAILED]]
    return message("Linked to %(others)s", others=others)
