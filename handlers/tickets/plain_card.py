"""The card of a ticket in plain text, where Slack refuses the full one."""

from __future__ import annotations

from typing import Final

from bot.errors import SlackContentRefusedError
from bot.escalation import Policy
from bot.i18n.messages import message
from bot.ticket import Ticket
from handlers.diagnosis.result_lines import result_lines
from handlers.tickets.card import ticket_facts, ticket_states, ticket_title
from handlers.ui.renderer import Renderer, escape

_MAX_TEXT: Final = 3000  # chat.update takes no more than 4000
_MAX_PROBLEM: Final = 300


def plain_card(
    ticket: Ticket, renderer: Renderer, policy: Policy, refusal: SlackContentRefusedError
) -> str:
    """Return the ticket's facts as text, with what Slack refused and what follows."""
    lines = [
        escape(ticket_title(ticket, renderer)),
        *result_lines(ticket, renderer),
        *ticket_facts(ticket, renderer),
        *ticket_states(ticket, policy, renderer),
        _refused(refusal, renderer),
    ]
    quoted = renderer.quote(ticket.comments, (ticket.teacher_uid, ticket.student_uid))[:1]
    if len("\n".join([*lines, *quoted])) <= _MAX_TEXT:
        lines += quoted
    return "\n".join(lines)[:_MAX_TEXT]


def _refused(refusal: SlackContentRefusedError, renderer: Renderer) -> str:
    problem = " ".join([refusal.code, *refusal.problems])[:_MAX_PROBLEM]
    return renderer.mrkdwn(
        message(
            "Slack refused the full card, so this is a plain one: %(problem)s. The full card is "
            "tried again when the ticket changes and when Lagdesk is restarted or updated. Until "
            "then the ticket's buttons are in the Home tab.",
            problem=problem,
        )
    )
