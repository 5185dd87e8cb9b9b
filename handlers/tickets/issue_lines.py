"""Lines about the issues that a ticket was handed over as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.i18n.messages import Message, message
from bot.i18n.serialization import load_message
from bot.ticket import Ticket
from bot.tracker_issue import TRACKER_NAMES, IssueState, TrackerIssue, read_issues
from handlers.ui.renderer import Link, Renderer

_PENDING: Final = message("Handing over to %(tracker)s …")
_WAITING: Final = message("Handing over to %(tracker)s: waiting, will be tried again. %(reason)s")
_REFUSED: Final = message("Not handed over to %(tracker)s: refused. %(reason)s")
_HANDED_OVER: Final = message("handed it over as")
_NOT_HANDED_OVER: Final = message(
    "could not hand it over to %(tracker)s: %(reason)s When that is corrected, hand it over again "
    "in the card's menu."
)


def issue_lines(ticket: Ticket, renderer: Renderer) -> list[str]:
    """Return a line for each issue: its link, or what is in its way."""
    return [_line(issue, renderer) for issue in read_issues(ticket.issues)]


def _line(issue: TrackerIssue, renderer: Renderer) -> str:
    tracker = TRACKER_NAMES[issue.tracker]
    if issue.state is IssueState.CREATED:
        label = message("Handed over to %(tracker)s", tracker=tracker)
        return renderer.labelled(label, Link(issue.url, issue.name))
    msg = _WAITING if issue.reason else _PENDING
    if issue.state is IssueState.REFUSED:
        msg = _REFUSED
    params = {"tracker": tracker, "reason": _reason(issue.reason)}
    return renderer.inline(Message(msg.id, params))


def issue_event(event: Mapping[str, Any], renderer: Renderer) -> str:
    """Return what somebody did, or could not do, for the note in the ticket's thread."""
    tracker = TRACKER_NAMES.get(event["tracker"], event["tracker"])
    if event["what"] == "issue_created":
        link = Link(event["url"], f"{tracker} {event['name']}")
        return renderer.labelled(_HANDED_OVER, link)
    params = {"tracker": tracker, "reason": _reason(event["reason"])}
    return renderer.inline(Message(_NOT_HANDED_OVER.id, params))


def _reason(stored: Mapping[str, Any] | None) -> Message | str:
    return load_message(stored) if stored else ""
