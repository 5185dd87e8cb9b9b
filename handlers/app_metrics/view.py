"""An app's metrics as blocks and as terminal text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from bot.call import CLOUD_NAMES, Code, Distribution, MetricDefinition, Trend, Unit, Usage
from bot.i18n.messages import Message, TimeRange, message
from bot.i18n.translator import Translator
from bot.ports import AppMetrics, Topic
from bot.services.app_metrics.remaining_quota import describe_remaining_quota
from handlers.app_metrics.distributions import distribution_tables
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.metric_names import dimension_value_name, format_value, full_name, short_name
from handlers.ui.native_charts import MAX_CHARTS, Cell, Chart, Line, Table, chart_block, table_block
from handlers.ui.renderer import Renderer, escape
from handlers.ui.text_tables import align, chunks, escape_code_block

TOPIC_NAMES: Final[dict[Topic, Message]] = {
    Topic.LIVE: message("right now"),
    Topic.USAGE: message("usage by day"),
    Topic.NETWORK: message("network"),
    Topic.EXPERIENCE: message("experience"),
    Topic.SCALE: message("users and channels"),
    Topic.DISTRIBUTION: message("distribution"),
    Topic.TREND: message("freezes by day"),
}
# Chart titles, and whether higher is better; the first two with data are drawn.
_GROUPS: Final[tuple[tuple[Message, bool | None], ...]] = (
    (message("Freezes and delays"), False),
    (message("Users and channels"), None),
    (message("Success and good transmission"), True),
)
_TIME: Final = message("Time used")
_MAX_HEADLINE_VALUES: Final = 5
_MAX_TEXT_LENGTH: Final = 8000  # a message holds about 13,000 characters
_MAX_FOOTER_LENGTH: Final = 4000


def fallback_text(metrics: AppMetrics, renderer: Renderer) -> str:
    """Return the response's top-level text."""
    return renderer.fallback_text(headline(metrics))


def headline(metrics: AppMetrics) -> Message:
    """Return the newest values in one sentence."""
    title = title_of(metrics)
    available = [trend for trend in metrics.trends if trend.points][:_MAX_HEADLINE_VALUES]
    figures: list[Message] = [
        message(
            "%(name)s %(value)s",
            name=full_name(trend.name, trend.definition),
            value=_value(trend, -1),
        )
        for trend in available
    ]
    if not figures:
        figures = _newest_day(metrics.usages) or _largest(metrics.distributions)
    if figures:
        return message("%(title)s: %(metrics)s", title=title, metrics=figures)
    return message("%(title)s: no data for this period.", title=title)


def _newest_day(usages: Sequence[Usage]) -> list[Message]:
    newest = max((usage.day for usage in usages), default=None)
    return [
        message(
            "%(name)s %(value)s",
            name=short_name(usage.metric, usage.definition),
            value=format_value(usage.value, usage.unit),
        )
        for usage in usages
        if usage.day == newest
    ][:_MAX_HEADLINE_VALUES]


def _largest(distributions: Sequence[Distribution]) -> list[Message]:
    """Return the largest row of the first distributions."""
    return [
        message(
            "%(name)s, %(place)s: %(value)s",
            name=short_name(distribution.definition.name, distribution.definition)
            if distribution.definition
            else message("Users"),
            place=dimension_value_name(distribution.rows[0].codes),
            value=format_value(distribution.rows[0].value, distribution.unit),
        )
        for distribution in distributions
        if distribution.rows
    ][:_MAX_HEADLINE_VALUES]


