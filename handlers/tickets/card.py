"""Domain to blocks: the ticket's card, the diagnosis in its thread, lists. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.call import CLOUD_NAMES, IssueType, Side
from bot.diagnosis import Verdict
from bot.escalation import Policy
from bot.i18n.messages import Message, PersonId, Uid, message
from bot.i18n.serialization import load_message
from bot.ports import Diagnosis
from bot.ticket import ReportState, Status, Ticket
from handlers.diagnosis.chart_upload import picture_block
from handlers.diagnosis.feedback import details_button
from handlers.diagnosis.verdict_message import headline
from handlers.escalation.lines import card_lines
from handlers.tickets.history_lines import all_steps, card_steps, other_ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.causes import resolution_name
from handlers.ui.forms import ISSUE_TYPES, SIDES
from handlers.ui.renderer import Link, Voice

STATUSES: Final = {
    Status.OPEN: message("Open"),
    Status.CLAIMED: message("Claimed"),
    Status.RESOLVED: message("Resolved"),
}
MARKS: Final = {
    Status.OPEN: ":red_circle:",
    Status.CLAIMED: ":large_yellow_circle:",
    Status.RESOLVED: ":large_green_circle:",
}
_BUTTONS: Final = {
    "claim": message("Claim"),
    "diagnose": message("Diagnose again"),
    "escalate": message("Escalate"),
    "resolve": message("Resolve"),
    "reopen": message("Reopen"),
    "helped": message("It helped"),
}
_NO_POLICY: Final = Policy()
_STYLES: Final = {"claim": "primary", "escalate": "danger", "helped": "primary"}
MENU: Final = "card.menu"
_MORE: Final = {
    "hand_over": message("Hand over…"),
    "link": message("Link to another ticket…"),
    "merge": message("Merge as a duplicate…"),
    "correct": message("Correct the report…"),
    "room": message("Act on the call, or show uids…"),
}
_AFTERWARDS: Final = message("Show uids…")
_CHOSEN: Final = re.compile(r"([0-9]{1,15}):([a-z_]{1,20})", re.ASCII)


def ticket_card(
    ticket: Ticket, voice: Voice, policy: Policy = _NO_POLICY, *, has_menu: bool = False
) -> list[Block]:
    """The ticket's card in the escalation channel; `has_menu`: the call can be acted on, too."""
    return [
        block_kit.header("title", ticket_title(ticket, voice)),
        block_kit.section(
            "facts", "", fields=_facts(ticket, voice), accessory=_menu(ticket, voice, has_menu)
        ),
        *_typed(ticket, voice),
        block_kit.context("state", *_states(ticket, policy, voice)),
        *card_steps(ticket, voice),
        block_kit.actions("ticket", *_buttons(ticket, voice)),
    ]


def _menu(ticket: Ticket, voice: Voice, has_room: bool) -> Element:  # noqa: FBT001 - one of ours
    is_over = ticket.status is Status.RESOLVED
    verbs = ["link", "correct", "room"] if is_over else [*_MORE]
    if not has_room:
        verbs.remove("room")
    names = _MORE | {"room": _AFTERWARDS} if is_over else _MORE
    return block_kit.overflow(MENU, [(f"{ticket.id}:{v}", voice.plain(names[v])) for v in verbs])


def read_menu(action: Mapping[str, Any]) -> tuple[int, str]:
    """Read ticket and choice; number 0, which nothing has, when they were forged."""
    option = action.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else None
    found = _CHOSEN.fullmatch(value) if isinstance(value, str) else None
    return (int(found[1]), found[2]) if found and found[2] in _MORE else (0, "")


def ticket_title(ticket: Ticket, voice: Voice) -> str:
    """The ticket's name, channel and status in one plain line."""
    status = voice.plain(STATUSES[ticket.status])
    return f"{MARKS[ticket.status]} {ticket.label} · {ticket.cname} · {status}"


