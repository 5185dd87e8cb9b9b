from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from bot.sandbox.slack.state.app import read_manifest
from handlers.commands import COMMANDS
from handlers.slack.manifest import EVENTS_PATH, SCOPES, build_manifest

URL = "https://lagdesk.example"
# The keys of what the manifest has, in Slack's JSON schemas 1.0.0 and 2.0.0, which allow no others.
KEYS: Final = {
    "": "_metadata app_directory display_information features functions oauth_config settings types",
    "_metadata": "schema_version min_version major_version minor_version",
    "display_information": "name description background_color long_description",
    "features": "agent_view app_home assistant_view bot_user shortcuts slash_commands unfurl_domains",
    "features.app_home": "home_tab_enabled messages_tab_enabled messages_tab_read_only_enabled",
    "features.bot_user": "display_name always_online",
    "features.shortcuts": "name type callback_id description",
    "features.slash_commands": "command url description usage_hint should_escape",
    "oauth_config": "redirect_urls scopes token_management_enabled pkce_enabled",
    "oauth_config.scopes": "user bot user_optional bot_optional",
    "settings": (
        "allowed_ip_address_ranges event_subscriptions incoming_webhooks interactivity"
        " org_deploy_enabled socket_mode_enabled token_rotation_enabled function_runtime"
    ),
    "settings.event_subscriptions": "request_url user_events bot_events metadata_subscriptions",
    "settings.interactivity": "is_enabled request_url message_menu_options_url",
}
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


def key_sets(value: object, path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield the path and the keys of every object in a manifest."""
    if isinstance(value, list):
        for item in value:
            yield from key_sets(item, path)
    if isinstance(value, dict):
        yield path, set(value)
        for key, inner in value.items():
            yield from key_sets(inner, f"{path}.{key}".removeprefix("."))


@pytest.mark.parametrize("manifest", PUBLIC)
def test_keys_of_slack(manifest: dict[str, Any]) -> None:
    """Slack refuses a manifest with a key that its schema does not have."""
    unknown = {path: keys - set(KEYS[path].split()) for path, keys in key_sets(manifest)}
    assert {path: keys for path, keys in unknown.items() if keys} == {}


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


def test_assistant() -> None:
    """What Slack's assistant needs is added; without that the manifest is for every plan."""
    with_assistant = build_manifest(URL, for_assistant=True)
    server = {"url": f"{URL}/mcp", "auth_type": "slack_identity_auth"}
    assert with_assistant.pop("mcp_servers") == {"Lagdesk": server}
    assert with_assistant["oauth_config"]["scopes"]["bot"].pop() == "mcp:connect"
    assert with_assistant == HTTP


def test_socket_mode_needs_no_address() -> None:
    """Without an address the manifest is one for Socket Mode."""
    assert "http" not in repr(SOCKET)
    assert (
        SOCKET["settings"]["socket_mode_enabled"],
        HTTP["settings"]["socket_mode_enabled"],
    ) == (True, False)


def test_the_workflow_step_is_only_there_when_asked_for() -> None:
    """A manifest without it has nothing that needs a paid plan; with it nothing else changes."""
    with_step = build_manifest(URL, workflow_step=True)
    assert "functions" not in HTTP
    assert not HTTP["settings"]["org_deploy_enabled"]
    assert with_step["settings"]["function_runtime"] == "remote"
    (step,) = with_step["functions"].values()
    names = [name for name, each in step["input_parameters"].items() if each["is_required"]]
    assert names == ["channel_name", "teacher_uid", "student_uid", "side", "reporter"]
    assert list(step["output_parameters"]) == ["ticket", "link"]
    rest = build_manifest(URL, workflow_step=True)
    del rest["functions"], rest["settings"]["function_runtime"]
    rest["settings"]["org_deploy_enabled"] = False
    rest["settings"]["event_subscriptions"]["bot_events"].remove("function_executed")
    assert rest == HTTP


def test_work_objects_are_only_there_when_asked_for() -> None:
    """Their domain, events and scopes, which whoever installs Lagdesk may refuse."""
    added = build_manifest(URL, links="https://desk.example:8443/lagdesk")
    assert "unfurl_domains" not in HTTP["features"]
    assert added["features"]["unfurl_domains"] == ["desk.example"]
    assert added["features"]["rich_previews"]["entity_types"] == ["slack#/entities/task"]
    scopes = added["oauth_config"]["scopes"]
    assert {"links:read", "links:write"} <= set(scopes["bot_optional"])
    assert scopes["bot"] == HTTP["oauth_config"]["scopes"]["bot"]
    events = set(added["settings"]["event_subscriptions"]["bot_events"])
    assert events - set(HTTP["settings"]["event_subscriptions"]["bot_events"]) == {
        "entity_details_requested",
        "link_shared",
    }
