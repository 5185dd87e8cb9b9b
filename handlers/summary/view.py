"""The weekly summary as blocks and as terminal text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.causes import HEALTHY, NO_VERDICT, NOT_FOUND, UNKNOWN, result_title
from bot.i18n.messages import Message, Percentage, TimeRange, Uid, message, plural
from bot.i18n.translator import Translator
from bot.services.summary.report import WeeklyCount, WeekReport
from bot.services.summary.week_over_week import WeeklyMetrics, WeekOverWeekChange
from handlers.app_metrics.view import headline as metrics_headline
from handlers.app_metrics.view import title_of
from handlers.summary.charts import chart_blocks, day_tables, text_charts
from handlers.summary.decisions import decision_lines
from handlers.summary.waits import wait_lines
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.labels import ISSUE_TYPE_NAMES, SIDE_NAMES
from handlers.ui.metric_names import format_value, short_name
from handlers.ui.renderer import Link, Renderer, link_to
from handlers.ui.text_tables import align

_MAX_ROWS: Final = 6
_MAX_METRICS: Final = 6
_NO_CAUSE: Final = (HEALTHY, UNKNOWN, NOT_FOUND, NO_VERDICT)
Lines = tuple[Message, ...]


def headline(report: WeekReport) -> Message:
    """Return the week in one sentence."""
    title = _title(report)
    if report.is_uncollected:
        return message("%(week)s: not collected. Lagdesk was not running.", week=title)
    if not report.reported:
        return message("%(week)s: nothing was reported.", week=title)
    counted = plural("%(count)s ticket", "%(count)s tickets", count=report.reported)
    return message(
        "%(week)s: %(tickets)s (%(change)s).",
        week=title,
        tickets=counted,
        change=_change(report),
    )


def _title(report: WeekReport) -> Message:
    first, last = report.week.days[0], report.week.days[-1]
    title = message(
        "Week %(week)s (%(first)s to %(last)s)",
        week=report.week.label,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return title if report.is_over else message("%(week)s, so far", week=title)


def _change(report: WeekReport) -> Message:
    if not report.is_comparable:
        return message("the week before was not collected")
    change = report.reported - report.before
    if change > 0:
        return message("%(number)s more than the week before", number=change)
    if change < 0:
        return message("%(number)s fewer than the week before", number=-change)
    return message("as many as the week before")


def opening_sections(report: WeekReport) -> Iterator[tuple[str, Lines]]:
    """Yield the sections before the charts: block id and lines."""
    decisions = decision_lines(report)
    if decisions:
        yield "decisions", (message("*What changed and needs a decision*"), *decisions)


def summary_sections(report: WeekReport) -> Iterator[tuple[str, Lines]]:
    """Yield the sections after the charts: block id and lines."""
    yield "gaps", tuple(_gaps(report))
    if report.reported:
        yield "types", _tallies(message("*By type*"), report, report.types, _issue_types())
        yield "causes", _causes(report)
        yield "apps", _tallies(message("*By app*"), report, report.apps, None)
        yield "sides", _tallies(message("*By who had the problem*"), report, report.sides, _sides())
    yield "waits", tuple(wait_lines(report))
    yield "escalated", tuple(_escalated(report))
    yield "open", tuple(_open(report))
    yield "accuracy", tuple(_accuracy(report))


def details_sections(
    report: WeekReport, cloud_weeks: Sequence[WeeklyMetrics]
) -> Iterator[tuple[str, Lines]]:
    """Yield the sections of the post in the summary's thread, likewise."""
    if report.oldest:
        yield "oldest", (message("*Still open, the oldest first*"), *_open_tickets(report))
    if report.rooms or report.people:
        yield "repeated", (message("*Reported more than once*"), *_repeated(report))
    yield "clouds", tuple(_clouds(cloud_weeks))


def _issue_types() -> Mapping[str, Message]:
    return {str(int(kind)): name for kind, name in ISSUE_TYPE_NAMES.items()}


def _sides() -> Mapping[str, Message]:
    return {side.value: name for side, name in SIDE_NAMES.items()}


def _gaps(report: WeekReport) -> Iterator[Message]:
    if report.is_uncollected:
        yield message("Nobody could submit a report, so this says nothing about the calls.")
        return
    for start, end in report.gaps[:_MAX_ROWS]:
        yield message(
            "Lagdesk was not running: %(times)s. That time is not included.",
            times=TimeRange(start, end),
        )


