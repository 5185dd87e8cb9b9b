"""The Events API: which events the app gets, and their envelope."""

from __future__ import annotations

from typing import Final

from bot.sandbox.slack.delivery.transport import deliver_event
from bot.sandbox.slack.errors import Json
from bot.sandbox.slack.state.model import Channel, Delivery
from bot.sandbox.slack.state.workspace_state import WorkspaceState

MESSAGE_SUBSCRIPTIONS: Final = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
_SCOPES: Final[dict[str, tuple[str, ...]]] = {
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "app_mention": ("app_mentions:read",),
    "link_shared": ("links:read",),
    "user_change": ("users:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "reaction_added": ("reactions:read",),
    "channel_archive": ("channels:read",),
    "channel_unarchive": ("channels:read",),
}


def emit(workspace: WorkspaceState, subscription: str, event: Json) -> None:
    """Deliver an event in the background if the app subscribed and holds the scope."""
    if not workspace.app.installed or not workspace.app.is_subscribed(subscription):
        return
    scopes = _SCOPES.get(subscription, ())
    if scopes and not workspace.scopes.intersection(scopes):
        return
    if workspace.transport is None:
        return
    delivery = Delivery("events_api", wrap(workspace, event))
    workspace.spawn(deliver_event(workspace, delivery))


def emit_in_channel(
    workspace: WorkspaceState, channel: Channel, subscription: str, event: Json
) -> None:
    """Deliver a channel's event if the app is a member of the channel."""
    if workspace.app.bot_user_id in channel.members:
        emit(workspace, subscription, event)


def wrap(workspace: WorkspaceState, event: Json) -> Json:
    """Build the `event_callback` envelope around an event."""
    return {
        "token": workspace.app.verification_token,
        "team_id": workspace.team_id,
        "enterprise_id": workspace.enterprise_id or None,
        "context_team_id": workspace.team_id,
        "api_app_id": workspace.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": workspace.id_generator.make("Ev"),
        "event_time": int(workspace.clock()),
        "authorizations": [
            {
                "enterprise_id": workspace.enterprise_id or None,
                "team_id": workspace.team_id,
                "user_id": workspace.app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": workspace.app.org_wide,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": workspace.id_generator.make("4-", 40),
    }
