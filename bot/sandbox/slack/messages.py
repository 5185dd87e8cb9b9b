"""Posting, changing and deleting messages, with the events and page updates that follow."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from bot.sandbox.slack.channels import publish_lists
from bot.sandbox.slack.delivery.events import MESSAGE_SUBSCRIPTIONS, emit_in_channel
from bot.sandbox.slack.elements import every_block, iterate_dicts, name_blocks
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.state.model import Channel, is_reply
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_CARRIED: Final = (
    "text",
    "blocks",
    "attachments",
    "metadata",
    "username",
    "icon_emoji",
    "icon_url",
    "files",
    "markdown_text",
)
_MAX_TEXT_STORED: Final = 40_000
_LINK: Final = re.compile(r"<?(https?://[^\s|>]+)")


def compose(workspace: WorkspaceState, body: Json, *, user: str, thread_ts: str | None) -> Json:
    """Build a message from a call's arguments; the app's own messages name the bot."""
    message: Json = {"type": "message", "ts": workspace.id_generator.make_ts(), "user": user}
    message |= {key: copy_json(body[key]) for key in _CARRIED if body.get(key) is not None}
    message["text"] = str(message.get("text") or body.get("markdown_text") or "")[:_MAX_TEXT_STORED]
    message["team"] = workspace.team_id
    if user == workspace.app.bot_user_id:
        message |= {"bot_id": workspace.app.bot_id, "app_id": workspace.app.id}
    if thread_ts:
        message["thread_ts"] = thread_ts
    name_blocks(every_block(message))
    note_defects(workspace, message)
    return message


def note_defects(workspace: WorkspaceState, message: Json) -> None:
    """Record what a screen reader or notification would miss; Slack accepts such posts."""
    if not message["text"].strip() and every_block(message):
        workspace.defects.append({"code": "no_top_level_text", "message": message})
    for node, pointer in iterate_dicts(message.get("blocks") or []):
        if node.get("type") == "image" and not str(node.get("alt_text", "")).strip():
            workspace.defects.append({"code": "blank_alt_text", "pointer": pointer})


def post(
    workspace: WorkspaceState, channel: Channel, message: Json, *, broadcast: bool = False
) -> None:
    """Add a composed message to a channel and publish it."""
    root = channel.messages.get(message.get("thread_ts", ""))
    if broadcast and root is not None:
        message["subtype"] = "thread_broadcast"
    channel.messages[message["ts"]] = message
    channel.last_read[message["user"]] = message["ts"]
    if root is not None:
        _count_reply(root, message)
        show(workspace, channel, root, "message_changed")
    show(workspace, channel, message, "message")
    publish_lists(workspace)
    _emit_post(workspace, channel, message)


def react(workspace: WorkspaceState, channel: Channel, message: Json, user: str, name: str) -> None:
    """Add a person's or the bot's reaction to a message."""
    reactions = message.setdefault("reactions", [])
    reaction = next((r for r in reactions if r["name"] == name), None)
    if reaction is None:
        reaction = {"name": name, "users": [], "count": 0}
        reactions.append(reaction)
    if user in reaction["users"]:
        raise api_error("already_reacted")
    reaction["users"].append(user)
    reaction["count"] += 1
    show(workspace, channel, message, "message_changed")
    event = {
        "type": "reaction_added",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
        "item_user": message["user"],
        "event_ts": workspace.id_generator.make_ts(),
    }
    emit_in_channel(workspace, channel, "reaction_added", event)


def _count_reply(root: Json, reply: Json) -> None:
    root["thread_ts"] = root["ts"]
    root["reply_count"] = root.get("reply_count", 0) + 1
    root["latest_reply"] = reply["ts"]
    users = root.setdefault("reply_users", [])
    if reply["user"] not in users:
        users.append(reply["user"])
    root["reply_users_count"] = len(users)


def _emit_post(workspace: WorkspaceState, channel: Channel, message: Json) -> None:
    event = _event_of(channel, message)
    emit_in_channel(workspace, channel, MESSAGE_SUBSCRIPTIONS[channel.kind], event)
    mentions_bot = f"<@{workspace.app.bot_user_id}" in message["text"]
    if mentions_bot and channel.kind != "im" and not message.get("bot_id"):
        emit_in_channel(workspace, channel, "app_mention", event | {"type": "app_mention"})
    if not message.get("bot_id"):
        _emit_links(workspace, channel, message)


def _event_of(channel: Channel, message: Json) -> Json:
    carried = {key: value for key, value in message.items() if key not in ("metadata", "team")}
    where = {"channel": channel.id, "channel_type": channel.kind, "event_ts": message["ts"]}
    return copy_json(carried) | where


def _emit_links(workspace: WorkspaceState, channel: Channel, message: Json) -> None:
    urls = [url.replace("&amp;", "&") for url in _LINK.findall(message["text"])]
    hosts = {url: urlsplit(url).hostname or "" for url in urls}
    links = [{"url": url, "domain": h} for url, h in hosts.items() if workspace.app.unfurls(h)]
    if links:
        event = {
            "type": "link_shared",
            "channel": channel.id,
            "is_bot_user_member": workspace.app.bot_user_id in channel.members,
            "user": message["user"],
            "message_ts": message["ts"],
            "thread_ts": message.get("thread_ts"),
            "unfurl_id": f"{channel.id}.{message['ts']}",
            "source": "conversations_history",
            "links": links,
            "event_ts": message["ts"],
        }
        event = {key: value for key, value in event.items() if value is not None}
        emit_in_channel(workspace, channel, "link_shared", event)


def change(workspace: WorkspaceState, channel: Channel, message: Json, fields: Json) -> None:
    """Change a message in place (None removes a field) and publish it."""
    previous = copy_json(message)
    for key, value in fields.items():
        if value is None:
            message.pop(key, None)
        else:
            message[key] = copy_json(value)
    name_blocks(every_block(message))
    show(workspace, channel, message, "message_changed")
    _emit_hidden(
        workspace,
        channel,
        {
            "subtype": "message_changed",
            "message": copy_json(message),
            "previous_message": previous,
        },
    )


def delete(workspace: WorkspaceState, channel: Channel, message: Json) -> None:
    """Delete a message; one with replies leaves a tombstone, as in Slack."""
    if message.get("reply_count"):
        gone: Json = dict.fromkeys((*_CARRIED, "bot_id", "app_id"))
        gone |= {"text": "This message was deleted.", "subtype": "tombstone", "hidden": True}
        change(workspace, channel, message, gone | {"user": "USLACKBOT"})
        return
    del channel.messages[message["ts"]]
    show(workspace, channel, message, "message_deleted")
    _forget_reply(workspace, channel, message)
    hidden = {"deleted_ts": message["ts"], "previous_message": copy_json(message)}
    _emit_hidden(workspace, channel, {"subtype": "message_deleted"} | hidden)


def _forget_reply(workspace: WorkspaceState, channel: Channel, message: Json) -> None:
    root = channel.messages.get(message.get("thread_ts", "")) if is_reply(message) else None
    if root is not None:
        replies = channel.thread(root["ts"])[1:]
        root["reply_count"] = len(replies)
        root["latest_reply"] = replies[-1]["ts"] if replies else root["ts"]
        show(workspace, channel, root, "message_changed")


def _emit_hidden(workspace: WorkspaceState, channel: Channel, fields: Json) -> None:
    ts = workspace.id_generator.make_ts()
    event = {"type": "message", "hidden": True, "channel": channel.id, "ts": ts, **fields}
    event |= {"event_ts": ts, "channel_type": channel.kind}
    emit_in_channel(workspace, channel, MESSAGE_SUBSCRIPTIONS[channel.kind], event)


def post_ephemeral(
    workspace: WorkspaceState,
    channel: Channel,
    body: Json,
    *,
    user: str,
    thread_ts: str | None = None,
) -> Json:
    """Post a message that one person sees; it is not in the channel's history."""
    bot = workspace.app.bot_user_id
    message = compose(workspace, body, user=bot, thread_ts=thread_ts)
    message |= {"ephemeral": True, "to": user}
    channel.ephemerals.append(message)
    show(workspace, channel, message, "message")
    return message


def remove_ephemeral(workspace: WorkspaceState, channel: Channel, message: Json) -> None:
    """Remove an ephemeral message."""
    channel.ephemerals.remove(message)
    show(workspace, channel, message, "message_deleted")


def show(workspace: WorkspaceState, channel: Channel, message: Json, what: str) -> None:
    """Publish a message to the pages of those who see the channel, and wake waiting code."""
    audience: Collection[str] | None = channel.members if channel.private else None
    audience = [message["to"]] if message.get("ephemeral") else audience
    payload = as_page_message(channel, message)
    workspace.page_events.publish(audience, type=what, channel=channel.id, message=payload)
    workspace.change_signal.notify()


def as_page_message(channel: Channel, message: Json) -> Json:
    """Build the message as the page gets it."""
    hidden = ("to", "type")
    payload = {key: copy_json(value) for key, value in message.items() if key not in hidden}
    return payload | {"channel": channel.id, "bot": bool(message.get("bot_id"))}


def permalink(workspace: WorkspaceState, channel: Channel, message: Json) -> str:
    """Build a message's permanent link; a reply's names its thread."""
    link = f"{workspace.url}/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    if is_reply(message):
        return f"{link}?thread_ts={message['thread_ts']}&cid={channel.id}"
    return link
