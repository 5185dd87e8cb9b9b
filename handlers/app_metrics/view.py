"""An overview of a whole app in words, tables and charts. Decides nothing, speaks to nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from bot.call import CLOUD_NAMES, Code, Distribution, Figure, Trend, Unit, Usage
from bot.i18n.messages import Message, message
from bot.i18n.translator import Words
from bot.ports import Overview, Topic
from bot.services.app_metrics.remaining_quota import say_quotas
from handlers.app_metrics.distributions import spread_tables
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.metric_names import name_of, place_of, short_name, written
from handlers.ui.native_charts import CHARTS, Cell, Chart, Line, Table, chart_block, table_block
from handlers.ui.renderer import Voice, escape
from handlers.ui.text_tables import align, chunks, harmless

TOPICS: Final[dict[Topic, Message]] = {
    Topic.LIVE: message("right now"),
    Topic.USAGE: message("usage by day"),
    Topic.NETWORK: message("network"),
    Topic.EXPERIENCE: message("experience"),
    Topic.SCALE: message("users and channels"),
    Topic.DISTRIBUTION: message("distribution"),
}
# What is drawn together, and whether higher is better; the first ones that are told are drawn.
_GROUPS: Final[tuple[tuple[Message, bool | None], ...]] = (
    (message("Freezes and delays"), False),
    (message("Users and channels"), None),
    (message("Success and good transmission"), True),
)
_TIME: Final = message("Time used")
_NOW_SHOWN: Final = 5
_ALL_TEXT_LENGTH: Final = 8000  # a message holds about 13,000 characters
_SMALL_LENGTH: Final = 4000


def notice(overview: Overview, voice: Voice) -> str:
    """The answer in one plain line, for notifications and screen readers."""
    return voice.notice(headline(overview))


def headline(overview: Overview) -> Message:
    """The newest figures in one sentence."""
    title = title_of(overview)
    told = [trend for trend in overview.trends if trend.points][:_NOW_SHOWN]
    figures: list[Message] = [
        message(
            "%(name)s %(value)s", name=name_of(trend.name, trend.figure), value=_value(trend, -1)
        )
        for trend in told
    ]
    if not figures:
        figures = _newest_day(overview.usages) or _largest(overview.distributions)
    if figures:
        return message("%(title)s: %(figures)s", title=title, figures=figures)
    if overview.is_empty:
        return message("%(title)s: there are no figures for this period.", title=title)
    return message("%(title)s", title=title)


def _newest_day(usages: Sequence[Usage]) -> list[Message]:
    newest = max((usage.day for usage in usages), default=None)
    return [
        message(
            "%(name)s %(value)s",
            name=short_name(usage.metric, usage.figure),
            value=written(usage.value, usage.unit),
        )
        for usage in usages
        if usage.day == newest
    ][:_NOW_SHOWN]


def _largest(distributions: Sequence[Distribution]) -> list[Message]:
    """Where the first distributions are at their highest."""
    return [
        message(
            "%(name)s, %(place)s: %(value)s",
            name=short_name(spread.figure.name, spread.figure)
            if spread.figure
            else message("Users"),
            place=place_of(spread.rows[0].codes),
            value=written(spread.rows[0].value, spread.unit),
        )
        for spread in distributions
        if spread.rows
    ][:_NOW_SHOWN]


def overview_blocks(
    overview: Overview, others: Sequence[str], voice: Voice, *, native: bool
) -> list[Block]:
    """The answer; without `native`, tables are text and there are no charts."""
    shown = [block_kit.section("headline", voice.markup(_bold_title(overview)))]
    if overview.is_empty:
        empty = message("There are no figures for this period.")
        shown.append(block_kit.section("empty", voice.markup(empty)))
    if native:
        drawn = [
            chart_block(f"chart-{number}", chart, voice.words)
            for number, chart in enumerate(charts(overview, voice))
        ]
        shown += [block for block in drawn if block is not None]
        shown += [table_block(f"table-{n}", each) for n, each in enumerate(tables(overview, voice))]
    else:
        shown += _text_blocks(overview, voice)
    small = "\n".join(voice.markup(line) for line in small_print(overview, others))
    return [*shown, *_pieces("asked", block_kit.clip_markup(small, _SMALL_LENGTH))]


def print_overview(overview: Overview, others: Sequence[str], words: Words) -> str:
    """The answer as lines of plain text, for a terminal."""
    voice = Voice(words, mask=False)
    lines = [voice.plain(headline(overview))]
    for table in tables(overview, voice):
        lines += ["", table.title, *align(table)]
    lines += ["", *(voice.plain(line) for line in small_print(overview, others))]
    return "\n".join(lines)


def print_failures(overview: Overview, words: Words) -> list[str]:
    """What went wrong, a line each."""
    return [" / ".join(words.say(failure).splitlines()) for failure in overview.failures]


def small_print(overview: Overview, others: Sequence[str]) -> Iterator[Message]:
    """How old it is, when fresher figures can be had, what they mean and what is missing."""
    if overview.since is not None and overview.until is not None and not overview.is_empty:
        yield message("From %(since)s to %(until)s.", since=overview.since, until=overview.until)
    if not overview.is_empty:
        yield message("Fetched %(when)s.", when=overview.fetched_at)
    if overview.fresh_at is not None:
        yield message("Fresher figures will be there from %(when)s.", when=overview.fresh_at)
    if overview.allowances is not None:
        yield say_quotas(overview.cloud, overview.allowances)
    yield from overview.definitions
    yield from overview.failures
    if others:
        yield message("Other apps: %(apps)s (app=<name>).", apps=list(others))


def charts(overview: Overview, voice: Voice) -> list[Chart]:
    """At most two charts, each of figures that share a unit."""
    found = []
    for title, better in _GROUPS:
        chosen = [
            trend
            for trend in _trends(overview)
            if len(trend.points) > 1 and _better(trend) is better
        ]
        for unit in dict.fromkeys(trend.unit for trend in chosen):
            same = [trend for trend in chosen if trend.unit is unit]
            found.append(_chart(title if unit is not Unit.SECONDS else _TIME, unit, same, voice))
    return found[:CHARTS]


def _chart(title: Message, unit: Unit, told: Sequence[Trend], voice: Voice) -> Chart:
    lines = tuple(
        Line(voice.plain(short_name(trend.name, trend.figure)), trend.points) for trend in told
    )
    return Chart(voice.plain(title), unit.value or " ", lines)


def tables(overview: Overview, voice: Voice) -> list[Table]:
    """Everything there is, as tables."""
    found = []
    told = [trend for trend in overview.trends if trend.points]
    if told:
        found.append(_trend_table(told, voice))
    if overview.usages:
        found.append(_day_table(overview.usages, voice))
    return found + spread_tables(overview.distributions, voice)


def _trends(overview: Overview) -> Sequence[Trend]:
    """What can be drawn: what was told over time, else the days."""
    if any(len(trend.points) > 1 for trend in overview.trends):
        return overview.trends
    days: dict[tuple[Code, Figure | None], list[Usage]] = {}
    for usage in overview.usages:
        days.setdefault((usage.metric, usage.figure), []).append(usage)
    return [
        Trend(
            code,
            told[0].unit,
            tuple(
                (dt.datetime.combine(each.day, dt.time(12), dt.UTC), each.value) for each in told
            ),
            figure,
        )
        for (code, figure), told in days.items()
    ]


def _better(trend: Trend) -> bool | None:
    return trend.figure.higher_is_better if trend.figure else None


def title_of(overview: Overview) -> Message:
    """The app, its cloud and the topic."""
    return message(
        "%(app)s at %(cloud)s, %(topic)s",
        app=overview.app,
        cloud=CLOUD_NAMES[overview.cloud],
        topic=TOPICS[overview.topic],
    )


def _bold_title(overview: Overview) -> Message:
    return message(
        "*%(app)s* at %(cloud)s, %(topic)s",
        app=overview.app,
        cloud=CLOUD_NAMES[overview.cloud],
        topic=TOPICS[overview.topic],
    )


def _value(trend: Trend, place: int) -> Message:
    return written(trend.points[place][1], trend.unit)


def _trend_table(told: Sequence[Trend], voice: Voice) -> Table:
    head = (message("Figure"), message("Now"), message("Average"), message("Lowest"))
    rows = []
    for trend in told:
        values = [value for _, value in trend.points]
        told_values = (values[-1], sum(values) / len(values), min(values), max(values))
        name = Cell(voice.plain(name_of(trend.name, trend.figure)))
        rows.append((name, *(_cell(value, trend.unit, voice) for value in told_values)))
    titles = tuple(voice.plain(title) for title in (*head, message("Highest")))
    return Table(voice.plain(message("Figures for this period")), titles, tuple(rows))


def _day_table(usages: Sequence[Usage], voice: Voice) -> Table:
    """A row a day, newest first."""
    kinds = list(dict.fromkeys((usage.metric, usage.figure) for usage in usages))
    values = {(usage.day, usage.metric, usage.figure): usage for usage in usages}
    rows = []
    for day in sorted({usage.day for usage in usages}, reverse=True):
        told = [values.get((day, *kind)) for kind in kinds]
        cells = [_cell(each.value, each.unit, voice) if each else Cell("–") for each in told]
        rows.append((Cell(day.isoformat()), *cells))
    names = [voice.plain(short_name(*kind)) for kind in kinds]
    head = (voice.plain(message("Day")), *names)
    return Table(voice.plain(message("Figures by day")), head, tuple(rows))


def _cell(value: float, unit: Unit, voice: Voice) -> Cell:
    return Cell(voice.plain(written(value, unit)), value)


def _text_blocks(overview: Overview, voice: Voice) -> Iterator[Block]:
    """Tables as text, as many as a message holds."""
    left = _ALL_TEXT_LENGTH
    for number, table in enumerate(tables(overview, voice)):
        lines = align(table)
        left -= sum(len(line) + 1 for line in (table.title, *lines))
        if left < 0:
            more = message("There is more. See all of it in the terminal: python -m bot quality")
            yield block_kit.section("more", voice.markup(more))
            return
        yield block_kit.section(f"title-{number}", f"*{escape(table.title)}*")
        for place, piece in enumerate(chunks(lines)):
            yield block_kit.section(f"text-{number}-{place}", f"```{harmless(piece)}```")


def _pieces(block_id: str, text: str) -> list[Block]:
    pieces = list(chunks(text.splitlines()))
    return [
        block_kit.context(f"{block_id}-{number}" if number else block_id, piece)
        for number, piece in enumerate(pieces)
        if piece
    ]
