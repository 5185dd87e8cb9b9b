"""The weekly summary in words: what is counted, what changed, what was missed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.call import Code, MetricDefinition, Unit
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import AppMetrics, Topic
from bot.sandbox.slack.block_kit import validate_message
from bot.services.summary.report import (
    DailyCount,
    EscalationCounts,
    FeedbackCounts,
    OpenTicket,
    RepeatedSubject,
    ResolutionOutcomes,
    WeeklyCount,
    WeekReport,
)
from bot.services.summary.times import AppTimes, TargetCount, WaitTimes
from bot.services.summary.week_over_week import WeeklyMetrics, WeekOverWeekChange
from bot.services.summary.weeks import Week
from bot.ticket import Status
from handlers.summary.view import (
    details_blocks,
    details_fallback_text,
    headline,
    print_summary,
    summary_blocks,
)
from tests.handlers.samples import EN, NOW, ZH, buttons_of, texts_of

SINCE = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
UNTIL = SINCE + dt.timedelta(days=7)
HOUR = dt.timedelta(hours=1)
WEEK = "Week 2026-W46 (2026-11-09 to 2026-11-15)"
PCU = Code("agora.live_metric", "pcu")


def make_report(reported: int = 3, before: int = 3, **values: Any) -> WeekReport:
    """A week in which Lagdesk ran throughout."""
    days = (DailyCount(SINCE.date(), reported, 0),)
    fields = {"is_over": True, "resolved": 0, "days": days, **values}
    return WeekReport(
        Week.read("2026-W46"),
        SINCE,
        UNTIL,
        reported=reported,
        before=before,
        **fields,
    )


def summary(report: WeekReport) -> dict[str, list[str]]:
    """The summary's lines by block id, in English."""
    return texts_of(summary_blocks(report, EN, native=False, button=False))


def details(report: WeekReport, *clouds: WeeklyMetrics) -> dict[str, list[str]]:
    """The lines of the post in the thread, by block id, in English."""
    return texts_of(details_blocks(report, clouds, EN))


GAP = "2026-11-09 00:00–01:00 UTC"
WHOLE_WEEK = ((SINCE, UNTIL),)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (make_report(4, 3), f"{WEEK}: 4 tickets (1 more than the week before)."),
        (make_report(1, 3), f"{WEEK}: 1 ticket (2 fewer than the week before)."),
        (make_report(3, 3), f"{WEEK}: 3 tickets (as many as the week before)."),
        (
            make_report(3, 0, is_comparable=False),
            f"{WEEK}: 3 tickets (the week before was not collected).",
        ),
        (make_report(0, 3), f"{WEEK}: nothing was reported."),
        (make_report(0, 3, is_over=False), f"{WEEK}, so far: nothing was reported."),
        (make_report(0, gaps=WHOLE_WEEK), f"{WEEK}: not collected. Lagdesk was not running."),
    ],
)
def test_the_week_in_one_sentence(report: WeekReport, expected: str) -> None:
    """Compared with the week before, where that was collected."""
    assert EN.plain_text(headline(report)) == expected
    assert summary(report)["headline"] == [f"*{expected}*"]


def test_a_week_without_tickets() -> None:
    """Nothing is counted by type or cause; nothing is open."""
    assert list(summary(make_report(0, 0))) == ["headline"]


def test_tickets_are_counted_by_type_cause_app_and_side() -> None:
    """Each with its change to the week before."""
    report = make_report(
        types=(WeeklyCount("3", 2, 1), WeeklyCount("1", 1, 3)),
        causes=(WeeklyCount("network.loss", 2, 2), WeeklyCount("unknown", 1, 0)),
        apps=(WeeklyCount("kids", 3, 0),),
        sides=(WeeklyCount("student", 2, 0), WeeklyCount("teacher", 1, 1)),
    )
    texts = summary(report)
    assert texts["types"] == ["*By type*", "• Complaint: 2 (+1)", "• Class switched: 1 (-2)"]
    assert texts["causes"] == ["*By cause*", "• Packet loss: 2 (±0)", "• Not enough data: 1 (+1)"]
    assert texts["apps"] == ["*By app*", "• kids: 3 (+3)"]
    assert texts["sides"] == ["*By who had the problem*", "• Student: 2 (+2)", "• Teacher: 1 (±0)"]
    alone = summary(replace(report, is_comparable=False))
    assert alone["apps"] == ["*By app*", "• kids: 3"]


