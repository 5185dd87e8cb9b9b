"""Lines of a diagnosis: evidence, call, participants, events, missing items."""

from __future__ import annotations

from typing import Final

from bot.call import (
    CLOUD_NAMES,
    AbnormalEvent,
    Call,
    Factor,
    MissingItem,
    MissingKind,
    MissingReason,
    Participant,
)
from bot.causes import HEALTHY, NO_SPECIFIC_CAUSE, UNKNOWN
from bot.diagnosis import (
    Verdict,
    read_time,
)
from bot.i18n.messages import Message, Percentage, TimeRange, Uid, message
from bot.ports import Diagnosis
from handlers.ui.causes import MISSING_ITEM_NAMES, MISSING_REASON_TEXTS, cause_title
from handlers.ui.labels import SIDE_NAMES, network_name

_PARTICIPANT_GAPS: Final = (MissingKind.TEACHER_METRICS, MissingKind.STUDENT_METRICS)
_MAX_EVENTS: Final = 8
_MAX_PARTICIPANTS: Final = 6
_HIGH_CONFIDENCE: Final = 0.8
_MEDIUM_CONFIDENCE: Final = 0.6
_THE_CLOUD: Final = message("The cloud")
_OF_WHOLE_PERIOD: Final = frozenset({HEALTHY, UNKNOWN, NO_SPECIFIC_CAUSE, "media.concealed"})


def participant_name(
    diagnosis: Diagnosis, uid: str | None, display_uid: str | None = None
) -> Message:
    """Name a participant by side and uid; `display_uid` replaces the uid where it is masked."""
    if uid is None:
        return message("Somebody")
    visible_uid = Uid(display_uid or uid)
    side = diagnosis.report.side_of(uid)
    if side is None or not _is_side_known(diagnosis, uid):
        user = message("User %(uid)s", uid=visible_uid)
        return user.in_facts((message("User"), visible_uid))
    side_name = SIDE_NAMES[side]
    named = message("%(side)s %(uid)s", side=side_name, uid=visible_uid)
    return named.in_facts((side_name, visible_uid))


def place_of_fault(diagnosis: Diagnosis, verdict: Verdict) -> Message:
    """Name whose fault a cause is: a participant's or the cloud's."""
    return _THE_CLOUD if is_of_cloud(verdict) else participant_name(diagnosis, verdict.uid)


def is_of_cloud(verdict: Verdict) -> bool:
    """Return whether a cause lies with the cloud and with nobody in the call."""
    return verdict.uid is None and verdict.cause.startswith("server.")


def _is_side_known(diagnosis: Diagnosis, uid: str) -> bool:
    """Return whether the uid's side is known: an inquiry may name neither teacher nor student."""
    return diagnosis.named is None or uid in diagnosis.named


def confidence_text(verdict: Verdict) -> Message:
    """Return a verdict's confidence in words and percent."""
    percent = round((verdict.confidence or 0.0) * 100)
    words = confidence_words(verdict)
    sure = message("%(words)s (%(percent)s%%).", words=words, percent=percent)
    return sure.in_facts((words, Percentage(percent)))


def confidence_words(verdict: Verdict) -> Message:
    """Return a verdict's confidence in words."""
    confidence = verdict.confidence or 0.0
    if confidence >= _HIGH_CONFIDENCE:
        return message("Very likely")
    return message("Likely") if confidence >= _MEDIUM_CONFIDENCE else message("Possibly")


def fault_sentence(diagnosis: Diagnosis, verdict: Verdict) -> Message:
    """Return a fault as a sentence; who, if it is somebody in the call."""
    facts = fault_facts(diagnosis, verdict)
    if verdict.cause == NO_SPECIFIC_CAUSE:
        return message(
            "It was bad around %(when)s, but no specific cause was found.", when=facts["when"]
        ).in_facts(facts["cause"], facts["when"])
    if is_of_cloud(verdict):  # its title names the cloud
        return message("Around %(when)s: %(cause)s. %(sure)s", **facts).in_facts(
            facts["cause"], facts["when"], facts["sure"]
        )
    return message("%(who)s, around %(when)s: %(cause)s. %(sure)s", **facts).in_facts(
        facts["cause"], facts["who"], facts["when"], facts["sure"]
    )


def fault_facts(diagnosis: Diagnosis, verdict: Verdict) -> dict[str, object]:
    """Return who, when, which cause and how sure, for a sentence."""
    return {
        "who": place_of_fault(diagnosis, verdict),
        "when": verdict.moment,
        "cause": cause_title(verdict.cause, verdict.media, verdict.direction),
        "sure": confidence_text(verdict),
    }


def other_line(diagnosis: Diagnosis, other: Verdict) -> Message:
    """Return one of the next likely causes."""
    who, sure = place_of_fault(diagnosis, other), confidence_text(other)
    cause = cause_title(other.cause, other.media, other.direction)
    also = message("Also: %(who)s: %(cause)s. %(sure)s", who=who, cause=cause, sure=sure)
    return also.in_facts(("+", cause), who, sure)


def call_lines(diagnosis: Diagnosis) -> list[Message]:
    """Return the call and its participants."""
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
        "*Call* %(cname)s: %(times)s",
        cname=call.cname,
        times=TimeRange(call.started_at, call.ended_at),
    )


def _people_lines(diagnosis: Diagnosis) -> list[Message]:
    uids = {diagnosis.report.teacher_uid, diagnosis.report.student_uid}
    people = [person for person in diagnosis.participants if person.uid in uids]
    people = people or list(diagnosis.participants)
    people.sort(key=lambda person: person.joined_at)
    return [_person_line(diagnosis, person) for person in people[:_MAX_PARTICIPANTS]]


