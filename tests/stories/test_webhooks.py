"""Webhooks of a ticket's whole life, and a receiver that does not answer."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox.integrations.webhook_receiver import HANGS, WebhookReceiver
from tests.bot.jobs.helpers import until
from tests.conftest import FakeClock, open_harness
from tests.scenario_helpers import find_card, find_cards, report
from tests.webhooks import verify


async def test_the_life_of_a_ticket(tmp_path: Path) -> None:
    """Each step arrives once, signed, with the verdict as soon as there is one."""
    receiver = WebhookReceiver(FakeClock())
    async with receiver.serve(), open_harness(tmp_path, **receiver.environment) as harness:
        lin, sam = (harness.workspace.person(name) for name in ("lin", "sam"))
        await report(lin, "class_77_1")
        await harness.settled()
        await harness.pass_time(600)
        await sam.click(find_card(harness, "class_77_1"), "ticket.claim")
        await harness.settled()
        now = harness.clock.now()
    bodies = [verify(each, now, tolerance_s=1200) for each in receiver.received]
    by_type = {body["type"]: body["data"] for body in bodies}
    assert len(bodies) == len({each.headers["webhook-id"] for each in receiver.received})
    types = [body["type"] for body in sorted(bodies, key=lambda body: body["data"]["sequence"])]
    assert (types[0], types[-1]) == ("ticket.filed", "ticket.claimed")
    assert sorted(types[1:-1]) == ["ticket.escalated", "ticket.explained"]
    assert (by_type["ticket.filed"]["by"], by_type["ticket.explained"]["by"]) == (lin.id, None)
    assert by_type["ticket.filed"]["ticket"]["verdict"] is None
    verdict = by_type["ticket.explained"]["ticket"]["verdict"]
    assert (verdict["cause"].startswith("network."), verdict["uid"]) == (True, "•••02")
    assert by_type["ticket.claimed"]["ticket"]["assignee"] == sam.id
    assert "20002" not in b"".join(each.body for each in receiver.received).decode()


async def test_a_receiver_that_hangs_delays_no_card(tmp_path: Path) -> None:
    """More webhooks than slots wait for it; cards are posted meanwhile."""
    receiver = WebhookReceiver(FakeClock(), statuses=[HANGS] * 40)
    async with receiver.serve(), open_harness(tmp_path, **receiver.environment) as harness:
        lin = harness.workspace.person("lin")
        for number in range(12):
            await report(lin, f"class_88_{number}")
        await until(lambda: all(find_cards(harness, f"class_88_{n}") for n in range(12)))
        assert receiver.received
        receiver.answer_all()
