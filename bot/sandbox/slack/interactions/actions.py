"""Slash commands, clicks, shortcuts and option requests: payloads and acknowledgements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.sandbox.slack.delivery.transport import deliver, readable
from bot.sandbox.slack.errors import Json, NoAckError, WebApiError
from bot.sandbox.slack.form_state import FIELDS, collect_values, convert, find_option
from bot.sandbox.slack.interactions import responses
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.outcomes import LATE, ActionOutcome, CommandOutcome
from bot.sandbox.slack.state.model import Ack, Channel, Delivery, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState

DISPATCH_FAILED: Final = "dispatch_failed"
MAX_OPTIONS: Final = 100
# A block and the element in it.
BlockElement = tuple[Json, Json]
_PAYLOAD_NAMES: Final = {"im": "directmessage", "group": "privategroup"}
_HANDLE: Final = re.compile(r"(?<![\w<@])@([\w.-]+)")


async def send(
    workspace: WorkspaceState, delivery: Delivery, *, user: str, channel: str | None, what: str
) -> tuple[Ack, str | None]:
    """Deliver an interaction; a late or failed one gives a notice and Slack's error code."""
    error: str | None = None
    try:
        ack = await deliver(workspace, delivery)
    except NoAckError as failure:
        ack = Ack(0, "")
        error = LATE if failure.reason == "http_timeout" else DISPATCH_FAILED
    else:
        error = None if ack.ok else DISPATCH_FAILED
    if error is not None:
        workspace.notice(user, channel, error, f'{what} failed with the error "{error}"')
    return ack, error


def base_payload(workspace: WorkspaceState, user: User, kind: str) -> Json:
    """Build what every interaction payload has. Of an org-wide app Slack may omit the team."""
    team = {"id": workspace.team_id, "domain": workspace.domain}
    return {
        "type": kind,
        "token": workspace.app.verification_token,
        "api_app_id": workspace.app.id,
        "team": None if workspace.app.org_wide else team,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": workspace.team_id,
        },
        "enterprise": workspace.enterprise,
        "is_enterprise_install": workspace.app.org_wide,
    }


def name_channel(channel: Channel) -> str:
    """Name a channel as payloads do."""
    return _PAYLOAD_NAMES.get(channel.kind, channel.name)


async def command(
    workspace: WorkspaceState, user: User, name: str, text: str, channel: Channel
) -> CommandOutcome:
    """Send a slash command; an acknowledgement's body is posted in the channel."""
    if not workspace.app.knows_command(name):
        workspace.notice(user.id, channel.id, "unknown_command", f"{name} is not a valid command.")
        return CommandOutcome(0, error="unknown_command")
    if user.id not in channel.members:
        return CommandOutcome(0, error="not_in_channel")
    url = workspace.make_response_url(channel.id, user.id)
    fields = {
        "token": workspace.app.verification_token,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": name_channel(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": _escape_people(workspace, text) if workspace.app.escapes_arguments(name) else text,
        "api_app_id": workspace.app.id,
        "is_enterprise_install": str(workspace.app.org_wide).lower(),
        "response_url": url,
        "trigger_id": workspace.make_trigger(user.id),
    }
    if workspace.enterprise_id:
        fields["enterprise_id"] = workspace.enterprise_id
    delivery = Delivery("slash_commands", fields)
    ack, error = await send(workspace, delivery, user=user.id, channel=channel.id, what=name)
    if error is None and ack.body.strip():
        error = _show_ack_body(workspace, user, channel, url, ack.body)
    return CommandOutcome(ack.status, ack.body, error)


def _escape_people(workspace: WorkspaceState, text: str) -> str:
    """Write `@name` with the id, as Slack does for commands that ask for it."""
    ids = {user.name: user.id for user in workspace.users.values()}

    def escape(match: re.Match[str]) -> str:
        return f"<@{ids[match[1]]}|{match[1]}>" if match[1] in ids else match[0]

    return _HANDLE.sub(escape, text)


def _show_ack_body(
    workspace: WorkspaceState, user: User, channel: Channel, url: str, body: str
) -> str | None:
    """Post an acknowledgement's body; an invalid one is a failed dispatch."""
    decoded = readable(body)
    content = decoded if isinstance(decoded, dict) else {"text": body}
    if not content:
        return None
    response_url = workspace.response_urls[url.rpartition("/")[2]]
    try:
        responses.apply(workspace, response_url, content)
    except WebApiError as error:
        workspace.calls[-1]["warnings"].append(f"the body was refused: {error.body()}")
        text = f'The command failed with the error "{DISPATCH_FAILED}"'
        workspace.notice(user.id, channel.id, DISPATCH_FAILED, text)
        return DISPATCH_FAILED
    return None


def message_payload(message: Json) -> Json:
    """Copy a message as payloads carry it."""
    return {k: copy_json(v) for k, v in message.items() if k not in ("to", "ephemeral")}


def _message_location(
    workspace: WorkspaceState, user: User, channel: Channel, message: Json
) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": bool(message.get("ephemeral")),
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    location: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": name_channel(channel)},
        "response_url": workspace.make_response_url(channel.id, user.id, message),
    }
    return (
        location if message.get("ephemeral") else location | {"message": message_payload(message)}
    )


