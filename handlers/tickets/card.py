"""A ticket as blocks: its card, private details and list line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.call import CLOUD_NAMES, IssueType, Side
from bot.causes import WITHDRAWN, resolution_title
from bot.cloud_report import ReportState, previously_reported_cloud
from bot.escalation import Policy
from bot.i18n.messages import Message, PersonId, message
from bot.i18n.serialization import load_message
from bot.ticket import Status, Ticket
from bot.tracker_issue import TRACKER_NAMES, open_trackers
from handlers.diagnosis.result_lines import participant, result_lines
from handlers.escalation.lines import escalation_card_lines, target_lines
from handlers.tickets.history_lines import card_history, other_ticket
from handlers.tickets.issue_lines import issue_lines
from handlers.tickets.resolutions import resolution_text
from handlers.tickets.status import status_emoji, status_name
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.labels import ISSUE_TYPE_NAMES
from handlers.ui.renderer import Link, Renderer, link_to

_BUTTONS: Final = {
    "claim": message("Claim"),
    "diagnose": message("Diagnose again"),
    "escalate": message("Escalate"),
    "resolve": message("Resolve"),
    "reopen": message("Reopen"),
    "helped": message("It helped"),
    "correct": message("Correct…"),
    "withdraw": message("Withdraw"),
}
_REPORT_DECISIONS: Final = {"again": message("Send again"), "arrived": message("It arrived")}
REPORT_BLOCK: Final = "report"
_NO_POLICY: Final = Policy()
_STYLES: Final = {"claim": "primary", "escalate": "danger", "helped": "primary"}
MENU_ACTION_ID: Final = "card.menu"
_MENU_ITEMS: Final = {
    "hand_over": message("Hand over…"),
    "snooze": message("Snooze…"),
    "link": message("Link or merge…"),
    "correct": message("Correct the report…"),
    "room": message("Manage the call, show full uids…"),
}
_NAMES_BY_STATUS: Final = {
    Status.OPEN: _MENU_ITEMS,
    Status.CLAIMED: _MENU_ITEMS | {"hand_over": message("Hand over or unclaim…")},
    Status.RESOLVED: {
        "link": message("Link to another ticket…"),
        "correct": _MENU_ITEMS["correct"],
        "room": message("Show uids…"),
    },
}
_HAND_OVER: Final = {  # where there are trackers, too
    Status.OPEN: message("Hand over, also to %(trackers)s…"),
    Status.CLAIMED: message("Hand over or unclaim, also to %(trackers)s…"),
    Status.RESOLVED: message("Hand over to %(trackers)s…"),
}
_MENU_VALUE: Final = re.compile(r"([0-9]{1,15}):([a-z_]{1,20})", re.ASCII)


def ticket_card(
    ticket: Ticket,
    renderer: Renderer,
    policy: Policy = _NO_POLICY,
    *,
    has_menu: bool = False,
    has_apps: bool = True,
    trackers: Sequence[str] = (),
) -> list[Block]:
    """Build the card; with `has_menu` its menu offers acting on the call.

    `has_apps`: there is more than one app, so that it is named. `trackers` are those to which
    the ticket can be handed over.
    """
    facts = [*result_lines(ticket, renderer), *ticket_facts(ticket, renderer, has_apps=has_apps)]
    menu = _menu(ticket, renderer, has_room=has_menu, trackers=trackers)
    return [
        block_kit.header("title", ticket_title(ticket, renderer)),
        block_kit.section("facts", "\n".join(facts), accessory=menu),
        *_user_text_blocks(ticket, renderer),
        block_kit.context("state", *ticket_states(ticket, policy, renderer)),
        *_report_decision(ticket, renderer),
        *card_history(ticket, renderer),
        block_kit.actions("ticket", *_buttons(ticket, renderer)),
    ]


def _menu(
    ticket: Ticket, renderer: Renderer, *, has_room: bool, trackers: Sequence[str]
) -> Element:
    return block_kit.overflow(
        MENU_ACTION_ID,
        [
            (f"{ticket.id}:{verb}", renderer.plain_text(name))
            for verb, name in _menu_items(ticket, trackers).items()
            if has_room or verb != "room"
        ],
    )


def _menu_items(ticket: Ticket, trackers: Sequence[str]) -> Mapping[str, Message]:
    """Return the menu's items; Slack takes five, so handing over to a tracker is none of its own.

    A resolved ticket is handed over to nobody else.
    """
    items = _NAMES_BY_STATUS[ticket.status]
    free = [TRACKER_NAMES[tracker] for tracker in open_trackers(ticket.issues, trackers)]
    if not free:
        return items
    name = replace(_HAND_OVER[ticket.status], params={"trackers": free})
    return {"hand_over": name} | {**items, "hand_over": name}


def read_menu(action: Mapping[str, Any]) -> tuple[int, str]:
    """Read ticket number and choice from a menu action; (0, "") when forged."""
    option = action.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else None
    match = _MENU_VALUE.fullmatch(value) if isinstance(value, str) else None
    return (int(match[1]), match[2]) if match and match[2] in _MENU_ITEMS else (0, "")


def ticket_title(ticket: Ticket, renderer: Renderer) -> str:
    """Return the ticket's label, channel and status in one line of plain text."""
    status = renderer.plain_text(status_name(ticket))
    return f"{status_emoji(ticket)} {ticket.label} · {ticket.cname} · {status}"


