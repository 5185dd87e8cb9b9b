"""Where everything of a picture stands, in pixels. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.charts.axes import Box, Frame, moment_of, time_ticks, value_ticks
from bot.charts.font import HEADLINE_PX, SMALL_PX, TEXT_PX, TITLE_PX, drawable, fit, width_of, wrap
from bot.charts.labels import write_number
from bot.charts.spec import Panel, Picture, say_line
from bot.i18n.messages import Message, message
from bot.i18n.translator import Words

WIDTH: Final = 1200
HEIGHT: Final = 900
MARGIN: Final = 32
_LINE: Final = 1.3  # of the size of the letters
_TIGHT_LINE: Final = 1.15  # digits have nothing below the line
_TICK_GAP: Final = 14
_TITLE_ROOM: Final = 54  # with the darker edge of a freeze
_TITLE_MIDDLE: Final = 22
_HEADROOM: Final = 1.04  # a processor at 100 % does not hide behind the frame
_PANEL_GAP: Final = 14
_LEAST_PLOT: Final = 112
_TIMES_ROOM: Final = 44
_MARK_ROOM: Final = 54
SAMPLE: Final = 62  # the piece of line in the legend
_LEGEND_GAP: Final = 40
_MOST_TIMES: Final = 7


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `anchor` is Pillow's (l, m, r and the middle or the baseline)."""

    text: str
    x: float
    y: float
    size_px: int
    anchor: str = "lm"
    strong: bool = False
    faint: bool = False


@dataclass(frozen=True, slots=True)
class LegendItem:
    """A sample and what it stands for; `kind` is a curve's end (0, 1) or `freeze`."""

    kind: int | str
    x: float
    y: float
    label: Text


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPanel:
    """A panel with its frame and what is written around it."""

    panel: Panel
    frame: Frame
    ticks: tuple[float, ...]
    texts: tuple[Text, ...]
    limit: Text | None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A whole picture in pixels. `mark` is the label of the time complained about."""

    height: int
    panels: tuple[PlacedPanel, ...]
    texts: tuple[Text, ...]
    legend: tuple[LegendItem, ...]
    times: tuple[float, ...]
    mark: Text


def lay_out(picture: Picture, words: Words) -> Layout:
    """Place a picture's parts; ValueError when it has no panel."""
    if not picture.panels:
        raise ValueError("a picture needs a panel")
    head, y = _head(picture, words)
    legend, y = _legend(picture, words, y)
    foot = _TIMES_ROOM + _MARK_ROOM + MARGIN // 2
    count = len(picture.panels)
    room = (HEIGHT - y - foot) / count
    room = max(room, _TITLE_ROOM + _LEAST_PLOT + _PANEL_GAP)
    left = _left_edge(picture)
    panels = tuple(
        _place(picture, panel, words, left, (y + number * room, y + (number + 1) * room))
        for number, panel in enumerate(picture.panels)
    )
    frame = panels[-1].frame
    times, labels = _times(picture, words, frame)
    height = round(y + count * room + foot)
    return Layout(height, panels, (*head, *labels), legend, times, _mark(picture, words, frame))


def _head(picture: Picture, words: Words) -> tuple[list[Text], float]:
    """Place the headline and, beneath, channel, date and zone."""
    y = MARGIN / 2
    texts = []
    room = WIDTH - 2 * MARGIN
    voices = words.each
    for number, voice in enumerate(voices):
        size = HEADLINE_PX if number == 0 else TITLE_PX
        for line in wrap(voice.say(picture.title), size, room, 2 if len(voices) == 1 else 1):
            y += size * _LINE / 2
            texts.append(Text(line, MARGIN, y, size, strong=number == 0))
            y += size * _LINE / 2
    since = moment_of(picture.since)
    facts = (picture.cname, words.when(since, "yyyy-MM-dd"), words.when(since, "zzz"))
    y += 2 + TEXT_PX * _LINE / 2
    texts.append(Text(fit(" · ".join(facts), TEXT_PX, room), MARGIN, y, TEXT_PX, faint=True))
    return texts, y + TEXT_PX * _LINE / 2


def _legend(picture: Picture, words: Words, y: float) -> tuple[tuple[LegendItem, ...], float]:
    """Place the samples of both people's lines and of the freezes, in as many rows as needed."""
    named: list[tuple[int | str, str]] = [
        (end, say_line(words, picture.people[end])) for end in picture.ends
    ]
    if picture.freezes and picture.freezes.stretches:
        frozen = message("Freezes: %(who)s", who=picture.freezes.who)
        named.append(("freeze", say_line(words, frozen)))
    items = []
    x, row = float(MARGIN), y + 8 + TEXT_PX * _LINE / 2
    for kind, said in named:
        text = fit(said, TEXT_PX, WIDTH - 2 * MARGIN - SAMPLE - _TICK_GAP)
        width = SAMPLE + _TICK_GAP + width_of(text, TEXT_PX)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, row = float(MARGIN), row + TEXT_PX * _LINE
        label = Text(text, x + SAMPLE + _TICK_GAP, row, TEXT_PX)
        items.append(LegendItem(kind, x, row, label))
        x += width + _LEGEND_GAP
    return tuple(items), row + TEXT_PX * _LINE / 2 + 8


