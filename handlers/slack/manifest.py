"""The Slack app manifest: scopes, events, commands and shortcuts."""

from __future__ import annotations

from typing import Any, Final

from handlers.commands import COMMANDS

SCOPES: Final = (
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:read",
    "usergroups:read",
    "users:read",
)
# Without these Lagdesk does not store thread replies, recognise its own lost posts or see emoji.
OPTIONAL_SCOPES: Final = (
    *("channels:history", "groups:history", "im:history", "reactions:read", "usergroups:read"),
)
EVENTS: Final = (
    "app_home_opened",
    "app_uninstalled",
    "channel_unarchive",
    "group_unarchive",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "tokens_revoked",
    "user_change",
)
EVENTS_PATH: Final = "/slack/events"


def build_manifest(url: str = "") -> dict[str, Any]:
    """Build the manifest; without a public URL, for Socket Mode."""
    address = {"request_url": url.rstrip("/") + EVENTS_PATH} if url else {}
    command_url = {"url": address["request_url"]} if url else {}
    options_url = {"message_menu_options_url": address["request_url"]} if url else {}
    redirect = {"redirect_urls": [url.rstrip("/") + "/slack/oauth_redirect"]} if url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Lagdesk",
            "description": "Explains bad audio and video calls · 解释音视频通话为什么不好",
            "background_color": "#1f3a5f",
        },
        "features": {
            "bot_user": {"display_name": "Lagdesk", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "slash_commands": [
                {
                    "command": command.name,
                    "description": command.description,
                    "usage_hint": str(command.examples[0].arguments),
                    "should_escape": command.resolves_mentions,
                    **command_url,
                }
                for command in COMMANDS
            ],
            "shortcuts": [
                _shortcut("global", "report_call", "Report a bad call · 提交", "Open the form"),
                _shortcut("message", "report_message", "Report this call · 提交", "From its text"),
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}, **redirect},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS), **address},
            "interactivity": {"is_enabled": True, **address, **options_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def _shortcut(kind: str, callback_id: str, name: str, description: str) -> dict[str, str]:
    return {"name": name, "type": kind, "callback_id": callback_id, "description": description}
