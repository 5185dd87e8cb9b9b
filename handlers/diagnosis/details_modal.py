"""The details modal of a verdict: evidence, checked metrics, call, events, missing items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.call import CLOUD_NAMES, Metric, MissingKind, MissingReason, Series
from bot.cause_codes import cause_of
from bot.causes import cause_phrase
from bot.charts.labels import panel_name, unit_of
from bot.diagnosis import HEALTHY, UNKNOWN, Evidence, Verdict
from bot.diagnosis.thresholds import AGORA, DETECTOR, HUAWEI, LIMITS, OWN, TWILIO, source_of
from bot.i18n.messages import Message, message
from bot.ports import Diagnosis
from bot.ticket import Ticket
from handlers.diagnosis.call_statistics import call_statistics_lines
from handlers.diagnosis.evidence_lines import evidence_line, format_measurement, group_evidence
from handlers.diagnosis.lines import (
    call_lines,
    event_lines,
    footer,
    missing_lines,
    other_line,
    participant_name,
)
from handlers.diagnosis.view import headline
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer

CALLBACK_ID: Final = "details"
_SECTION_LENGTH: Final = 2800
_MAX_BLOCKS: Final = 95  # a modal takes a hundred
_MAX_EVENTS: Final = 200
_OUTSIDE: Final = message("Outside the limits")
_OUTSIDE_BRIEFLY: Final = message("Outside the limits, but too briefly to be noticed")
_SOURCES: Final = {
    AGORA: message("Agora's published thresholds"),
    TWILIO: message("Twilio's call quality warnings"),
    DETECTOR: message("default thresholds of webrtc-issue-detector"),
    HUAWEI: message("Huawei's diagnosis thresholds"),
    OWN: message("Lagdesk's own threshold"),
}


def details_view(ticket: Ticket, diagnosis: Diagnosis, renderer: Renderer) -> Block:
    """Build the modal for one reader."""
    blocks = [
        block
        for block_id, title, messages in _parts(diagnosis)
        for block in _paragraphs(block_id, title, messages, renderer)
    ]
    title = renderer.plain_text(message("%(ticket)s: details", ticket=ticket.label))
    close = renderer.plain_text(message("Close"))
    return block_kit.modal(CALLBACK_ID, title, blocks[:_MAX_BLOCKS], submit="", close=close)


def _parts(diagnosis: Diagnosis) -> Iterator[tuple[str, Message | None, Sequence[Message]]]:
    verdict = diagnosis.verdict
    yield "verdict", None, [headline(diagnosis), footer(diagnosis)]
    numbers = _evidence_lines(diagnosis, verdict)
    yield "evidence", message("Evidence"), numbers
    for number, other in enumerate(verdict.others):
        lines = _evidence_lines(diagnosis, other)
        yield f"other-{number}", other_line(diagnosis, other), lines or [message("No numbers.")]
    outside, within = _checked_metrics(diagnosis)
    brief = verdict.cause == HEALTHY and not verdict.others
    yield "outside", _OUTSIDE_BRIEFLY if brief else _OUTSIDE, outside
    yield "checked", message("Within the limits"), within
    yield "call", None, call_lines(diagnosis)
    yield "call_statistics", message("Everybody in the call"), call_statistics_lines(diagnosis)
    yield "events", None, event_lines(diagnosis, _MAX_EVENTS)
    yield "cloud", message("Lagdesk and the cloud"), [_cloud_agreement(diagnosis)]
    missing = [*missing_lines(diagnosis), *diagnosis.failures]
    nothing = [message("Nothing is missing.")]
    yield "missing", message("What is missing"), missing or nothing


def _paragraphs(
    block_id: str, title: Message | None, messages: Sequence[Message], renderer: Renderer
) -> list[Block]:
    """Build a part of the modal, in as many sections as Slack's text limit requires."""
    if not messages:
        return []
    lines = [renderer.mrkdwn(message("*%(title)s*", title=title))] if title else []
    lines += [renderer.mrkdwn(line) for line in messages]
    pieces = [""]
    for line in lines:
        if pieces[-1] and len(pieces[-1]) + len(line) >= _SECTION_LENGTH:
            pieces.append("")
        pieces[-1] += f"\n{line}" if pieces[-1] else line
    return [block_kit.section(f"{block_id}:{n}", piece) for n, piece in enumerate(pieces)]


def _evidence_lines(diagnosis: Diagnosis, verdict: Verdict) -> list[Message]:
    groups = group_evidence(verdict.evidence)
    return [_evidence_with_source(diagnosis, *same) for same in groups]