def ticket_fallback_text(ticket: Ticket, renderer: Renderer) -> str:
    """Return the card's top-level text."""
    issue_type, status = ISSUE_TYPE_NAMES[IssueType(ticket.issue_type)], status_name(ticket)
    msg = message(
        "%(ticket)s: %(type)s about channel %(cname)s. %(status)s.",
        ticket=ticket.label,
        type=issue_type,
        cname=ticket.cname,
        status=status,
    )
    return renderer.fallback_text(msg.in_facts(ticket.label, ticket.cname, issue_type, status))


def ticket_facts(ticket: Ticket, renderer: Renderer, *, has_apps: bool = True) -> list[str]:
    """Return what was reported besides the channel, in two lines, without the form's defaults."""
    kind = IssueType(ticket.issue_type)
    names = [] if kind is IssueType.FEEDBACK else [renderer.inline(ISSUE_TYPE_NAMES[kind])]
    about = [renderer.fact(ticket.occurred_at), renderer.fact(PersonId(ticket.reporter))]
    if has_apps:
        about.insert(1, renderer.fact(ticket.app))
    affected = ticket.abnormal_side
    who = [
        participant(side, ticket.report.uid_of(side), renderer)
        for side in sorted(Side, key=lambda side: side is not affected)
    ]
    label = renderer.inline(message("Who had the problem"))
    return [
        " · ".join([*names, *about]),
        " · ".join([f"*{label}* {who[0]}", *who[1:]]),
    ]