def _tallies(
    title: Message,
    report: WeekReport,
    tallies: Sequence[WeeklyCount],
    names: Mapping[str, Message] | None,
) -> Lines:
    """List counts by key; `names` are the keys' names, {} for causes, None when keys are names."""
    lines = [title]
    for each in tallies[:_MAX_ROWS]:
        name: object = (
            each.key if names is None else (names.get(each.key) or result_title(each.key))
        )
        lines.append(_counted(name, each, is_comparable=report.is_comparable))
    if len(tallies) > _MAX_ROWS:
        rest = tallies[_MAX_ROWS:]
        number = sum(each.count for each in rest)
        lines.append(
            plural(
                "• %(count)s other: %(tickets)s",
                "• %(count)s others: %(tickets)s",
                count=len(rest),
                tickets=number,
            )
        )
    return tuple(lines)


def _causes(report: WeekReport) -> Lines:
    """List the causes, and after them all verdicts that found none."""
    by_key = {each.key: each for each in report.causes}
    found = [each for each in report.causes if each.key not in _NO_CAUSE]
    without = [by_key[key] for key in _NO_CAUSE if key in by_key]
    title = message("*By cause*")
    return (*_tallies(title, report, found, {}), *_tallies(title, report, without, {})[1:])


def _counted(name: object, tally: WeeklyCount, *, is_comparable: bool) -> Message:
    if not is_comparable:
        return message("• %(name)s: %(count)s", name=name, count=tally.count)
    change = _short_change(tally)
    return message(
        "• %(name)s: %(count)s (%(change)s)", name=name, count=tally.count, change=change
    )


def _short_change(tally: WeeklyCount) -> str:
    change = tally.count - tally.before
    return f"{change:+d}" if change else "±0"


def _escalated(report: WeekReport) -> Iterator[Message]:
    """How many tickets were escalated, and how many resolved, confirmed and reopened."""
    escalations, after = report.escalations, report.resolution_outcomes
    if escalations.tickets:
        yield plural(
            "*Escalated*: %(count)s ticket (alerts: %(calls)s, reached the last step: %(last)s)",
            "*Escalated*: %(count)s tickets (alerts: %(calls)s, reached the last step: %(last)s)",
            count=escalations.tickets,
            calls=escalations.alerts,
            last=escalations.last,
        )
    if report.resolved or after.reopened:
        yield message(
            "*Resolved*: %(resolved)s. Reporters said it helped: %(helped)s, opened again: "
            "%(reopened)s",
            resolved=report.resolved,
            helped=after.helped,
            reopened=after.reopened,
        )
    if after.withdrawn:
        yield message("Of these, withdrawn by their reporters: %(count)s", count=after.withdrawn)


def _open(report: WeekReport) -> Iterator[Message]:
    if not report.open_count:
        return
    if not report.oldest:  # the reader may not see them
        yield message("*Still open*: %(count)s", count=report.open_count)
        return
    oldest = report.oldest[0]
    yield message(
        "*Still open*: %(count)s. The oldest is %(ticket)s, reported %(when)s.",
        count=report.open_count,
        ticket=link_to(oldest.permalink, f"LD-{oldest.number}"),
        when=oldest.created_at,
    )


def _open_tickets(report: WeekReport) -> Iterator[Message]:
    for each in report.oldest:
        yield message(
            "• %(ticket)s %(cname)s, reported %(when)s",
            ticket=link_to(each.permalink, f"LD-{each.number}"),
            cname=each.cname,
            when=each.created_at,
        )


def _repeated(report: WeekReport) -> Iterator[Message]:
    for room in report.rooms:
        yield message(
            "• Channel %(cname)s (%(app)s): %(count)s tickets",
            cname=room.name,
            app=room.app,
            count=room.count,
        )
    for person in report.people:
        yield message(
            "• Person %(uid)s (%(app)s): %(count)s tickets",
            uid=Uid(person.name),
            app=person.app,
            count=person.count,
        )


def _accuracy(report: WeekReport) -> Iterator[Message]:
    feedback = report.feedback
    if feedback.count:
        yield plural(
            "*Verdicts*: %(share)s right (%(count)s rating)",
            "*Verdicts*: %(share)s right (%(count)s ratings)",
            count=feedback.count,
            share=Percentage(feedback.share * 100),
        )


