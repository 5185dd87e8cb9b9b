"""A person is erased while Lagdesk runs, and does not come back."""

from __future__ import annotations

import asyncio

from bot.services.admin.erasure import ErasureService
from bot.store.admin.erasure import Identity
from tests.bot.store.every_table import all_rows
from tests.conftest import Harness
from tests.scenario_helpers import find_card, report, text_of

STUDENT = "20002"


async def erase(harness: Harness, value: str, *, is_uid: bool) -> dict[str, int]:
    """Erase a person as the command does, which has a process of its own."""
    service = ErasureService(harness.application.context)
    return dict(await asyncio.to_thread(service.erase, Identity(value, is_uid)))


async def test_a_student_and_the_reporter_are_erased(http_harness: Harness) -> None:
    """Comment and names leave the card, no table has them, and nothing is looked up again."""
    workspace, store = http_harness.workspace, http_harness.application.store
    lin, zhou = workspace.person("lin"), workspace.person("zhou")
    assert (await report(lin, "class_77_1", comments="what Lin wrote")).ok
    await http_harness.settled()
    await http_harness.pass_time(400)
    await zhou.post_message("escalations", "as always", find_card(http_harness, "class_77_1")["ts"])
    await zhou.click(find_card(http_harness, "class_77_1"), "ticket.claim")
    await http_harness.settled()
    counts = await erase(http_harness, STUDENT, is_uid=True)
    assert {"ticket", "evidence", "thread_reply"} <= set(counts)
    assert "sent_notification" in await erase(http_harness, lin.id, is_uid=False)
    await http_harness.pass_time(5)
    card = find_card(http_harness, "class_77_1")
    shown = text_of(card)
    assert [each for each in ("what Lin wrote", lin.id) if each in shown] == []
    assert " erased" in shown

    sent = len(http_harness.clouds.agora.request_log.requests)
    await zhou.click(card, "ticket.diagnose")
    await zhou.click(card, "ticket.resolve")
    view = await zhou.wait_for_view("resolve")
    assert (await zhou.submit(view, {"cause": "unknown", "resolution": "done"})).ok
    await http_harness.settled()
    await http_harness.pass_time(400)
    later = http_harness.clouds.agora.request_log.requests[sent:]
    assert {each.endpoint for each in later} == {"live/diagnosis"}  # of the whole app
    tables = all_rows(store)
    tables.pop("polled_event")  # the cloud still lists what happened in the whole app
    rows = str(tables)
    assert [each for each in (f"'{STUDENT}'", f'"{STUDENT}"', lin.id) if each in rows] == []
