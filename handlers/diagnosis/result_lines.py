"""The result of a ticket's diagnosis in short lines, for cards and lists.

They are made of facts, not of sentences, so that each stands once in two languages too.
"""

from __future__ import annotations

from typing import Final

from bot.call import Side
from bot.causes import HEALTHY, NO_SPECIFIC_CAUSE, NOT_FOUND, UNKNOWN, result_title
from bot.diagnosis import Verdict
from bot.diagnosis.verdict import REQUIRED_KINDS
from bot.i18n.messages import TimeRange, Uid, message
from bot.services.diagnosis.likely_people import likely_people
from bot.ticket import Ticket
from handlers.diagnosis.hints import absent_people
from handlers.diagnosis.lines import confidence_words
from handlers.ui.causes import MISSING_ITEM_NAMES, cause_title
from handlers.ui.labels import SIDE_NAMES
from handlers.ui.renderer import Renderer

RESULT_EMOJI: Final = {
    HEALTHY: ":white_check_mark:",
    UNKNOWN: ":grey_question:",
    NOT_FOUND: ":mag:",
}
MAX_OTHERS: Final = 1  # of the causes beside the first, outside the thread


def result_lines(ticket: Ticket, renderer: Renderer) -> list[str]:
    """Return the result with who, when and how certain, then the next cause; [] without one."""
    if not ticket.cause or ticket.verdict is None:
        return []
    verdict = Verdict.from_json(ticket.verdict)
    mark = RESULT_EMOJI.get(ticket.cause, ":warning:")
    title = cause_title(verdict.cause, verdict.media, verdict.direction)
    if ticket.cause in RESULT_EMOJI:
        title = result_title(ticket.cause)
    first = [f"{mark} *{renderer.inline(title)}*", *_facts(ticket, verdict, renderer)]
    return [
        " · ".join(first),
        *(_other_line(ticket, other, renderer) for other in verdict.others[:MAX_OTHERS]),
    ]


def _facts(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[str]:
    if ticket.cause == NOT_FOUND:
        return _likely_call(ticket, verdict, renderer)
    if ticket.cause == UNKNOWN and verdict.uids_in_call:
        return _likely_person(ticket, verdict, renderer)
    if ticket.cause == UNKNOWN:
        kinds = dict.fromkeys(item.what for item in verdict.missing if item.what in REQUIRED_KINDS)
        names = [MISSING_ITEM_NAMES[kind] for kind in kinds]
        return [renderer.inline(message("missing: %(what)s", what=names))] if names else []
    if ticket.cause == HEALTHY:
        return [renderer.fact(TimeRange(verdict.since, verdict.until))]
    when = renderer.fact(verdict.moment)
    if ticket.cause == NO_SPECIFIC_CAUSE:
        return [when]
    return [*_who(ticket, verdict, renderer), when, _certainty(verdict, renderer)]


def _likely_call(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[str]:
    """Return the call that is probably meant; what was reported differently follows its value."""
    call = verdict.likely_call
    if call is None:
        return [renderer.inline(message("check the channel name and the time"))]
    times = TimeRange(call.started_at, call.ended_at) if call.ended_at else call.started_at
    cname, *others = (
        _correction(found, reported, renderer)
        for found, reported in (
            (call.cname, ticket.cname),
            (call.app, ticket.app),
            (times, times if call.covers(ticket.occurred_at) else ticket.occurred_at),
        )
    )
    return [f"{renderer.inline(message('probably meant'))} {cname}", *others]


def _likely_person(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[str]:
    """Return who was not in the call, and who is probably meant."""
    facts = [(message("not in the call"), absent_people(verdict))]
    likely = likely_people(ticket.report, verdict)
    if likely:
        facts.append((message("probably meant"), [Uid(likely[0][1])]))
    return [renderer.labelled(label, uids) for label, uids in facts]


def _correction(found: object, reported: object, renderer: Renderer) -> str:
    if found == reported:
        return renderer.fact(found)
    both = message("%(found)s (instead of %(reported)s)", found=found, reported=reported)
    return renderer.inline(both.in_facts(found, (message("instead of"), reported)))


def _other_line(ticket: Ticket, other: Verdict, renderer: Renderer) -> str:
    title = renderer.inline(cause_title(other.cause, other.media, other.direction))
    who = _who(ticket, other, renderer)
    if ticket.cause == HEALTHY:  # in other minutes of the call
        who.append(renderer.fact(other.moment))
    return " · ".join([f"+ {title}", *who, _certainty(other, renderer)])


def _who(ticket: Ticket, verdict: Verdict, renderer: Renderer) -> list[str]:
    if verdict.uid is None:
        return []
    return [participant(ticket.report.side_of(verdict.uid), verdict.uid, renderer)]


def participant(side: Side | None, uid: str, renderer: Renderer) -> str:
    """Name a participant by side and uid; None: neither teacher nor student."""
    return renderer.labelled(SIDE_NAMES[side] if side else message("User"), Uid(uid))


def _certainty(verdict: Verdict, renderer: Renderer) -> str:
    words = renderer.inline(confidence_words(verdict))
    return f"{words} {round((verdict.confidence or 0) * 100)}%"