def _evidence_with_source(diagnosis: Diagnosis, item: Evidence, *repeated: Evidence) -> Message:
    """Return a piece of evidence with the document its limit comes from."""
    line = evidence_line(diagnosis, item, *repeated)
    source = source_of(item.metric, item.threshold) if item.threshold is not None else None
    if source is None:
        return line
    return message("%(line)s. Limit: %(source)s", line=line, source=_SOURCES[source])


def _checked_metrics(diagnosis: Diagnosis) -> tuple[list[Message], list[Message]]:
    """Return the worst value of every metric with a limit: those outside of it, those within.

    Of teacher and student only.
    """
    report = diagnosis.report
    uids = (report.teacher_uid, report.student_uid)
    outside: list[Message] = []
    within: list[Message] = []
    for series in diagnosis.series:
        if series.uid in uids and series.metric in LIMITS and len(series.values):
            limit, value = LIMITS[series.metric], _worst_value(series)
            is_outside = value < limit.bound if limit.below else value > limit.bound
            (outside if is_outside else within).append(_value_line(diagnosis, series, value))
    return outside, within


def _worst_value(series: Series) -> float:
    values = series.values
    return float(values.min() if LIMITS[series.metric].below else values.max())


def _value_line(diagnosis: Diagnosis, series: Series, value: float) -> Message:
    limit = LIMITS[series.metric]
    unit = unit_of(series.metric, series.unit)
    texts: tuple[Message, Message] = (
        format_measurement(value, unit),
        format_measurement(limit.bound, limit.unit),
    )
    who, name = participant_name(diagnosis, series.uid), _series_name(series)
    if limit.below:
        return message(
            "• %(who)s: %(metric)s at least %(value)s (limit %(threshold)s)",
            who=who,
            metric=name,
            value=texts[0],
            threshold=texts[1],
        )
    return message(
        "• %(who)s: %(metric)s at most %(value)s (limit %(threshold)s)",
        who=who,
        metric=name,
        value=texts[0],
        threshold=texts[1],
    )


def _series_name(series: Series) -> Message:
    """Name the metric, with its direction where the name does not contain it."""
    hide_media = series.metric in (Metric.APP_CPU, Metric.SYSTEM_CPU)
    direction = series.direction if series.metric is Metric.JITTER else None
    return panel_name(series.metric, None if hide_media else series.media, direction)


def _cloud_agreement(diagnosis: Diagnosis) -> Message:
    """Return whether the cloud's own events confirm or contradict the verdict."""
    cloud = CLOUD_NAMES[diagnosis.cloud]
    verdict, named = diagnosis.verdict, list(dict.fromkeys(_cloud_causes(diagnosis)))
    if not named:
        return _no_cloud_cause(diagnosis, cloud)
    causes = [cause_phrase(key) for key in named]
    if verdict.cause == UNKNOWN:
        return message("%(cloud)s's own diagnosis: %(causes)s.", cloud=cloud, causes=causes)
    if verdict.cause == HEALTHY:
        return message(
            "%(cloud)s's own diagnosis disagrees: it names %(causes)s, but no metric around "
            "the complaint was abnormal.",
            cloud=cloud,
            causes=causes,
        )
    if any(item.code is not None for item in verdict.evidence):
        return message(
            "%(cloud)s's own diagnosis agrees with the verdict: %(causes)s.",
            cloud=cloud,
            causes=causes,
        )
    if verdict.cause in named:
        return message(
            "%(cloud)s's own diagnosis names the same cause, but for somebody else: %(causes)s.",
            cloud=cloud,
            causes=causes,
        )
    return message(
        "%(cloud)s's own diagnosis disagrees: it names %(causes)s. The verdict follows the "
        "measured data.",
        cloud=cloud,
        causes=causes,
    )


def _no_cloud_cause(diagnosis: Diagnosis, cloud: Message) -> Message:
    gap_reasons = {gap.why for gap in diagnosis.verdict.missing if gap.what is MissingKind.EVENTS}
    if MissingReason.MAY_BE_INCOMPLETE in gap_reasons:
        return message(
            "%(cloud)s's own diagnosis gives no cause, as far as it could be read.", cloud=cloud
        )
    if gap_reasons:
        return message(
            "%(cloud)s's own diagnosis was not available; the verdict is based on measurements.",
            cloud=cloud,
        )
    return message("%(cloud)s's own diagnosis gives no cause.", cloud=cloud)


def _cloud_causes(diagnosis: Diagnosis) -> Iterator[str]:
    """Return the causes named by the cloud's events about teacher and student."""
    uids = {diagnosis.report.teacher_uid, diagnosis.report.student_uid}
    for event in diagnosis.events:
        about = {event.uid, event.peer_uid, *(factor.peer_uid for factor in event.factors)}
        causes = [cause_of(factor.code) for factor in event.factors]
        if about & uids:
            yield from (cause.key for cause in causes if cause is not None)
