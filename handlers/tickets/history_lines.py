"""A ticket's history as lines: who did what, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.escalation import find_escalation
from bot.i18n.messages import Message, PersonId, message
from bot.ticket import Ticket
from handlers.escalation.lines import escalation_line
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Link, Renderer

_MAX_ON_CARD: Final = 3
_MAX_IN_DETAILS: Final = 20
_EVENT_TEXTS: Final[Mapping[str, Message]] = {
    "claimed": message("Claimed by %(person)s, %(when)s"),
    "unclaimed": message("Unclaimed by %(person)s, %(when)s"),
    "handed": message("Handed over to %(to)s by %(person)s, %(when)s"),
    "snoozed": message("Snoozed until %(until)s by %(person)s, %(when)s"),
    "woken": message("Open again after a snooze, %(when)s"),
    "resolved": message("Resolved by %(person)s, %(when)s"),
    "withdrawn": message("Withdrawn by %(person)s, %(when)s"),
    "merged": message("Merged into %(other)s by %(person)s, %(when)s"),
    "reopened": message("Opened again by %(person)s, %(when)s"),
    "linked": message("Linked to %(other)s by %(person)s, %(when)s"),
    "unlinked": message("Link to %(other)s removed by %(person)s, %(when)s"),
    "corrected": message("Corrected by %(person)s: %(fields)s, %(when)s"),
    "reposted": message("Reposted because the earlier card is gone, %(when)s"),
    "report_again": message("Report to the cloud sent again by %(person)s, %(when)s"),
    "report_arrived": message("%(person)s says that the report to the cloud arrived, %(when)s"),
    "helped": message("%(person)s says that it helped, %(when)s"),
}
_ELSEWHERE_ON_CARD: Final = frozenset(
    ("claimed", "snoozed", "resolved", "withdrawn", "merged", "called")
)
_FIELD_NAMES: Final[Mapping[str, Message]] = {
    "app": message("App"),
    "cname": message("Channel"),
    "teacher_uid": message("Teacher"),
    "student_uid": message("Student"),
    "abnormal_side": message("Who had the problem"),
    "issue_type": message("Type"),
    "occurred_at": message("Time"),
}


def card_history(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build the card's newest events that appear nowhere else on it, and the linked tickets."""
    entries = [event for event in ticket.history if event["what"] not in _ELSEWHERE_ON_CARD]
    lines = [history_line(ticket, event) for event in entries[-_MAX_ON_CARD:]]
    lines = [line for line in lines if line is not None]
    if ticket.related:
        lines.insert(0, _related(ticket))
    if not lines:
        return []
    return [block_kit.context("steps", *(renderer.mrkdwn(line) for line in lines if line))]


def full_history(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build the whole history, oldest first; of very many events only the newest."""
    reported = message(
        "Reported by %(person)s, %(when)s",
        person=PersonId(ticket.reporter),
        when=ticket.created_at,
    )
    entries = [history_line(ticket, event) for event in ticket.history[-_MAX_IN_DETAILS:]]
    lines = [renderer.mrkdwn(line) for line in [reported, *entries] if line is not None]
    return [block_kit.section("steps", "\n".join(lines))]


def history_line(ticket: Ticket, event: Mapping[str, Any]) -> Message | None:
    """Return an event in words; None for one without a text."""
    if event["what"] == "called":
        escalation = find_escalation(ticket, event.get("call", 0))
        return None if escalation is None else escalation_line(escalation)
    template = _EVENT_TEXTS.get(str(event["what"]))
    if template is None or not (event["who"] or "person" not in template.id):
        return None
    params: dict[str, object] = {
        "person": PersonId(event["who"]),
        "to": PersonId(event.get("to", "")),
        "when": dt.datetime.fromisoformat(event["at"]),
        "until": dt.datetime.fromisoformat(event.get("until", event["at"])),
        "other": other_ticket(ticket, event.get("ticket", 0)),
        "fields": [_FIELD_NAMES[name] for name in event.get("fields", ()) if name in _FIELD_NAMES],
    }
    return replace(template, params=params)


def other_ticket(ticket: Ticket, number: int) -> Link | str:
    """Return another ticket's label, as a link when its permalink is known."""
    links: Sequence[str] = [
        event["link"]
        for event in ticket.history
        if event.get("ticket") == number and event.get("link")
    ]
    label = f"LD-{number}"
    return Link(links[-1], label) if links else label


def _related(ticket: Ticket) -> Message:
    others = [other_ticket(ticket, number) for number in ticket.related[:_MAX_IN_DETAILS]]
    return message("Linked to %(others)s", others=others)
