"""Hints under an unknown verdict: the call that is probably meant, and who was in the call."""

from __future__ import annotations

from typing import Final

from bot.call import Call, MissingKind, Report
from bot.diagnosis import Verdict
from bot.i18n.messages import Message, TimeRange, Uid, message
from bot.ticket import Ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

USE_CALL: Final = "verdict.use_call"


def likely_call_sentence(report: Report, call: Call) -> Message:
    """Return where the call ran that is probably meant instead of the reported one."""
    if call.ended_at is None:
        return message(
            "No call was found in %(asked)s around %(reported)s. %(cname)s in the app %(app)s has "
            "been running since %(since)s.",
            asked=report.cname,
            reported=report.occurred_at,
            cname=call.cname,
            app=call.app,
            since=call.started_at,
        )
    return message(
        "No call was found in %(asked)s around %(reported)s. %(cname)s in the app %(app)s ran "
        "%(when)s.",
        asked=report.cname,
        reported=report.occurred_at,
        cname=call.cname,
        app=call.app,
        when=TimeRange(call.started_at, call.ended_at),
    )


def people_in_call_sentence(verdict: Verdict) -> Message:
    """Return who that was named was not in the call, and who was."""
    named = (MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS)
    absent = [Uid(each.detail) for each in verdict.missing if each.what in named and each.detail]
    return message(
        "Not in the call: %(absent)s. In it were %(present)s.",
        absent=[uid for uid in absent if uid not in verdict.uids_in_call],
        present=[Uid(uid) for uid in verdict.uids_in_call],
    )


def use_call_blocks(ticket: Ticket, call: Call | None, renderer: Renderer) -> list[Block]:
    """Build the button, [] without such a call."""
    if call is None:
        return []
    label = renderer.plain_text(message("Use this call"))
    button = block_kit.button(USE_CALL, label, str(ticket.id), style="primary")
    return [block_kit.actions("use_call", button)]
