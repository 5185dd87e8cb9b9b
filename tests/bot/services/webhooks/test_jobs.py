"""Sending webhooks: once, again after failures, given up; one receiver never delays another."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.run import JobHandler, Queue, Run
from bot.jobs.worker import SLACK_PACE, Worker
from bot.sandbox.integrations.webhook_receiver import HANGS, SECRET, WebhookReceiver
from bot.services.webhooks.events import GIVE_UP_AFTER
from bot.settings import Settings
from bot.webhook_settings import WebhookAddress, WebhookSettings
from tests.bot.jobs.helpers import until
from tests.bot.services.conftest import SUPPORT, TEAM
from tests.bot.services.webhooks.conftest import WebhookHarness, open_webhooks
from tests.conftest import FakeClock


async def test_a_webhook_arrives_once(shared_hooks: WebhookHarness) -> None:
    """Signed, in order, each once."""
    ticket = await shared_hooks.report()
    async with shared_hooks.worker():
        await shared_hooks.settled()
        await shared_hooks.services.tickets.claim(TEAM, ticket.id, SUPPORT)
        await shared_hooks.settled()
    assert [body["type"] for body in shared_hooks.verified()] == ["ticket.filed", "ticket.claimed"]


async def test_a_failure_is_tried_again(shared_hooks: WebhookHarness) -> None:
    """With the same id and body, and a new time; after pauses that grow."""
    shared_hooks.receiver.statuses = [500, 503]
    await shared_hooks.report()
    async with shared_hooks.worker():
        await shared_hooks.settled()
        for pause_s, arrived in [(4, 1), (1, 2), (9, 2), (1, 3)]:
            await shared_hooks.pass_time(pause_s)
            assert len(shared_hooks.receiver.received) == arrived
        await shared_hooks.pass_time(3600)
    first, *others = shared_hooks.receiver.received
    assert len(others) == 2
    for other in others:
        assert (other.body, other.headers["webhook-id"]) == (
            first.body,
            first.headers["webhook-id"],
        )
        assert other.headers["webhook-timestamp"] > first.headers["webhook-timestamp"]
    (job,) = await shared_hooks.webhooks()
    assert (job.finished_at is not None, job.last_error) == (True, "")


async def test_retry_after_is_respected(hooks: WebhookHarness) -> None:
    """For every webhook to that address."""
    hooks.receiver.statuses, hooks.receiver.headers = [429], {"Retry-After": "120"}
    await hooks.report()
    async with hooks.worker():
        await hooks.settled()
        await hooks.report()
        await hooks.pass_time(119)
        assert len(hooks.receiver.received) == 1
        await hooks.pass_time(1)
    assert len(hooks.receiver.received) == 3


@pytest.mark.parametrize("status", [400, 404, 410])
async def test_a_refusal_is_final(hooks: WebhookHarness, status: int) -> None:
    """It is given up at once; the next event is sent all the same."""
    hooks.receiver.statuses = [status]
    ticket = await hooks.report()
    async with hooks.worker():
        await hooks.settled()
        await hooks.services.tickets.claim(TEAM, ticket.id, SUPPORT)
        await hooks.pass_time(3600)
    filed, claimed = await hooks.webhooks()
    assert len(hooks.receiver.received) == 2
    assert f"answered with status {status}" in filed.last_error
    assert (filed.finished_at is not None, claimed.last_error) == (True, "")


async def test_a_redirect_is_not_followed(hooks: WebhookHarness) -> None:
    """What an answer names is no address of the settings."""
    other = WebhookReceiver(hooks.clock)
    async with other.serve() as elsewhere:
        hooks.receiver.statuses, hooks.receiver.headers = [308], {"Location": elsewhere}
        await hooks.report()
        async with hooks.worker():
            await hooks.settled()
    assert other.received == []
    (job,) = await hooks.webhooks()
    assert (job.finished_at, "redirects" in job.last_error) == (None, True)


async def test_it_is_given_up_in_the_end(hooks: WebhookHarness) -> None:
    """After three days, with the last error; a start does not begin anew."""
    hooks.receiver.statuses = [500] * 3
    await hooks.report()
    async with hooks.worker():
        await hooks.settled()
        await hooks.pass_time(GIVE_UP_AFTER.total_seconds() - 1)
        await hooks.pass_time(300)
        assert len(hooks.receiver.received) == 3
        await hooks.pass_time(3600)
    async with hooks.worker():
        await hooks.settled()
    (job,) = await hooks.webhooks()
    assert len(hooks.receiver.received) == 3
    assert (job.finished_at is not None, "status 500" in job.last_error) == (True, True)


async def test_after_a_crash_it_has_the_same_id(hooks: WebhookHarness) -> None:
    """A worker that dies before the outcome is stored has perhaps sent it: it is sent again."""
    hooks.receiver.statuses = [HANGS]
    await hooks.report()
    async with hooks.worker():
        await hooks.finish_other_jobs()
        await until(lambda: len(hooks.receiver.received) == 1)
    async with hooks.worker():
        await hooks.pass_time(60)
    first, second = hooks.receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


async def test_a_receiver_that_hangs_delays_nobody(tmp_path: Path) -> None:
    """One webhook to it is under way at a time, however many wait; others get theirs meanwhile."""
    clock = FakeClock()
    other = WebhookReceiver(clock)
    async with other.serve() as address, open_webhooks(tmp_path, clock=clock) as hooks:
        hooks.receiver.statuses = [HANGS] * 20
        webhooks = hooks.context.settings.webhooks
        second = WebhookAddress("", address, (SECRET,))
        settings = replace(
            hooks.context.settings,
            webhooks=replace(webhooks, addresses=(*webhooks.addresses, second)),
        )
        both = replace(hooks, context=replace(hooks.context, settings=settings))
        both = replace(both, services=type(hooks.services).of(both.context))
        for _ in range(12):
            await both.report()
        await both.finish_other_jobs()
        async with both.worker(pace=SLACK_PACE):
            for arrived in range(1, 13):
                await until(lambda: len(other.received) == arrived)  # noqa: B023 - called here
                clock.move(1)
                both.context.store.job_signal.set()
            assert len(hooks.receiver.received) == 1
            hooks.receiver.answer_all()


async def test_an_address_that_is_gone(hooks: WebhookHarness) -> None:
    """What was for it is kept as given up: it can be sent to another one."""
    await hooks.report()
    settings: Settings = replace(hooks.context.settings, webhooks=WebhookSettings())
    without = replace(hooks, context=replace(hooks.context, settings=settings))
    async with without.worker():
        await without.settled()
    (job,) = await hooks.webhooks()
    assert (hooks.receiver.received, job.finished_at is not None) == ([], True)
    assert "not in WEBHOOKS" in job.last_error


async def test_webhooks_leave_turns_to_slacks_jobs(hooks: WebhookHarness) -> None:
    """While requests do not pause, one start in ten is for webhooks."""
    started: list[str] = []

    async def run(run: Run, *_: Any) -> dt.datetime | None:
        started.append(run.key.partition(":")[0])
        await asyncio.sleep(0)
        return None

    async def busy() -> bool:
        await asyncio.sleep(0)
        return False

    for _ in range(3):
        await hooks.report()
    handlers = {
        "webhook": JobHandler(Queue.WEBHOOKS, run),
        "card": JobHandler(Queue.MESSAGES, run),
    }
    async with Worker(hooks.context.store, handlers, wait_until_quiet=busy):
        await until(lambda: started.count("card") == 3)
    assert started.count("webhook") <= 1
