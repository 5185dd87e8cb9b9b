"""Lines of evidence: what was measured and what a cloud reported, with values and limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.call import CLOUD_NAMES, Metric, Unit
from bot.charts.labels import MEDIA_NAMES
from bot.diagnosis import AFTER, BEFORE, BURSTS, NETWORK, OTHERS_AFFECTED, Evidence
from bot.i18n.messages import Duration, Message, TimeRange, message
from bot.ports import Diagnosis
from handlers.diagnosis.lines import participant_name
from handlers.ui.causes import metric_name
from handlers.ui.labels import network_name

_SESSION_EVIDENCE: Final = {  # evidence from joins and leaves, in seconds
    "absence": message("• %(who)s: out of the call for %(away)s from %(when)s"),
    "overlap": message("• %(who)s: in the call twice for %(away)s from %(when)s"),
    "session": message("• %(who)s: not in the call, or in it twice, for %(away)s from %(when)s"),
}
_COMPARED: Final = {BEFORE: message("before"), AFTER: message("afterwards")}
_MEANWHILE: Final = message("at that time")
_ALL: Final = 100
_WHOLE_FROM: Final = 100.0  # what is measured varies by more than tenths


def group_evidence(items: Sequence[Evidence]) -> list[list[Evidence]]:
    """Group what one line says: repeated codes, a value and what it is compared with, networks."""
    groups: list[list[Evidence]] = []
    last: dict[object, list[Evidence]] = {}
    for item in items:
        subject = _subject(item)
        same = last.get(subject, [])
        if same and (_is_grouped(item) or item in same):
            same.append(item)
        else:
            last[subject] = [item]
            groups.append(last[subject])
    return groups


def _subject(item: Evidence) -> object:
    if item.code is not None:
        return item.source, item.code, item.uid, item.peer
    return item.uid, item.metric, item.media, item.direction


def _is_grouped(item: Evidence) -> bool:
    """Return whether evidence joins a line about the same: all but limits and special lines."""
    return item.threshold is None and item.metric not in _SPECIAL_LINES


def evidence_line(diagnosis: Diagnosis, item: Evidence, *others: Evidence) -> Message:
    """Return what a group of evidence says: who, what, value, limit, time; how often if repeated.

    The group is one of `group_evidence`.
    """
    who = participant_name(diagnosis, item.uid)
    if item.code is not None:
        return _code_line(diagnosis, who, item, *others)
    if item.metric == NETWORK:
        return _network_line(who, item, *others)
    special = _SPECIAL_LINES.get(item.metric)
    return special(who, item) if special else _number_line(who, item, *others)


def _number_line(who: Message, item: Evidence, *others: Evidence) -> Message:
    """Return a value with its limit and with what it was at other times."""
    if item.threshold is None:
        return _comparison_line(who, item, *others)
    value = format_measurement(item.value, item.unit)
    compared = [one for one in others if one.threshold is None]
    metric, limit = _metric_of(item), _limit_of(item)
    if compared:
        limit = message(
            "%(limit)s, %(compared)s", limit=limit, compared=[_compared(one) for one in compared]
        )
    facts = {"who": who, "metric": metric, "value": value, "limit": limit, "when": item.at}
    line = message("• %(who)s: %(metric)s %(value)s (%(limit)s), %(when)s", **facts)
    bound = (message("limit"), format_measurement(item.threshold, item.unit))
    values = [_compared_facts(one) for one in compared]
    return line.in_facts(("•", who), (metric, value), bound, *values, item.at)


def _limit_of(item: Evidence) -> Message:
    """Return the limit; that the value is below it, as most limits are for what is too high."""
    threshold = item.threshold or 0.0
    text = format_measurement(threshold, item.unit)
    if item.value is not None and item.value < threshold:
        return message("below the limit of %(threshold)s", threshold=text)
    return message("limit %(threshold)s", threshold=text)


def _comparison_line(who: Message, *items: Evidence) -> Message:
    """Return what a metric was before, during or after a fault."""
    metric, when = _metric_of(items[0]), items[0].at
    values = [_compared(one) for one in items]
    facts = {"who": who, "metric": metric, "values": values, "when": when}
    line = message("• %(who)s: %(metric)s %(values)s, %(when)s", **facts)
    return line.in_facts(("•", who), metric, *map(_compared_facts, items), when)


def _compared(item: Evidence) -> Message:
    when, value = _compared_facts(item)
    return message("%(value)s %(compared)s", value=value, compared=when)


def _compared_facts(item: Evidence) -> tuple[Message, Message]:
    """Return when a value for comparison was measured, and the value."""
    return _COMPARED.get(item.text, _MEANWHILE), format_measurement(item.value, item.unit)


def _session_line(who: Message, item: Evidence) -> Message:
    facts = {"who": who, "away": Duration(item.value or 0.0), "when": item.at}
    return Message(_SESSION_EVIDENCE[item.metric].id, facts)


def _network_line(who: Message, *items: Evidence) -> Message:
    """Return how somebody was connected; one after the other where it changed."""
    first, *later = names = [network_name(item.text) for item in items]
    line = message("• %(who)s: network %(network)s", who=who, network=first)
    if later:
        line = message(
            "• %(who)s: networks one after the other: %(networks)s", who=who, networks=names
        )
    return line.in_facts(("•", who), (message("network"), first), *(("→", name) for name in later))


def _code_line(diagnosis: Diagnosis, who: Message, item: Evidence, *repeated: Evidence) -> Message:
    """Return what a cloud reported; of what is seen at one participant, the other is the cause."""
    code = message('"%(code)s"', code=item.code.user_message) if item.code else message("not given")
    if item.peer:
        peer = participant_name(diagnosis, item.peer)
        code = message("%(code)s at %(who)s", code=code, who=peer).in_facts(code, peer)
    cloud = CLOUD_NAMES.get(item.source, message("the cloud"))
    when = _times_of(item, *repeated)
    line = message(
        "• %(who)s: %(cloud)s reports %(code)s, %(when)s",
        who=who,
        cloud=cloud,
        code=code,
        when=when,
    )
    return line.in_facts(("•", who), cloud, code, when)


def _bursts_line(who: Message, item: Evidence) -> Message:
    """Return in how many bursts a link was bad."""
    count = round(item.value or 0)
    line = message(
        "• %(who)s: bad in %(count)s bursts, from %(when)s on", who=who, count=count, when=item.at
    )
    return line.in_facts(("•", who), (message("bursts"), count), item.at)


def _others_line(_who: Message, item: Evidence) -> Message:
    """Return how many of the other participants had the same, without naming them."""
    if not item.value:
        return message("• None of the other participants received as badly at that time")
    if item.value == _ALL:
        return message("• All other participants received as badly at that time")
    share = format_measurement(item.value, item.unit)
    return message("• Of the other participants, %(share)s received as badly then", share=share)


_SPECIAL_LINES: Final[Mapping[str, Callable[[Message, Evidence], Message]]] = {
    OTHERS_AFFECTED: _others_line,
    BURSTS: _bursts_line,
    **dict.fromkeys(_SESSION_EVIDENCE, _session_line),
}


def _times_of(*items: Evidence) -> object:
    """Return the moment, or the first and the last one with their number."""
    first, last = min(item.at for item in items), max(item.at for item in items)
    when = first if first == last else TimeRange(first, last)
    if len(items) == 1:
        return when
    times = message("%(when)s, %(times)s times", when=when, times=len(items))
    return times.in_facts(when, f"× {len(items)}")


def format_measurement(value: float | None, unit: str) -> Message:
    """Format a value with its unit."""
    if value is not None and abs(value) >= _WHOLE_FROM:
        value = round(value)
    if unit == Unit.PERCENT:
        return message("%(value)s%%", value=value)
    if not unit:
        return message("%(value)s", value=value)
    return message("%(value)s %(unit)s", value=value, unit=unit)


def _metric_of(item: Evidence) -> Message:
    """Name the metric, with its medium where it has one."""
    name = metric_name(item.metric)
    if item.media is None or item.metric in (Metric.APP_CPU, Metric.SYSTEM_CPU):
        return name
    return message("%(cause)s (%(detail)s)", cause=name, detail=MEDIA_NAMES[item.media])
