"""The installed app: names, secrets, scopes, and its manifest's features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.slack.errors import Json
from bot.sandbox.slack.state.seed import BOT_USER

EVERY_SCOPE: Final = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "chat:write.public",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:read",
        "im:write",
        "links:read",
        "links:write",
        "mpim:history",
        "mpim:read",
        "mpim:write",
        "reactions:read",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
        "users:read.email",
    }
)


@dataclass
class SlackApp:
    """The installed app. A None of `commands`, `shortcuts`, `events`, `domains` means "any".

    `org_wide`: it is installed in the organization, whose workspaces share this object.
    """

    id: str = "A07LAGDESK1"
    name: str = "Lagdesk"
    bot_name: str = "lagdesk"
    bot_user_id: str = BOT_USER
    bot_id: str = "B07LAGDESK1"
    client_id: str = "7000000001.7000000002"
    client_secret: str = "sandbox-client-secret"
    signing_secret: str = "sandbox-signing-secret"
    verification_token: str = "sandbox-verification"
    bot_token: str = "xoxb-7000000001-sandbox-bot"
    app_token: str = "xapp-1-A07LAGDESK1-sandbox"
    refresh_token: str = ""
    token_rotation: bool = False
    installed: bool = True
    org_wide: bool = False
    home_tab: bool = True
    messages_tab: bool = True
    messages_read_only: bool = False
    scopes: set[str] = field(default_factory=lambda: set(EVERY_SCOPE))
    commands: list[Json] | None = None
    shortcuts: list[Json] | None = None
    events: frozenset[str] | None = None
    domains: list[str] | None = None
    functions: Mapping[str, Json] = field(default_factory=dict)
    entity_types: frozenset[str] = frozenset()

    def knows_command(self, name: str) -> bool:
        """Return whether the app has this slash command."""
        return self.commands is None or any(name == c["command"] for c in self.commands)

    def escapes_arguments(self, name: str) -> bool:
        """Return whether a command gets people and channels with their ids (`should_escape`)."""
        return any(c.get("should_escape") and name == c["command"] for c in self.commands or [])

    def shortcut_kind(self, callback_id: str) -> str | None:
        """Find a shortcut's type, `global` or `message`; "any" without a manifest."""
        if self.shortcuts is None:
            return "any"
        kinds = (s["type"] for s in self.shortcuts if s["callback_id"] == callback_id)
        return next(kinds, None)

    def is_subscribed(self, subscription: str) -> bool:
        """Return whether the app subscribed to an event, such as `message.channels`."""
        return self.events is None or subscription in self.events

    def unfurls(self, host: str) -> bool:
        """Return whether the app gets link_shared for this host."""
        if self.domains is None:
            return True
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


def read_manifest(manifest: Mapping[str, Any] | None) -> SlackApp:
    """Read what an app manifest (JSON, major version 1 or 2) switches on."""
    if manifest is None:
        return SlackApp()
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    scopes = manifest.get("oauth_config", {}).get("scopes", {})
    home, bot = features.get("app_home", {}), features.get("bot_user", {})
    display = manifest.get("display_information", {})
    return SlackApp(
        name=display.get("name", "Lagdesk"),
        bot_name=bot.get("display_name", "lagdesk"),
        scopes={*scopes.get("bot", []), *scopes.get("bot_optional", [])},
        commands=list(features.get("slash_commands", [])),
        shortcuts=list(features.get("shortcuts", [])),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        domains=list(features.get("unfurl_domains", [])),
        functions=_functions(manifest),
        entity_types=_entity_types(features.get("rich_previews", {})),
        home_tab=home.get("home_tab_enabled", False),
        messages_tab=home.get("messages_tab_enabled", False),
        messages_read_only=home.get("messages_tab_read_only_enabled", False),
        token_rotation=settings.get("token_rotation_enabled", False),
    )


def _functions(manifest: Mapping[str, Any]) -> Mapping[str, Json]:
    """Return the functions that workflows may run: only those of a remote, org-ready app."""
    settings = manifest.get("settings", {})
    if settings.get("function_runtime") != "remote" or not settings.get("org_deploy_enabled"):
        return {}
    functions: Mapping[str, Json] = manifest.get("functions", {})
    return functions


def _entity_types(previews: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(previews.get("entity_types", []) if previews.get("is_active") else [])