def _user_text_blocks(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Quote the comment, and later the resolution."""
    uids = (ticket.teacher_uid, ticket.student_uid)
    blocks = _quote_blocks("comments", renderer.quote(ticket.comments, uids))
    if ticket.status is not Status.RESOLVED or ticket.was_resolved_as(WITHDRAWN):
        return blocks
    if ticket.duplicate_of is not None:
        other = other_ticket(ticket, ticket.duplicate_of)
        msg = message("*Duplicate* of %(other)s", other=other)
        return [*blocks, block_kit.section("duplicate", renderer.mrkdwn(msg))]
    cause = resolution_title(ticket.resolved_cause)
    title = renderer.mrkdwn(message("*Resolution*: %(cause)s", cause=cause))
    quoted = _quote_blocks(
        "resolution", renderer.quote(resolution_text(ticket.resolution, renderer), uids)
    )
    return [*blocks, block_kit.section("cause", title), *quoted]


def _quote_blocks(block_id: str, pieces: list[str]) -> list[Block]:
    return [
        block_kit.section(f"{block_id}-{number}" if number else block_id, piece)
        for number, piece in enumerate(pieces)
    ]


def ticket_states(ticket: Ticket, policy: Policy, renderer: Renderer) -> list[str]:
    """Return what has happened to the ticket so far, a line each."""
    lines = [renderer.inline(report_state(ticket))]
    if ticket.source_permalink:
        label = renderer.plain_text(message("Original message"))
        lines.insert(0, renderer.fact(Link(ticket.source_permalink, label)))
    if ticket.assignee and ticket.claimed_at:
        lines.append(_by(message("Claimed by"), ticket.assignee, ticket.claimed_at, renderer))
    if ticket.snoozed_until is not None:
        lines.append(renderer.labelled(message("Snoozed until"), ticket.snoozed_until))
    if ticket.incident is not None:
        name = link_to(ticket.thread.incident_permalink, f"INC-{ticket.incident}")
        lines.append(renderer.labelled(message("Part of"), name))
    if ticket.resolver and ticket.resolved_at:
        is_withdrawn = ticket.was_resolved_as(WITHDRAWN)
        what = message("Withdrawn by") if is_withdrawn else message("Resolved by")
        lines.append(_by(what, ticket.resolver, ticket.resolved_at, renderer))
    lines += issue_lines(ticket, renderer)
    lines += target_lines(ticket, policy.targets, renderer)
    return [*lines, *escalation_card_lines(ticket, policy, renderer)]


def _by(what: Message, person: str, when: dt.datetime, renderer: Renderer) -> str:
    return f"{renderer.labelled(what, PersonId(person))} · {renderer.fact(when)}"


_REPORT_STATES: Final = {
    ReportState.ACCEPTED: message("Reported to %(cloud)s: accepted"),
    ReportState.REFUSED: message("Reported to %(cloud)s: refused. %(reason)s"),
    ReportState.UNCONFIRMED: message(
        "Reported to %(cloud)s: sent, unconfirmed. It may have arrived, so it is not sent again "
        "unless support decides so."
    ),
    ReportState.UNSUPPORTED: message("Not reported: %(cloud)s does not accept reports."),
    ReportState.OFF: message("Not reported: reports to %(cloud)s are switched off."),
    ReportState.PENDING: message("Report to %(cloud)s: pending"),
}
_REFUSED_WAITING: Final = message(
    "Reported to %(cloud)s: refused. %(reason)s It is tried again every few minutes."
)
_SAME_CALL: Final = message("Not reported to %(cloud)s: %(reason)s")
_REPORTED_BEFORE: Final = message("Reported to %(cloud)s before it was corrected; not sent again.")
_NOT_REPORTED: Final = message("Not reported to %(cloud)s: withdrawn.")
_REPORT_WAITING: Final = message("Report to %(cloud)s: waiting, will be tried again. %(reason)s")


def report_state(ticket: Ticket) -> Message:
    """Return the state of the report to the cloud."""
    reason = load_message(ticket.cloud_report.reason) if ticket.cloud_report.reason else None
    before = previously_reported_cloud(ticket.history)
    if before is not None:
        return replace(_REPORTED_BEFORE, params={"cloud": CLOUD_NAMES[before]})
    msg = _REPORT_STATES[ticket.cloud_report.state]
    if ticket.cloud_report.is_unsent and ticket.was_resolved_as(WITHDRAWN):
        msg = _NOT_REPORTED
    elif ticket.cloud_report.state is ReportState.OFF and reason is not None:
        msg = _SAME_CALL
    elif ticket.cloud_report.retry_at is not None:
        msg = _REFUSED_WAITING
    elif ticket.cloud_report.state is ReportState.PENDING and reason is not None:
        msg = _REPORT_WAITING
    reason_or_none = reason or message("no reason given")
    return replace(msg, params={"cloud": CLOUD_NAMES[ticket.cloud], "reason": reason_or_none})


def _report_decision(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build support's buttons about an unconfirmed report; their value names the attempt."""
    report = ticket.cloud_report
    if report.state is not ReportState.UNCONFIRMED:
        return []
    value = f"{ticket.id}:{report.attempts}"
    buttons = (
        block_kit.button(f"report.{decision}", renderer.plain_text(name), value)
        for decision, name in _REPORT_DECISIONS.items()
    )
    return [block_kit.actions(REPORT_BLOCK, *buttons)]


def _buttons(ticket: Ticket, renderer: Renderer) -> list[Element]:
    match ticket.status:
        case Status.OPEN:
            verbs = ["claim", "diagnose", "escalate", "resolve"]
        case Status.CLAIMED:
            verbs = ["diagnose", "escalate", "resolve"]
        case Status.RESOLVED:
            verbs = ["reopen"]
    return [ticket_button(verb, ticket, renderer) for verb in verbs]


def ticket_button(verb: str, ticket: Ticket, renderer: Renderer) -> Element:
    """Build a button that acts on a ticket, for the card and other surfaces."""
    name = renderer.plain_text(_BUTTONS[verb])
    question = _withdrawal(ticket, renderer) if verb == "withdraw" else None
    return block_kit.button(
        f"ticket.{verb}", name, str(ticket.id), style=_STYLES.get(verb), confirmation=question
    )


def _withdrawal(ticket: Ticket, renderer: Renderer) -> Element:
    text = message("Support stops working on it. You can open it again later.")
    return block_kit.confirmation(
        renderer.plain_text(message("Withdraw %(ticket)s?", ticket=ticket.label)),
        renderer.plain_text(text),
        yes=renderer.plain_text(_BUTTONS["withdraw"]),
        no=renderer.plain_text(message("Cancel")),
    )


def ticket_line(ticket: Ticket, renderer: Renderer) -> str:
    """Return a ticket as one line of a list."""
    name = renderer.fact(link_to(ticket.thread.permalink, ticket.label))
    facts = (
        f"{status_emoji(ticket)} *{name}* {renderer.fact(ticket.cname)}",
        renderer.inline(status_name(ticket)),
        renderer.fact(ticket.created_at),
    )
    return " · ".join(facts)
