"""Layout: the position and size of everything on a chart, in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.charts.axes import Box, Frame, time_ticks, to_datetime, value_ticks
from bot.charts.font import (
    HEADLINE_PX,
    SMALL_PX,
    TEXT_PX,
    TITLE_PX,
    drawable,
    fit_text,
    text_width,
    wrap_text,
)
from bot.charts.labels import write_number
from bot.charts.spec import ChartSpec, Panel, translate_line
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator

WIDTH: Final = 1200
HEIGHT: Final = 900
MARGIN: Final = 32
_LINE: Final = 1.3  # of the font size
_TIGHT_LINE: Final = 1.15  # digits have no descenders
_TICK_GAP: Final = 14
_TITLE_HEIGHT: Final = 54  # with the dark edge of a freeze
_TITLE_MIDDLE: Final = 22
_HEADROOM: Final = 1.04  # so that CPU at 100 % is not hidden by the frame
_PANEL_GAP: Final = 14
_MIN_PLOT_HEIGHT: Final = 112
_TIMES_HEIGHT: Final = 44
_MARK_HEIGHT: Final = 54
SAMPLE: Final = 62  # the sample line in the legend
_LEGEND_GAP: Final = 40
_MAX_TIMES: Final = 7


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
    """A sample and its label; `kind` is a curve's end (0, 1) or `freeze`."""

    kind: int | str
    x: float
    y: float
    label: Text


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPanel:
    """A panel with its frame and texts."""

    panel: Panel
    frame: Frame
    ticks: tuple[float, ...]
    texts: tuple[Text, ...]
    limit: Text | None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A whole chart in pixels. `mark` is the label of the time of the complaint."""

    height: int
    panels: tuple[PlacedPanel, ...]
    texts: tuple[Text, ...]
    legend: tuple[LegendItem, ...]
    times: tuple[float, ...]
    mark: Text


def build_layout(chart_spec: ChartSpec, translator: Translator) -> Layout:
    """Lay out a chart. Raises ValueError when it has no panel."""
    if not chart_spec.panels:
        raise ValueError("a chart needs a panel")
    head, y = _head(chart_spec, translator)
    legend, y = _legend(chart_spec, translator, y)
    foot = _TIMES_HEIGHT + _MARK_HEIGHT + MARGIN // 2
    count = len(chart_spec.panels)
    available = (HEIGHT - y - foot) / count
    available = max(available, _TITLE_HEIGHT + _MIN_PLOT_HEIGHT + _PANEL_GAP)
    left = _left_edge(chart_spec)
    panels = tuple(
        _place(
            chart_spec,
            panel,
            translator,
            left,
            (y + number * available, y + (number + 1) * available),
        )
        for number, panel in enumerate(chart_spec.panels)
    )
    frame = panels[-1].frame
    times, labels = _times(chart_spec, translator, frame)
    height = round(y + count * available + foot)
    return Layout(
        height, panels, (*head, *labels), legend, times, _mark(chart_spec, translator, frame)
    )


def _head(chart_spec: ChartSpec, translator: Translator) -> tuple[list[Text], float]:
    """Lay out the headline and, beneath, channel, date and zone."""
    y = MARGIN / 2
    texts = []
    available = WIDTH - 2 * MARGIN
    languages = translator.per_language
    for number, one_language in enumerate(languages):
        size = HEADLINE_PX if number == 0 else TITLE_PX
        for line in wrap_text(
            one_language.translate(chart_spec.title),
            size,
            available,
            2 if len(languages) == 1 else 1,
        ):
            y += size * _LINE / 2
            texts.append(Text(line, MARGIN, y, size, strong=number == 0))
            y += size * _LINE / 2
    since = to_datetime(chart_spec.since)
    facts = (
        chart_spec.cname,
        translator.format_time(since, "yyyy-MM-dd"),
        translator.format_time(since, "zzz"),
    )
    y += 2 + TEXT_PX * _LINE / 2
    texts.append(
        Text(fit_text(" · ".join(facts), TEXT_PX, available), MARGIN, y, TEXT_PX, faint=True)
    )
    return texts, y + TEXT_PX * _LINE / 2


def _legend(
    chart_spec: ChartSpec, translator: Translator, y: float
) -> tuple[tuple[LegendItem, ...], float]:
    """Lay out the legend of both curves and the freezes, in as many rows as needed."""
    named: list[tuple[int | str, str]] = [
        (end, translate_line(translator, chart_spec.people[end])) for end in chart_spec.ends
    ]
    if chart_spec.freezes and chart_spec.freezes.intervals:
        frozen = message("Freezes: %(who)s", who=chart_spec.freezes.who)
        named.append(("freeze", translate_line(translator, frozen)))
    items = []
    x, row = float(MARGIN), y + 8 + TEXT_PX * _LINE / 2
    for kind, caption in named:
        text = fit_text(caption, TEXT_PX, WIDTH - 2 * MARGIN - SAMPLE - _TICK_GAP)
        width = SAMPLE + _TICK_GAP + text_width(text, TEXT_PX)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, row = float(MARGIN), row + TEXT_PX * _LINE
        label = Text(text, x + SAMPLE + _TICK_GAP, row, TEXT_PX)
        items.append(LegendItem(kind, x, row, label))
        x += width + _LEGEND_GAP
    return tuple(items), row + TEXT_PX * _LINE / 2 + 8


def _left_edge(chart_spec: ChartSpec) -> float:
    """Return the left edge of all plots, right of the widest number."""
    numbers = [
        write_number(tick) for one in chart_spec.panels for tick in value_ticks(one.top, one.unit)
    ]
    return MARGIN + max(text_width(number, SMALL_PX) for number in numbers) + _TICK_GAP


def _place(
    chart_spec: ChartSpec,
    panel: Panel,
    translator: Translator,
    left: float,
    vertical_span: tuple[float, float],
) -> PlacedPanel:
    top, bottom = vertical_span
    ticks = value_ticks(panel.top, panel.unit)
    box = Box(left, top + _TITLE_HEIGHT, WIDTH - MARGIN, bottom - _PANEL_GAP)
    frame = Frame(box, chart_spec.since, chart_spec.until, ticks[-1] * _HEADROOM)
    limit = _limit(panel, box, top, translator)
    edge = limit.x - text_width(limit.text, limit.size_px) - SAMPLE if limit else box.right
    numbers = [
        Text(write_number(tick), left - _TICK_GAP, frame.y(tick), SMALL_PX, "rm", faint=True)
        for tick in _readable(ticks, frame)
    ]
    texts = (_title(panel, box, top, edge - 2 * _TICK_GAP, translator), *numbers)
    return PlacedPanel(panel, frame, tuple(ticks), texts, limit)


def _title(panel: Panel, box: Box, top: float, edge: float, translator: Translator) -> Text:
    """Lay out a panel's name and unit above its plot, up to an edge; smaller in two languages."""
    size = TITLE_PX if len(translator.per_language) == 1 else SMALL_PX
    unit = f" · {panel.unit.value}" if panel.unit.value else ""
    available = edge - box.left - text_width(unit, size)
    name = drawable(translate_line(translator, panel.name))
    if text_width(name, size) > available:
        name = fit_text(translator.per_language[0].translate(panel.name), size, available)
    return Text(name + unit, box.left, top + _TITLE_MIDDLE, size, strong=True)


