"""The last weeks as a grid: tickets by cause, ratings of verdicts, and freeze rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.causes import result_title
from bot.charts.week_grid import GridCell, GridRow, GridSection, WeekGrid
from bot.i18n.messages import Message, Percentage, message
from bot.services.summary.report import WeekReport
from bot.services.summary.trend import FreezeRate, QualityTrend, WeeklyMean
from handlers.ui.metric_names import short_name
from handlers.ui.native_charts import Cell, Table
from handlers.ui.renderer import Renderer

MAX_CAUSES: Final = 6
MAX_RATES: Final = 8
MIN_RATINGS: Final = 5  # of fewer, a share says little
_WHOLE_WEEK: Final = 7
_ALT_TEXT_LENGTH: Final = 2000
NOT_COLLECTED: Final = message("no record")
_NO_DATA: Final = message("no data")


def trend_title(trend: QualityTrend) -> Message:
    """Name the weeks."""
    first = trend.weeks[0].week.days[0].isoformat()
    return message("Call quality by week, from %(first)s on", first=first)


def week_grid(trend: QualityTrend, renderer: Renderer) -> WeekGrid:
    """Build the grid; what does not exist is in it as words, never as zero."""
    return WeekGrid(
        _line(trend_title(trend), renderer),
        tuple(_week_names(each, renderer) for each in trend.weeks),
        (_tickets(trend, renderer), _ratings(trend, renderer), _freezes(trend, renderer)),
    )


def alt_text(grid: WeekGrid, renderer: Renderer) -> str:
    """Return all of a grid in lines; the last ones are left out where they are too long."""
    text = grid.title
    for line in _lines(grid, renderer):
        if len(text) + len(line) + 1 > _ALT_TEXT_LENGTH:
            break
        text += f"\n{line}"
    return text


def _lines(grid: WeekGrid, renderer: Renderer) -> Iterator[str]:
    for section in grid.sections:
        for row in section.rows:
            weeks = zip(grid.weeks, row.cells, strict=False)
            values = row.words or [f"{week} {cell.text}" for (week, _), cell in weeks]
            names = {"section": section.title, "name": row.name}
            line = message('%(section)s, "%(name)s": %(values)s', **names, values=values)
            yield _line(line, renderer) if row.name else row.words


def grid_table(grid: WeekGrid, renderer: Renderer) -> Table:
    """Return a grid as one table."""
    head = ("", *(week for week, _ in grid.weeks))
    rows = []
    for section in grid.sections:
        for row in section.rows:
            cells = row.cells or (GridCell("–"),) * len(grid.weeks)
            if row.name:
                rows.append((Cell(row.name), *(Cell(cell.text) for cell in cells)))
    return Table(_line(message("All numbers"), renderer), head, tuple(rows))


def week_name(report: WeekReport) -> Message:
    """Name a week by its number: the weeks of a trend follow each other."""
    return message("W%(number)s", number=report.week.number)


def _week_names(report: WeekReport, renderer: Renderer) -> tuple[str, str]:
    """Return a week's number, and its first day or that it is not over."""
    day = f"{report.week.days[0]:%m-%d}"
    since = message("from %(day)s", day=day) if report.is_over else message("so far")
    return _line(week_name(report), renderer), _line(since, renderer)


def _tickets(trend: QualityTrend, renderer: Renderer) -> GridSection:
    causes = trend.causes
    shown = causes if len(causes) <= MAX_CAUSES else causes[: MAX_CAUSES - 1]
    rows = [_count_row(message("All tickets"), trend, renderer, None)]
    rows += [_count_row(result_title(key), trend, renderer, (key,)) for key in shown]
    if len(shown) < len(causes):
        rows.append(_count_row(message("Other"), trend, renderer, causes[len(shown) :]))
    top = max((each.reported for each in trend.weeks), default=0)
    return GridSection(_line(message("Tickets by cause"), renderer), tuple(rows), top)


