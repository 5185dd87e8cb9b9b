"""A diagnosis as blocks and lines: the verdict in a sentence, advice, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.call import MissingReason, Side
from bot.causes import advice_for, cause_phrase, result_title
from bot.diagnosis import HEALTHY, NOT_FOUND, UNKNOWN, Evidence, Verdict
from bot.i18n.messages import Message, message, plural
from bot.ports import Diagnosis, ParticipantHistory
from bot.services.diagnosis.service import LISTING_DELAY
from handlers.diagnosis.evidence_lines import evidence_line, group_evidence
from handlers.diagnosis.hints import (
    inquiry_hint_blocks,
    likely_call_sentence,
    people_in_call_sentence,
)
from handlers.diagnosis.lines import (
    call_lines,
    event_lines,
    fault_facts,
    fault_sentence,
    footer,
    missing_lines,
    other_line,
    participant_name,
)
from handlers.diagnosis.result_lines import MAX_OTHERS, RESULT_EMOJI
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import MISSING_REASON_TEXTS
from handlers.ui.labels import SIDE_NAMES
from handlers.ui.renderer import Renderer

_MAX_EVIDENCE: Final = 6
_MAX_EVIDENCE_IN_THREAD: Final = 3  # the details modal has the others
_TWICE: Final = 2
_LISTED_WITHIN_MINUTES: Final = int(LISTING_DELAY.total_seconds() / 60)
_SIDE_LABELS: Final = {Side.TEACHER: message("This teacher"), Side.STUDENT: message("This student")}
_UNKNOWN_FINAL: Final = message("There was not enough data to say why the call was bad.")


def thread_blocks(diagnosis: Diagnosis, renderer: Renderer) -> list[Block]:
    """Build the post in a ticket's thread; the details modal has the rest."""
    verdict = _named_fault(diagnosis)
    numbers = [evidence_line(diagnosis, *same) for same in _thread_evidence(verdict)]
    others = [other_line(diagnosis, other) for other in verdict.others]
    small = [*_gap_summary(diagnosis), *diagnosis.failures[:1], footer(diagnosis)]
    return [
        *_section("verdict", [*verdict_lines(diagnosis), *_thread_advice(diagnosis)], renderer),
        *_section("evidence", numbers, renderer),
        *_section("others", others, renderer),
        *_history(diagnosis, renderer),
        block_kit.context("asked", _lines(small, renderer)),
    ]


def _thread_evidence(verdict: Verdict) -> list[list[Evidence]]:
    """Select a cloud's code, which explains the cause's name, and the first numbers."""
    groups = group_evidence(verdict.evidence)
    codes = [same for same in groups if same[0].code is not None]
    numbers = [same for same in groups if same[0].code is None]
    return [*codes[:1], *numbers, *codes[1:]][:_MAX_EVIDENCE_IN_THREAD]


def _history(diagnosis: Diagnosis, renderer: Renderer) -> list[Block]:
    lines = [_history_line(history) for history in diagnosis.participant_histories]
    return [block_kit.context("history", _lines(lines, renderer))] if lines else []


def _history_line(history: ParticipantHistory) -> Message:
    """Return how many tickets a participant had lately, and their causes."""
    whose, count = _SIDE_LABELS[history.side], history.tickets
    causes = [_times(cause, times) for cause, times in history.causes]
    line = plural(
        "%(who)s: %(count)s ticket in 30 days, %(causes)s",
        "%(who)s: %(count)s tickets in 30 days, %(causes)s",
        count=count,
        who=whose,
        causes=causes,
    )
    if not causes:
        line = plural(
            "%(who)s: %(count)s ticket in 30 days",
            "%(who)s: %(count)s tickets in 30 days",
            count=count,
            who=whose,
        )
    number = (message("tickets in 30 days"), count)
    return line.in_facts(whose, number, *((cause_phrase(key), n) for key, n in history.causes))


def _times(cause: str, count: int) -> Message:
    name = cause_phrase(cause)
    if count == 1:
        return message("%(cause)s once", cause=name)
    if count == _TWICE:
        return message("%(cause)s twice", cause=name)
    return message("%(cause)s %(times)s times", times=count, cause=name)


