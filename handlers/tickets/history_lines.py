"""A ticket's history as lines: who did what, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.escalation import find_escalation
from bot.i18n.messages import Message, PersonId, message
from bot.ticket import Ticket
from handlers.escalation.lines import escalation_facts
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Link, Renderer

_MAX_ON_CARD: Final = 3
_MAX_IN_DETAILS: Final = 20
_REPORTED: Final = message("reported it")
_EVENTS: Final[Mapping[str, Message]] = {  # what somebody, or Lagdesk, did
    "claimed": message("claimed it"),
    "unclaimed": message("unclaimed it"),
    "handed": message("handed it over to"),
    "snoozed": message("snoozed it until"),
    "woken": message("Open again after a snooze"),
    "resolved": message("resolved it"),
    "withdrawn": message("withdrew it"),
    "merged": message("merged it into"),
    "reopened": message("opened it again"),
    "linked": message("linked it to"),
    "unlinked": message("removed the link to"),
    "corrected": message("corrected"),
    "reposted": message("Reposted because the earlier card is gone"),
    "report_again": message("sent the report to the cloud again"),
    "report_arrived": message("says that the report to the cloud arrived"),
    "helped": message("says that it helped"),
    "issue_created": message("handed it over as"),
}
_BY_LAGDESK: Final = frozenset(("woken", "reposted"))
_ELSEWHERE_ON_CARD: Final = frozenset(
    ("claimed", "snoozed", "resolved", "withdrawn", "merged", "called", "issue_created")
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


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What a person did, or Lagdesk (""); `value` is whom or what it was about, if anything."""

    what: str
    person: str
    did: Message
    at: dt.datetime
    value: object = None

    def text(self, renderer: Renderer) -> str:
        """Return what was done, without who and when."""
        if self.value is None:
            return renderer.inline(self.did)
        return renderer.labelled(self.did, self.value)


def card_history(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build the card's newest events that appear nowhere else on it, and the linked tickets."""
    entries = [event for event in ticket.history if event["what"] not in _ELSEWHERE_ON_CARD]
    lines = [history_line(ticket, event, renderer) for event in entries[-_MAX_ON_CARD:]]
    lines = [line for line in lines if line]
    if ticket.related:
        lines.insert(0, _related(ticket, renderer))
    return [block_kit.context("steps", *lines)] if lines else []


def full_history(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build the whole history, oldest first; of very many events only the newest."""
    reported = _line(ticket.reporter, renderer.inline(_REPORTED), ticket.created_at, renderer)
    entries = [history_line(ticket, event, renderer) for event in ticket.history[-_MAX_IN_DETAILS:]]
    lines = [line for line in [reported, *entries] if line]
    return [block_kit.section("steps", "\n".join(lines))]


def history_line(ticket: Ticket, event: Mapping[str, Any], renderer: Renderer) -> str:
    """Return an event as facts, each once in two languages too; "" for one without a text."""
    entry = _entry(ticket, event)
    if entry is None:
        return ""
    return _line(entry.person, entry.text(renderer), entry.at, renderer)


def history_entries(ticket: Ticket) -> Iterator[HistoryEntry]:
    """Yield the events that have a text, from the report on."""
    yield HistoryEntry("reported", ticket.reporter, _REPORTED, ticket.created_at)
    for event in ticket.history:
        entry = _entry(ticket, event)
        if entry is not None:
            yield entry


def _entry(ticket: Ticket, event: Mapping[str, Any]) -> HistoryEntry | None:
    what, at = str(event["what"]), dt.datetime.fromisoformat(event["at"])
    if what == "called":
        escalation = find_escalation(ticket, event.get("call", 0))
        if escalation is None:
            return None
        did, value = escalation_facts(escalation)
        return HistoryEntry(what, "", did, at, value)
    person = "" if what in _BY_LAGDESK else event["who"]
    if what not in _EVENTS or not (person or what in _BY_LAGDESK):
        return None
    return HistoryEntry(what, person, _EVENTS[what], at, _value(ticket, event))


def _line(person: str, text: str, at: dt.datetime, renderer: Renderer) -> str:
    who = f"{renderer.fact(PersonId(person))} " if person else ""
    return f"{who}{text} · {renderer.fact(at)}"


def _value(ticket: Ticket, event: Mapping[str, Any]) -> object:
    """Return what an event was about besides the ticket; None for nothing."""
    match event["what"]:
        case "handed":
            return PersonId(event.get("to", ""))
        case "snoozed":
            return dt.datetime.fromisoformat(event.get("until", event["at"]))
        case "merged" | "linked" | "unlinked":
            return other_ticket(ticket, event.get("ticket", 0))
        case "issue_created":
            return Link(event["url"], event["name"])
        case "corrected":
            fields = event.get("fields", ())
            return [_FIELD_NAMES[name] for name in fields if name in _FIELD_NAMES]
    return None


def other_ticket(ticket: Ticket, number: int) -> Link | str:
    """Return another ticket's label, as a link when its permalink is known."""
    links: Sequence[str] = [
        event["link"]
        for event in ticket.history
        if event.get("ticket") == number and event.get("link")
    ]
    label = f"LD-{number}"
    return Link(links[-1], label) if links else label


def _related(ticket: Ticket, renderer: Renderer) -> str:
    others = [other_ticket(ticket, number) for number in ticket.related[:_MAX_IN_DETAILS]]
    return renderer.labelled(message("Linked to"), others)