def _limit(panel: Panel, box: Box, top: float, translator: Translator) -> Text | None:
    """Lay out the limit's label beside the panel's name: in the plot it would hide a curve."""
    if panel.limit is None:
        return None
    text = drawable(
        f"{translate_line(translator, message('limit'))} {write_number(panel.limit.bound)}"
    )
    return Text(text, box.right, top + _TITLE_MIDDLE, SMALL_PX, "rm")


def _readable(ticks: list[float], frame: Frame) -> list[float]:
    """Return the ticks whose numbers do not overlap: all, or first and last."""
    apart = abs(frame.y(ticks[0]) - frame.y(ticks[1]))
    return ticks if apart >= SMALL_PX * _TIGHT_LINE else [ticks[0], ticks[-1]]


def _times(
    chart_spec: ChartSpec, translator: Translator, frame: Frame
) -> tuple[tuple[float, ...], tuple[Text, ...]]:
    """Lay out the times under the last panel, without those that the mark's line would cut."""
    ticks = time_ticks(chart_spec.since, chart_spec.until, translator, _MAX_TIMES)
    y = frame.box.bottom + _PANEL_GAP / 2 + _TIMES_HEIGHT / 2
    labels = []
    for at, caption in ticks:
        half = text_width(caption, SMALL_PX) / 2
        x = min(max(frame.x(at), frame.box.left + half), WIDTH - 6 - half)
        if abs(x - frame.x(chart_spec.moment)) > half + 10:
            labels.append(Text(caption, x, y, SMALL_PX, "mm", faint=True))
    return tuple(at for at, _ in ticks), tuple(labels)


def _mark(chart_spec: ChartSpec, translator: Translator, frame: Frame) -> Text:
    """Lay out the label of the time of the complaint, beneath the times."""
    when = translator.format_time(to_datetime(chart_spec.moment), "HH:mm:ss")
    mark = (
        message("Problem at %(time)s") if chart_spec.is_reported else message("Checked at %(time)s")
    )
    caption = translator.per_language[0].translate(Message(mark.id, {"time": when}))
    text = fit_text(caption, TEXT_PX, WIDTH / 2)
    half = text_width(text, TEXT_PX) / 2 + 20
    x = min(max(frame.x(chart_spec.moment), MARGIN + half), WIDTH - MARGIN - half)
    y = frame.box.bottom + _PANEL_GAP / 2 + _TIMES_HEIGHT + _MARK_HEIGHT / 2
    return Text(text, x, y, TEXT_PX, "mm", strong=True)
