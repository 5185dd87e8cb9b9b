"""Reading back who did what: privately, in the reader's language, by support alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.sandbox.slack import Person
from bot.services.admin.audit_log import MAX_SHOWN
from bot.store import Session
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from tests.conftest import FakeClock, Harness, slack_errors_of
from tests.scenario_helpers import ephemeral_texts, find_ticket, open_external_services, report
from tests.stories.test_call_control import DISMISS, choose, filed, on_huawei, open_menu, order

LEADS = "leads"


async def lookback(person: Person, ticket: str = "") -> str:
    """Ask who did what; what only the asker sees."""
    await person.command("/lagdesk", f"audit {ticket}", "escalations")
    return ephemeral_texts(person, "escalations")[-1]


async def do_everything(harness: Harness) -> Person:
    """Act on two channels in every way there is, the last one in vain."""
    sam = await filed(harness, "class_77_1")
    await report(sam, "class_77_2")
    await harness.settled()
    await order(harness, sam, "class_77_1", "remove_student")
    await sam.submit(await open_menu(harness, sam, "class_77_1"), {"choice": "reveal"})
    await sam.submit(await choose(harness, sam, "class_77_1", "record"))
    await harness.settled()
    zhou = harness.workspace.person("zhou")
    await order(harness, zhou, "class_77_1", "stop_recording")
    harness.clouds.huawei.deny(DISMISS)
    await order(harness, zhou, "class_77_2", "dismiss")
    return sam


async def test_who_did_what(tmp_path: Path) -> None:
    """Newest first: when, which ticket and channel, who, what, and what became of it."""
    async with open_external_services(tmp_path, FakeClock()) as services:
        leads = services.workspace.channel(LEADS).id
        async with on_huawei(services, SUMMARY_CHANNEL=leads) as harness:
            sam = await do_everything(harness)
            zhou = harness.workspace.person("zhou")
            first = (await find_ticket(harness, "class_77_1")).label

            response = await lookback(sam)
            lines = [line for line in response.split("\\n") if " · " in line]
            wanted = [
                f"<@{zhou.id}> asked to close the channel for everybody · not done: the cloud",
                f"<@{zhou.id}> asked to stop the recording",
                f"<@{sam.id}> asked to record •••01",
                f"<@{sam.id}> viewed the full uids",
                f"<@{sam.id}> asked to remove the student •••02 · sent to the cloud",
            ]
            assert len(wanted) == len(lines)
            assert all(each in line for each, line in zip(wanted, lines, strict=True))
            assert "class_77_2" in lines[0]
            assert "20002" not in response

            about_one = await lookback(zhou, first)
            assert f"操作记录：{first}" in about_one
            assert f"<@{sam.id}> 查看了完整 uid" in about_one
            assert "class_77_2" not in about_one
            assert "There is no ticket LD-999." in await lookback(sam, "LD-999")
            assert "is not a ticket number such as LD-12" in await lookback(sam, "yesterday")
            assert "the members of the support user group" in await lookback(
                harness.workspace.person("maya")
            )
        assert slack_errors_of(services.workspace) == []


@pytest.mark.parametrize("people", [0, 3 * MAX_SHOWN])
async def test_many_deeds_and_none(http_harness: Harness, people: int) -> None:
    """An empty log says so; of many actions the newest are listed, unknown ones too."""
    sam, team = http_harness.workspace.person("sam"), http_harness.workspace.team_id
    now = http_harness.clock.now()

    def work(session: Session) -> None:
        for number in range(people):
            action = "tickets.export" if number % 2 else "moon.landing"
            detail = {"week": f"2026-W{number:02}", "cname": "<!channel>"}
            audit_log.add_entry(
                session,
                AuditEntry(
                    team=team,
                    person=sam.id,
                    action=action,
                    origin=f"V{number}",
                    detail=detail,
                    at=now,
                ),
            )

    await http_harness.application.store.transact(work)
    response = await lookback(sam)
    if not people:
        assert "Nothing is recorded" in response
        return
    assert response.count(f"<@{sam.id}>") == MAX_SHOWN
    assert f"downloaded the tickets of week 2026-W{people - 1}" in response
    assert "moon.landing" in response
    assert "<!channel>" not in response