def view_with_state(workspace: WorkspaceState, view: Json) -> Json:
    """Copy a view with what the person has typed so far."""
    typed = workspace.drafts.get(view["id"], {})
    return copy_json(view) | {"state": {"values": collect_values(view, typed)}}


def _view_location(workspace: WorkspaceState, view: Json) -> Json:
    container = {"type": "view", "view_id": view["id"]}
    return {"container": container, "view": view_with_state(workspace, view)}


def draft(
    workspace: WorkspaceState, container: Json, block_id: str, action_id: str, value: Any
) -> None:
    """Store what a person entered in a field of a message or view, without sending it."""
    key = container.get("id") or container["ts"]
    fields = workspace.drafts.setdefault(key, {}).setdefault(block_id, {})
    fields[action_id] = value


async def act(
    workspace: WorkspaceState, user: User, container: Json, target: BlockElement, value: Any
) -> ActionOutcome:
    """Send a block_actions payload for an element of a message or view."""
    block, element = target
    if element["type"] in FIELDS:
        draft(workspace, container, block["block_id"], element["action_id"], value)
    if block.get("type") == "input" and not block.get("dispatch_action"):
        return ActionOutcome(200)
    payload = base_payload(workspace, user, "block_actions")
    payload["actions"] = [_action(workspace, block, element, value)]
    channel: Channel | None = None
    if "ts" in container:
        channel = workspace.channel_of(container["ts"])
        payload |= _message_location(workspace, user, channel, container)
        typed = workspace.drafts.get(container["ts"], {})
        payload["state"] = {"values": collect_values(container, typed)}
    else:
        payload |= _view_location(workspace, container)
    from_view = container["id"] if container.get("type") == "modal" else None
    payload["trigger_id"] = workspace.make_trigger(user.id, from_view)
    return await _send_action(workspace, user, payload, channel)


async def _send_action(
    workspace: WorkspaceState, user: User, payload: Json, channel: Channel | None
) -> ActionOutcome:
    delivery = Delivery("interactive", payload)
    where = channel.id if channel else None
    ack, error = await send(workspace, delivery, user=user.id, channel=where, what="The action")
    if error is None and ack.body.strip():
        workspace.calls[-1]["warnings"].append("Slack does not look at this acknowledgement's body")
    return ActionOutcome(ack.status, ack.body, error)


def _action(workspace: WorkspaceState, block: Json, element: Json, value: Any) -> Json:
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": workspace.id_generator.make_ts(),
    }
    if element["type"] == "overflow":
        return action | {"selected_option": find_option(element, value)}
    if element["type"] in FIELDS:
        key, _, empty = FIELDS[element["type"]]
        given = empty if value in (None, "", []) else convert(element, value)
        return action | {key: given}
    carried = {k: copy_json(element[k]) for k in ("text", "value", "style") if k in element}
    return action | carried | ({"value": value} if value is not None else {})


async def shortcut(
    workspace: WorkspaceState, user: User, callback_id: str, message: Json | None
) -> ActionOutcome:
    """Send a global shortcut, or a message shortcut about a message."""
    wanted = "global" if message is None else "message"
    if workspace.app.shortcut_kind(callback_id) not in (wanted, "any"):
        return ActionOutcome(0, error="unknown_shortcut")
    kind = "shortcut" if message is None else "message_action"
    payload = base_payload(workspace, user, kind) | {
        "callback_id": callback_id,
        "trigger_id": workspace.make_trigger(user.id),
        "action_ts": workspace.id_generator.make_ts(),
    }
    channel = None
    if message is not None:
        channel = workspace.channel_of(message["ts"])
        location = _message_location(workspace, user, channel, message)
        payload |= {name: location[name] for name in ("channel", "response_url")}
        payload |= {"message": message_payload(message), "message_ts": message["ts"]}
    return await _send_action(workspace, user, payload, channel)


async def suggest(
    workspace: WorkspaceState, user: User, container: Json, target: BlockElement, query: str
) -> Json:
    """Ask the app for an external select's options: `{options}` or `{option_groups}`."""
    block, element = target
    payload = base_payload(workspace, user, "block_suggestion") | {
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "value": query,
    }
    if "ts" in container:
        payload |= _message_location(
            workspace, user, workspace.channel_of(container["ts"]), container
        )
        del payload["response_url"]
    else:
        payload |= _view_location(workspace, container)
    delivery = Delivery("interactive", payload)
    ack, error = await send(
        workspace, delivery, user=user.id, channel=None, what="Loading the options"
    )
    decoded = readable(ack.body)
    if error is not None or not isinstance(decoded, Mapping):
        return {"options": []}
    return _cut_options(workspace, decoded)


def _cut_options(workspace: WorkspaceState, answer: Mapping[str, Any]) -> Json:
    key = "option_groups" if "option_groups" in answer else "options"
    options = answer.get(key) or []
    lists = [options, *(g.get("options", []) for g in options)] if key != "options" else [options]
    if any(len(one) > MAX_OPTIONS for one in lists):
        workspace.calls[-1]["warnings"].append(f"more than {MAX_OPTIONS} {key}")
        return {"options": []}
    return {key: copy_json(options)}
