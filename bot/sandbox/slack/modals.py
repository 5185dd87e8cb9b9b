"""Modals and App Home: opening, pushing, updating, publishing, closing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.slack import form_state
from bot.sandbox.slack.block_kit import validate_view
from bot.sandbox.slack.elements import name_blocks
from bot.sandbox.slack.errors import Json, api_error, invalid_arguments, invalid_view
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.state.model import Trigger
from bot.sandbox.slack.state.workspace_state import WorkspaceState

MAX_STACK: Final = 3


def check(workspace: WorkspaceState, raw: Any, kind: str, *, replaced: str | None = None) -> Json:
    """Check a view as an app sent it, and copy it. `replaced` is the id of the view it replaces."""
    if not isinstance(raw, Mapping):
        raise invalid_arguments("must provide an object [json-pointer:/view]")
    problems = validate_view(raw)
    if problems:
        raise invalid_view(problems)
    view = copy_json(dict(raw))
    if view["type"] != kind:
        raise invalid_arguments(f"view of type {kind} expected [json-pointer:/view/type]")
    external_id = view.get("external_id")
    for other in workspace.views.values():
        if external_id and other["external_id"] == external_id and other["id"] != replaced:
            raise api_error("duplicate_external_id")
    return view


def complete(workspace: WorkspaceState, view: Json, view_id: str | None = None) -> Json:
    """Fill in what Slack adds to a view: ids, hash, state."""
    view.setdefault("blocks", [])
    name_blocks(view["blocks"])
    for name, empty in (("private_metadata", ""), ("callback_id", ""), ("external_id", "")):
        view[name] = view.get(name) or empty
    for name in ("close", "submit", "title"):
        view.setdefault(name, None)
    view["clear_on_close"] = bool(view.get("clear_on_close"))
    view["notify_on_close"] = bool(view.get("notify_on_close"))
    view |= {
        "id": view_id or workspace.id_generator.make("V", 11),
        "team_id": workspace.team_id,
        "app_team_id": workspace.team_id,
        "app_id": workspace.app.id,
        "app_installed_team_id": workspace.installed_in,
        "bot_id": workspace.app.bot_id,
        "hash": workspace.id_generator.make_hash(),
        "previous_view_id": None,
    }
    view["root_view_id"] = view["id"]
    view["state"] = {"values": form_state.collect_values(view, {})}
    return view


def spend_trigger(workspace: WorkspaceState, trigger_id: str) -> Trigger:
    """Use up a trigger id, which is valid once and for a limited time."""
    trigger = workspace.triggers.get(trigger_id)
    if trigger is None:
        raise api_error("invalid_trigger_id")
    if trigger.used:
        raise api_error("exchanged_trigger_id")
    if workspace.clock() > trigger.expires_at:
        raise api_error("expired_trigger_id")
    trigger.used = True
    return trigger


def open_root(workspace: WorkspaceState, user: str, view: Json) -> Json:
    """Open a modal and close the stack the person had."""
    for view_id in workspace.stacks.pop(user, []):
        _forget(workspace, view_id)
    complete(workspace, view)
    return _stack(workspace, user, view)


def push(workspace: WorkspaceState, user: str, view: Json) -> Json:
    """Push a modal onto the person's stack, which holds three at most."""
    stack = workspace.stacks.get(user, [])
    if not stack:
        raise api_error("not_found")
    if len(stack) >= MAX_STACK:
        raise api_error("push_limit_reached")
    complete(workspace, view)
    view |= {"previous_view_id": stack[-1], "root_view_id": stack[0]}
    return _stack(workspace, user, view)


def _stack(workspace: WorkspaceState, user: str, view: Json) -> Json:
    workspace.views[view["id"]] = view
    workspace.stacks.setdefault(user, []).append(view["id"])
    show_stack(workspace, user)
    return view


def replace(workspace: WorkspaceState, view_id: str, view: Json) -> Json:
    """Replace an open view; its id and its position in the stack remain.

    Fields that remain keep their values: another initial value is for new fields only.
    """
    old = workspace.views[view_id]
    complete(workspace, view, view_id)
    view |= {key: old[key] for key in ("previous_view_id", "root_view_id")}
    typed = workspace.drafts.setdefault(view_id, {})
    form_state.keep_values(old, view, typed)
    view["state"] = {"values": form_state.collect_values(view, typed)}
    old_view = workspace.views[view_id]
    old_view.clear()
    old_view.update(view)
    for user in owners(workspace, view_id):
        show_stack(workspace, user)
    return old_view


def find_open(workspace: WorkspaceState, view_id: str, external_id: str) -> Json:
    """Find an open modal (or Home) by either id; not_found when it is closed."""
    for view in (*workspace.views.values(), *workspace.homes.values()):
        if view_id == view["id"] or (external_id and external_id == view["external_id"]):
            return view
    raise api_error("not_found")


def check_hash(view: Json | None, given: str) -> None:
    """Raise hash_conflict for an update that was made from an older view."""
    if given and view is not None and view["hash"] != given:
        raise api_error("hash_conflict")


def publish(workspace: WorkspaceState, user: str, view: Json) -> Json:
    """Publish a view on a person's App Home."""
    old = workspace.homes.get(user)
    complete(workspace, view, old["id"] if old else None)
    workspace.homes[user] = view
    workspace.page_events.publish([user], type="home", view=copy_json(view))
    workspace.change_signal.notify()
    return view


def close_top(workspace: WorkspaceState, user: str) -> None:
    """Close a person's top modal; one with clear_on_close takes the stack with it."""
    stack = workspace.stacks.get(user, [])
    if not stack:
        return
    top = _forget(workspace, stack.pop())
    if top.get("clear_on_close"):
        close_all(workspace, user)
        return
    show_stack(workspace, user)


def close_all(workspace: WorkspaceState, user: str) -> None:
    """Close a person's whole stack."""
    for view_id in workspace.stacks.pop(user, []):
        _forget(workspace, view_id)
    show_stack(workspace, user)


def _forget(workspace: WorkspaceState, view_id: str) -> Json:
    workspace.drafts.pop(view_id, None)
    return workspace.views.pop(view_id)


def owners(workspace: WorkspaceState, view_id: str) -> list[str]:
    """List who has this view open."""
    return [user for user, stack in workspace.stacks.items() if view_id in stack]


def show_stack(workspace: WorkspaceState, user: str) -> None:
    """Send a person's pages the whole stack."""
    stack = [workspace.views[view_id] for view_id in workspace.stacks.get(user, [])]
    workspace.page_events.publish([user], type="views", views=copy_json(stack))
    workspace.change_signal.notify()