def test_verdicts_without_a_cause_are_always_listed() -> None:
    """After the causes, of which six are listed: healthy, no data, not found, no verdict yet."""
    names = ("loss", "jitter", "latency", "wifi_weak", "bandwidth_low", "blocked", "other")
    causes = tuple(WeeklyCount(f"network.{name}", 9, 0) for name in names)
    results = ("no_verdict", "not_found", "unknown", "none")
    report = make_report(causes=(*causes, *(WeeklyCount(key, 1, 0) for key in results)))
    assert summary(report)["causes"][-5:] == [
        "• 1 other: 9",
        "• Looked healthy: 1 (+1)",
        "• Not enough data: 1 (+1)",
        "• Call not found: 1 (+1)",
        "• No verdict yet: 1 (+1)",
    ]


def test_times_of_each_app() -> None:
    """The median, and how many met the target; with one app the lines above say the same."""
    kids = AppTimes("kids", WaitTimes(2, 120, 180), TargetCount(3, 4), WaitTimes(), TargetCount())
    adults = AppTimes("adults", WaitTimes(), TargetCount(0, 1), WaitTimes(1, 60, 60), TargetCount())
    assert summary(make_report(app_times=(adults, kids)))["waits"] == [
        "• adults: none claimed (target met: 0 of 1), resolved after 1 min",
        "• kids: claimed after 2 min (target met: 3 of 4)",
    ]
    assert "waits" not in summary(make_report(app_times=(kids,)))
    piano = AppTimes("piano", WaitTimes(), TargetCount(), WaitTimes(), TargetCount())
    waits = summary(make_report(app_times=(kids, piano)))["waits"]
    assert waits == ["• kids: claimed after 2 min (target met: 3 of 4)"]


@pytest.mark.parametrize(
    ("apps", "last"),
    [(6, "• app5: 6 (+6)"), (7, "• 1 other: 7"), (8, "• 2 others: 15")],
)
def test_six_lines_and_the_others(apps: int, last: str) -> None:
    """What is beyond six lines is added up."""
    counts = tuple(WeeklyCount(f"app{n}", n + 1, 0) for n in range(apps))
    lines = summary(make_report(apps=counts))["apps"]
    assert lines[-1] == last
    assert len(lines) == 1 + min(apps, 7)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"oldest": (OpenTicket(7, "room", Status.OPEN, SINCE - HOUR, "https://x/7"),)},
            "<https://x/7|LD-7> has been open since",
        ),
        ({"oldest": (OpenTicket(7, "room", Status.OPEN, SINCE, ""),)}, None),
        ({"escalations": EscalationCounts(3, 9, 2)}, "until the last alert: 2."),
        ({"escalations": EscalationCounts(3, 6, 0)}, None),
        ({"claim_target": TargetCount(8, 10)}, "Only 80% were claimed within the target."),
        ({"claim_target": TargetCount(9, 10)}, None),
        ({"claim_target": TargetCount(0, 10)}, "None was claimed within the target."),
        ({"resolve_target": TargetCount(1, 3)}, "Only 33.3% were resolved within the target."),
        (
            {"causes": (WeeklyCount("network.loss", 5, 2),)},
            "Packet loss: 5, the week before 2.",
        ),
        ({"causes": (WeeklyCount("network.loss", 5, 3),)}, None),
        ({"causes": (WeeklyCount("network.loss", 5, 0),), "is_comparable": False}, None),
        ({"rooms": (RepeatedSubject("kids", "room", 3),)}, "Channel room (kids) was reported 3"),
        ({"rooms": (RepeatedSubject("kids", "room", 2),)}, None),
        ({"feedback": FeedbackCounts(right=3, wrong=2)}, "Only 60% of the rated verdicts"),
        ({"feedback": FeedbackCounts(right=2, wrong=2)}, None),
    ],
)
def test_what_needs_a_decision(values: dict[str, Any], expected: str | None) -> None:
    """It comes first; what is as usual is left out."""
    report = make_report(**values)
    sections = summary(report)
    if expected is None:
        assert "decisions" not in sections
        return
    title, line = sections["decisions"]
    assert title == "*What changed and needs a decision*"
    assert expected in line
    assert list(sections)[:2] == ["headline", "decisions"]
    assert print_summary(report, Translator("en")).splitlines()[2] == title.replace("*", "")


