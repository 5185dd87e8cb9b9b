"""Who is on call by a rota is called; when that cannot be found, support is, as without a rota."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox.integrations.ical.fake import FakeCalendar
from bot.sandbox.integrations.pagerduty.fake import SCHEDULE, TOKEN, FakePagerDuty
from bot.sandbox.slack import Person
from bot.services.escalation import on_call_jobs
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import (
    ExternalServices,
    direct_messages,
    find_card,
    find_replies,
    open_external_services,
    report,
    text_of,
)

AFTER_S: Final = 900
MINUTE: Final = dt.timedelta(minutes=1)
HOUR: Final = dt.timedelta(hours=1)
MAYA, ZHOU = "maya@lagdesk.example", "zhou@lagdesk.example"


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[ExternalServices]:
    """Slack and the clouds, without Lagdesk."""
    async with open_external_services(tmp_path, FakeClock()) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


@pytest.fixture
async def calendar() -> AsyncIterator[FakeCalendar]:
    """An empty rota."""
    calendar = FakeCalendar()
    async with calendar.serve():
        yield calendar


def with_rota(
    services: ExternalServices, rota: str, *, escalate_to: str = "", pagerduty_url: str = ""
) -> AbstractAsyncContextManager[Harness]:
    """Run Lagdesk with a rota for the app of the stories."""
    return services.run_lagdesk(
        ON_CALL=f"kids={rota}",
        ESCALATE_TO=escalate_to,
        PAGERDUTY_URL=pagerduty_url,
        PAGERDUTY_TOKEN=TOKEN,
        ALLOW_PRIVATE_ADDRESSES="true",
    )


def alerts(harness: Harness, cname: str) -> list[str]:
    """Return the alerts in a ticket's thread."""
    replies = find_replies(harness, find_card(harness, cname))
    return [m["text"] for m in replies if m["text"].startswith(("<!", "<@"))]


async def file(harness: Harness, cname: str) -> None:
    """Report a call and wait for what follows."""
    await report(harness.workspace.person("lin"), cname)
    await harness.settled()


async def policy(person: Person) -> str:
    """Return what /lagdesk policy answers."""
    return str((await person.command("/lagdesk", "policy")).text)


async def test_the_rota_changes_between_two_alerts(
    services: ExternalServices, calendar: FakeCalendar
) -> None:
    """Each alert calls who is on call at its minute, privately too; from the second on, support."""
    maya, zhou = services.workspace.person("maya"), services.workspace.person("zhou")
    now = services.clock.now()
    handover = now + 16 * MINUTE
    calendar.add(MAYA, now - HOUR, handover)
    calendar.add("Late shift", handover, now + 8 * HOUR, f"ATTENDEE:mailto:{ZHOU}")
    sam = services.workspace.person("sam")
    async with with_rota(services, calendar.address, escalate_to=sam.id) as harness:
        await file(harness, "rota-1")
        assert "If unclaimed, next alert: who is on call · <!date^" in text_of(
            find_card(harness, "rota-1")
        )
        await harness.pass_time(AFTER_S + 1)
        assert alerts(harness, "rota-1") == [f"<@{maya.id}> LD-1 needs somebody to claim it."]
        assert f"Escalated to who is on call <@{maya.id}> · " in text_of(
            find_card(harness, "rota-1")
        )
        assert len(direct_messages(harness, maya, "rota-1")) == 1
        assert direct_messages(harness, zhou, "rota-1") == []
        await harness.pass_time(AFTER_S)
        assert alerts(harness, "rota-1")[1].startswith(f"<@{zhou.id}> <!here> LD-1 is still")
        assert len(direct_messages(harness, zhou, "rota-1")) == 1
        await harness.pass_time(AFTER_S)
        assert alerts(harness, "rota-1")[2].startswith(f"<@{zhou.id}> <@{sam.id}> LD-1 was")
        assert len(direct_messages(harness, zhou, "rota-1")) == 1


