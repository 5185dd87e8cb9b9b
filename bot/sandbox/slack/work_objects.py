"""Work Objects: the rules of their metadata, and the side panel that a person opens.

Slack, "Implementing Work Objects". Slack leaves out invalid metadata without an error; the
sandbox refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.sandbox.slack.delivery.events import emit
from bot.sandbox.slack.errors import Json, api_error
from bot.sandbox.slack.state.model import Panel, User
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_ENTITY: Final = {"entity_type", "entity_payload", "external_ref", "url", "app_unfurl_url"}
_PAYLOAD: Final = {"attributes", "fields", "custom_fields", "display_order", "actions"}
_ATTRIBUTES: Final = {
    *("title", "display_id", "display_type", "product_name", "product_icon", "locale"),
    "metadata_last_modified",
}
_TASK_FIELDS: Final = {
    *("description", "created_by", "date_created", "date_updated", "assignee", "status"),
    *("due_date", "priority"),
}
_CUSTOM_TYPES: Final = {
    *("string", "integer", "boolean", "array"),
    *(f"slack#/types/{name}" for name in ("date", "timestamp", "image", "channel_id", "user")),
    *(f"slack#/types/{name}" for name in ("entity_ref", "link", "email")),
}
_COLOURS: Final = {"red", "yellow", "green", "gray", "blue"}
_STATUSES: Final = {
    *("restricted", "internal_error", "not_found", "custom", "custom_partial_view", "timeout"),
    "edit_error",
}


def read_entities(workspace: WorkspaceState, metadata: Any) -> list[Json]:
    """Return the entities of a preview's metadata, none without metadata."""
    if metadata is None:
        return []
    entities = metadata.get("entities") if isinstance(metadata, Mapping) else None
    if not isinstance(entities, Sequence) or not entities:
        raise api_error("invalid_metadata_format")
    for entity in entities:
        if not entity.get("app_unfurl_url"):
            raise api_error("invalid_metadata_format")
        check_entity(workspace, entity)
    return list(entities)


def check_urls(entities: Sequence[Json], text: str) -> None:
    """Refuse previews of links that are not in the message."""
    if any(entity["app_unfurl_url"] not in text.replace("&amp;", "&") for entity in entities):
        raise api_error("cannot_unfurl_url")


def check_entity(workspace: WorkspaceState, entity: Any) -> None:
    """Refuse an entity whose type is not enabled, or which is not as documented."""
    is_whole = isinstance(entity, Mapping) and (_ENTITY - {"app_unfurl_url"}) <= entity.keys()
    if not is_whole or not entity.keys() <= _ENTITY or not entity["external_ref"].get("id"):
        raise api_error("invalid_metadata")
    if entity["entity_type"] not in workspace.app.entity_types:
        raise api_error("feature_not_enabled")
    payload = entity["entity_payload"]
    are_known = payload.keys() <= _PAYLOAD and payload["attributes"].keys() <= _ATTRIBUTES
    fields = payload.get("fields", {})
    if (
        not are_known
        or not payload["attributes"]["title"]["text"]
        or not fields.keys() <= _TASK_FIELDS
    ):
        raise api_error("invalid_metadata")
    colours = {field["tag_color"] for field in fields.values() if "tag_color" in field}
    if not colours <= _COLOURS or not all(map(_is_custom_field, payload.get("custom_fields", ()))):
        raise api_error("invalid_metadata")


def _is_custom_field(field: Mapping[str, Any]) -> bool:
    return {"key", "label", "type", "value"} <= field.keys() and field["type"] in _CUSTOM_TYPES


def open_panel(workspace: WorkspaceState, user: User, channel: str, ts: str, url: str) -> Panel:
    """Click on a preview; the app gets `entity_details_requested`, and the panel waits for it."""
    message = workspace.channel(channel).messages[ts]
    entity = next(each for each in message["work_objects"] if each["app_unfurl_url"] == url)
    trigger_id = workspace.make_trigger(user.id)
    panel = Panel(user.id, entity["external_ref"])
    workspace.panels[trigger_id] = panel
    event = {
        "type": "entity_details_requested",
        "user": user.id,
        "external_ref": entity["external_ref"],
        "entity_url": entity["url"],
        "link": {"url": entity["url"], "domain": entity["url"].split("/")[2]},
        "app_unfurl_url": url,
        "event_ts": workspace.id_generator.make_ts(),
        "trigger_id": trigger_id,
        "user_locale": user.locale,
        "channel": channel,
        "message_ts": ts,
    }
    emit(workspace, "entity_details_requested", event)
    return panel


def present(workspace: WorkspaceState, trigger_id: str, metadata: Any, error: Any) -> None:
    """Fill a panel with what the app sent for its trigger."""
    panel = workspace.panels.get(trigger_id)
    trigger = workspace.triggers.pop(trigger_id, None)
    if panel is None or trigger is None or trigger.expires_at < workspace.clock():
        raise api_error("invalid_trigger_id")
    if metadata is not None:
        check_entity(workspace, metadata)
        if metadata["external_ref"] != panel.external_ref:
            raise api_error("entity_metadata_does_not_match_trigger")
        panel.entity = dict(metadata)
    elif isinstance(error, Mapping) and error.get("status") in _STATUSES:
        panel.error = dict(error)
    else:
        raise api_error("invalid_metadata")
    described = {"entity": panel.entity, "error": panel.error}
    workspace.page_events.publish([panel.user], type="panel", panel=described)
    workspace.change_signal.notify()