@pytest.mark.parametrize(
    ("values", "block_id", "expected"),
    [
        (
            {"claim": WaitTimes(1, 60.0, 120.0)},
            "waits",
            ["*Time to claim*: median 1 min, 90% within 2 min (1 ticket)"],
        ),
        (
            {"resolve": WaitTimes(2, 3600.0, 7200.0)},
            "waits",
            ["*Time to resolve*: median 1 h, 90% within 2 h (2 tickets)"],
        ),
        ({}, "waits", None),
        (
            {"escalations": EscalationCounts(2, 5, 1)},
            "escalated",
            ["*Escalated*: 2 tickets (alerts: 5, reached the last step: 1)"],
        ),
        (
            {"escalations": EscalationCounts(1, 1, 0)},
            "escalated",
            ["*Escalated*: 1 ticket (alerts: 1, reached the last step: 0)"],
        ),
        ({}, "escalated", None),
        (
            {"claim_target": TargetCount(7, 8), "resolve_target": TargetCount(2, 2)},
            "waits",
            [
                "*Claimed within the target*: 7 of 8 (87.5%)",
                "*Resolved within the target*: 2 of 2 (100%)",
            ],
        ),
        (
            {"resolved": 2, "resolution_outcomes": ResolutionOutcomes(1, 0)},
            "escalated",
            [
                "*Resolved*: 2. Reporters said it helped: 1, opened again: 0",
            ],
        ),
        (
            {"resolved": 3, "resolution_outcomes": ResolutionOutcomes(0, 0, withdrawn=2)},
            "escalated",
            [
                "*Resolved*: 3. Reporters said it helped: 0, opened again: 0",
                "Of these, withdrawn by their reporters: 2",
            ],
        ),
        (
            {"resolution_outcomes": ResolutionOutcomes(0, 1)},
            "escalated",
            [
                "*Resolved*: 0. Reporters said it helped: 0, opened again: 1",
            ],
        ),
        ({}, "open", None),
        ({"open_count": 2}, "open", ["*Still open*: 2"]),
        (
            {
                "open_count": 2,
                "oldest": (OpenTicket(7, "room", Status.OPEN, NOW, "https://x/7"),),
            },
            "open",
            ["*Still open*: 2. The oldest is <https://x/7|LD-7>, reported 2026-11-21 03:20 UTC."],
        ),
        ({}, "accuracy", None),
        (
            {"feedback": FeedbackCounts(right=1)},
            "accuracy",
            ["*Verdicts*: 100% right (1 rating)"],
        ),
        (
            {"feedback": FeedbackCounts(right=2, partly=1, wrong=1)},
            "accuracy",
            ["*Verdicts*: 62.5% right (4 ratings)"],
        ),
        ({}, "gaps", None),
        (
            {"gaps": ((SINCE, SINCE + HOUR),)},
            "gaps",
            [f"Lagdesk was not running: {GAP}. That time is not included."],
        ),
    ],
)
def test_sections(values: dict[str, Any], block_id: str, expected: list[str] | None) -> None:
    """Each section says what happened; those about nothing are left out."""
    assert summary(make_report(**values)).get(block_id) == expected


def test_a_week_without_tickets_claims_nothing_about_escalations_and_verdicts() -> None:
    """A resolution of an earlier ticket is still counted."""
    texts = summary(make_report(0, 0, resolved=1))
    assert texts["escalated"] == ["*Resolved*: 1. Reporters said it helped: 0, opened again: 0"]
    assert "accuracy" not in texts


def test_six_gaps_are_listed() -> None:
    """A gap a line; in a week that was not collected at all the reader is warned instead."""
    gaps = tuple((SINCE + HOUR * 2 * n, SINCE + HOUR * (2 * n + 1)) for n in range(8))
    assert len(summary(make_report(gaps=gaps))["gaps"]) == 6
    assert summary(make_report(0, gaps=WHOLE_WEEK))["gaps"] == [
        "Nobody could submit a report, so this says nothing about the calls.",
    ]


def test_the_button_sends_the_weeks_tickets() -> None:
    """Its value is the week; only some readers have it."""
    blocks = summary_blocks(make_report(), EN, native=False, button=True)
    assert buttons_of(blocks[-1]) == [("summary.csv", "2026-W46", "Tickets as CSV")]
    assert "csv" not in summary(make_report())


OLDEST = (
    OpenTicket(7, "room <7>", Status.OPEN, NOW, "https://x/7"),
    OpenTicket(8, "room8", Status.CLAIMED, NOW, ""),
)


