"""Slack's manifest of the app: what it may do and where Slack sends what happens."""

from __future__ import annotations

from typing import Any, Final

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
    "usergroups:read",
    "users:read",
)
# Without these Lagdesk works, a little less: replies are not kept, lost posts not recognised.
OPTIONAL_SCOPES: Final = ("channels:history", "groups:history", "im:history", "usergroups:read")
EVENTS: Final = (
    "app_home_opened",
    "app_uninstalled",
    "channel_unarchive",
    "group_unarchive",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "tokens_revoked",
    "user_change",
)
EVENTS_PATH: Final = "/slack/events"
_COMMANDS: Final = (
    (
        "/report",
        "Report a bad call · 上报通话问题",
        "[cname] [teacher_uid] [student_uid] [comment]",
    ),
    ("/diagnose", "Why is a call bad? · 诊断通话", "<cname> [app=<name>] [since=30m]"),
    (
        "/quality",
        "How good are calls now? · 整体质量与用量",
        "[app=<name>] [live|usage|network|experience|scale|distribution]",
    ),
    (
        "/tickets",
        "Find tickets · 查找工单",
        "[open|mine|all|LD-12] [app=] [cause=] [by=@] [since=7d] [words]",
    ),
    (
        "/lagdesk",
        "Help, languages, state · 帮助、语言与状态",
        (
            "[help|settings|language zh|en|auto|channel-language zh|en|both|summary|policy|"
            "accuracy|audit [LD-12]|doctor]"
        ),
    ),
)


def build_manifest(url: str = "") -> dict[str, Any]:
    """Build the manifest; without a public address it is one for Socket Mode."""
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
                    "command": name,
                    "description": says,
                    "usage_hint": usage,
                    "should_escape": name == "/tickets",  # by=@person comes with an id
                    **command_url,
                }
                for name, says, usage in _COMMANDS
            ],
            "shortcuts": [
                _shortcut("global", "report_call", "Report a bad call · 上报", "Open the form"),
                _shortcut("message", "report_message", "Report this call · 上报", "From its text"),
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
