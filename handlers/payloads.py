"""Is this a request Slack could have sent? Shapes only; what it means is the stories' business."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs

Payload = Mapping[str, Any]


def read_payload(body: str, content_type: str) -> Payload | None:
    """Read a request's body; None when Slack cannot have sent it."""
    try:
        payload = _read(body, content_type)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    return payload if _is_sound(payload) else None


def _read(body: str, content_type: str) -> object:
    if content_type.startswith("application/x-www-form-urlencoded"):
        fields = {key: values[0] for key, values in parse_qs(body).items()}
        return json.loads(fields["payload"]) if "payload" in fields else fields
    return json.loads(body)


def _is_sound(payload: dict[str, Any]) -> bool:
    if payload.get("ssl_check") is not None:
        return True
    kind = "command" if "command" in payload else payload.get("type")
    check = _CHECKS.get(kind) if isinstance(kind, str) else None
    return check is not None and check(payload)


def _texts(thing: object, *names: str) -> bool:
    """Tell whether these keys hold texts that say something."""
    if not isinstance(thing, dict):
        return False
    return all(isinstance(thing.get(name), str) and thing[name] for name in names)


def _is_command(payload: Payload) -> bool:
    return _texts(payload, "command", "team_id", "user_id", "trigger_id")


def _is_action(payload: Payload) -> bool:
    actions = payload.get("actions")
    if not isinstance(actions, list) or not actions:
        return False
    return _has_user(payload) and all(_texts(action, "action_id") for action in actions)


def _is_submission(payload: Payload) -> bool:
    view = payload.get("view")
    if not _has_user(payload) or not _texts(view, "id", "callback_id"):
        return False
    values = ((view or {}).get("state") or {}).get("values")
    return isinstance(values, dict) and isinstance((view or {}).get("blocks"), list)


def _is_shortcut(payload: Payload) -> bool:
    return _has_user(payload) and _texts(payload, "callback_id", "trigger_id")


def _is_event(payload: Payload) -> bool:
    return _texts(payload, "event_id", "team_id") and _texts(payload.get("event"), "type")


def _is_challenge(payload: Payload) -> bool:
    return _texts(payload, "challenge")


def _has_user(payload: Payload) -> bool:
    return _texts(payload.get("user"), "id")


_CHECKS: Final[Mapping[str, Callable[[Payload], bool]]] = {
    "command": _is_command,
    "block_actions": _is_action,
    "view_submission": _is_submission,
    "view_closed": _has_user,
    "shortcut": _is_shortcut,
    "message_action": _is_shortcut,
    "block_suggestion": _has_user,
    "event_callback": _is_event,
    "url_verification": _is_challenge,
}