def _gap_summary(diagnosis: Diagnosis) -> list[Message]:
    """Return one line about missing items; the details modal lists all."""
    lines = missing_lines(diagnosis)
    if len(lines) < 2:  # noqa: PLR2004 - one line needs no counting
        return lines
    more = message("%(line)s More data is missing; see the details.", line=lines[0])
    return [more.in_facts(lines[0], message("more in the details"))]


def full_blocks(
    diagnosis: Diagnosis, renderer: Renderer, unknown: Message | None = None
) -> list[Block]:
    """Build the whole diagnosis; `unknown` replaces the sentence of an unknown verdict."""
    blocks = [
        block
        for block_id, messages in _parts(diagnosis, unknown)
        for block in _section(block_id, messages, renderer)
    ]
    small = [*missing_lines(diagnosis), *diagnosis.failures, footer(diagnosis)]
    return [*blocks, block_kit.context("asked", _lines(small, renderer))]


def _section(block_id: str, messages: Sequence[Message], renderer: Renderer) -> list[Block]:
    return [block_kit.section(block_id, _lines(messages, renderer))] if messages else []


def _lines(messages: Sequence[Message], renderer: Renderer) -> str:
    return "\n".join(renderer.mrkdwn(line) for line in messages)


def diagnosis_lines(diagnosis: Diagnosis) -> list[Message]:
    """Return the whole diagnosis as lines, for a terminal."""
    lines = [
        line
        for _, messages in _parts(diagnosis, _unknown_in_terminal(diagnosis))
        for line in messages
    ]
    missing = missing_lines(diagnosis, is_retried=False)
    return [*lines, *missing, *diagnosis.failures, footer(diagnosis)]


def ticket_lines(diagnosis: Diagnosis, *, is_support: bool) -> list[Message]:
    """Return the whole diagnosis of a ticket as lines, for one reader outside Slack."""
    parts = (messages for name, messages in _parts(diagnosis) if name != "verdict")
    return [
        *verdict_lines(diagnosis, _unknown_in_terminal(diagnosis)),
        *advice_lines(diagnosis, is_support=is_support),
        *(line for messages in parts for line in messages),
        *missing_lines(diagnosis),
        *diagnosis.failures,
        footer(diagnosis),
    ]


def _parts(
    diagnosis: Diagnosis, unknown: Message | None = None
) -> Sequence[tuple[str, Sequence[Message]]]:
    verdict = _named_fault(diagnosis)
    return (
        ("verdict", [*verdict_lines(diagnosis, unknown), *_advice_to_person(diagnosis)]),
        (
            "evidence",
            [
                evidence_line(diagnosis, *same)
                for same in group_evidence(verdict.evidence)[:_MAX_EVIDENCE]
            ],
        ),
        ("others", [other_line(diagnosis, other) for other in verdict.others]),
        ("call", call_lines(diagnosis)),
        ("events", event_lines(diagnosis)),
    )


def verdict_lines(diagnosis: Diagnosis, unknown: Message | None = None) -> list[Message]:
    """Return the verdict in a sentence, and which minutes were judged if not the reported ones."""
    first, judged_at = headline(diagnosis, unknown), diagnosis.verdict.judged_at
    if judged_at is None:
        return [first]
    judged = message(
        "The call did not run at the reported time. Judged are the minutes nearest to it, around "
        "%(when)s.",
        when=judged_at,
    )
    why = message("no call at the reported time")
    return [first, judged.in_facts(why, (message("judged around"), judged_at))]


def headline(diagnosis: Diagnosis, unknown: Message | None = None) -> Message:
    """Return the verdict in a sentence, with an emoji."""
    verdict = diagnosis.verdict
    result = _named_fault(diagnosis).result(diagnosis.report.cname)
    emoji = RESULT_EMOJI.get(result, ":warning:")
    if verdict.cause == UNKNOWN and verdict.known_at is not None:
        emoji = ":hourglass_flowing_sand:"
    sentence = _sentence(diagnosis, unknown or _unknown_sentence(diagnosis))
    return message("%(mark)s %(text)s", mark=emoji, text=sentence).in_facts((emoji, sentence))


