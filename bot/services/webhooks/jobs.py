"""The job that sends a webhook."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from bot.diagnosis.verdict import read_time
from bot.errors import IntegrationBusyError, IntegrationError
from bot.i18n.messages import message
from bot.integrations.webhooks import WebhookSender
from bot.jobs.run import Queue, Run, job
from bot.services.context import Context
from bot.services.webhooks.events import SEND, partition_of
from bot.store import job_leases
from bot.webhook_settings import WebhookAddress

log = logging.getLogger(__name__)

_MARGIN: Final = dt.timedelta(seconds=5)  # for the rest of an attempt
_PAUSE: Final = dt.timedelta(seconds=5)  # of an address after a failure


class WebhookJobs:
    """Sends webhooks, one at a time to each address."""

    def __init__(self, context: Context, sender: WebhookSender) -> None:
        self._context = context
        self._sender = sender

    @job(SEND, Queue.WEBHOOKS)
    async def send(
        self, run: Run, address_id: str, message_id: str, body: Mapping[str, Any], until: str
    ) -> None:
        """Send a webhook; given up when it fails after `until`, or for a reason that stays."""
        address = self._context.settings.webhooks.find(address_id)
        if address is None:
            text = message("Its address is not in WEBHOOKS any more.")
            raise IntegrationError(text, service=SEND)
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            async with self._alone(address):
                now = self._context.clock.now()
                await self._sender.send(address, message_id, content, now)
        except IntegrationError as error:
            if error.retryable and self._context.clock.now() >= read_time(until):
                raise IntegrationError(error.user_message, service=error.service) from error
            raise
        log.debug("%s has arrived at %s", run.key, address.host)

    @asynccontextmanager
    async def _alone(self, address: WebhookAddress) -> AsyncIterator[None]:
        """Start no other webhook to an address until the block ends, and none soon after an error.

        A receiver that does not answer then needs one of the queue's slots, however many wait.
        """
        store, clock, partition = self._context.store, self._context.clock, partition_of(address.id)
        pause = dt.timedelta(0)
        held_until = clock.now() + dt.timedelta(seconds=self._sender.timeout_s) + _MARGIN
        await store.transact(lambda s: job_leases.pause_partition(s, partition, held_until))
        try:
            yield
        except IntegrationError as error:
            pause = _pause_after(error)
            raise
        finally:
            free_at = clock.now() + pause
            await store.transact(
                lambda s: job_leases.release_partition(s, partition, free_at, held_until)
            )


def _pause_after(error: IntegrationError) -> dt.timedelta:
    """Return how long nothing is sent to an address after an error."""
    if not error.retryable:  # it is about this webhook
        return dt.timedelta(0)
    asked_for_s = error.retry_after_s if isinstance(error, IntegrationBusyError) else 0.0
    return max(_PAUSE, dt.timedelta(seconds=asked_for_s))