def test_details_of_a_week() -> None:
    """Open tickets, and rooms and people with more than one; uids are masked."""
    report = make_report(
        oldest=OLDEST,
        rooms=(RepeatedSubject("kids", "room", 2),),
        people=(RepeatedSubject("adults", "20002", 3),),
    )
    assert details(report) == {
        "oldest": [
            "*Still open, the oldest first*",
            "• <https://x/7|LD-7> room &lt;7&gt;, reported 2026-11-21 03:20 UTC",
            "• LD-8 room8, reported 2026-11-21 03:20 UTC",
        ],
        "repeated": [
            "*Reported more than once*",
            "• Channel room (kids): 2 tickets",
            "• Person •••02 (adults): 3 tickets",
        ],
    }
    assert "repeated" in details(replace(report, rooms=(), oldest=()))
    assert "repeated" in details(replace(report, people=(), oldest=()))
    assert details(make_report()) == {"nothing": ["There are no more details for this week."]}
    assert details_fallback_text(report, EN) == "Details of week 2026-W46"


def metrics(*changes: WeekOverWeekChange, **values: Any) -> WeeklyMetrics:
    """A cloud's week."""
    fields: dict[str, Any] = {"fetched_at": NOW, **values}
    return WeeklyMetrics(AppMetrics(Topic.USAGE, "kids", "agora", **fields), changes)


def change(mean: float, before: float | None, code: Code = PCU) -> WeekOverWeekChange:
    """A metric's mean this week and before."""
    return WeekOverWeekChange(code, MetricDefinition(code), Unit.NUMBER, mean, before)


@pytest.mark.parametrize(
    ("cloud", "expected"),
    [
        (metrics(change(12.0, 10.0)), "• kids at Agora, usage by day: Users 12 (+20%)"),
        (metrics(change(8.0, 10.0)), "• kids at Agora, usage by day: Users 8 (-20%)"),
        (metrics(change(8.0, None)), "• kids at Agora, usage by day: Users 8"),
        (metrics(), "• kids at Agora, usage by day: no data for this week."),
        (
            metrics(failures=(message("Slack does not respond."),)),
            "• kids at Agora, usage by day: not collected. Slack does not respond.",
        ),
    ],
)
def test_a_clouds_week(cloud: WeeklyMetrics, expected: str) -> None:
    """The means with their change, or why there are none."""
    assert details(make_report(), cloud)["clouds"] == ["*Usage and quality*", expected]


def test_a_cloud_has_six_metrics() -> None:
    """Only the first ones are listed."""
    cloud = metrics(*(change(n, None) for n in range(1, 9)))
    assert details(make_report(), cloud)["clouds"][1].endswith("Users 5, Users 6")


def test_the_summary_in_a_terminal() -> None:
    """Plain text without markup: uids in full, links as names."""
    report = make_report(
        days=(DailyCount(dt.date(2026, 11, 9), 3, 1),),
        open_count=2,
        oldest=OLDEST,
        people=(RepeatedSubject("adults", "20002", 3),),
    )
    lines = print_summary(report, Translator("en")).splitlines()
    assert lines[0] == f"{WEEK}: 3 tickets (as many as the week before)."
    assert lines[1:5] == [
        "",
        "Tickets by day",
        "Day    Reported  Resolved",
        "11-09         3         1  ████████████",
    ]
    assert "• Person 20002 (adults): 3 tickets" in lines
    assert "Still open: 2. The oldest is LD-7, reported 2026-11-21 03:20 UTC." in lines
    assert "• LD-7 room <7>, reported 2026-11-21 03:20 UTC" in lines
    assert "\n\n\n" not in "\n".join(lines)
    assert "*" not in "".join(lines)


def test_the_summary_in_chinese() -> None:
    """Every line is translated."""
    report = make_report(4, types=(WeeklyCount("3", 2, 1),))
    texts = texts_of(summary_blocks(report, ZH, native=False, button=False))
    assert texts["types"] == ["*按类型*", "• 投诉：2（+1）"]
    assert texts["headline"] == [
        "*2026-W46 周报（2026-11-09 – 2026-11-15）：4 张工单（比前一周多 1 张）。*",
    ]


@pytest.mark.parametrize("native", [True, False])
def test_slack_accepts_a_summary(*, native: bool) -> None:
    """With native charts or with charts as text."""
    report = make_report(
        days=tuple(DailyCount(dt.date(2026, 11, 9 + n), n, 1) for n in range(7)),
        causes=(WeeklyCount("network.loss", 2, 2),),
        oldest=OLDEST,
        open_count=2,
    )
    blocks = summary_blocks(report, EN, native=native, button=True)
    assert validate_message({"text": "x", "blocks": blocks}) == []
    types = {block["type"] for block in blocks}
    assert ("data_visualization" in types) is native