def _advice_to_person(diagnosis: Diagnosis) -> list[Message]:
    """Return advice for the person at fault."""
    verdict = _named_fault(diagnosis)
    advice = advice_for(verdict.cause)
    if advice is None:
        return []
    if verdict.uid is None:
        return [message("→ %(advice)s", advice=advice.person)]
    who = SIDE_NAMES[verdict.side] if verdict.side else participant_name(diagnosis, verdict.uid)
    return [message("→ %(who)s: %(advice)s", who=who, advice=advice.person)]


def _thread_advice(diagnosis: Diagnosis) -> list[Message]:
    """Return advice for the person at fault and for support."""
    verdict = _named_fault(diagnosis)
    advice = advice_for(verdict.cause)
    if advice is None:
        return []
    support = message("→ Support: %(advice)s", advice=advice.support)
    return [*_advice_to_person(diagnosis), support]


def advice_lines(diagnosis: Diagnosis, *, is_support: bool) -> list[Message]:
    """Return what a reader of a ticket can do: support, or its reporter."""
    return _thread_advice(diagnosis) if is_support else _advice_to_reporter(diagnosis)


def _advice_to_reporter(diagnosis: Diagnosis) -> list[Message]:
    """Return advice for the reporter, a teacher: for themselves or to pass on to the student."""
    verdict = _named_fault(diagnosis)
    advice = advice_for(verdict.cause)
    if verdict.cause == HEALTHY:
        return [message("→ Was it bad at another time? Correct the report.")]
    if advice is None:
        return []
    msg = advice.person if verdict.side is Side.TEACHER else advice.teacher
    return [message("→ %(advice)s", advice=msg)]


def diagnosis_fallback_text(diagnosis: Diagnosis, renderer: Renderer) -> str:
    """Return the verdict as a post's top-level text."""
    return renderer.fallback_text(verdict_sentence(diagnosis))


def inquiry_response(diagnosis: Diagnosis, renderer: Renderer) -> tuple[str, list[Block]]:
    """Build the response to an inquiry: top-level text and blocks.

    A private response cannot be edited later; a second one follows instead.
    """
    unknown = _unknown_in_response(diagnosis)
    fallback_text = renderer.fallback_text(_sentence(diagnosis, unknown))
    first, *rest = full_blocks(diagnosis, renderer, unknown)
    hints = inquiry_hint_blocks(diagnosis.verdict, renderer)
    return fallback_text, [first, *hints, *rest]


def _unknown_in_response(diagnosis: Diagnosis) -> Message:
    """Return the sentence of an unknown verdict, where a second response follows."""
    retry_at = diagnosis.verdict.known_at
    if retry_at is None:
        return _unknown_final(diagnosis)
    if _is_call_not_found(diagnosis):
        return message(
            "No call was found in %(cname)s. If the class began less than %(minutes)s "
            "minutes ago, it may not be listed yet. Next update: %(when)s.",
            cname=diagnosis.report.cname,
            minutes=_LISTED_WITHIN_MINUTES,
            when=retry_at,
        )
    return message("There is no data about this call yet. Next update: %(when)s.", when=retry_at)


def _unknown_in_terminal(diagnosis: Diagnosis) -> Message:
    """Return the sentence of an unknown verdict, where no second response follows."""
    retry_at = diagnosis.verdict.known_at
    if retry_at is None:
        return _unknown_final(diagnosis)
    if _is_call_not_found(diagnosis):
        return message(
            "No call was found in %(cname)s. If the class began less than %(minutes)s "
            "minutes ago, try again at %(when)s.",
            cname=diagnosis.report.cname,
            minutes=_LISTED_WITHIN_MINUTES,
            when=retry_at,
        )
    return message("Not enough data yet. Try again at %(when)s.", when=retry_at)


def _unknown_final(diagnosis: Diagnosis) -> Message:
    return _not_found(diagnosis) or message(
        "Not enough data to say why. What is missing is listed below."
    )


