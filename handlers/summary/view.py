"""A week in words, blocks and text. Counts nothing, decides nothing, speaks to nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.i18n.messages import Duration, Message, Percentage, Uid, message, plural
from bot.i18n.translator import Words
from bot.services.summary.report import Tally, Waits, WeekReport
from bot.services.summary.week_over_week import CloudWeek, Drift
from handlers.app_metrics.view import headline as overview_headline
from handlers.app_metrics.view import title_of
from handlers.summary.charts import chart_blocks, day_tables, text_charts
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import resolution_name
from handlers.ui.forms import ISSUE_TYPES, SIDES
from handlers.ui.metric_names import short_name, written
from handlers.ui.renderer import Link, Voice
from handlers.ui.text_tables import align

_TOP: Final = 6
_FIGURES: Final = 6
Lines = tuple[Message, ...]


def headline(report: WeekReport) -> Message:
    """The week in one sentence."""
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
    shown = message(
        "Week %(week)s (%(first)s to %(last)s)",
        week=report.week.label,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return shown if report.is_over else message("%(week)s, so far", week=shown)


def _change(report: WeekReport) -> Message:
    if not report.is_comparable:
        return message("the week before was not collected")
    change = report.reported - report.before
    if change > 0:
        return message("%(number)s more than the week before", number=change)
    if change < 0:
        return message("%(number)s fewer than the week before", number=-change)
    return message("as many as the week before")


def tell(report: WeekReport) -> Iterator[tuple[str, Lines]]:
    """The summary, a group of lines at a time, each under its name."""
    yield "gaps", tuple(_gaps(report))
    if report.reported:
        yield "types", _tallies(message("*By type*"), report, report.types, _issue_types())
        yield "causes", _tallies(message("*By cause*"), report, report.causes, {})
        yield "apps", _tallies(message("*By app*"), report, report.apps, None)
        yield "sides", _tallies(message("*By who had the problem*"), report, report.sides, _sides())
    yield "waits", tuple(_waits(report))
    yield "escalated", tuple(_escalated(report))
    yield "open", tuple(_open(report))
    yield "accuracy", tuple(_accuracy(report))


def tell_details(report: WeekReport, told: Sequence[CloudWeek]) -> Iterator[tuple[str, Lines]]:
    """What belongs in the thread, likewise."""
    if report.oldest:
        yield "oldest", (message("*Still open, the oldest first*"), *_open_tickets(report))
    if report.rooms or report.people:
        yield "repeated", (message("*Reported more than once*"), *_repeated(report))
    yield "clouds", tuple(_clouds(told))


def _issue_types() -> Mapping[str, Message]:
    return {str(int(kind)): name for kind, name in ISSUE_TYPES.items()}


def _sides() -> Mapping[str, Message]:
    return {side.value: name for side, name in SIDES.items()}


def _gaps(report: WeekReport) -> Iterator[Message]:
    if report.is_uncollected:
        yield message("Nobody could report anything, so this says nothing about the calls.")
        return
    for start, end in report.gaps[:_TOP]:
        yield message(
            "Lagdesk was not running from %(since)s to %(until)s. "
            "What happened then is not counted.",
            since=start,
            until=end,
        )


def _tallies(
    title: Message,
    report: WeekReport,
    tallies: Sequence[Tally],
    names: Mapping[str, Message] | None,
) -> Lines:
    """`names` says the keys: {} for causes, None for keys that are names themselves."""
    lines = [title]
    for each in tallies[:_TOP]:
        name: object = (
            each.key if names is None else (names.get(each.key) or resolution_name(each.key))
        )
        lines.append(_counted(name, each, is_comparable=report.is_comparable))
    if len(tallies) > _TOP:
        rest = sum(each.count for each in tallies[_TOP:])
        lines.append(message("• Others: %(count)s", count=rest))
    return tuple(lines)


def _counted(name: object, tally: Tally, *, is_comparable: bool) -> Message:
    if not is_comparable:
        return message("• %(name)s: %(count)s", name=name, count=tally.count)
    change = _short_change(tally)
    return message(
        "• %(name)s: %(count)s (%(change)s)", name=name, count=tally.count, change=change
    )


def _short_change(tally: Tally) -> str:
    change = tally.count - tally.before
    return f"{change:+d}" if change else "±0"


def _waits(report: WeekReport) -> Iterator[Message]:
    if report.claim.count:
        yield _wait(message("Time to claim"), report.claim)
    if report.resolve.count:
        yield _wait(message("Time to resolve"), report.resolve)


def _wait(name: Message, waits: Waits) -> Message:
    return plural(
        "*%(name)s*: median %(median)s, 90%% within %(slow)s (%(count)s ticket)",
        "*%(name)s*: median %(median)s, 90%% within %(slow)s (%(count)s tickets)",
        count=waits.count,
        name=name,
        median=Duration(waits.median_s or 0),
        slow=Duration(waits.slow_s or 0),
    )


def _escalated(report: WeekReport) -> Iterator[Message]:
    """For how many people were called, and how it was afterwards."""
    told, after = report.escalations, report.afterwards
    if told.tickets:
        yield plural(
            "*Escalated*: %(count)s ticket (calls: %(calls)s, up to the last step: %(last)s)",
            "*Escalated*: %(count)s tickets (calls: %(calls)s, up to the last step: %(last)s)",
            count=told.tickets,
            calls=told.calls,
            last=told.last,
        )
    elif report.reported:
        yield message("*Escalated*: none")
    if report.resolved or after.reopened:
        yield message(
            "*Resolved*: %(resolved)s. Reporters said that it helped: %(helped)s, opened again: "
            "%(reopened)s",
            resolved=report.resolved,
            helped=after.helped,
            reopened=after.reopened,
        )


def _open(report: WeekReport) -> Iterator[Message]:
    if not report.open_count:
        yield message("*Still open*: none")
        return
    if not report.oldest:  # whoever reads this may not see them
        yield message("*Still open*: %(count)s", count=report.open_count)
        return
    oldest = report.oldest[0]
    yield message(
        "*Still open*: %(count)s. The oldest is %(ticket)s, since %(when)s.",
        count=report.open_count,
        ticket=_ticket_name(oldest.number, oldest.permalink),
        when=oldest.created_at,
    )


def _ticket_name(number: int, permalink: str) -> object:
    label = f"LD-{number}"
    return Link(permalink, label) if permalink else label


def _open_tickets(report: WeekReport) -> Iterator[Message]:
    for each in report.oldest:
        yield message(
            "• %(ticket)s %(cname)s, since %(when)s",
            ticket=_ticket_name(each.number, each.permalink),
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
    said = report.judgements
    if said.count:
        yield plural(
            "*Verdicts*: right in %(share)s of %(count)s judgement",
            "*Verdicts*: right in %(share)s of %(count)s judgements",
            count=said.count,
            share=Percentage(said.share * 100),
        )
    elif report.reported:
        yield message("*Verdicts*: nobody has judged one this week.")


def _clouds(told: Sequence[CloudWeek]) -> Iterator[Message]:
    if told:
        yield message("*Usage and quality*")
    for each in told:
        overview, title = each.overview, title_of(each.overview)
        if each.drifts:
            figures = [_drifted(drift) for drift in each.drifts[:_FIGURES]]
            yield message("• %(title)s: %(figures)s", title=title, figures=figures)
        elif overview.is_empty and overview.failures:
            why = overview.failures[0]
            yield message("• %(title)s: not collected. %(why)s", title=title, why=why)
        elif overview.is_empty:
            yield message("• %(title)s: no figures for this week.", title=title)
        else:  # a cloud that tells the last hours only
            yield message("• %(line)s", line=overview_headline(overview))


def _drifted(drift: Drift) -> Message:
    """A figure's mean of the week, and how it moved where that is known."""
    name, value = short_name(drift.name, drift.figure), written(drift.mean, drift.unit)
    if drift.change is None:
        return message("%(name)s %(value)s", name=name, value=value)
    change = f"{drift.change:+.0f}%"
    return message("%(name)s %(value)s (%(change)s)", name=name, value=value, change=change)


