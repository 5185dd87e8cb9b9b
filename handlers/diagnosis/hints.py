"""Hints under an unknown verdict: the call that is probably meant, and who was in the call."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from bot.call import Call, MissingKind, Report, Side
from bot.causes import NOT_FOUND, result_title
from bot.diagnosis import Verdict
from bot.i18n.messages import Message, TimeRange, Uid, message
from bot.services.diagnosis.likely_people import likely_people
from bot.ticket import Ticket
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

USE_CALL: Final = "verdict.use_call"
DIAGNOSE_CALL: Final = "diagnose.use_call"  # the button of an inquiry, about no ticket
USE_PERSON: Final = "verdict.use_person."  # and the place in the list of likely people
_MEANT: Final = message("probably meant")
_USE_UID: Final = {
    Side.TEACHER: message("The teacher is %(uid)s"),
    Side.STUDENT: message("The student is %(uid)s"),
}


def likely_call_sentence(report: Report, call: Call) -> Message:
    """Return where the call ran that is probably meant instead of the reported one."""
    asked = {"asked": report.cname, "reported": report.occurred_at}
    found = {"cname": call.cname, "app": call.app}
    not_found = (result_title(NOT_FOUND), *asked.values())
    if call.ended_at is None:
        since = call.started_at
        return message(
            "No call was found in %(asked)s around %(reported)s. %(cname)s in the app %(app)s has "
            "been running since %(since)s.",
            **asked,
            **found,
            since=since,
        ).in_facts(*not_found, (_MEANT, call.cname), call.app, (message("running since"), since))
    when = TimeRange(call.started_at, call.ended_at)
    return message(
        "No call was found in %(asked)s around %(reported)s. %(cname)s in the app %(app)s ran "
        "%(when)s.",
        **asked,
        **found,
        when=when,
    ).in_facts(*not_found, (_MEANT, call.cname), call.app, when)


def absent_people(verdict: Verdict) -> list[Uid]:
    """Return who that was named was not in the call."""
    named = (MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS)
    absent = [each.detail for each in verdict.missing if each.what in named and each.detail]
    return [Uid(uid) for uid in absent if uid not in verdict.uids_in_call]


def people_in_call_sentence(report: Report, verdict: Verdict) -> Message:
    """Return who that was named was not in the call, who was, and who is probably meant."""
    likely, when = likely_people(report, verdict), report.occurred_at
    absent, present = absent_people(verdict), [Uid(uid) for uid in verdict.uids_in_call]
    facts = [when, (message("not in the call"), absent), (message("in the call then"), present)]
    said = message(
        "Not in the call around %(when)s: %(absent)s. In the call then: %(present)s.",
        when=when,
        absent=absent,
        present=present,
    ).in_facts(*facts)
    if not likely:
        return said
    uid = Uid(likely[0][1])
    meant = message("%(text)s Probably meant: %(uid)s.", text=said, uid=uid)
    return meant.in_facts(*facts, (_MEANT, uid))


def hint_blocks(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[Block]:
    """Build the buttons that correct the report to what is probably meant; [] without any."""
    if verdict.likely_call is not None:
        return [_use_call(USE_CALL, str(ticket.id), renderer)]
    buttons = [
        block_kit.button(
            f"{USE_PERSON}{index}",
            renderer.plain_text(replace(_USE_UID[side], params={"uid": Uid(uid)})),
            str(ticket.id),
            style=None if index else "primary",
        )
        for index, (side, uid) in enumerate(likely_people(ticket.report, verdict))
    ]
    return [block_kit.actions("use_person", *buttons)] if buttons else []


def inquiry_hint_blocks(verdict: Verdict, renderer: Renderer) -> list[Block]:
    """Build the button that diagnoses the call that is probably meant; [] without any."""
    call = verdict.likely_call
    if call is None:
        return []
    return [_use_call(DIAGNOSE_CALL, json.dumps([call.app, call.cname]), renderer)]


def read_call(value: str) -> tuple[str, str]:
    """Read the app and the channel of the button; "" when the value is forged."""
    try:
        app, cname = json.loads(value)
    except (ValueError, TypeError):
        return "", ""
    return str(app), str(cname)


def _use_call(action_id: str, value: str, renderer: Renderer) -> Block:
    label = renderer.plain_text(message("Use this call"))
    return block_kit.actions("use_call", block_kit.button(action_id, label, value, style="primary"))
