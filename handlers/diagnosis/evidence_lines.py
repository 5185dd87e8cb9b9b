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
_ALL: Final = 100


def group_evidence(items: Sequence[Evidence]) -> list[list[Evidence]]:
    """Group what a cloud reported several times about the same people; numbers stay alone."""
    groups: dict[object, list[Evidence]] = {}
    for item in items:
        same = (item.source, item.code, item.uid, item.peer)
        groups.setdefault(same if item.code else item, []).append(item)
    return list(groups.values())


def evidence_line(diagnosis: Diagnosis, item: Evidence, *repeated: Evidence) -> Message:
    """Return one piece of evidence: who, what, value, limit, time; and how often if repeated."""
    who = participant_name(diagnosis, item.uid)
    if item.code is not None:
        return _code_line(diagnosis, who, item, *repeated)
    special = _SPECIAL_LINES.get(item.metric)
    return special(who, item) if special else _number_line(who, item)


def _number_line(who: Message, item: Evidence) -> Message:
    """Return a value with its limit; without one, to compare."""
    facts = {
        "who": who,
        "metric": _metric_of(item),
        "value": format_measurement(item.value, item.unit),
        "when": item.at,
    }
    if item.threshold is None:
        return _comparison_line(item, facts)
    facts["threshold"] = format_measurement(item.threshold, item.unit)
    line = message("• %(who)s: %(metric)s %(value)s (limit %(threshold)s), %(when)s", **facts)
    limit = (message("limit"), facts["threshold"])
    return line.in_facts(("•", who), (facts["metric"], facts["value"]), limit, item.at)


def _comparison_line(item: Evidence, facts: Mapping[str, object]) -> Message:
    """Return a value before, during or after a fault."""
    when = _COMPARED.get(item.text, message("at that time"))
    line = message("• %(who)s: %(metric)s %(value)s %(compared)s, %(when)s", **facts, compared=when)
    return line.in_facts(("•", facts["who"]), (facts["metric"], facts["value"]), when, item.at)


def _session_line(who: Message, item: Evidence) -> Message:
    facts = {"who": who, "away": Duration(item.value or 0.0), "when": item.at}
    return Message(_SESSION_EVIDENCE[item.metric].id, facts)


def _network_line(who: Message, item: Evidence) -> Message:
    name = network_name(item.text)
    line = message("• %(who)s: network %(network)s", who=who, network=name)
    return line.in_facts(("•", who), (message("network"), name))


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
    NETWORK: _network_line,
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