def _clouds(cloud_weeks: Sequence[WeeklyMetrics]) -> Iterator[Message]:
    if cloud_weeks:
        yield message("*Usage and quality*")
    for each in cloud_weeks:
        app_metrics, title = each.app_metrics, title_of(each.app_metrics)
        if each.changes:
            figures = [
                _metric_change(metric_change) for metric_change in each.changes[:_MAX_METRICS]
            ]
            yield message("• %(title)s: %(metrics)s", title=title, metrics=figures)
        elif app_metrics.is_empty and app_metrics.failures:
            why = app_metrics.failures[0]
            yield message("• %(title)s: not collected. %(why)s", title=title, why=why)
        elif app_metrics.is_empty:
            yield message("• %(title)s: no data for this week.", title=title)
        else:  # a cloud with data of the last hours only
            yield message("• %(line)s", line=metrics_headline(app_metrics))


def _metric_change(metric_change: WeekOverWeekChange) -> Message:
    """Return a metric's mean of the week, with its change where known."""
    name, value = (
        short_name(metric_change.name, metric_change.definition),
        format_value(metric_change.mean, metric_change.unit),
    )
    if metric_change.change is None:
        return message("%(name)s %(value)s", name=name, value=value)
    change = f"{metric_change.change:+.0f}%"
    return message("%(name)s %(value)s (%(change)s)", name=name, value=value, change=change)


def summary_blocks(
    report: WeekReport, renderer: Renderer, *, native: bool, button: bool
) -> list[Block]:
    """Build the summary's post; without `native` the charts are text."""
    blocks = [
        block_kit.section("headline", renderer.mrkdwn(message("*%(line)s*", line=headline(report))))
    ]
    blocks += _sections(opening_sections(report), renderer)
    blocks += chart_blocks(report, renderer) if native else text_charts(report, renderer)
    blocks += _sections(summary_sections(report), renderer)
    if button:
        name = renderer.plain_text(message("Tickets as CSV"))
        blocks.append(
            block_kit.actions("csv", block_kit.button("summary.csv", name, report.week.label))
        )
    return blocks


def details_blocks(
    report: WeekReport, cloud_weeks: Sequence[WeeklyMetrics], renderer: Renderer
) -> list[Block]:
    """Build the post in the summary's thread."""
    blocks = _sections(details_sections(report, cloud_weeks), renderer)
    nothing = message("There are no more details for this week.")
    return blocks or [block_kit.section("nothing", renderer.mrkdwn(nothing))]


def details_fallback_text(report: WeekReport, renderer: Renderer) -> str:
    """Return the top-level text of the post in the thread."""
    return renderer.fallback_text(message("Details of week %(week)s", week=report.week.label))


def _sections(groups: Iterator[tuple[str, Lines]], renderer: Renderer) -> list[Block]:
    return [
        block_kit.section(name, "\n".join(renderer.mrkdwn(line) for line in lines))
        for name, lines in groups
        if lines
    ]


def print_summary(report: WeekReport, translator: Translator) -> str:
    """Return the summary as plain text, for a terminal."""
    renderer = Renderer(translator, mask=False)
    details = _print_sections(details_sections(report, ()), renderer)
    return "\n".join([preview_text(report, renderer), *details])


def preview_text(report: WeekReport, renderer: Renderer) -> str:
    """Return the summary without its details as plain text."""
    texts = [
        renderer.plain_text(headline(report)),
        *_print_sections(opening_sections(report), renderer),
    ]
    for table in day_tables(report, renderer):
        texts += ["", table.title, *align(table)]
    return "\n".join([*texts, *_print_sections(summary_sections(report), renderer)])


def _print_sections(groups: Iterator[tuple[str, Lines]], renderer: Renderer) -> Iterator[str]:
    for _, lines in groups:
        yield from ["", *(_unmarked(renderer, line) for line in lines)] if lines else []


def _unmarked(renderer: Renderer, line: Message) -> str:
    named = {
        name: value.label if isinstance(value, Link) else value
        for name, value in line.params.items()
    }
    return renderer.plain_text(Message(line.id, named, line.domain, line.plural)).replace("*", "")
