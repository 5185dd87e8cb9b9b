from __future__ import annotations

import re
from typing import Any

import pytest

from bot.sandbox.slack.state.app import read_manifest
from handlers.commands import COMMANDS
from handlers.slack.manifest import EVENTS_PATH, SCOPES, build_manifest

URL = "https://lagdesk.example"
HTTP, SOCKET = build_manifest(URL), build_manifest()
PUBLIC = [pytest.param(HTTP, id="http"), pytest.param(SOCKET, id="socket")]


@pytest.mark.parametrize("manifest", PUBLIC)
def test_sandbox_reads_the_same(manifest: dict[str, Any]) -> None:
    """The sandbox's Slack takes the manifest, with every command, shortcut and event."""
    app = read_manifest(manifest)
    assert {command["command"] for command in app.commands or []} == {
        command.name for command in COMMANDS
    }
    assert (
        app.shortcut_kind("report_call"),
        app.shortcut_kind("report_message"),
    ) == ("global", "message")
    assert {"commands", "chat:write", "files:write", "users:read"} <= app.scopes
    assert {"app_home_opened", "app_uninstalled", "tokens_revoked"} <= set(app.events or ())
    assert app.home_tab


@pytest.mark.parametrize("manifest", PUBLIC)
def test_limits_of_slack(manifest: dict[str, Any]) -> None:
    """Slack's limits of lengths and counts (App manifest reference)."""
    display, features = manifest["display_information"], manifest["features"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 174 <= len(display.get("long_description", "-" * 174)) <= 4000
    assert re.fullmatch(r"#[0-9a-f]{6}", display["background_color"])
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["slash_commands"]) <= 50
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z_-]{1,31}", command["command"])
        assert 1 <= len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
    assert len(features["shortcuts"]) <= 10
    for shortcut in features["shortcuts"]:
        assert shortcut["type"] in ("global", "message")
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["callback_id"]) <= 255
        assert 1 <= len(shortcut["description"]) <= 150
    assert len(manifest["settings"]["event_subscriptions"]["bot_events"]) <= 100


def test_scopes_that_may_be_refused() -> None:
    """No scope is both required and optional; OAuth asks for all of them."""
    scopes = HTTP["oauth_config"]["scopes"]
    assert set(scopes["bot"]).isdisjoint(scopes["bot_optional"])
    assert {*scopes["bot"], *scopes["bot_optional"]} == set(SCOPES)
    assert SOCKET["oauth_config"]["scopes"] == scopes


def test_address_is_in_every_url() -> None:
    """Over HTTP every URL of the manifest has our address, the OAuth redirect included."""
    events = URL + EVENTS_PATH
    settings = HTTP["settings"]
    assert events == settings["event_subscriptions"]["request_url"]
    assert events == settings["interactivity"]["request_url"]
    assert events == settings["interactivity"]["message_menu_options_url"]
    assert {events} == {command["url"] for command in HTTP["features"]["slash_commands"]}
    assert HTTP["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert build_manifest(f"{URL}/") == HTTP


def test_socket_mode_needs_no_address() -> None:
    """Without an address the manifest is one for Socket Mode."""
    assert "http" not in repr(SOCKET)
    assert (
        SOCKET["settings"]["socket_mode_enabled"],
        HTTP["settings"]["socket_mode_enabled"],
    ) == (True, False)