def metrics_blocks(
    metrics: AppMetrics, others: Sequence[str], renderer: Renderer, *, native: bool
) -> list[Block]:
    """Build the response; without `native`, tables are text and there are no charts."""
    blocks = [block_kit.section("headline", renderer.mrkdwn(_bold_title(metrics)))]
    if metrics.is_empty:
        empty = message("No data for this period.")
        blocks.append(block_kit.section("empty", renderer.mrkdwn(empty)))
    if native:
        drawn = [
            chart_block(f"chart-{number}", chart, renderer.translator)
            for number, chart in enumerate(charts(metrics, renderer))
        ]
        blocks += [block for block in drawn if block is not None]
        blocks += [
            table_block(f"table-{n}", each) for n, each in enumerate(tables(metrics, renderer))
        ]
    else:
        blocks += _text_blocks(metrics, renderer)
    footer_text = "\n".join(renderer.mrkdwn(line) for line in footer_lines(metrics, others))
    return [*blocks, *_pieces("asked", block_kit.clip_mrkdwn(footer_text, _MAX_FOOTER_LENGTH))]


def print_metrics(metrics: AppMetrics, others: Sequence[str], translator: Translator) -> str:
    """Return the metrics as plain text, for a terminal."""
    return metrics_text(metrics, others, Renderer(translator, mask=False))


def metrics_text(metrics: AppMetrics, others: Sequence[str], renderer: Renderer) -> str:
    """Return the metrics as plain text, for one reader."""
    lines = [renderer.plain_text(headline(metrics))]
    for table in tables(metrics, renderer):
        lines += ["", table.title, *align(table)]
    lines += ["", *(renderer.plain_text(line) for line in footer_lines(metrics, others))]
    return "\n".join(lines)


def print_failures(metrics: AppMetrics, translator: Translator) -> list[str]:
    """Return the failures, a line each."""
    return [" / ".join(translator.translate(failure).splitlines()) for failure in metrics.failures]


def footer_lines(metrics: AppMetrics, others: Sequence[str]) -> Iterator[Message]:
    """Yield the data's age, when newer data is available, explanations and failures."""
    if metrics.since is not None and metrics.until is not None and not metrics.is_empty:
        yield message("Period: %(times)s.", times=TimeRange(metrics.since, metrics.until))
    if not metrics.is_empty:
        yield message("Fetched %(when)s.", when=metrics.fetched_at)
    if metrics.fresh_at is not None:
        yield message("Newer data will be available from %(when)s.", when=metrics.fresh_at)
    if metrics.remaining_quotas is not None:
        yield describe_remaining_quota(metrics.cloud, metrics.remaining_quotas)
    yield from metrics.explanations
    yield from metrics.failures
    if others:
        yield message("Other apps: %(apps)s (app=<name>).", apps=list(others))


def charts(metrics: AppMetrics, renderer: Renderer) -> list[Chart]:
    """Return at most two charts, each of metrics with the same unit."""
    result = []
    for title, better in _GROUPS:
        matching = [
            trend
            for trend in _trends(metrics)
            if len(trend.points) > 1 and _better(trend) is better
        ]
        for unit in dict.fromkeys(trend.unit for trend in matching):
            same = [trend for trend in matching if trend.unit is unit]
            result.append(
                _chart(title if unit is not Unit.SECONDS else _TIME, unit, same, renderer)
            )
    return result[:MAX_CHARTS]


def _chart(title: Message, unit: Unit, available: Sequence[Trend], renderer: Renderer) -> Chart:
    lines = tuple(
        Line(renderer.plain_text(short_name(trend.name, trend.definition)), trend.points)
        for trend in available
    )
    return Chart(renderer.plain_text(title), unit.value or " ", lines)


def tables(metrics: AppMetrics, renderer: Renderer) -> list[Table]:
    """Return all metrics as tables."""
    result = []
    available = [trend for trend in metrics.trends if trend.points]
    if available:
        result.append(_trend_table(available, renderer))
    if metrics.usages:
        result.append(_day_table(metrics.usages, renderer))
    return result + distribution_tables(metrics.distributions, renderer)


