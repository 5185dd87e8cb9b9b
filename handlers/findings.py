"""A diagnosis to blocks: the verdict in a sentence, its numbers, the facts. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.call import (
    CLOUD_NAMES,
    AbnormalEvent,
    Call,
    Factor,
    Lack,
    LackReason,
    Metric,
    Missing,
    Participant,
    Unit,
)
from bot.charts.labels import MEDIA_NAMES
from bot.diagnosis import HEALTHY, UNKNOWN, Evidence, Verdict, read_time
from bot.ports import Diagnosis
from bot.ticket import Ticket
from bot.words import Duration, Message, Uid, message
from handlers import blocks
from handlers.blocks import Block
from handlers.causes import (
    CAUSES,
    LACK_REASONS,
    LACKS,
    cause_name,
    metric_name,
)
from handlers.forms import SIDES
from handlers.voice import Link, Voice

_OF_PEOPLE: Final = (Lack.TEACHER_METRICS, Lack.STUDENT_METRICS)
_EVENTS_SHOWN: Final = 8
_PEOPLE_SHOWN: Final = 6
_EVIDENCE_SHOWN: Final = 6
_STAY: Final = "session"  # evidence from joining and leaving, in seconds
_MARKS: Final = {UNKNOWN: ":hourglass_flowing_sand:", HEALTHY: ":white_check_mark:"}
_UNKNOWN_FOR_GOOD: Final = message("There was not enough data to say why the call was bad.")
_SURE: Final = 0.8
_LIKELY: Final = 0.6


def diagnosis_card(
    diagnosis: Diagnosis, voice: Voice, unknown: Message | None = None
) -> list[Block]:
    """What is posted in the thread; `unknown` is the sentence while nothing is known."""
    shown = []
    for block_id, spoken in _parts(diagnosis, unknown):
        lines = [voice.markup(line) for line in spoken]
        if lines:
            shown.append(blocks.section(block_id, "\n".join(lines)))
    small = [*_missing_lines(diagnosis), *diagnosis.failures, _footer(diagnosis)]
    small_print = "\n".join(voice.markup(line) for line in small)
    return [*shown, blocks.context("asked", small_print)]


def tell(diagnosis: Diagnosis) -> list[Message]:
    """The same as lines, for a terminal."""
    lines = [line for _, spoken in _parts(diagnosis) for line in spoken]
    return [*lines, *_missing_lines(diagnosis), *diagnosis.failures, _footer(diagnosis)]


def _parts(
    diagnosis: Diagnosis, unknown: Message | None = None
) -> Sequence[tuple[str, Sequence[Message]]]:
    verdict = diagnosis.verdict
    return (
        ("verdict", _headline(diagnosis, unknown)),
        (
            "evidence",
            [_evidence_line(diagnosis, item) for item in verdict.evidence[:_EVIDENCE_SHOWN]],
        ),
        ("others", [_other_line(diagnosis, other) for other in verdict.others]),
        ("call", _call_lines(diagnosis)),
        ("events", _event_lines(diagnosis)),
    )


def diagnosis_notice(diagnosis: Diagnosis, voice: Voice) -> str:
    """The verdict in one plain line, for notifications and screen readers."""
    return voice.notice(verdict_sentence(diagnosis))


def private_answer(diagnosis: Diagnosis, voice: Voice) -> tuple[str, list[Block]]:
    """What somebody who asked is answered: notice text and blocks.

    Such an answer cannot be changed later; a second one follows instead.
    """
    unknown = _unknown_answer(diagnosis)
    notice = voice.notice(_sentence(diagnosis, unknown))
    return notice, diagnosis_card(diagnosis, voice, unknown)


def _unknown_answer(diagnosis: Diagnosis) -> Message:
    retry_at = diagnosis.verdict.retry_at
    if retry_at is None:
        return _unknown_sentence(diagnosis)
    return message("Nothing is known about this call yet. Next answer: %(when)s.", when=retry_at)


def explanation(ticket: Ticket, diagnosis: Diagnosis, voice: Voice) -> tuple[str, list[Block]]:
    """What the reporter is told when the verdict is first known: notice text and blocks."""
    about = message("%(ticket)s, %(cname)s", ticket=ticket.label, cname=ticket.cname)
    lines = [message("*%(title)s*", title=about), *_headline(diagnosis, _UNKNOWN_FOR_GOOD)]
    if ticket.permalink:
        thread = Link(ticket.permalink, message("its thread"))
        lines.append(message("See the numbers in %(thread)s.", thread=thread))
    said = _sentence(diagnosis, _UNKNOWN_FOR_GOOD)
    notice = message("%(ticket)s: %(text)s", ticket=ticket.label, text=said)
    shown = "\n".join(voice.markup(line) for line in lines)
    return voice.notice(notice), [blocks.section("explanation", shown)]


def verdict_sentence(diagnosis: Diagnosis) -> Message:
    """The verdict as one sentence a teacher understands."""
    return _sentence(diagnosis, _unknown_sentence(diagnosis))


def _sentence(diagnosis: Diagnosis, unknown: Message) -> Message:
    verdict = diagnosis.verdict
    if verdict.cause == UNKNOWN:
        return unknown
    if verdict.cause == HEALTHY:
        return message("The call looked healthy: both sides were checked, nothing stood out.")
    return message(
        "%(who)s: %(cause)s. %(sure)s",
        who=_who(diagnosis, verdict.uid),
        cause=cause_name(verdict.cause, verdict.media, verdict.direction),
        sure=_sureness(verdict),
    )


def _unknown_sentence(diagnosis: Diagnosis) -> Message:
    retry_at = diagnosis.verdict.retry_at
    if retry_at is None:
        return message("Not enough data to say why. What is missing is listed below.")
    not_out = any(lack.why is LackReason.NOT_OUT_YET for lack in diagnosis.verdict.missing)
    if not_out:
        return message(
            "The data of this call is not out yet. It is expected %(when)s; this message will change by itself.",  # noqa: E501 - one sentence for the catalogs
            when=retry_at,
        )
    return message(
        "Not enough data yet. Next look: %(when)s; this message will change by itself.",
        when=retry_at,
    )


def _sureness(verdict: Verdict) -> Message:
    confidence = verdict.confidence or 0.0
    percent = round(confidence * 100)
    if confidence >= _SURE:
        return message("Quite sure (%(percent)s%%).", percent=percent)
    if confidence >= _LIKELY:
        return message("Likely (%(percent)s%%).", percent=percent)
    return message("Possibly (%(percent)s%%).", percent=percent)


def _headline(diagnosis: Diagnosis, unknown: Message | None = None) -> list[Message]:
    mark = _MARKS.get(diagnosis.verdict.cause, ":warning:")
    sentence = _sentence(diagnosis, unknown or _unknown_sentence(diagnosis))
    lines = [message("%(mark)s %(text)s", mark=mark, text=sentence)]
    words = CAUSES.get(diagnosis.verdict.cause)
    if words:
        lines.append(message("→ %(advice)s", advice=words.advice))
    return lines


def _who(diagnosis: Diagnosis, uid: str | None) -> Message:
    if uid is None:
        return message("Somebody")
    side = diagnosis.report.side_of(uid)
    if side is None or not _sides_known(diagnosis):
        return message("User %(uid)s", uid=Uid(uid))
    return message("%(side)s %(uid)s", side=SIDES[side], uid=Uid(uid))


def _sides_known(diagnosis: Diagnosis) -> bool:
    """A question may name nobody; then who is teacher and who is student stays open."""
    verdict = diagnosis.verdict
    return verdict.uid is None or verdict.side is not None or verdict.cause == UNKNOWN


def _evidence_line(diagnosis: Diagnosis, item: Evidence) -> Message:
    who = _who(diagnosis, item.uid)
    if item.code is not None:
        return message(
            "• %(who)s: %(cloud)s says %(code)s, %(when)s",
            who=who,
            cloud=CLOUD_NAMES.get(item.source, message("the cloud")),
            code=item.code.spoken,
            when=item.at,
        )
    if item.metric == _STAY:
        away = Duration(item.value or 0.0)
        return message(
            "• %(who)s: not in the call, or in it twice, for %(away)s from %(when)s",
            who=who,
            away=away,
            when=item.at,
        )
    return message(
        "• %(who)s: %(metric)s %(value)s (limit %(threshold)s), %(when)s",
        who=who,
        metric=_metric(item),
        value=_measured(item.value, item.unit),
        threshold=_measured(item.threshold, item.unit),
        when=item.at,
    )


def _measured(value: float | None, unit: str) -> Message:
    if unit == Unit.PERCENT:
        return message("%(value)s%%", value=value)
    if not unit:
        return message("%(value)s", value=value)
    return message("%(value)s %(unit)s", value=value, unit=unit)


def _metric(item: Evidence) -> Message:
    name = metric_name(item.metric)
    if item.media is None or item.metric in (Metric.APP_CPU, Metric.SYSTEM_CPU):
        return name
    return message("%(cause)s (%(detail)s)", cause=name, detail=MEDIA_NAMES[item.media])


def _other_line(diagnosis: Diagnosis, other: Verdict) -> Message:
    return message(
        "Also: %(who)s: %(cause)s. %(sure)s",
        who=_who(diagnosis, other.uid),
        cause=cause_name(other.cause, other.media, other.direction),
        sure=_sureness(other),
    )


def _call_lines(diagnosis: Diagnosis) -> list[Message]:
    call = diagnosis.call
    return [_call_line(call), *_people_lines(diagnosis)] if call else []


def _call_line(call: Call) -> Message:
    if call.ended_at is None:
        return message(
            "*Call* %(cname)s: since %(start)s, still running",
            cname=call.cname,
            start=call.started_at,
        )
    return message(
        "*Call* %(cname)s: %(start)s to %(end)s",
        cname=call.cname,
        start=call.started_at,
        end=call.ended_at,
    )


def _people_lines(diagnosis: Diagnosis) -> list[Message]:
    wanted = {diagnosis.report.teacher_uid, diagnosis.report.student_uid}
    people = [person for person in diagnosis.participants if person.uid in wanted]
    people = people or list(diagnosis.participants)
    people.sort(key=lambda person: person.joined_at)
    return [_person_line(diagnosis, person) for person in people[:_PEOPLE_SHOWN]]


def _person_line(diagnosis: Diagnosis, person: Participant) -> Message:
    traits = [trait for trait in (person.network, person.platform, person.device) if trait]
    told = list(dict.fromkeys(traits))
    left: object = person.left_at or message("now")
    return message(
        "• %(who)s: %(joined)s to %(left)s (%(traits)s)",
        who=_who(diagnosis, person.uid),
        joined=person.joined_at,
        left=left,
        traits=told or message("nothing known about the device"),
    )


def _event_lines(diagnosis: Diagnosis) -> list[Message]:
    if not diagnosis.events:
        return []
    title = message("*%(cloud)s's own diagnosis*", cloud=CLOUD_NAMES[diagnosis.cloud])
    newest = sorted(diagnosis.events, key=lambda event: event.at)[-_EVENTS_SHOWN:]
    return [title, *(_event_line(diagnosis, event) for event in newest)]


def _event_line(diagnosis: Diagnosis, event: AbnormalEvent) -> Message:
    factors = [_factor(diagnosis, event, factor) for factor in event.factors]
    return message(
        "• %(when)s %(who)s: %(what)s. Cause: %(factors)s",
        when=event.at,
        who=_who(diagnosis, event.uid),
        what=event.kind.spoken,
        factors=factors or message("not given"),
    )


def _factor(diagnosis: Diagnosis, event: AbnormalEvent, factor: Factor) -> Message:
    at_fault = factor.peer_uid or event.uid
    return message(
        "%(code)s, on the side of %(who)s",
        code=factor.code.spoken,
        who=_who(diagnosis, at_fault),
    )


def _missing_lines(diagnosis: Diagnosis) -> list[Message]:
    """One line for each thing and reason, the earliest moment first."""
    shown: dict[tuple[Lack, LackReason], Missing] = {}
    for lack in diagnosis.verdict.missing:
        shown.setdefault((lack.what, lack.why), lack)
    return [missing_line(lack) for lack in shown.values()]


def missing_line(lack: Missing) -> Message:
    """What could not be learnt, why, and when it is asked again."""
    what, why = LACKS[lack.what], LACK_REASONS[lack.why]
    detail = _detail(lack)
    if detail is not None:
        why = message("%(why)s (%(detail)s)", why=why, detail=detail)
    if lack.retry_at is None:
        return message("Missing: %(what)s, %(why)s.", what=what, why=why)
    return message(
        "Missing: %(what)s, %(why)s. Next try: %(when)s.",
        what=what,
        why=why,
        when=lack.retry_at,
    )


def _detail(lack: Missing) -> object:
    """What tells a reader more: whose data, which minutes, the cloud's code; never a call's id."""
    if not lack.detail:
        return None
    if lack.what in _OF_PEOPLE or lack.why is LackReason.CUT_OFF:
        return Uid(lack.detail)
    since, _, until = lack.detail.partition("/")
    if until:
        return message("%(since)s to %(until)s", since=read_time(since), until=read_time(until))
    return lack.detail if lack.why is LackReason.REFUSED else None


def _footer(diagnosis: Diagnosis) -> Message:
    verdict = diagnosis.verdict
    return message(
        "Judged from %(since)s to %(until)s. Data from %(cloud)s, fetched %(when)s.",
        since=verdict.since,
        until=verdict.until,
        cloud=CLOUD_NAMES[diagnosis.cloud],
        when=diagnosis.asked_at,
    )
