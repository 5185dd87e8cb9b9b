"""users.*, usergroups.*, team.*, reactions.*."""

from __future__ import annotations

import re
from typing import Final

from bot.sandbox.slack import messages
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.chat import find_channel
from bot.sandbox.slack.api.method import TIER_2, TIER_3, TIER_4, Method, split_names
from bot.sandbox.slack.api.paging import paginate
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.state.model import UserGroup
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_PAGE: Final = 200


def _users_info(workspace: WorkspaceState, arguments: Arguments) -> Json:
    user = workspace.users.get(arguments.text("user"))
    if user is None:
        raise api_error("user_not_found")
    with_locale = arguments.flag("include_locale")
    now = workspace.clock()
    return {"user": user.described(workspace.team_id, now, with_locale=with_locale)}


def _users_lookup_by_email(workspace: WorkspaceState, arguments: Arguments) -> Json:
    email, now = arguments.text("email").lower(), workspace.clock()
    active = (user for user in workspace.users.values() if user.email and not user.deleted)
    found = next((user for user in active if user.email == email), None)
    if found is None:
        raise api_error("users_not_found")
    described = found.described(workspace.team_id, now)
    profile = {**described["profile"], "email": found.email}
    return {"user": {**described, "profile": profile}}


def _users_list(workspace: WorkspaceState, arguments: Arguments) -> Json:
    page, cursor = paginate(list(workspace.users.values()), arguments, _PAGE)
    with_locale, now = arguments.flag("include_locale"), workspace.clock()
    described = [u.described(workspace.team_id, now, with_locale=with_locale) for u in page]
    return {"members": described, "cache_ts": int(now), **cursor}


def _usergroups_list(workspace: WorkspaceState, arguments: Arguments) -> Json:
    with_users = arguments.flag("include_users")
    groups = workspace.usergroups.values()
    return {"usergroups": [_describe_group(workspace, g, with_users=with_users) for g in groups]}


def _describe_group(workspace: WorkspaceState, group: UserGroup, *, with_users: bool) -> Json:
    described: Json = {
        "id": group.id,
        "team_id": workspace.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "date_delete": 0,
        "user_count": len(group.users),
    }
    return described | ({"users": list(group.users)} if with_users else {})


def _usergroups_users(workspace: WorkspaceState, arguments: Arguments) -> Json:
    group = workspace.usergroups.get(arguments.text("usergroup"))
    if group is None:
        raise api_error("no_such_subteam")
    return {"users": list(group.users)}


def _team_info(workspace: WorkspaceState, _arguments: Arguments) -> Json:
    url = f"{workspace.url}/"
    team = {"id": workspace.team_id, "name": workspace.team_name, "domain": workspace.domain}
    return {"team": {**team, "url": url, "email_domain": "", "icon": {"image_default": True}}}


def _reactions_add(workspace: WorkspaceState, arguments: Arguments) -> Json:
    channel = find_channel(workspace, arguments)
    message = channel.messages.get(arguments.text("timestamp"))
    if message is None:
        raise api_error("message_not_found")
    name = arguments.text("name").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-\d)?", name):
        raise api_error("invalid_name")
    messages.react(workspace, channel, message, workspace.app.bot_user_id, name)
    return {}


_GROUPS: Final = ("usergroups:read",)

METHODS: Final = {
    "users.info": Method(
        _users_info,
        ("users:read",),
        TIER_4,
        takes_json=False,
        required=("user",),
        optional=("include_locale",),
    ),
    "users.lookupByEmail": Method(
        _users_lookup_by_email,
        ("users:read.email",),
        TIER_3,
        takes_json=False,
        required=("email",),
    ),
    "users.list": Method(
        _users_list,
        ("users:read",),
        TIER_2,
        takes_json=False,
        optional=split_names("cursor limit include_locale"),
        needs_team=True,
    ),
    "usergroups.list": Method(
        _usergroups_list,
        _GROUPS,
        TIER_2,
        takes_json=False,
        optional=split_names("include_users include_count include_disabled"),
        needs_team=True,
    ),
    "usergroups.users.list": Method(
        _usergroups_users,
        _GROUPS,
        TIER_2,
        takes_json=False,
        required=("usergroup",),
        optional=("include_disabled",),
        needs_team=True,
    ),
    "team.info": Method(_team_info, ("team:read",), TIER_3, optional=split_names("team domain")),
    "reactions.add": Method(
        _reactions_add,
        ("reactions:write",),
        TIER_3,
        required=split_names("channel name timestamp"),
    ),
}
