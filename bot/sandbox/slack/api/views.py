"""views.*: opening, pushing, updating and publishing modals and App Home."""

from __future__ import annotations

from typing import Final

from bot.sandbox.slack import modals
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.chat import find_unready_files
from bot.sandbox.slack.api.method import TIER_4, Method, split_names
from bot.sandbox.slack.errors import Json, api_error, invalid_arguments, invalid_view
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.state.workspace_state import WorkspaceState


def _open(workspace: WorkspaceState, arguments: Arguments) -> Json:
    view = _read(workspace, arguments, "modal")
    trigger = modals.spend_trigger(workspace, _trigger_id(arguments))
    return _view_response(modals.open_root(workspace, trigger.user, view))


def _push(workspace: WorkspaceState, arguments: Arguments) -> Json:
    view = _read(workspace, arguments, "modal")
    trigger = modals.spend_trigger(workspace, _trigger_id(arguments))
    return _view_response(modals.push(workspace, trigger.user, view))


def _trigger_id(arguments: Arguments) -> str:
    trigger_id = arguments.text("trigger_id") or arguments.text("interactivity_pointer")
    if not trigger_id:
        raise invalid_arguments("missing required field: trigger_id")
    return trigger_id


def _read(
    workspace: WorkspaceState, arguments: Arguments, kind: str, replaced: str | None = None
) -> Json:
    view = modals.check(workspace, arguments.decoded("view"), kind, replaced=replaced)
    unready = find_unready_files(workspace, view)
    if unready:
        raise invalid_view(unready)
    return view


def _update(workspace: WorkspaceState, arguments: Arguments) -> Json:
    old = modals.find_open(workspace, arguments.text("view_id"), arguments.text("external_id"))
    view = _read(workspace, arguments, old["type"], replaced=old["id"])
    modals.check_hash(old, arguments.text("hash"))
    if old["type"] == "home":
        user = next(user for user, home in workspace.homes.items() if home is old)
        return _view_response(modals.publish(workspace, user, view))
    return _view_response(modals.replace(workspace, old["id"], view))


def _publish(workspace: WorkspaceState, arguments: Arguments) -> Json:
    user_id = arguments.text("user_id")
    user = workspace.users.get(user_id)
    if user is None or user.is_bot:
        raise api_error("user_not_found")
    if not workspace.app.home_tab:
        raise api_error("not_enabled")
    old = workspace.homes.get(user_id)
    view = _read(workspace, arguments, "home", replaced=old["id"] if old else None)
    modals.check_hash(old, arguments.text("hash"))
    return _view_response(modals.publish(workspace, user_id, view))


def _view_response(view: Json) -> Json:
    return {"view": copy_json(view)}


_TRIGGERS: Final = split_names("trigger_id interactivity_pointer")

METHODS: Final = {
    "views.open": Method(_open, per_minute=TIER_4, required=("view",), optional=_TRIGGERS),
    "views.push": Method(_push, per_minute=TIER_4, required=("view",), optional=_TRIGGERS),
    "views.update": Method(
        _update,
        per_minute=TIER_4,
        required=("view",),
        optional=split_names("view_id external_id hash"),
    ),
    "views.publish": Method(
        _publish, per_minute=TIER_4, required=split_names("user_id view"), optional=("hash",)
    ),
}
