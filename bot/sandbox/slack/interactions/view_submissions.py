"""Submitting and closing modals, and what the app's `response_action` does to the stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack import form_state, modals
from bot.sandbox.slack.delivery.transport import readable
from bot.sandbox.slack.elements import iterate_elements
from bot.sandbox.slack.errors import Json, WebApiError, api_error
from bot.sandbox.slack.interactions.actions import base_payload, send, view_with_state
from bot.sandbox.slack.outcomes import SubmitOutcome
from bot.sandbox.slack.state.model import Delivery, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_FORM = "The form"


async def submit(
    workspace: WorkspaceState,
    user: User,
    view_id: str,
    given: Mapping[str, Mapping[str, Any]],
    *,
    force: bool = False,
) -> SubmitOutcome:
    """Submit a modal with these values (block_id -> action_id -> value) over what was typed.

    Slack's client does not send a form with an empty required field; `force` sends it.
    """
    view = workspace.views[view_id]
    typed = workspace.drafts.setdefault(view_id, {})
    for block_id, fields in given.items():
        typed.setdefault(block_id, {}).update(fields)
    values = form_state.collect_values(view, typed)
    input_errors = {} if force else form_state.find_input_errors(view, values)
    if input_errors:
        return SubmitOutcome(input_errors, "required")
    payload = base_payload(workspace, user, "view_submission") | {
        "trigger_id": workspace.make_trigger(user.id, view_id),
        "view": view_with_state(workspace, view),
        "response_urls": _make_response_urls(workspace, user, view, values),
    }
    delivery = Delivery("interactive", payload)
    ack, error = await send(workspace, delivery, user=user.id, channel=None, what=_FORM)
    if error is not None:
        return SubmitOutcome({}, "failed", ack.status, error)
    return _respond(workspace, user, view_id, ack.body)


def _make_response_urls(
    workspace: WorkspaceState, user: User, view: Json, values: Json
) -> list[Json]:
    urls = []
    for block, element in iterate_elements(view["blocks"]):
        if element.get("response_url_enabled"):
            state = values[block["block_id"]][element["action_id"]]
            channel = state.get("selected_conversation") or state.get("selected_channel")
            if channel in workspace.channels:
                where = {"channel_id": channel, "block_id": block["block_id"]}
                url = workspace.make_response_url(channel, user.id)
                urls.append({**where, "action_id": element["action_id"], "response_url": url})
    return urls


def _respond(workspace: WorkspaceState, user: User, view_id: str, body: str) -> SubmitOutcome:
    """Do what the acknowledgement says; an invalid one is a failure."""
    answer = readable(body) if body.strip() else {}
    try:
        if not isinstance(answer, dict):
            raise api_error("invalid_response")
        return _apply(workspace, user, view_id, answer)
    except WebApiError as error:
        workspace.calls[-1]["warnings"].append(f"the answer was refused: {error.body()}")
        workspace.defects.append({"code": "bad_response_action", "answer": answer})
        text = "We had some trouble connecting. Try again?"
        workspace.notice(user.id, None, error.code, text)
        return SubmitOutcome({}, "failed", 200, error.code)


def _apply(workspace: WorkspaceState, user: User, view_id: str, answer: Json) -> SubmitOutcome:
    action = answer.get("response_action")
    still_open = view_id in workspace.views
    if action is None and answer:
        raise api_error("invalid_response")
    if action == "errors":
        errors = _read_errors(workspace.views[view_id] if still_open else {}, answer)
        return SubmitOutcome(errors, "errors", 200)
    if action == "clear":
        modals.close_all(workspace, user.id)
    elif action == "update" and still_open:
        view = modals.check(workspace, answer.get("view"), "modal", replaced=view_id)
        modals.replace(workspace, view_id, view)
    elif action == "push" and still_open:
        view = modals.check(workspace, answer.get("view"), "modal")
        modals.push(workspace, user.id, view)
    elif action is None and still_open:
        modals.close_top(workspace, user.id)
    elif action not in (None, "update", "push"):
        raise api_error("invalid_response")
    return SubmitOutcome({}, action or "close", 200)


def _read_errors(view: Json, answer: Json) -> dict[str, str]:
    """Read `errors`; Slack shows them only under input blocks that are there."""
    errors = answer.get("errors")
    inputs = {b["block_id"] for b in view.get("blocks", []) if b["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise api_error("invalid_errors", inputs=sorted(inputs))
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise api_error("invalid_errors")
    return dict(errors)


async def close(workspace: WorkspaceState, user: User, view_id: str, *, everything: bool) -> None:
    """Close a modal, or the whole stack; the app gets view_closed if it asked for it."""
    stack = [workspace.views[one] for one in workspace.stacks.get(user.id, [])]
    notified = [v for v in (stack if everything else stack[-1:]) if v["notify_on_close"]]
    payloads = [
        base_payload(workspace, user, "view_closed")
        | {"view": view_with_state(workspace, view), "is_cleared": everything}
        for view in notified
    ]
    if everything:
        modals.close_all(workspace, user.id)
    elif stack and stack[-1]["id"] == view_id:
        modals.close_top(workspace, user.id)
    for payload in payloads:
        delivery = Delivery("interactive", payload)
        await send(workspace, delivery, user=user.id, channel=None, what=_FORM)
