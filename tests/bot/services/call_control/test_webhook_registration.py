"""The callback URLs of the clouds: read, set, and checked by `doctor`."""

from __future__ import annotations

from typing import Any

import pytest

from bot.ports import Health
from bot.services.call_control.webhook_registration import WebhookRegistrations
from tests.bot.services.call_control.room_context import room_context
from tests.bot.services.conftest import ServiceHarness
from tests.bot.services.contexts import RecordedCalls, cloud_unreachable

OURS = "https://host/hooks/huawei/recording"
FOREIGN = "https://other/hook"


def registrations(
    harness: ServiceHarness, control: RecordedCalls, **changes: Any
) -> WebhookRegistrations:
    """The callback URLs of one app."""
    return WebhookRegistrations(room_context(harness, control, **changes))


@pytest.mark.parametrize(
    ("url", "is_ours"), [(OURS, True), (FOREIGN, False), ("", False), (None, False)]
)
async def test_url_is_fetched(service_harness: ServiceHarness, url: Any, *, is_ours: bool) -> None:
    """An empty one when none is set; its path says whether it is that of a Lagdesk."""
    control = RecordedCalls(callback_url=[cloud_unreachable() if url is None else url])
    (found,) = await registrations(service_harness, control).fetch_all()
    assert (found.app, found.url, found.is_lagdesk, found.is_new) == ("kids", url, is_ours, False)
    assert (found.failure is not None) is (url is None)
    assert control.calls == [("callback_url", "kids")]


@pytest.mark.parametrize(
    ("url", "overwrite", "is_set"),
    [
        ("", False, True),
        (OURS, False, True),
        (FOREIGN, False, False),
        (FOREIGN, True, True),
        (None, True, False),
        (None, False, False),
    ],
)
async def test_url_is_set(
    service_harness: ServiceHarness, url: Any, *, overwrite: bool, is_set: bool
) -> None:
    """With the key; a foreign one only if it may be replaced."""
    control = RecordedCalls(callback_url=[cloud_unreachable() if url is None else url])
    made = registrations(service_harness, control)
    (result,) = await made.register("https://host/", overwrite=overwrite)
    sent = [call for call in control.calls if call[0] == "set_callback"]
    assert sent == ([("set_callback", "kids", OURS, "key")] if is_set else [])
    assert (result.url, result.is_new) == ((OURS, True) if is_set else (url, False))


async def test_refused_url(service_harness: ServiceHarness) -> None:
    """The old one stays, with the reason."""
    control = RecordedCalls(callback_url=[""], set_callback=[cloud_unreachable()])
    (result,) = await registrations(service_harness, control).register("https://h", overwrite=False)
    assert (result.app, result.url, result.is_new) == ("kids", "", False)
    assert str(result.failure) == "no answer"


@pytest.mark.parametrize(
    ("url", "changes", "health", "text"),
    [
        (OURS, {}, Health.OK, f"{OURS}."),
        ("", {}, Health.WARNING, "Not set"),
        (FOREIGN, {}, Health.WARNING, f"{FOREIGN} is not Lagdesk's"),
        (OURS, {"huawei_callback_key": ""}, Health.WARNING, "HUAWEI_CALLBACK_KEY is not set"),
        (None, {}, Health.WARNING, "no answer"),
    ],
)
async def test_check_of_a_url(
    service_harness: ServiceHarness, url: Any, changes: dict[str, Any], health: Health, text: str
) -> None:
    """A warning says what to do."""
    control = RecordedCalls(callback_url=[cloud_unreachable() if url is None else url])
    result = await registrations(service_harness, control, **changes).run_checks("kids")
    assert result is not None
    assert (result.name, result.health) == ("recordings.kids", health)
    assert text in str(result.detail)


async def test_app_without_a_rule_is_not_checked(service_harness: ServiceHarness) -> None:
    """Nor one whose cloud has no room control."""
    control = RecordedCalls()
    rules = {"huawei_record_rules": {"gone": "rule-2"}}
    made = registrations(service_harness, control, **rules)
    assert await made.run_checks("kids") is None
    assert await made.run_checks("gone") is None
    assert await made.fetch_all() == []
    made = registrations(service_harness, control, cloud=object())
    assert await made.run_checks("kids") is None
    assert control.calls == []
