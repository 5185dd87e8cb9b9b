"""Counting weeks: which weeks, for whom, and the file with their tickets."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final

import pytest
from sqlmodel import select

from bot.errors import InputError, NotAllowedError
from bot.services.summary.service import SummaryService
from bot.services.summary.weeks import Week
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.summary import weeks
from tests.bot.services.conftest import OUTSIDER, SUPPORT, TEAM, ServiceHarness
from tests.bot.services.contexts import with_settings
from tests.bot.store.factories import make_ticket, store_tickets

LAST, THIS = Week(2026, 45), Week(2026, 46)  # it is a Wednesday of week 46
MINUTE: Final = dt.timedelta(minutes=1)


def service(harness: ServiceHarness) -> SummaryService:
    """The service on a clock that stands at the harness' time."""
    return SummaryService(harness.context)


def test_weeks_begin_on_monday_in_the_time_zone(service_harness: ServiceHarness) -> None:
    """The last complete one and the current one."""
    made = service(service_harness)
    assert (made.last_week(), made.this_week(), made.zone(TEAM).key) == (
        LAST,
        THIS,
        "Asia/Shanghai",
    )


@pytest.mark.parametrize(
    ("oauth", "expected"),
    [({}, 2), ({"slack_client_id": "1", "slack_client_secret": "s"}, 1)],
)
async def test_workspaces_are_counted_apart(
    service_harness: ServiceHarness, oauth: dict[str, Any], expected: int
) -> None:
    """When Lagdesk is installed in several."""
    settings = replace(service_harness.context.settings, **oauth)
    made = SummaryService(with_settings(service_harness.context, settings))
    week = Week(2026, 30 + expected)
    moment = week.since(made.zone("T8"))
    await service_harness.context.store.transact(
        lambda s: store_tickets(s, *(make_ticket(team=t, created_at=moment) for t in ("T8", "T9")))
    )
    assert (await made.count(week, "T8")).reported == expected
    assert len(await made.list_tickets(week, "T8")) == expected


async def test_week_is_counted_up_to_now(service_harness: ServiceHarness) -> None:
    """With the tickets of the week before; each team's only, if one is asked for."""
    made, now = service(service_harness), service_harness.clock.now()
    zone = made.zone(TEAM)
    monday = THIS.since(zone)
    before = await made.count(THIS)
    moments = (monday - MINUTE, monday, now - MINUTE, LAST.since(zone) - MINUTE)
    await service_harness.context.store.transact(
        lambda s: store_tickets(s, *(make_ticket(team="T7", created_at=at) for at in moments))
    )
    report = await made.count(THIS, "T7")
    assert (report.reported, report.before, report.is_over) == (2, 1, False)
    assert (report.since, report.until) == (monday, now)
    assert (await made.count(THIS)).reported == before.reported + 2
    last = await made.count(LAST, "T7")
    assert (last.reported, last.before, last.is_over, last.until) == (1, 1, True, monday)


@pytest.mark.parametrize(("age_min", "is_gap"), [(29, False), (30, False), (31, True)])
async def test_running_lagdesk_has_no_gap_yet(
    service_harness: ServiceHarness, age_min: int, *, is_gap: bool
) -> None:
    """The next record of its uptime is not due."""
    made, now = service(service_harness), service_harness.clock.now()
    store = service_harness.context.store
    await store.transact(lambda s: weeks.record_uptime(s, now - age_min * MINUTE, 30 * MINUTE))
    report = await made.count(THIS)
    assert (report.gaps[-1][1] == now if report.gaps else False) is is_gap

    def forget(session: Session) -> None:
        for interval in session.exec(select(weeks.UptimeInterval)):
            session.delete(interval)

    await store.transact(forget)


@pytest.mark.parametrize("person", [SUPPORT, OUTSIDER])
async def test_preview_of_two_weeks(service_harness: ServiceHarness, person: str) -> None:
    """The oldest tickets are for support."""
    await service_harness.report()
    is_support, (last, this) = await service(service_harness).preview(TEAM, person)
    assert (is_support, last.week, this.week) == (person == SUPPORT, LAST, THIS)
    assert bool(this.oldest) is is_support
    assert this.open_count > 0


async def test_week_that_a_reader_names(service_harness: ServiceHarness) -> None:
    """The last one by default; what is no week, or later, is refused."""
    made = service(service_harness)
    assert [made.read_week(text, TEAM) for text in ("", THIS.label)] == [LAST, THIS]
    for wrong in ("2026-W99", "46", "2026-W46x" * 100, THIS.shift(1).label):
        with pytest.raises(InputError):
            made.read_week(wrong, TEAM)


async def test_file_for_support(service_harness: ServiceHarness) -> None:
    """It is sent by a job and audited; nobody else gets one."""
    made = service(service_harness)
    with pytest.raises(NotAllowedError):
        await made.request_csv(TEAM, OUTSIDER, LAST, "V1")
    await made.request_csv(TEAM, SUPPORT, LAST, "V1")
    name = f"weekly_csv:2026-W45:{TEAM}:{SUPPORT}:V1"
    job = await service_harness.job(name)
    assert job is not None
    assert (job.due_at, job.arguments) == (
        service_harness.clock.now(),
        ["2026-W45", TEAM, SUPPORT],
    )
    entries = await service_harness.context.store.read(
        lambda session: audit_log.list_newest(session, TEAM, None, 50)
    )
    (entry,) = [each for each in entries if each.origin == name]
    assert (entry.action, entry.person, entry.detail, entry.ticket) == (
        "tickets.export",
        SUPPORT,
        {"week": "2026-W45"},
        None,
    )