def _not_found(diagnosis: Diagnosis) -> Message | None:
    """Return that no call was found; None when one was."""
    if not _is_call_not_found(diagnosis):
        return None
    report = diagnosis.report
    facts = [result_title(NOT_FOUND), report.cname, message("check the channel name and the time")]
    if report.occurred_at == diagnosis.requested_at:  # without a time the last day is searched
        return message(
            "No call was found in %(cname)s. Check the channel name and the time.",
            cname=report.cname,
        ).in_facts(*facts)
    return message(
        "No call was found in %(cname)s around %(when)s. Check the channel name and the time.",
        cname=report.cname,
        when=report.occurred_at,
    ).in_facts(*facts[:2], report.occurred_at, *facts[2:])


def _is_call_not_found(diagnosis: Diagnosis) -> bool:
    """Return whether the cloud lists no call of the channel; a new one may not be listed yet."""
    return diagnosis.verdict.result(diagnosis.report.cname) == NOT_FOUND


def reporter_lines(diagnosis: Diagnosis) -> list[Message]:
    """Return a final verdict for the reporter: the sentence, what to do, the next cause."""
    others = _named_fault(diagnosis).others[:MAX_OTHERS]
    return [
        *verdict_lines(diagnosis, _unknown_to_reporter(diagnosis)),
        *_advice_to_reporter(diagnosis),
        *(other_line(diagnosis, other) for other in others),
    ]


def reporter_sentence(diagnosis: Diagnosis) -> Message:
    """Return a final verdict for the reporter as one sentence."""
    return _sentence(diagnosis, _unknown_to_reporter(diagnosis))


def _unknown_to_reporter(diagnosis: Diagnosis) -> Message:
    return _not_found(diagnosis) or _UNKNOWN_FINAL


def verdict_sentence(diagnosis: Diagnosis) -> Message:
    """Return the verdict as one sentence a teacher understands."""
    return _sentence(diagnosis, _unknown_sentence(diagnosis))


def _sentence(diagnosis: Diagnosis, unknown: Message) -> Message:
    verdict = diagnosis.verdict
    if verdict.likely_call is not None:
        return likely_call_sentence(diagnosis.report, verdict.likely_call)
    if verdict.uids_in_call:
        return people_in_call_sentence(diagnosis.report, verdict)
    if verdict.cause == UNKNOWN:
        return unknown
    if verdict.cause == HEALTHY:
        return _healthy_sentence(diagnosis)
    return fault_sentence(diagnosis, verdict)


def _named_fault(diagnosis: Diagnosis) -> Verdict:
    """Return the verdict, or that about other minutes if the reported ones were healthy."""
    verdict = diagnosis.verdict
    return verdict.others[0] if verdict.cause == HEALTHY and verdict.others else verdict


def _healthy_sentence(diagnosis: Diagnosis) -> Message:
    bad, reported = _named_fault(diagnosis), diagnosis.report.occurred_at
    healthy = result_title(HEALTHY)
    if bad is diagnosis.verdict:
        return message(
            "The call looked healthy around %(when)s: both sides were checked, nothing stood out.",
            when=reported,
        ).in_facts(healthy, reported)
    facts = fault_facts(diagnosis, bad)
    return message(
        "Normal around %(reported)s, but the same call was bad around %(when)s. %(who)s: "
        "%(cause)s. %(sure)s",
        reported=reported,
        **facts,
    ).in_facts(healthy, reported, ("+", facts["cause"]), facts["who"], facts["when"], facts["sure"])


def _unknown_sentence(diagnosis: Diagnosis) -> Message:
    retry_at = diagnosis.verdict.known_at
    if retry_at is None:
        return _unknown_final(diagnosis)
    next_check = (message("next try"), retry_at)
    not_out = any(gap.why is MissingReason.NOT_OUT_YET for gap in diagnosis.verdict.missing)
    if not_out:
        return message(
            "The data of this call is not available yet. It is expected %(when)s; this "
            "message will update itself.",
            when=retry_at,
        ).in_facts(MISSING_REASON_TEXTS[MissingReason.NOT_OUT_YET], next_check)
    return message(
        "Not enough data yet. Next check: %(when)s; this message will update itself.",
        when=retry_at,
    ).in_facts(result_title(UNKNOWN), next_check)