def _trends(metrics: AppMetrics) -> Sequence[Trend]:
    """Return the time series to draw; without any, the daily values."""
    if any(len(trend.points) > 1 for trend in metrics.trends):
        return metrics.trends
    days: dict[tuple[Code, MetricDefinition | None], list[Usage]] = {}
    for usage in metrics.usages:
        days.setdefault((usage.metric, usage.definition), []).append(usage)
    return [
        Trend(
            code,
            available[0].unit,
            tuple(
                (dt.datetime.combine(each.day, dt.time(12), dt.UTC), each.value)
                for each in available
            ),
            definition,
        )
        for (code, definition), available in days.items()
    ]


def _better(trend: Trend) -> bool | None:
    return trend.definition.higher_is_better if trend.definition else None


def title_of(metrics: AppMetrics) -> Message:
    """Return a title: app, cloud and topic."""
    return message(
        "%(app)s at %(cloud)s, %(topic)s",
        app=metrics.app,
        cloud=CLOUD_NAMES[metrics.cloud],
        topic=TOPIC_NAMES[metrics.topic],
    )


def _bold_title(metrics: AppMetrics) -> Message:
    return message(
        "*%(app)s* at %(cloud)s, %(topic)s",
        app=metrics.app,
        cloud=CLOUD_NAMES[metrics.cloud],
        topic=TOPIC_NAMES[metrics.topic],
    )


def _value(trend: Trend, index: int) -> Message:
    return format_value(trend.points[index][1], trend.unit)


def _trend_table(available: Sequence[Trend], renderer: Renderer) -> Table:
    head = (message("Metric"), message("Now"), message("Average"), message("Lowest"))
    rows = []
    for trend in available:
        values = [value for _, value in trend.points]
        statistics = (values[-1], sum(values) / len(values), min(values), max(values))
        name = Cell(renderer.plain_text(full_name(trend.name, trend.definition)))
        rows.append((name, *(_cell(value, trend.unit, renderer) for value in statistics)))
    titles = tuple(renderer.plain_text(title) for title in (*head, message("Highest")))
    return Table(renderer.plain_text(message("Metrics for this period")), titles, tuple(rows))


def _day_table(usages: Sequence[Usage], renderer: Renderer) -> Table:
    """Build a table with a row for each day, newest first."""
    kinds = list(dict.fromkeys((usage.metric, usage.definition) for usage in usages))
    values = {(usage.day, usage.metric, usage.definition): usage for usage in usages}
    rows = []
    for day in sorted({usage.day for usage in usages}, reverse=True):
        available = [values.get((day, *kind)) for kind in kinds]
        cells = [
            _cell(each.value, each.unit, renderer) if each else Cell("–") for each in available
        ]
        rows.append((Cell(day.isoformat()), *cells))
    names = [renderer.plain_text(short_name(*kind)) for kind in kinds]
    head = (renderer.plain_text(message("Day")), *names)
    return Table(renderer.plain_text(message("Metrics by day")), head, tuple(rows))


def _cell(value: float, unit: Unit, renderer: Renderer) -> Cell:
    return Cell(renderer.plain_text(format_value(value, unit)), value)


def _text_blocks(metrics: AppMetrics, renderer: Renderer) -> Iterator[Block]:
    """Yield tables as text, as many as a message can hold."""
    left = _MAX_TEXT_LENGTH
    for number, table in enumerate(tables(metrics, renderer)):
        lines = align(table)
        left -= sum(len(line) + 1 for line in (table.title, *lines))
        if left < 0:
            more = message("There is more. See all of it in the terminal: lagdesk quality")
            yield block_kit.section("more", renderer.mrkdwn(more))
            return
        yield block_kit.section(f"title-{number}", f"*{escape(table.title)}*")
        for index, piece in enumerate(chunks(lines)):
            yield block_kit.section(f"text-{number}-{index}", f"```{escape_code_block(piece)}```")


def _pieces(block_id: str, text: str) -> list[Block]:
    pieces = list(chunks(text.splitlines()))
    return [
        block_kit.context(f"{block_id}-{number}" if number else block_id, piece)
        for number, piece in enumerate(pieces)
        if piece
    ]
