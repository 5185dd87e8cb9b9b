"""What a process needs and knows at its start: settings, permissions, generation of the API."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from bot.application import open_application
from bot.errors import NotAllowedError
from bot.services.assembly import Services
from bot.setting_reader import SettingError
from bot.settings import SLACK_SETTINGS, read_settings
from bot.store.rate_limits import SqlKeyValueStore
from tests.databases import create_sqlite

TOKEN: Final = {"SLACK_BOT_TOKEN": "xoxb-1"}
OAUTH: Final = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "s",
    "ENCRYPTION_KEY": "k" * 43 + "=",
}
CHANNEL: Final = {"ESCALATION_CHANNEL": "C1"}
CLOUD: Final = {
    "AGORA_APPS": "kids=0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "AGORA_CUSTOMER_ID": "id",
    "AGORA_CUSTOMER_SECRET": "secret",
}


@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({**CHANNEL, **CLOUD}, "SLACK_BOT_TOKEN"),
        ({**TOKEN, **CLOUD}, "ESCALATION_CHANNEL"),
        ({**OAUTH, **CLOUD}, None),
        ({**TOKEN, **CHANNEL}, "AGORA_APPS"),
        ({**TOKEN, **CHANNEL, **CLOUD}, None),
    ],
)
def test_settings_that_slack_needs(environment: dict[str, str], missing: str | None) -> None:
    """A cloud, and a channel and a token unless workspaces install Lagdesk themselves."""
    if missing is None:
        read_settings(environment, required=SLACK_SETTINGS)
        return
    with pytest.raises(SettingError) as caught:
        read_settings(environment, required=SLACK_SETTINGS)
    assert (caught.value.name, caught.value.others) == (missing, ())


async def test_nobody_is_support_without_slack(tmp_path: Path) -> None:
    """What only support may do is refused in a terminal."""
    settings = read_settings({**CLOUD, "DATABASE_URL": create_sqlite(tmp_path)})
    async with open_application(settings) as application:
        assert await application.context.permissions.is_support("T1", "U1") is False
        with pytest.raises(NotAllowedError):
            await Services.of(application.context).tickets.find_for_support("T1", 1, "U1")


async def test_generation_that_another_process_detected(tmp_path: Path) -> None:
    """It is known from the start, without a request."""
    environment = {**CLOUD, "AGORA_API": "auto", "AGORA_PLAN": "enterprise"}
    settings = read_settings({**environment, "DATABASE_URL": create_sqlite(tmp_path)})
    for has_events in (True, False):
        async with open_application(settings) as application:
            assert application.context.clouds["kids"].capabilities.events is has_events
            now = application.context.clock.now()
            await SqlKeyValueStore(application.store).put("agora.generation", "current", now)