def _left_edge(picture: Picture) -> float:
    """Return where all plots begin: right of the widest number."""
    numbers = [
        write_number(tick) for one in picture.panels for tick in value_ticks(one.top, one.unit)
    ]
    return MARGIN + max(width_of(number, SMALL_PX) for number in numbers) + _TICK_GAP


def _place(
    picture: Picture, panel: Panel, words: Words, left: float, between: tuple[float, float]
) -> PlacedPanel:
    top, bottom = between
    ticks = value_ticks(panel.top, panel.unit)
    box = Box(left, top + _TITLE_ROOM, WIDTH - MARGIN, bottom - _PANEL_GAP)
    frame = Frame(box, picture.since, picture.until, ticks[-1] * _HEADROOM)
    limit = _limit(panel, box, top, words)
    edge = limit.x - width_of(limit.text, limit.size_px) - SAMPLE if limit else box.right
    numbers = [
        Text(write_number(tick), left - _TICK_GAP, frame.y(tick), SMALL_PX, "rm", faint=True)
        for tick in _readable(ticks, frame)
    ]
    texts = (_title(panel, box, top, edge - 2 * _TICK_GAP, words), *numbers)
    return PlacedPanel(panel, frame, tuple(ticks), texts, limit)


def _title(panel: Panel, box: Box, top: float, edge: float, words: Words) -> Text:
    """Place a panel's name and unit above its plot, up to an edge; two languages smaller."""
    size = TITLE_PX if len(words.each) == 1 else SMALL_PX
    unit = f" · {panel.unit.value}" if panel.unit.value else ""
    room = edge - box.left - width_of(unit, size)
    name = drawable(say_line(words, panel.name))
    if width_of(name, size) > room:
        name = fit(words.each[0].say(panel.name), size, room)
    return Text(name + unit, box.left, top + _TITLE_MIDDLE, size, strong=True)


def _limit(panel: Panel, box: Box, top: float, words: Words) -> Text | None:
    """Place the limit's name beside the panel's: in the plot it would hide a curve."""
    if panel.limit is None:
        return None
    text = drawable(f"{say_line(words, message('limit'))} {write_number(panel.limit.bound)}")
    return Text(text, box.right, top + _TITLE_MIDDLE, SMALL_PX, "rm")


def _readable(ticks: list[float], frame: Frame) -> list[float]:
    """Return the ticks whose numbers do not run into each other: all, or first and last."""
    apart = abs(frame.y(ticks[0]) - frame.y(ticks[1]))
    return ticks if apart >= SMALL_PX * _TIGHT_LINE else [ticks[0], ticks[-1]]


def _times(
    picture: Picture, words: Words, frame: Frame
) -> tuple[tuple[float, ...], tuple[Text, ...]]:
    """Place the times under the last panel; those the mark's line would cut are not written."""
    ticks = time_ticks(picture.since, picture.until, words, _MOST_TIMES)
    y = frame.box.bottom + _PANEL_GAP / 2 + _TIMES_ROOM / 2
    labels = []
    for at, said in ticks:
        half = width_of(said, SMALL_PX) / 2
        x = min(max(frame.x(at), frame.box.left + half), WIDTH - 6 - half)
        if abs(x - frame.x(picture.moment)) > half + 10:
            labels.append(Text(said, x, y, SMALL_PX, "mm", faint=True))
    return tuple(at for at, _ in ticks), tuple(labels)


def _mark(picture: Picture, words: Words, frame: Frame) -> Text:
    """Place the label of the time complained about, beneath the times."""
    when = words.when(moment_of(picture.moment), "HH:mm:ss")
    mark = message("Problem at %(time)s") if picture.is_reported else message("Looked at %(time)s")
    said = words.each[0].say(Message(mark.id, {"time": when}))
    text = fit(said, TEXT_PX, WIDTH / 2)
    half = width_of(text, TEXT_PX) / 2 + 20
    x = min(max(frame.x(picture.moment), MARGIN + half), WIDTH - MARGIN - half)
    y = frame.box.bottom + _PANEL_GAP / 2 + _TIMES_ROOM + _MARK_ROOM / 2
    return Text(text, x, y, TEXT_PX, "mm", strong=True)