def ticket_notice(ticket: Ticket, voice: Voice) -> str:
    """What a notification and a screen reader say of the card."""
    return voice.notice(
        message(
            "%(ticket)s: %(type)s about channel %(cname)s. %(status)s.",
            ticket=ticket.label,
            type=ISSUE_TYPES[IssueType(ticket.issue_type)],
            cname=ticket.cname,
            status=STATUSES[ticket.status],
        )
    )


def _facts(ticket: Ticket, voice: Voice) -> list[str]:
    facts: Sequence[tuple[Message, object]] = (
        (message("Channel"), ticket.cname),
        (message("App"), _app(ticket)),
        (message("Teacher"), Uid(ticket.teacher_uid)),
        (message("Student"), Uid(ticket.student_uid)),
        (message("Who had the problem"), SIDES[ticket.abnormal_side]),
        (message("Type"), ISSUE_TYPES[IssueType(ticket.issue_type)]),
        (message("Time"), ticket.occurred_at),
        (message("Reported by"), PersonId(ticket.reporter)),
    )
    return [
        voice.markup(message("*%(name)s*\n%(value)s", name=name, value=value))
        for name, value in facts
    ]


def _app(ticket: Ticket) -> Message:
    return message("%(app)s (%(cloud)s)", app=ticket.app, cloud=CLOUD_NAMES[ticket.cloud])


def _typed(ticket: Ticket, voice: Voice) -> list[Block]:
    """What people typed: the comment, and later the resolution."""
    uids = (ticket.teacher_uid, ticket.student_uid)
    shown = _quotation("comments", voice.quote(ticket.comments, uids))
    if ticket.status is not Status.RESOLVED:
        return shown
    if ticket.duplicate_of is not None:
        other = other_ticket(ticket, ticket.duplicate_of)
        said = message("*Duplicate* of %(other)s", other=other)
        return [*shown, block_kit.section("duplicate", voice.markup(said))]
    cause = resolution_name(ticket.resolved_cause)
    title = voice.markup(message("*Resolution*: %(cause)s", cause=cause))
    quoted = _quotation("resolution", voice.quote(ticket.resolution, uids))
    return [*shown, block_kit.section("cause", title), *quoted]


def _quotation(block_id: str, pieces: list[str]) -> list[Block]:
    return [
        block_kit.section(f"{block_id}-{number}" if number else block_id, piece)
        for number, piece in enumerate(pieces)
    ]


def _states(ticket: Ticket, policy: Policy, voice: Voice) -> list[str]:
    lines = [report_state(ticket)]
    if ticket.assignee and ticket.claimed_at:
        lines.append(
            message(
                "Claimed by %(person)s, %(when)s",
                person=PersonId(ticket.assignee),
                when=ticket.claimed_at,
            )
        )
    if ticket.incident is not None:
        label = f"INC-{ticket.incident}"
        name: object = Link(ticket.incident_link, label) if ticket.incident_link else label
        lines.append(message("Part of %(incident)s", incident=name))
    if ticket.resolver and ticket.resolved_at:
        lines.append(
            message(
                "Resolved by %(person)s, %(when)s",
                person=PersonId(ticket.resolver),
                when=ticket.resolved_at,
            )
        )
    return [*(voice.markup(line) for line in lines), *card_lines(ticket, policy, voice)]


_REPORT_STATES: Final = {
    ReportState.ACCEPTED: message("Reported to %(cloud)s: accepted"),
    ReportState.REFUSED: message("Reported to %(cloud)s: refused. %(reason)s"),
    ReportState.UNCONFIRMED: message(
        "Reported to %(cloud)s: sent, unconfirmed. No answer came; it is not sent again."
    ),
    ReportState.UNSUPPORTED: message("Not reported: %(cloud)s takes no reports."),
    ReportState.OFF: message("Not reported: reports to %(cloud)s are switched off."),
    ReportState.PENDING: message("Report to %(cloud)s: pending"),
}
_BEFORE: Final = message("Reported to %(cloud)s before it was corrected; it is not sent again.")
_WAITING: Final = message("Report to %(cloud)s: waiting, will be tried again. %(reason)s")