def _count_row(
    name: Message, trend: QualityTrend, renderer: Renderer, keys: Sequence[str] | None
) -> GridRow:
    """Count tickets of some causes by week, of all causes for None."""
    cells = []
    for each in trend.weeks:
        if each.is_uncollected:
            cells.append(GridCell(_line(NOT_COLLECTED, renderer)))
            continue
        counts = (cause.count for cause in each.causes if keys is None or cause.key in keys)
        count = sum(counts)
        cells.append(GridCell(str(count), count))
    return GridRow(_line(name, renderer), tuple(cells))


def _ratings(trend: QualityTrend, renderer: Renderer) -> GridSection:
    cells = tuple(_rating_cell(each, renderer) for each in trend.weeks)
    row = GridRow(_line(message("Yes, that was it"), renderer), cells)
    return GridSection(_line(message("Ratings of verdicts"), renderer), (row,), 100)


def _rating_cell(report: WeekReport, renderer: Renderer) -> GridCell:
    """Return the share of a week's answers; only the counts where they are few."""
    feedback = report.feedback
    numbers = {"right": feedback.right, "count": feedback.count}
    if not feedback.count:
        return GridCell(_line(message("no ratings"), renderer))
    if feedback.count < MIN_RATINGS:
        return GridCell(_line(message("%(right)s of %(count)s", **numbers), renderer))
    share = 100 * feedback.right / feedback.count
    text = message("%(share)s of %(count)s", share=Percentage(round(share)), count=feedback.count)
    return GridCell(_line(text, renderer), share)


def _freezes(trend: QualityTrend, renderer: Renderer) -> GridSection:
    rates = trend.freezes[:MAX_RATES]
    rows = [_rate_row(rate, trend, renderer) for rate in rates]
    rows += _words(trend, renderer)
    if any(_is_partial(rate, trend) for rate in rates):
        note = message("* Not every day of that week has data.")
        rows.append(GridRow("", words=_line(note, renderer)))
    means = [mean.value for rate in rates for mean in rate.means if mean is not None]
    title = message("Share of time frozen, by app")
    return GridSection(_line(title, renderer), tuple(rows), max(means, default=0.0))


def _rate_row(rate: FreezeRate, trend: QualityTrend, renderer: Renderer) -> GridRow:
    cells = tuple(
        _mean_cell(mean, renderer, is_over=week.is_over)
        for mean, week in zip(rate.means, trend.weeks, strict=True)
    )
    return GridRow(rate_name(rate, renderer), cells)


def rate_name(rate: FreezeRate, renderer: Renderer) -> str:
    """Name an app's freeze rate."""
    metric = short_name(rate.name, rate.definition)
    return _line(message("%(app)s: %(metric)s", app=rate.app, metric=metric), renderer)


def _mean_cell(mean: WeeklyMean | None, renderer: Renderer, *, is_over: bool) -> GridCell:
    """Return a week's mean, marked where a week that is over does not have all its days."""
    if mean is None:
        return GridCell(_line(_NO_DATA, renderer))
    value = message("%(value)s%%", value=round(mean.value, 2))
    if is_over and mean.days < _WHOLE_WEEK:
        value = message("%(value)s*", value=value)
    return GridCell(_line(value, renderer), mean.value)


def _is_partial(rate: FreezeRate, trend: QualityTrend) -> bool:
    means = zip(rate.means, trend.weeks, strict=True)
    return any(mean and week.is_over and mean.days < _WHOLE_WEEK for mean, week in means)


def _words(trend: QualityTrend, renderer: Renderer) -> Iterator[GridRow]:
    """Yield a row for each app without rates, with the first reason."""
    known, named = {rate.app for rate in trend.freezes}, set[str]()
    for app, failure in trend.failures:
        if app not in known | named:
            named.add(app)
            yield GridRow(app, (), _line(failure, renderer))


def _line(msg: Message, renderer: Renderer) -> str:
    return " / ".join(dict.fromkeys(renderer.plain_text(msg).splitlines()))
