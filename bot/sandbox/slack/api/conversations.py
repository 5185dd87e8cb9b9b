"""conversations.*: channels, their members and their history."""

from __future__ import annotations

from typing import Final

from bot.sandbox.slack import channels
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.chat import find_channel
from bot.sandbox.slack.api.method import TIER_2, TIER_3, TIER_4, Method, split_names
from bot.sandbox.slack.api.paging import paginate
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.state.model import Channel
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_PAGE: Final = 100
_LISTED: Final = {
    "public_channel": "channel",
    "private_channel": "group",
    "im": "im",
    "mpim": "mpim",
}
# Channel kind -> the prefix of its scopes, `channels:read` and so on.
_SCOPE_PREFIX: Final = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def _any_kind(right: str) -> tuple[str, ...]:
    return tuple(f"{prefix}:{right}" for prefix in _SCOPE_PREFIX.values())


def _need(workspace: WorkspaceState, channel: Channel, right: str) -> None:
    needed = f"{_SCOPE_PREFIX[channel.kind]}:{right}"
    if needed not in workspace.scopes:
        provided = ",".join(sorted(workspace.scopes))
        raise api_error("missing_scope", needed=needed, provided=provided)


def _find(workspace: WorkspaceState, arguments: Arguments, right: str) -> Channel:
    """Find a channel by its id: only chat.postMessage takes names and people."""
    channel = find_channel(workspace, arguments)
    if arguments.text("channel") != channel.id:
        raise api_error("channel_not_found")
    _need(workspace, channel, right)
    return channel


