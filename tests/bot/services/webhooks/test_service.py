"""What doctor says about webhooks, and sending again what was given up."""

from __future__ import annotations

from dataclasses import replace

from bot.ports import Health
from bot.sandbox.integrations.webhook_receiver import SECRET, WebhookReceiver
from bot.services.assembly import Services
from bot.webhook_settings import WebhookAddress
from tests.bot.services.webhooks.conftest import WebhookHarness


async def detail(hooks: WebhookHarness, team: str = "") -> tuple[Health, str]:
    """Return the row about the only address."""
    (row,) = await hooks.services.webhooks.run_checks(team)
    return row.health, str(row.detail).partition(": ")[2] or str(row.detail)


async def test_all_is_well(hooks: WebhookHarness) -> None:
    """An address that accepts everything."""
    await hooks.report()
    async with hooks.worker():
        await hooks.settled()
    health, text = await detail(hooks, "T1")
    assert (health, text.endswith("has accepted every webhook.")) == (Health.OK, True)


async def test_failures_and_dead_letters(shared_hooks: WebhookHarness) -> None:
    """How many, the newest error, and how old the oldest is."""
    hooks = shared_hooks
    hooks.receiver.statuses = [404, 410, 503]
    async with hooks.worker():
        for _ in range(3):
            hooks.clock.move(60)
            await hooks.report()
            await hooks.settled()
    health, text = await detail(hooks)
    assert health is Health.WARNING
    assert "2 given up, the oldest 2 min ago; 1 being tried again" in text
    assert "answered with status 503" in text
    letters = await hooks.services.webhooks.list_dead_letters()
    assert [each.event for each in letters] == ["LD-1:0:filed", "LD-2:0:filed"]
    assert "status 404" in letters[0].error


async def test_sending_again(shared_hooks: WebhookHarness) -> None:
    """What was given up arrives, with its first id; what is done is not sent again."""
    hooks = shared_hooks
    hooks.receiver.statuses = [200, 410]
    for _ in range(2):
        await hooks.report()
    async with hooks.worker():
        await hooks.settled()
        assert await hooks.services.webhooks.send_again() == 1
        await hooks.settled()
        assert await hooks.services.webhooks.send_again() == 0
    ids = [each.headers["webhook-id"] for each in hooks.receiver.received]
    assert len(ids) == 3
    assert ids[1] == ids[2] != ids[0]
    assert (await detail(hooks))[0] is Health.OK


async def test_sending_to_another_address(hooks: WebhookHarness) -> None:
    """What was for an address that is not set any more goes to the present one."""
    hooks.receiver.statuses = [410]
    await hooks.report()
    async with hooks.worker():
        await hooks.settled()
    other = WebhookReceiver(hooks.clock)
    async with other.serve() as url:
        webhooks = replace(
            hooks.context.settings.webhooks, addresses=(WebhookAddress("", url, (SECRET,)),)
        )
        context = replace(
            hooks.context, settings=replace(hooks.context.settings, webhooks=webhooks)
        )
        moved = replace(hooks, context=context, services=Services.of(context), receiver=other)
        assert await moved.services.webhooks.send_again() == 1
        async with moved.worker():
            await moved.settled()
        assert [body["type"] for body in moved.verified()] == ["ticket.filed"]