def summary_blocks(report: WeekReport, voice: Voice, *, native: bool, button: bool) -> list[Block]:
    """The summary's post; without `native` the charts are text."""
    shown = [
        block_kit.section("headline", voice.markup(message("*%(line)s*", line=headline(report))))
    ]
    shown += chart_blocks(report, voice) if native else text_charts(report, voice)
    shown += _sections(tell(report), voice)
    if button:
        name = voice.plain(message("Tickets as CSV"))
        shown.append(
            block_kit.actions("csv", block_kit.button("summary.csv", name, report.week.label))
        )
    return shown


def details_blocks(report: WeekReport, told: Sequence[CloudWeek], voice: Voice) -> list[Block]:
    """The post in the summary's thread."""
    shown = _sections(tell_details(report, told), voice)
    nothing = message("There is nothing more to say about this week.")
    return shown or [block_kit.section("nothing", voice.markup(nothing))]


def details_notice(report: WeekReport, voice: Voice) -> str:
    """What a notification says of the thread."""
    return voice.notice(message("Details of week %(week)s", week=report.week.label))


def _sections(groups: Iterator[tuple[str, Lines]], voice: Voice) -> list[Block]:
    return [
        block_kit.section(name, "\n".join(voice.markup(line) for line in lines))
        for name, lines in groups
        if lines
    ]


def print_summary(report: WeekReport, words: Words) -> str:
    """The summary as lines of plain text, for a terminal."""
    voice = Voice(words, mask=False)
    texts = [voice.plain(headline(report))]
    for table in day_tables(report, voice):
        texts += ["", table.title, *align(table)]
    for groups in (tell(report), tell_details(report, ())):
        for _, lines in groups:
            texts += ["", *(_unmarked(voice, line) for line in lines)] if lines else []
    return "\n".join(texts)


def _unmarked(voice: Voice, line: Message) -> str:
    named = {
        name: value.label if isinstance(value, Link) else value
        for name, value in line.params.items()
    }
    return voice.plain(Message(line.id, named, line.domain, line.plural)).replace("*", "")