def describe(workspace: WorkspaceState, channel: Channel) -> Json:
    """Build the channel object."""
    described: Json = {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_ext_shared": channel.ext_shared,
        "is_member": workspace.app.bot_user_id in channel.members,
        "is_general": False,
        "created": channel.created,
        "context_team_id": workspace.team_id,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
    if channel.kind == "im":
        described["user"] = _others(workspace, channel)[0]
    return described


def _others(workspace: WorkspaceState, channel: Channel) -> list[str]:
    return [member for member in channel.members if member != workspace.app.bot_user_id]


def _open(workspace: WorkspaceState, arguments: Arguments) -> Json:
    if arguments.has("channel"):
        return {"channel": {"id": find_channel(workspace, arguments).id}}
    users = [user for user in arguments.text("users").split(",") if user]
    if not users:
        raise api_error("users_list_not_supplied")
    for user in users:
        if user not in workspace.users or workspace.users[user].is_bot:
            raise api_error("user_not_found")
    channel = _open_with(workspace, users)
    full = arguments.flag("return_im")
    return {"channel": describe(workspace, channel) if full else {"id": channel.id}}


def _open_with(workspace: WorkspaceState, users: list[str]) -> Channel:
    scope = "im:write" if len(users) == 1 else "mpim:write"
    if scope not in workspace.scopes:
        provided = ",".join(sorted(workspace.scopes))
        raise api_error("missing_scope", needed=scope, provided=provided)
    if len(users) == 1:
        return workspace.direct_channel(users[0])
    members = [*users, workspace.app.bot_user_id]
    for channel in workspace.channels.values():
        if channel.kind == "mpim" and set(channel.members) == set(members):
            return channel
    name = "mpdm-" + "--".join(workspace.users[user].name for user in users)
    opened = Channel(workspace.id_generator.make("G"), name, "mpim", members)
    workspace.channels[opened.id] = opened
    return opened


def _info(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = _find(workspace, arguments, "read")
    described = describe(workspace, channel)
    if arguments.flag("include_num_members"):
        described["num_members"] = len(channel.members)
    return {"channel": described}


def _members(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = _find(workspace, arguments, "read")
    page, cursor = paginate(channel.members, arguments, _PAGE)
    return {"members": page, **cursor}


def _list(workspace: WorkspaceState, arguments: Arguments) -> Json:
    types = arguments.text("types", "public_channel").split(",")
    if any(kind not in _LISTED for kind in types):
        raise api_error("invalid_types")
    kinds = {_LISTED[kind] for kind in types}
    bot, without_archived = workspace.app.bot_user_id, arguments.flag("exclude_archived")
    seen = [
        channel
        for channel in workspace.channels.values()
        if channel.kind in kinds
        and not (channel.private and bot not in channel.members)
        and not (channel.archived and without_archived)
    ]
    for channel in seen[:1]:
        _need(workspace, channel, "read")
    page, cursor = paginate(seen, arguments, _PAGE)
    return {"channels": [describe(workspace, channel) for channel in page], **cursor}


def _join(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = find_channel(workspace, arguments)
    if channel.kind != "channel":
        raise api_error("method_not_supported_for_channel_type")
    if channel.archived:
        raise api_error("is_archived")
    already = workspace.app.bot_user_id in channel.members
    channels.join(workspace, channel, workspace.app.bot_user_id)
    note: Json = {"warning": "already_in_channel"} if already else {}
    return {"channel": describe(workspace, channel), **note}


def _history(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = _find_readable(workspace, arguments)
    newest_first = list(reversed(_between(channel.top_level(), arguments)))
    return _page_of_messages(newest_first, arguments)


def _replies(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = _find_readable(workspace, arguments)
    thread = channel.thread(arguments.text("ts"))
    if not thread:
        raise api_error("thread_not_found")
    return _page_of_messages([thread[0], *_between(thread[1:], arguments)], arguments)


def _find_readable(workspace: WorkspaceState, arguments: Arguments) -> Channel:
    channel = _find(workspace, arguments, "history")
    if workspace.app.bot_user_id not in channel.members:
        raise api_error("not_in_channel")
    return channel


def _between(messages: list[Json], arguments: Arguments) -> list[Json]:
    oldest, latest = _read_ts(arguments, "oldest"), _read_ts(arguments, "latest")
    inclusive = arguments.flag("inclusive")
    kept = []
    for message in messages:
        ts = float(message["ts"])
        on_edge = inclusive and ts in (oldest, latest)
        if on_edge or (ts > (oldest or 0) and (not latest or ts < latest)):
            kept.append(message)
    return kept


def _read_ts(arguments: Arguments, name: str) -> float:
    try:
        return float(arguments.text(name) or 0)
    except ValueError:
        raise api_error(f"invalid_ts_{name}") from None


def _page_of_messages(messages: list[Json], arguments: Arguments) -> Json:
    page, cursor = paginate(messages, arguments, _PAGE)
    hidden = set() if arguments.flag("include_all_metadata") else {"metadata"}
    copies = [{k: copy_json(v) for k, v in m.items() if k not in hidden} for m in page]
    has_more = bool(cursor["response_metadata"]["next_cursor"])
    answer: Json = {"messages": copies, "has_more": has_more}
    return answer | (cursor if has_more else {})


_WINDOW: Final = (
    "cursor limit oldest latest inclusive include_all_metadata metadata_keys_to_include"
)

METHODS: Final = {
    "conversations.open": Method(
        _open,
        ("im:write", "mpim:write", "channels:manage", "groups:write"),
        TIER_3,
        optional=split_names("users channel return_im prevent_creation"),
    ),
    "conversations.info": Method(
        _info,
        _any_kind("read"),
        TIER_3,
        takes_json=False,
        required=("channel",),
        optional=split_names("include_locale include_num_members"),
    ),
    "conversations.members": Method(
        _members,
        _any_kind("read"),
        TIER_4,
        takes_json=False,
        required=("channel",),
        optional=split_names("cursor limit"),
    ),
    "conversations.list": Method(
        _list,
        _any_kind("read"),
        TIER_2,
        takes_json=False,
        optional=split_names("cursor limit types exclude_archived"),
        needs_team=True,
    ),
    "conversations.join": Method(_join, ("channels:join",), TIER_3, required=("channel",)),
    "conversations.history": Method(
        _history, _any_kind("history"), TIER_3, required=("channel",), optional=split_names(_WINDOW)
    ),
    "conversations.replies": Method(
        _replies,
        _any_kind("history"),
        TIER_3,
        takes_json=False,
        required=split_names("channel ts"),
        optional=split_names(_WINDOW),
    ),
}