def _person_line(diagnosis: Diagnosis, person: Participant) -> Message:
    network = network_name(person.network) if person.network else None
    traits = [trait for trait in (network, person.platform, person.device) if trait]
    device_details = list({str(trait): trait for trait in traits}.values())
    times = (
        TimeRange(person.joined_at, person.left_at)
        if person.left_at
        else message("%(since)s to now", since=person.joined_at)
    )
    return message(
        "• %(who)s: %(times)s (%(traits)s)",
        who=participant_name(diagnosis, person.uid),
        times=times,
        traits=device_details or message("device unknown"),
    )


def event_lines(diagnosis: Diagnosis, most: int = _MAX_EVENTS) -> list[Message]:
    """Return the newest `most` events of the cloud's own diagnosis, oldest first."""
    if not diagnosis.events:
        return []
    title = message("*%(cloud)s's own diagnosis*", cloud=CLOUD_NAMES[diagnosis.cloud])
    newest = sorted(diagnosis.events, key=lambda event: event.at)[-most:]
    return [title, *(_event_line(diagnosis, event) for event in newest)]


def _event_line(diagnosis: Diagnosis, event: AbnormalEvent) -> Message:
    factors = [_factor(diagnosis, event, factor) for factor in event.factors]
    return message(
        "• %(when)s %(who)s: %(what)s. Cause: %(factors)s",
        when=event.at,
        who=participant_name(diagnosis, event.uid),
        what=event.kind.user_message,
        factors=factors or message("not given"),
    )


def _factor(diagnosis: Diagnosis, event: AbnormalEvent, factor: Factor) -> Message:
    at_fault = factor.peer_uid or event.uid
    return message(
        "%(code)s at %(who)s",
        code=factor.code.user_message,
        who=participant_name(diagnosis, at_fault),
    )


def missing_lines(diagnosis: Diagnosis, *, is_retried: bool = True) -> list[Message]:
    """Return a line for each distinct pair of item and reason.

    With `is_retried` it says when Lagdesk fetches it again, else when the reader can.

    Nobody has data where the call itself is missing for the same reason: that is one line.
    """
    unique: dict[tuple[MissingKind, MissingReason], MissingItem] = {}
    for gap in diagnosis.verdict.missing:
        unique.setdefault((gap.what, gap.why), gap)
    for what, why in list(unique):
        if what in _PARTICIPANT_GAPS and (MissingKind.CALL, why) in unique:
            del unique[what, why]
    return [missing_line(gap, is_retried=is_retried) for gap in unique.values()]


def missing_line(gap: MissingItem, *, is_retried: bool = True) -> Message:
    """Return what is missing, why, and when it is fetched again, or can be."""
    line = _incomplete(gap) if gap.why is MissingReason.MAY_BE_INCOMPLETE else _missing(gap)
    if gap.retry_at is None:
        return line
    if not is_retried:
        return message("%(line)s Try again at %(when)s.", line=line, when=gap.retry_at)
    again = message("%(line)s Next try: %(when)s.", line=line, when=gap.retry_at)
    return again.in_facts(line, (message("next try"), gap.retry_at))


def _missing(gap: MissingItem) -> Message:
    what, why, detail = _name_of(gap), MISSING_REASON_TEXTS[gap.why], _detail(gap)
    facts: list[object] = [message("missing: %(what)s", what=what), why]
    if detail is not None:
        why = message("%(why)s, %(detail)s", why=why, detail=detail)
        facts.append(detail)
    return message("Missing: %(what)s (%(why)s).", what=what, why=why).in_facts(*facts)


def _incomplete(gap: MissingItem) -> Message:
    what, detail = MISSING_ITEM_NAMES[gap.what], _detail(gap)
    if detail is None:
        return message("Perhaps incomplete: %(what)s.", what=what)
    line = message("Perhaps incomplete: %(what)s (%(detail)s).", what=what, detail=detail)
    return line.in_facts(MISSING_REASON_TEXTS[gap.why], what, detail)


def _name_of(gap: MissingItem) -> Message:
    """Name what is missing: minutes of metrics are published later, others are a cloud's own."""
    is_own = gap.what is MissingKind.MINUTES and gap.why is not MissingReason.NOT_OUT_YET
    return MISSING_ITEM_NAMES[MissingKind.EVENTS if is_own else gap.what]


def _detail(gap: MissingItem) -> object:
    """Return whose data, which minutes or the cloud's code; never a call's id."""
    if not gap.detail:
        return None
    if gap.what in _PARTICIPANT_GAPS or gap.why is MissingReason.CUT_OFF:
        return Uid(gap.detail)
    since, _, until = gap.detail.partition("/")
    if until:
        return TimeRange(read_time(since), read_time(until))
    return gap.detail if gap.why is MissingReason.REFUSED else None


def footer(diagnosis: Diagnosis) -> Message:
    """Return how long a fault lasted, else which time was checked; the data's source and age."""
    verdict = diagnosis.verdict
    cloud, when = CLOUD_NAMES[diagnosis.cloud], diagnosis.requested_at
    times = TimeRange(verdict.since, verdict.until)
    facts = {"times": times, "cloud": cloud, "when": when}
    fetched = message("data fetched from"), cloud
    if verdict.cause in _OF_WHOLE_PERIOD:
        checked = message(
            "Period checked: %(times)s. Data from %(cloud)s, fetched %(when)s.", **facts
        )
        return checked.in_facts((message("period checked"), times), fetched, when)
    bad = message("Period of the fault: %(times)s. Data from %(cloud)s, fetched %(when)s.", **facts)
    return bad.in_facts((message("period of the fault"), times), fetched, when)
