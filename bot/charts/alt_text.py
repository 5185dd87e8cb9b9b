"""Alt text: a chart's data in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.charts.axes import to_datetime
from bot.charts.labels import write_value
from bot.charts.native_charts import MAX_POINTS
from bot.charts.spec import ChartSpec, Curve, Panel
from bot.i18n.messages import Duration, Message, TimeRange, message, plural
from bot.i18n.translator import Translator
from bot.locales import LANGUAGES

ALT_TEXT_LENGTH: Final = 2000


def alt_text(chart_spec: ChartSpec, translator: Translator, most: int = ALT_TEXT_LENGTH) -> str:
    """Describe a chart: times, participants, worst and usual values, freezes.

    The text has at most `most` characters; the last sentences are left out as a whole.
    """
    texts = []
    max_length = most // len(translator.per_language) - 1
    for one_language in translator.per_language:
        text = ""
        for sentence in (
            one_language.translate(msg) for msg in _sentences(chart_spec, one_language)
        ):
            if len(text) + len(sentence) + 1 > max_length:
                break
            text += f"{LANGUAGES[one_language.locale].space}{sentence}" if text else sentence
        texts.append(text or one_language.translate(chart_spec.title)[:max_length])
    return "\n".join(texts)


def _sentences(chart_spec: ChartSpec, translator: Translator) -> Iterator[Message]:
    """Yield the sentences; `translator`, of one language, writes times and numbers."""
    yield message("%(title)s.", title=translator.translate(chart_spec.title).rstrip(".。 "))
    user_message = (
        message("Channel %(cname)s, %(times)s; problem at %(time)s.")
        if chart_spec.is_reported
        else message("Channel %(cname)s, %(times)s; checked at %(time)s.")
    )
    times = TimeRange(to_datetime(chart_spec.since), to_datetime(chart_spec.until))
    time = translator.format_time(to_datetime(chart_spec.moment), "HH:mm:ss")
    yield Message(user_message.id, {"cname": chart_spec.cname, "times": times, "time": time})
    for panel in chart_spec.panels:
        yield _panel(panel, translator)
    if chart_spec.freezes is not None:
        yield _freezes(chart_spec)


def native_charts_caption(chart_spec: ChartSpec) -> list[Message]:
    """Return what native charts cannot show: the time of the complaint, and the freezes."""
    length = Duration(round((chart_spec.until - chart_spec.since) / MAX_POINTS))
    point = message("Each point is the worst value within %(length)s.", length=length)
    if chart_spec.is_reported:
        point = message(
            "Reported %(when)s. Each point is the worst value within %(length)s.",
            when=to_datetime(chart_spec.moment),
            length=length,
        )
    return [point, _freezes(chart_spec)] if chart_spec.freezes is not None else [point]


def _panel(panel: Panel, translator: Translator) -> Message:
    curves = [_curve(panel, curve, translator) for curve in panel.curves]
    if panel.limit is not None:
        bound = write_value(panel.limit.bound, panel.unit)
        curves.append(message("%(name)s %(value)s", name=message("limit"), value=bound))
    return message("%(panel)s: %(curves)s.", panel=panel.name, curves=curves)


def _curve(panel: Panel, curve: Curve, translator: Translator) -> Message:
    """Describe a curve's worst value, its time, and the usual value."""
    worst = int(np.argmin(curve.values) if panel.low_is_bad else np.argmax(curve.values))
    user_message = (
        message("%(who)s lowest %(value)s at %(time)s, usually %(usual)s")
        if panel.low_is_bad
        else message("%(who)s highest %(value)s at %(time)s, usually %(usual)s")
    )
    return Message(
        user_message.id,
        {
            "who": curve.who,
            "value": write_value(float(curve.values[worst]), panel.unit),
            "time": translator.format_time(to_datetime(float(curve.times[worst])), "HH:mm:ss"),
            "usual": write_value(float(np.median(curve.values)), panel.unit),
        },
    )


def _freezes(chart_spec: ChartSpec) -> Message:
    freezes = chart_spec.freezes
    if freezes is None or not freezes.intervals:
        who = freezes.who if freezes else message("Somebody")
        return message("%(who)s: no freezes.", who=who)
    return plural(
        "%(who)s: frozen once, for %(length)s.",
        "%(who)s: frozen %(count)s times, for %(length)s in all.",
        count=len(freezes.intervals),
        who=freezes.who,
        length=Duration(freezes.total_s),
    )
