"""At which pace a ticket's jobs start: Slack limits the messages in each conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.store import Session
from bot.store.models import Job
from tests.conftest import FakeClock
from tests.scenario_helpers import find_ticket, open_external_services, report

CNAME = "class_77_10"


def _partitions(session: Session) -> dict[str, str]:
    rows = session.exec(select(Job).where(col(Job.ticket).is_not(None)))
    return {row.kind: row.partition for row in rows}


@pytest.mark.parametrize(
    ("is_posted", "expected"),
    [
        (False, {"card": "T/escalations", "diagnose": "T/escalations"}),
        (True, {"diagnose": "T/edits"}),
    ],
)
async def test_partitions(
    tmp_path: Path,
    is_posted: bool,  # noqa: FBT001 - a table's column
    expected: dict[str, str],
) -> None:
    """Private messages start at the pace of their reader, edits at one of their own."""
    async with (
        open_external_services(tmp_path, FakeClock()) as services,
        services.run_lagdesk(worker=is_posted) as harness,
    ):
        lin, sam = (services.workspace.person(name) for name in ("lin", "sam"))
        assert (await report(lin, CNAME)).ok
        if is_posted:
            await harness.pass_time(400)
        ticket = await find_ticket(harness, CNAME)
        await harness.slack.services.tickets.claim(ticket.team, ticket.id, sam.id)
        partitions = await harness.application.store.read(_partitions)
        expected = {"confirm": "direct/U"} | expected
        given = {kind: partitions[kind] for kind in expected}
        assert given == {
            kind: value.replace("T/", f"{ticket.team}/").replace("U", lin.id)
            for kind, value in expected.items()
        }
