"""The Slack app manifest: scopes, events, commands and shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bot.i18n.messages import Message, message
from handlers.commands import COMMANDS
from handlers.workflow_step.definition import function_manifest

REQUIRED_SCOPES: Final = (
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:read",
    "im:write",
    "users:read",
)
_REPLIES: Final = message("replies in the threads of tickets and ticket numbers in messages")
# Who installs Lagdesk may refuse these; each has what does not work without it.
OPTIONAL_SCOPES: Final[Mapping[str, Message]] = {
    "channels:history": _REPLIES,
    "groups:history": _REPLIES,
    "im:history": message("answers to private messages"),
    "reactions:read": message("reporting a message by an emoji"),
    "usergroups:read": message("a user group as support"),
    "users:read.email": message("people on call by e-mail address"),
}
SCOPES: Final = tuple(sorted((*REQUIRED_SCOPES, *OPTIONAL_SCOPES)))
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
MCP_PATH: Final = "/mcp"
# Only in the manifest when they are asked for: what free workspaces do not have, or few want.
WORK_OBJECT_SCOPES: Final = ("links:read", "links:write")
WORK_OBJECT_EVENTS: Final = ("entity_details_requested", "link_shared")
ENTITY_TYPE: Final = "slack#/entities/task"  # Slack's type for tickets
STEP_EVENTS: Final = ("function_executed",)


def build_manifest(
    url: str = "", *, for_assistant: bool = False, links: str = "", workflow_step: bool = False
) -> dict[str, Any]:
    """Build the manifest; without a public URL, for Socket Mode.

    `for_assistant`: Slack's assistant may ask Lagdesk, at the public URL. Not every plan has it.
    `links` is PUBLIC_URL: links to tickets below it have a preview and a side panel. With
    `workflow_step` Workflow Builder has a step, which needs a paid plan.
    """
    manifest = _build(url)
    if for_assistant:
        manifest["oauth_config"]["scopes"]["bot"].append("mcp:connect")
        server = {"url": url.rstrip("/") + MCP_PATH, "auth_type": "slack_identity_auth"}
        manifest["mcp_servers"] = {"Lagdesk": server}
    if links:
        _add_work_objects(manifest, links)
    if workflow_step:
        manifest["functions"] = function_manifest()
        manifest["settings"]["event_subscriptions"]["bot_events"] += STEP_EVENTS
        manifest["settings"] |= {"org_deploy_enabled": True, "function_runtime": "remote"}
    return manifest


def _add_work_objects(manifest: dict[str, Any], links: str) -> None:
    manifest["features"] |= {
        "unfurl_domains": [urlsplit(links).hostname or ""],
        "rich_previews": {"is_active": True, "entity_types": [ENTITY_TYPE]},
    }
    manifest["oauth_config"]["scopes"]["bot_optional"] += WORK_OBJECT_SCOPES
    manifest["settings"]["event_subscriptions"]["bot_events"] += WORK_OBJECT_EVENTS


def _build(url: str) -> dict[str, Any]:
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
        "oauth_config": {
            "scopes": {"bot": list(REQUIRED_SCOPES), "bot_optional": list(OPTIONAL_SCOPES)},
            **redirect,
        },
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