async def test_an_outage_is_logged_once_and_support_is_called(
    services: ExternalServices, calendar: FakeCalendar, caplog: pytest.LogCaptureFixture
) -> None:
    """During it nothing is later than without a rota; policy and doctor say why, and afterwards who."""
    caplog.set_level(logging.INFO, on_call_jobs.__name__)
    sam, lin = services.workspace.person("sam"), services.workspace.person("lin")
    maya = services.workspace.person("maya")
    now = services.clock.now()
    calendar.add(maya.id, now - HOUR, now + 24 * HOUR)
    async with with_rota(services, calendar.address) as harness:
        await harness.settled()
        calendar.status = 401
        for _ in range(5):
            await harness.pass_time(121)
        await file(harness, "down-1")
        await harness.pass_time(AFTER_S + 1)
        assert alerts(harness, "down-1") == ["<!here> LD-1 needs somebody to claim it."]
        assert "iCal refuses the key (401)" in await policy(sam)
        assert "无法通知值班人员" in await policy(lin)
        await sam.command("/lagdesk", "doctor")
        await harness.settled()
        assert "iCal refuses the key (401)" in text_of(sam.ephemerals("teachers")[-1])
        calendar.status = 200
        await harness.pass_time(121)
        assert f"On call for kids (iCal): <@{maya.id}>, until <!date^" in await policy(sam)
        await harness.pass_time(AFTER_S)
        assert alerts(harness, "down-1")[1].startswith(f"<@{maya.id}> <!here> ")
    assert [record.getMessage().split(" for kids")[0] for record in caplog.records] == [
        "nobody on call can be called",
        "somebody on call can be called",
    ]


@pytest.mark.parametrize(
    ("summary", "reason"),
    [
        ("", "Nobody is on call now."),
        ("Maya", "Not found in Slack: Maya."),
        ("gone@lagdesk.example", "Not found in Slack: gone@lagdesk.example."),
    ],
)
async def test_nobody_can_be_called(
    services: ExternalServices, calendar: FakeCalendar, summary: str, reason: str
) -> None:
    """Support is called when nobody is on call, or nobody in Slack."""
    now = services.clock.now()
    if summary:
        calendar.add(summary, now - HOUR, now + HOUR)
    async with with_rota(services, calendar.address) as harness:
        await file(harness, "nobody")
        await harness.pass_time(AFTER_S + 1)
        assert alerts(harness, "nobody") == ["<!here> LD-1 needs somebody to claim it."]
        assert reason in await policy(services.workspace.person("sam"))


async def test_without_the_scope(services: ExternalServices, calendar: FakeCalendar) -> None:
    """E-mail addresses are then of no use; Slack ids are."""
    maya, zhou = services.workspace.person("maya"), services.workspace.person("zhou")
    services.workspace.app.scopes.discard("users:read.email")
    now = services.clock.now()
    calendar.add(MAYA, now - HOUR, now + 20 * MINUTE)
    calendar.add(f"{zhou.id} takes over", now + 20 * MINUTE, now + HOUR)
    async with with_rota(services, calendar.address) as harness:
        assert "it lacks the scope users:read.email" in await policy(maya)
        await file(harness, "scope")
        await harness.pass_time(AFTER_S + 1)
        await harness.pass_time(AFTER_S)
        first, second = alerts(harness, "scope")
        assert first.startswith("<!here> ")
        assert second.startswith(f"<@{zhou.id}> <!here> ")


async def test_everybody_whose_shifts_overlap_is_called(services: ExternalServices) -> None:
    """By PagerDuty, also when a person asks for help; claimed tickets call nobody."""
    maya, zhou = services.workspace.person("maya"), services.workspace.person("zhou")
    sam, pagerduty = services.workspace.person("sam"), FakePagerDuty()
    now = services.clock.now()
    pagerduty.add(MAYA, now - 2 * HOUR, now + HOUR)
    pagerduty.add(ZHOU, now - HOUR, now + HOUR)
    async with pagerduty.serve() as url:
        rota = f"pagerduty:{SCHEDULE}"
        async with with_rota(services, rota, pagerduty_url=url) as harness:
            await file(harness, "both-1")
            await sam.click(find_card(harness, "both-1"), "ticket.escalate")
            await harness.settled()
            (asked,) = alerts(harness, "both-1")
            assert (
                asked == f"<@{maya.id}> <@{zhou.id}> <!here> <@{sam.id}> asks for help with LD-1."
            )
            await file(harness, "both-2")
            await harness.pass_time(AFTER_S + 1)
            assert alerts(harness, "both-2")[0].startswith(f"<@{maya.id}> <@{zhou.id}> LD-2 needs")
            assert "On call for kids (PagerDuty)" in await policy(sam)
            await sam.click(find_card(harness, "both-2"), "ticket.claim")
            await harness.pass_time(3 * AFTER_S)
            assert len(alerts(harness, "both-2")) == 1
