"""Sending a webhook: its signature, and what each answer means."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import AsyncIterator
from typing import Final

import pytest

from bot.errors import (
    IntegrationBusyError,
    IntegrationError,
    IntegrationInvalidResponseError,
    IntegrationRefusedError,
    IntegrationUnreachableError,
)
from bot.integrations.webhooks import WebhookSender, sign
from bot.sandbox.integrations.webhook_receiver import HANGS, SECRET, WebhookReceiver
from bot.webhook_settings import WebhookAddress
from tests.webhooks import verify

NOW: Final = dt.datetime(2026, 11, 9, 12, 0, tzinfo=dt.UTC)
BODY: Final = b'{"type":"ticket.filed"}'


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """A receiver that answers 200."""
    receiver = WebhookReceiver(NOW.timestamp)
    async with receiver.serve():
        yield receiver


async def send(
    receiver: WebhookReceiver, *, allow_private: bool = True, timeout_s: float = 15.0
) -> None:
    """Send a webhook."""
    sender = WebhookSender(allow_private=allow_private, timeout_s=timeout_s)
    address = WebhookAddress("", receiver.url, (SECRET,))
    try:
        await sender.send(address, "msg_1", BODY, NOW)
    finally:
        await sender.close()


def test_the_example_of_the_specification() -> None:
    """The signature of the example that the libraries of Standard Webhooks are tested with."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    message_id, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    signature = sign([key], message_id, "1614265330", body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign([b"new", key], message_id, "1614265330", body).endswith(f" {signature}")


async def test_a_receiver_can_verify_it(receiver: WebhookReceiver) -> None:
    """Headers and signature are those of the specification; the body arrives as it was signed."""
    await send(receiver)
    (received,) = receiver.received
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["webhook-id"] == "msg_1"
    assert verify(received, NOW) == {"type": "ticket.filed"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (202, None),
        (204, None),
        (301, IntegrationInvalidResponseError),
        (308, IntegrationInvalidResponseError),
        (400, IntegrationRefusedError),
        (404, IntegrationRefusedError),
        (410, IntegrationRefusedError),
        (408, IntegrationBusyError),
        (425, IntegrationBusyError),
        (429, IntegrationBusyError),
        (500, IntegrationBusyError),
        (503, IntegrationBusyError),
    ],
)
async def test_answers(
    receiver: WebhookReceiver, status: int, error: type[IntegrationError] | None
) -> None:
    """A 4xx ends it but for those that ask to try again; redirects are not followed."""
    receiver.statuses, receiver.headers = [status], {"Location": receiver.url}
    if error is None:
        await send(receiver)
    else:
        with pytest.raises(error) as caught:
            await send(receiver)
        assert type(caught.value) is error
        assert caught.value.retryable is (error is not IntegrationRefusedError)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [
        ("120", 120),
        ("Mon, 09 Nov 2026 12:01:00 GMT", 60),
        ("Mon, 09 Nov 2026 11:00:00 GMT", 0),
        ("99999999", 86400),
        ("soon", 0),
        ("-5", 0),
    ],
)
async def test_retry_after(receiver: WebhookReceiver, header: str, pause_s: float) -> None:
    """Seconds or a date; a day at most."""
    receiver.statuses, receiver.headers = [429], {"Retry-After": header}
    with pytest.raises(IntegrationBusyError) as caught:
        await send(receiver)
    assert caught.value.retry_after_s == pause_s


async def test_a_receiver_that_does_not_answer(receiver: WebhookReceiver) -> None:
    """It may have got it: the next attempt has the same id."""
    receiver.statuses = [HANGS]
    with pytest.raises(IntegrationUnreachableError) as caught:
        await send(receiver, timeout_s=0.05)
    assert caught.value.maybe_arrived


async def test_a_private_address_gets_nothing(receiver: WebhookReceiver) -> None:
    """Unless private addresses are allowed."""
    with pytest.raises(IntegrationUnreachableError) as caught:
        await send(receiver, allow_private=False)
    assert not caught.value.maybe_arrived
    assert receiver.received == []