def report_state(ticket: Ticket) -> Message:
    """The state of the report to the cloud, in plain words."""
    reason = load_message(ticket.report_reason) if ticket.report_reason else None
    before = ticket.reported_before()
    if before is not None:
        return replace(_BEFORE, params={"cloud": CLOUD_NAMES[before]})
    waiting = ticket.report_state is ReportState.PENDING and reason is not None
    said = _WAITING if waiting else _REPORT_STATES[ticket.report_state]
    known = reason or message("no reason given")
    return replace(said, params={"cloud": CLOUD_NAMES[ticket.cloud], "reason": known})


def _buttons(ticket: Ticket, voice: Voice) -> list[Element]:
    match ticket.status:
        case Status.OPEN:
            verbs = ["claim", "diagnose", "escalate", "resolve"]
        case Status.CLAIMED:
            verbs = ["diagnose", "escalate", "resolve"]
        case Status.RESOLVED:
            verbs = ["reopen"]
    return [ticket_button(verb, ticket, voice) for verb in verbs]


def ticket_button(verb: str, ticket: Ticket, voice: Voice) -> Element:
    """A button that does something to a ticket, wherever it stands."""
    name = voice.plain(_BUTTONS[verb])
    return block_kit.button(f"ticket.{verb}", name, str(ticket.id), style=_STYLES.get(verb))


def confirmation(ticket: Ticket, voice: Voice) -> tuple[str, list[Block]]:
    """What the reporter is told privately: notice text and blocks."""
    filed = message("%(ticket)s is filed: %(cname)s.", ticket=ticket.label, cname=ticket.cname)
    if ticket.permalink:
        follow = message(
            "We will post what we find in %(thread)s.",
            thread=Link(ticket.permalink, message("its thread")),
        )
    else:
        follow = message("You will find its thread in /tickets in a moment.")
    text = f"{voice.markup(filed)} {voice.markup(follow)}"
    return voice.notice(filed), [block_kit.section("filed", text)]


def ticket_line(ticket: Ticket, voice: Voice) -> str:
    """One ticket in a list."""
    name: object = Link(ticket.permalink, ticket.label) if ticket.permalink else ticket.label
    line = message(
        "%(mark)s *%(ticket)s* %(cname)s · %(status)s · %(when)s",
        mark=MARKS[ticket.status],
        ticket=name,
        cname=ticket.cname,
        status=STATUSES[ticket.status],
        when=ticket.created_at,
    )
    return voice.markup(line)


def ticket_details(
    ticket: Ticket, voice: Voice, policy: Policy = _NO_POLICY
) -> tuple[str, list[Block]]:
    """One ticket shown privately: notice text and blocks, with no buttons to act."""
    card = ticket_card(ticket, voice, policy)[:-1]
    card = [{k: v for k, v in block.items() if k != "accessory"} for block in card]
    card = [block for block in card if block["block_id"] != "steps"]
    card += [*all_steps(ticket, voice), *_found(ticket, voice)]
    if ticket.permalink:
        thread = Link(ticket.permalink, message("Open its thread"))
        card.append(block_kit.section("thread", voice.markup(message("%(text)s", text=thread))))
    return ticket_notice(ticket, voice), card


def _found(ticket: Ticket, voice: Voice) -> list[Block]:
    """What was found: the verdict's sentence, its picture and the way to its details."""
    if ticket.verdict is None:
        return []
    verdict = Verdict.from_json(ticket.verdict)
    asked_at = ticket.diagnosed_at or ticket.created_at
    sentence = headline(Diagnosis(ticket.report, ticket.cloud, verdict, asked_at))
    picture = [picture_block(ticket, voice)] if ticket.picture_file else []
    details = details_button(ticket, voice)
    return [block_kit.section("verdict", voice.markup(sentence), accessory=details), *picture]


def side_name(side: Side | None) -> Message:
    """A side in words."""
    return SIDES[side] if side else message("Somebody")
