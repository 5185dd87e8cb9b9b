"""The beginning of the weekly summary: what changed and needs a decision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.causes import NO_VERDICT, result_title
from bot.i18n.messages import Message, Percentage, message
from bot.services.summary.report import WeekReport
from bot.services.summary.times import TargetCount
from handlers.ui.renderer import link_to

_MAX_LINES: Final = 6
_MIN_INCREASE: Final = 3  # tickets more than the week before
_MIN_REPEATED: Final = 3  # tickets about one channel
_MIN_SHARE: Final = 0.9  # of tickets that meet a target
_MIN_RATINGS: Final = 5
_MIN_ACCURACY: Final = 0.7


def decision_lines(report: WeekReport) -> list[Message]:
    """Return the lines, the most urgent first; none in a week without such changes."""
    return [*_waiting(report), *_targets(report), *_changes(report), *_accuracy(report)][
        :_MAX_LINES
    ]


def _waiting(report: WeekReport) -> Iterator[Message]:
    """What nobody took care of."""
    early = [each for each in report.oldest if each.created_at < report.since]
    if early:
        yield message(
            "• %(ticket)s has been open since %(when)s: who takes it?",
            ticket=link_to(early[0].permalink, f"LD-{early[0].number}"),
            when=early[0].created_at,
        )
    if report.escalations.last:
        yield message(
            "• Tickets that nobody claimed until the last alert: %(count)s. Who was on duty?",
            count=report.escalations.last,
        )


def _targets(report: WeekReport) -> Iterator[Message]:
    claim, resolve = report.claim_target, report.resolve_target
    if claim.met < claim.count * _MIN_SHARE:
        few = message("• Only %(share)s were claimed within the target.", share=_share(claim))
        yield few if claim.met else message("• None was claimed within the target.")
    if resolve.met < resolve.count * _MIN_SHARE:
        few = message("• Only %(share)s were resolved within the target.", share=_share(resolve))
        yield few if resolve.met else message("• None was resolved within the target.")


def _share(target: TargetCount) -> Percentage:
    return Percentage(100 * target.met / target.count)


def _changes(report: WeekReport) -> Iterator[Message]:
    """What was reported much more often than the week before, or again and again."""
    if report.is_comparable:
        for cause in report.causes:
            if cause.key != NO_VERDICT and cause.count - cause.before >= _MIN_INCREASE:
                yield message(
                    "• %(cause)s: %(count)s, the week before %(before)s.",
                    cause=result_title(cause.key),
                    count=cause.count,
                    before=cause.before,
                )
    for room in report.rooms:
        if room.count >= _MIN_REPEATED:
            yield message(
                "• Channel %(cname)s (%(app)s) was reported %(count)s times.",
                cname=room.name,
                app=room.app,
                count=room.count,
            )


def _accuracy(report: WeekReport) -> Iterator[Message]:
    feedback = report.feedback
    if feedback.count >= _MIN_RATINGS and feedback.share < _MIN_ACCURACY:
        share = Percentage(100 * feedback.share)
        yield message("• Only %(share)s of the rated verdicts were right.", share=share)
