"""How long tickets of a week waited, and how many met their targets."""

from __future__ import annotations

from collections.abc import Iterator

from bot.i18n.messages import Duration, Message, Percentage, message, plural
from bot.services.summary.report import WeekReport
from bot.services.summary.times import AppTimes, TargetCount, WaitTimes


def wait_lines(report: WeekReport) -> Iterator[Message]:
    """Yield the week's times to claim and to resolve, of all tickets and by app."""
    if report.claim.count:
        yield _wait(message("Time to claim"), report.claim)
    if report.resolve.count:
        yield _wait(message("Time to resolve"), report.resolve)
    yield from _targets(report)
    for times in report.app_times if len(report.app_times) > 1 else ():
        yield from _app_times(times)


def _app_times(times: AppTimes) -> Iterator[Message]:
    """Yield an app's median times, and how many tickets met its targets; nothing without any."""
    steps = (
        (message("claimed"), times.claim, times.claim_target),
        (message("resolved"), times.resolve, times.resolve_target),
    )
    parts = [_step(*step) for step in steps if step[1].count or step[2].count]
    if parts:
        yield message("• %(app)s: %(parts)s", app=times.app, parts=parts)


def _step(name: Message, waits: WaitTimes, target: TargetCount) -> Message:
    if waits.median_s is None:
        return message(
            "none %(name)s (target met: %(met)s of %(count)s)",
            name=name,
            met=target.met,
            count=target.count,
        )
    median = Duration(waits.median_s)
    if not target.count:
        return message("%(name)s after %(median)s", name=name, median=median)
    return message(
        "%(name)s after %(median)s (target met: %(met)s of %(count)s)",
        name=name,
        median=median,
        met=target.met,
        count=target.count,
    )


def _targets(report: WeekReport) -> Iterator[Message]:
    targets = (
        (message("Claimed within the target"), report.claim_target),
        (message("Resolved within the target"), report.resolve_target),
    )
    for name, target in targets:
        if target.count:
            yield message(
                "*%(name)s*: %(met)s of %(count)s (%(share)s)",
                name=name,
                met=target.met,
                count=target.count,
                share=Percentage(100 * target.met / target.count),
            )


def _wait(name: Message, waits: WaitTimes) -> Message:
    return plural(
        "*%(name)s*: median %(median)s, 90%% within %(slow)s (%(count)s ticket)",
        "*%(name)s*: median %(median)s, 90%% within %(slow)s (%(count)s tickets)",
        count=waits.count,
        name=name,
        median=Duration(waits.median_s or 0),
        slow=Duration(waits.p90_s or 0),
    )
