"""A picture in words, for who cannot see it: only what the data say. No pixel is here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from bot.charts.axes import moment_of
from bot.charts.labels import write_value
from bot.charts.native_charts import MOST_POINTS
from bot.charts.spec import Curve, Panel, Picture
from bot.i18n.messages import Duration, Message, message, plural
from bot.i18n.translator import Words

ALT_TEXT_LENGTH: Final = 2000


def alt_text(picture: Picture, words: Words, most: int = ALT_TEXT_LENGTH) -> str:
    """Tell a picture: when, who, what, its worst and usual values, and how often it froze.

    At most `most` characters; whole sentences are left out beyond it, the last ones first.
    """
    texts = []
    room = most // len(words.each) - 1
    for voice in words.each:
        text = ""
        for sentence in (voice.say(said) for said in _sentences(picture, voice)):
            if len(text) + len(sentence) + 1 > room:
                break
            text += f" {sentence}" if text and voice.locale == "en" else sentence
        texts.append(text or voice.say(picture.title)[:room])
    return "\n".join(texts)


def _sentences(picture: Picture, words: Words) -> Iterator[Message]:
    """Say everything in one language; `words` only writes times and numbers."""
    yield message("%(title)s.", title=words.say(picture.title).rstrip(".。 "))
    spoken = (
        message("Channel %(cname)s, %(since)s to %(until)s; problem at %(time)s.")
        if picture.is_reported
        else message("Channel %(cname)s, %(since)s to %(until)s; looked at %(time)s.")
    )
    times = {
        "since": words.when(moment_of(picture.since), "yyyy-MM-dd HH:mm"),
        "until": words.when(moment_of(picture.until), "HH:mm zzz"),
        "time": words.when(moment_of(picture.moment), "HH:mm:ss"),
    }
    yield Message(spoken.id, {"cname": picture.cname, **times})
    for panel in picture.panels:
        yield _panel(panel, words)
    if picture.freezes is not None:
        yield _freezes(picture)


def beside_native(picture: Picture) -> list[Message]:
    """Say what a surface's own charts cannot show: when was complained, and the freezes."""
    stretch_s = round((picture.until - picture.since) / MOST_POINTS)
    length = Duration(stretch_s)
    point = message("Each point is the worst of %(length)s.", length=length)
    if picture.is_reported:
        point = message(
            "Reported %(when)s. Each point is the worst of %(length)s.",
            when=moment_of(picture.moment),
            length=length,
        )
    return [point, _freezes(picture)] if picture.freezes is not None else [point]


def _panel(panel: Panel, words: Words) -> Message:
    curves = [_curve(panel, curve, words) for curve in panel.curves]
    if panel.limit is not None:
        bound = write_value(words, panel.limit.bound, panel.unit)
        curves.append(message("%(name)s %(value)s", name=message("limit"), value=bound))
    return message("%(panel)s: %(curves)s.", panel=panel.name, curves=curves)


def _curve(panel: Panel, curve: Curve, words: Words) -> Message:
    """Tell the worst value of a curve, when that was, and what it usually was."""
    worst = int(np.argmin(curve.values) if panel.low_is_bad else np.argmax(curve.values))
    spoken = (
        message("%(who)s lowest %(value)s at %(time)s, usually %(usual)s")
        if panel.low_is_bad
        else message("%(who)s highest %(value)s at %(time)s, usually %(usual)s")
    )
    return Message(
        spoken.id,
        {
            "who": curve.who,
            "value": write_value(words, float(curve.values[worst]), panel.unit),
            "time": words.when(moment_of(float(curve.times[worst])), "HH:mm:ss"),
            "usual": write_value(words, float(np.median(curve.values)), panel.unit),
        },
    )


def _freezes(picture: Picture) -> Message:
    freezes = picture.freezes
    if freezes is None or not freezes.stretches:
        who = freezes.who if freezes else message("Somebody")
        return message("%(who)s: no freezes.", who=who)
    return plural(
        "%(who)s: frozen once, for %(length)s.",
        "%(who)s: frozen %(count)s times, for %(length)s in all.",
        count=len(freezes.stretches),
        who=freezes.who,
        length=Duration(freezes.total_s),
    )
