"""What an admin or a test does to the workspace from outside. The product never calls this."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.sandbox.slack.delivery.events import emit
from bot.sandbox.slack.delivery.transport import (
    Ack,
    Delivery,
    HttpTransport,
    NoAckError,
    deliver,
    sign,
)
from bot.sandbox.slack.errors import Json

if TYPE_CHECKING:
    from bot.sandbox.slack.model import Channel, User
    from bot.sandbox.slack.workspace import Workspace


def show_channels(workspace: Workspace) -> None:
    """Send every page its person's channel list."""
    for person_id in workspace.page_events.subscribers:
        channels = workspace.person(person_id).channel_list()
        workspace.page_events.publish([person_id], type="channels", channels=channels)
    workspace.change_signal.notify()


def set_archived(workspace: Workspace, channel: Channel, *, archived: bool) -> None:
    """Archive a channel or bring it back."""
    channel.archived = archived
    kind = "channel_archive" if archived else "channel_unarchive"
    emit(workspace, kind, {"type": kind, "channel": channel.id, "event_ts": _ts(workspace)})
    show_channels(workspace)


def join(workspace: Workspace, channel: Channel, user_id: str) -> None:
    """Let somebody in; the app hears member_joined_channel if it is a member."""
    if user_id in channel.members:
        return
    channel.members.append(user_id)
    _emit_membership(workspace, channel, user_id, "member_joined_channel")
    show_channels(workspace)


def leave(workspace: Workspace, channel: Channel, user_id: str) -> None:
    """Take somebody out; the app hears member_left_channel."""
    if user_id not in channel.members:
        return
    _emit_membership(workspace, channel, user_id, "member_left_channel")
    channel.members.remove(user_id)
    show_channels(workspace)


def _emit_membership(workspace: Workspace, channel: Channel, user_id: str, kind: str) -> None:
    if workspace.app.bot_user_id not in channel.members:
        return
    event = {
        "type": kind,
        "user": user_id,
        "channel": channel.id,
        "channel_type": "G" if channel.private else "C",
        "team": workspace.team_id,
        "event_ts": _ts(workspace),
    }
    emit(workspace, kind, event)


def update_user(workspace: Workspace, user: User, fields: Mapping[str, str]) -> None:
    """Change a person's settings; the event carries the user object with its locale."""
    for name, value in fields.items():
        setattr(user, name, value)
    now = workspace.clock()
    described = user.described(workspace.team_id, now, with_locale=True)
    event = {"type": "user_change", "user": described, "event_ts": _ts(workspace)}
    emit(workspace, "user_change", event)
    workspace.change_signal.notify()


def uninstall(workspace: Workspace) -> None:
    """Announce the end to the app, and stop taking its tokens."""
    tokens = {"bot": [workspace.app.bot_user_id], "oauth": []}
    revoked = {"type": "tokens_revoked", "tokens": tokens, "event_ts": _ts(workspace)}
    emit(workspace, "tokens_revoked", revoked)
    gone = {"type": "app_uninstalled", "event_ts": _ts(workspace)}
    emit(workspace, "app_uninstalled", gone)
    workspace.app.installed = False


async def redeliver(workspace: Workspace, count: int) -> list[Ack]:
    """Send the last delivery again; an answer that never came is status 0."""
    last = workspace.last_delivery
    if last is None:
        message = "nothing was delivered yet"
        raise AssertionError(message)
    return [await _redeliver_once(workspace, last, number) for number in range(1, count + 1)]


async def verify_url(workspace: Workspace, transport: HttpTransport) -> bool:
    """Send the signed `url_verification` challenge; tell whether it came back."""
    challenge = workspace.id_generator.make("challenge", 40)
    token = workspace.app.verification_token
    challenge_event = {"type": "url_verification", "token": token, "challenge": challenge}
    body = json.dumps(challenge_event).encode()
    headers = {"Content-Type": "application/json", **sign(workspace.signing_secret, body)}
    ack = await transport.post(body, headers)
    return ack.ok and challenge in ack.body


async def _redeliver_once(workspace: Workspace, last: Delivery, number: int) -> Ack:
    if last.kind == "events_api":
        last = dataclasses.replace(last, retry_num=number, retry_reason="http_timeout")
    try:
        return await deliver(workspace, last)
    except NoAckError as error:
        return Ack(0, error.reason)


def dump(workspace: Workspace, waited_s: float) -> str:
    """Say in lines what there is, for whoever waited in vain."""
    lines = [f"not within {waited_s:g} s. The workspace holds:"]
    for channel in workspace.channels.values():
        lines += [_line(channel.name or channel.id, m) for m in channel.messages.values()]
        lines += [_line(f"{channel.name} (only {m['to']})", m) for m in channel.ephemerals]
    for user_id, stack in workspace.stacks.items():
        views = [workspace.views[view_id].get("callback_id") for view_id in stack]
        lines.append(f"  modals of {user_id}: {views}")
    lines += [f"  notice for {n.user}: {n.code} {n.text}" for n in workspace.notices]
    lines += [
        f"  {c['direction']} {c['name']} {c['status']} {json.dumps(c['response'])[:300]}"
        for c in workspace.calls[-15:]
    ]
    return "\n".join(lines)


def _line(where: str, message: Json) -> str:
    thread = f" in {message['thread_ts']}" if message.get("thread_ts") else ""
    return f"  #{where} {message['ts']}{thread} {message['user']}: {message['text'][:120]!r}"


def _ts(workspace: Workspace) -> str:
    return workspace.id_generator.make_ts()
