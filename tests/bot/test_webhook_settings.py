"""Settings of webhooks: addresses, secrets, and which events go where."""

from __future__ import annotations

import base64
from typing import Final

import pytest

from bot.setting_reader import SettingError
from bot.settings import read_settings

SECRET: Final = "whsec_" + base64.b64encode(bytes(range(24))).decode()
OTHER: Final = "whsec_" + base64.b64encode(bytes(32)).decode()
OAUTH: Final = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "s",
    "ENCRYPTION_KEY": "k" * 43 + "=",
}
ADDRESS: Final = "https://hooks.example/a"


def test_no_webhooks_by_default() -> None:
    """Nothing is sent anywhere unless an address is set."""
    webhooks = read_settings({"WEBHOOK_SECRET": SECRET}).webhooks
    assert (bool(webhooks), webhooks.of("T1")) == (False, [])


def test_each_workspace_has_its_addresses() -> None:
    """A workspace's events go to its addresses, signed with its secrets; the newest is first."""
    environment = {
        "WEBHOOKS": f"T1={ADDRESS}, T2=https://other.example:8443/b?key=x",
        "WEBHOOK_SECRET": f"{SECRET},T2={OTHER},T2={SECRET}",
    }
    webhooks = read_settings(environment | OAUTH).webhooks
    (first,), (second,) = webhooks.of("T1"), webhooks.of("T2")
    assert (first.url, first.host, first.secrets) == (ADDRESS, "hooks.example", (SECRET,))
    assert (second.host, second.secrets) == ("other.example:8443", (OTHER, SECRET))
    assert list(second.keys) == [bytes(32), bytes(range(24))]
    assert webhooks.of("T3") == []
    assert webhooks.find(second.id) == second


def test_the_only_workspace_needs_no_name() -> None:
    """Without OAuth an address gets all events."""
    environment = {"WEBHOOKS": f"{ADDRESS},{ADDRESS}", "WEBHOOK_SECRET": SECRET}
    assert [each.url for each in read_settings(environment).webhooks.of("T1")] == [ADDRESS]


def test_addresses_and_secrets_are_hidden() -> None:
    """Neither is in a log or in a representation: an address may contain a key."""
    settings = read_settings({"WEBHOOKS": ADDRESS, "WEBHOOK_SECRET": SECRET})
    assert {ADDRESS, SECRET} <= set(settings.secrets)
    assert ADDRESS not in repr(settings)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"WEBHOOKS": "hooks.example"}, "WEBHOOKS"),
        ({"WEBHOOKS": "http://hooks.example/a"}, "WEBHOOKS"),
        ({"WEBHOOKS": "https://"}, "WEBHOOKS"),
        ({"WEBHOOKS": "https://hooks.example:port/"}, "WEBHOOKS"),
        ({"WEBHOOKS": f"{ADDRESS}#part"}, "WEBHOOKS"),
        ({"WEBHOOKS": "https://a.example https://b.example"}, "WEBHOOKS"),
        ({"WEBHOOKS": ADDRESS, **OAUTH}, "WEBHOOKS"),
        ({"WEBHOOKS": ADDRESS, "WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET"),
        ({"WEBHOOKS": ADDRESS, "WEBHOOK_SECRET": f"T2={SECRET}"}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": SECRET.removeprefix("whsec_")}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": "whsec_c2hvcnQ="}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": "whsec_!"}, "WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": f"whsec_{'A' * 88}"}, "WEBHOOK_SECRET"),
    ],
)
def test_wrong_settings_are_named(environment: dict[str, str], name: str) -> None:
    """A wrong address or secret stops the start."""
    with pytest.raises(SettingError) as caught:
        read_settings({"WEBHOOK_SECRET": SECRET, **environment})
    assert caught.value.name == name


def test_http_only_in_private_networks() -> None:
    """Where private addresses are allowed, TLS is not required."""
    environment = {
        "WEBHOOKS": "http://10.0.0.8/a",
        "WEBHOOK_SECRET": SECRET,
        "ALLOW_PRIVATE_ADDRESSES": "true",
    }
    assert read_settings(environment).webhooks
