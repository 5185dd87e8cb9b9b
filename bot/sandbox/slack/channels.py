"""Channel membership, archiving, and the side bar's channel list."""

from __future__ import annotations

from bot.sandbox.slack.delivery.events import emit
from bot.sandbox.slack.errors import Json
from bot.sandbox.slack.state.model import Channel, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_BROADCAST_MENTIONS = ("<!channel", "<!here", "<!everyone")


def set_archived(workspace: WorkspaceState, channel: Channel, *, archived: bool) -> None:
    """Archive or unarchive a channel."""
    channel.archived = archived
    kind = "channel_archive" if archived else "channel_unarchive"
    event_ts = workspace.id_generator.make_ts()
    emit(workspace, kind, {"type": kind, "channel": channel.id, "event_ts": event_ts})
    publish_lists(workspace)


def join(workspace: WorkspaceState, channel: Channel, user_id: str) -> None:
    """Add a member; the app gets member_joined_channel if it is a member."""
    if user_id in channel.members:
        return
    channel.members.append(user_id)
    _emit_membership(workspace, channel, user_id, "member_joined_channel")
    publish_lists(workspace)


def leave(workspace: WorkspaceState, channel: Channel, user_id: str) -> None:
    """Remove a member; the app gets member_left_channel if it is one itself."""
    if user_id not in channel.members:
        return
    _emit_membership(workspace, channel, user_id, "member_left_channel")
    channel.members.remove(user_id)
    publish_lists(workspace)


def _emit_membership(workspace: WorkspaceState, channel: Channel, user_id: str, kind: str) -> None:
    if workspace.app.bot_user_id not in channel.members:
        return
    event = {
        "type": kind,
        "user": user_id,
        "channel": channel.id,
        "channel_type": "G" if channel.private else "C",
        "team": workspace.team_id,
        "event_ts": workspace.id_generator.make_ts(),
    }
    emit(workspace, kind, event)


def publish_lists(workspace: WorkspaceState) -> None:
    """Send every page its person's channel list."""
    for user_id in workspace.page_events.subscribers:
        publish_list(workspace, workspace.users[user_id])
    workspace.change_signal.notify()


def publish_list(workspace: WorkspaceState, user: User) -> None:
    """Send a person's pages the channel list."""
    channels = list_channels(workspace, user)
    workspace.page_events.publish([user.id], type="channels", channels=channels)


def list_channels(workspace: WorkspaceState, user: User) -> list[Json]:
    """List the channels of a person's side bar, with the number of unread messages."""
    return [
        _describe(workspace, channel, user)
        for channel in workspace.channels.values()
        if user.id in channel.members or not channel.private
    ]


def _describe(workspace: WorkspaceState, channel: Channel, user: User) -> Json:
    member = user.id in channel.members
    last_read = float(channel.last_read.get(user.id, "0"))
    unread = [
        message
        for message in channel.top_level()
        if member and float(message["ts"]) > last_read and message["user"] != user.id
    ]
    is_dm = channel.kind == "im"
    return {
        "id": channel.id,
        "name": workspace.app.name if is_dm else channel.name,
        "kind": "im" if is_dm else "channel",
        "private": channel.private,
        "member": member,
        "archived": channel.archived,
        "topic": channel.topic,
        "unread": len(unread),
        "mention": any(_is_mentioned(workspace, user, message["text"]) for message in unread),
    }


def _is_mentioned(workspace: WorkspaceState, user: User, text: str) -> bool:
    groups = workspace.usergroups.values()
    group_mentions = [f"<!subteam^{group.id}" for group in groups if user.id in group.users]
    return any(word in text for word in (f"<@{user.id}", *group_mentions, *_BROADCAST_MENTIONS))
