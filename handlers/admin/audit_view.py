"""The response to `/lagdesk audit`: who did what to which ticket, when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.call_control import RoomCommandState
from bot.errors import InputError
from bot.i18n.messages import Message, PersonId, Uid, message
from bot.services.access_tokens import service as tokens
from bot.services.admin import audit_log
from bot.services.admin.audit_log import AuditLogService, AuditRecord
from bot.services.tickets.query_parser import parse_tickets
from bot.services.workspaces.setup import SETUP
from handlers.slack.request import Requester
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer, date, escape

_LINES_PER_BLOCK: Final = 10
_ACTION_TEXTS: Final = {
    "room.remove_student": message("%(person)s asked to remove the student %(uid)s"),
    "room.remove_teacher": message("%(person)s asked to remove the teacher %(uid)s"),
    "room.dismiss": message("%(person)s asked to close the channel for everybody"),
    "room.record": message("%(person)s asked to record %(uid)s"),
    "room.stop_recording": message("%(person)s asked to stop the recording"),
    "room.reveal": message("%(person)s viewed the full uids"),
    "ticket.hand_over": message("%(person)s handed the ticket over"),
    "ticket.merge": message("%(person)s merged the ticket into another one"),
    "ticket.create_issue": message("%(person)s handed the ticket over to a tracker"),
    "ticket.link": message("%(person)s linked the ticket to another one"),
    "ticket.unlink": message("%(person)s removed a link to another ticket"),
    "ticket.correct": message("%(person)s corrected the report"),
    "ticket.use_call": message("%(person)s corrected the report to the call that was found"),
    "ticket.use_person": message("%(person)s corrected the report to a uid in the call"),
    "ticket.withdraw": message("%(person)s withdrew the ticket"),
    "ticket.report_again": message("%(person)s had the report sent to the cloud again"),
    "ticket.report_arrived": message("%(person)s noted that the report arrived in the cloud"),
    SETUP: message("%(person)s changed the settings of the workspace: %(changed)s"),
    tokens.CREATED: message("%(person)s created the access token %(label)s"),
    tokens.REVOKED: message("%(person)s revoked the access token %(label)s"),
    tokens.USED: message("%(person)s's access token %(label)s was used on this day"),
    "mcp.find_tickets": message("%(person)s searched tickets through an assistant"),
    "mcp.explain_ticket": message("%(person)s read the ticket through an assistant"),
    "mcp.explain_call": message("%(person)s had a call of %(app)s explained by an assistant"),
    "mcp.quality_now": message("%(person)s read the quality of %(app)s through an assistant"),
    "mcp.week_summary": message("%(person)s read a weekly summary through an assistant"),
    audit_log.EXPORT: message("%(person)s downloaded the tickets of week %(week)s"),
}
_UNKNOWN_ACTION: Final = message("%(person)s: %(action)s")
_OUTCOME_TEXTS: Final[dict[str, Message]] = {
    RoomCommandState.ACCEPTED: message("sent to the cloud"),
    RoomCommandState.NOT_FOUND: message("not done: nobody was in the channel"),
    RoomCommandState.REFUSED: message("not done: the cloud refused"),
    RoomCommandState.UNCONFIRMED: message("sent, but no response"),
    RoomCommandState.EXPIRED: message("not done: it could not be sent in time"),
}


async def recent_actions(
    service: AuditLogService, users: UserDirectory, requester: Requester, argument: str
) -> tuple[str, list[Block]]:
    """Build the newest records, of one ticket or of all: top-level text and blocks."""
    number = _parse_ticket_number(argument)
    records = await service.recent_actions(requester.team, requester.person, number)
    return audit_blocks(records, number, await users.renderer(requester.team, requester.person))


def _parse_ticket_number(argument: str) -> int | None:
    if not argument:
        return None
    number = parse_tickets(argument).number
    if number is None:
        raise InputError(
            {"text": message("%(text)s is not a ticket number such as LD-12.", text=argument)}
        )
    return number


def audit_blocks(
    records: Sequence[AuditRecord], number: int | None, renderer: Renderer
) -> tuple[str, list[Block]]:
    """Build a title and a line for each record, newest first: top-level text and blocks."""
    title = message("Audit log")
    if number is not None:
        title = message("Audit log: %(ticket)s", ticket=f"LD-{number}")
    lines = [_line(record, renderer) for record in records]
    if not lines:
        lines = [renderer.mrkdwn(message("Nothing is recorded yet."))]
    starts = range(0, len(lines), _LINES_PER_BLOCK)
    return renderer.fallback_text(title), [
        block_kit.header("title", renderer.plain_text(title)),
        *(
            block_kit.section(f"deeds_{start}", "\n".join(lines[start : start + _LINES_PER_BLOCK]))
            for start in starts
        ),
        *([block_kit.context("most", renderer.mrkdwn(_hint(number)))] if records else []),
    ]


def _hint(number: int | None) -> Message:
    if number is not None:
        return message("At most the latest %(count)s entries.", count=audit_log.MAX_SHOWN)
    return message(
        "At most the latest %(count)s entries. For one ticket: /lagdesk audit LD-12",
        count=audit_log.MAX_SHOWN,
    )


def _line(record: AuditRecord, renderer: Renderer) -> str:
    """Return time, ticket, channel, who did what, and the outcome."""
    params = {
        "person": PersonId(record.person),
        "uid": Uid(str(record.detail.get("uid") or "")),
        "week": str(record.detail.get("week") or ""),
        "action": record.action,
        "app": str(record.detail.get("app") or ""),
        "label": str(record.detail.get("label") or ""),
        "changed": ", ".join(record.detail.get("changed") or {}),
    }
    template = _ACTION_TEXTS.get(record.action, _UNKNOWN_ACTION)
    outcome = _OUTCOME_TEXTS.get(record.outcome)
    parts = [
        date(record.at, renderer.translator),
        "" if record.ticket is None else f"LD-{record.ticket}",
        escape(str(record.detail.get("cname") or "")),
        renderer.mrkdwn(Message(template.id, params)),
        "" if outcome is None else renderer.mrkdwn(outcome),
    ]
    return " · ".join(filter(None, parts))
