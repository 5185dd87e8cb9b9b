"""Validation of the shape of Slack requests, over HTTP and Socket Mode."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NoReturn
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from bot.decoding import convert_object, decode_json

Payload = dict[str, Any]

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
_MAX_DEPTH: Final = (
    64  # Slack's deepest payload, rich text in a message in a view, has about twenty levels
)
_FORBIDDEN_CHARACTERS: Final = re.compile("[\x00\ud800-\udfff]")  # databases reject these
_VALIDATION_ERRORS: Final = (ValueError, RecursionError, msgspec.MsgspecError)

_PrintableStr = Annotated[str, Meta(max_length=255, pattern=r"\A[ -~]*\Z")]
_IdStr = Annotated[str, Meta(max_length=255, pattern=r"\A[!-~]+\Z")]
_UrlStr = Annotated[str, Meta(max_length=4096, pattern=r"\A(https?://[!-~]+)?\Z")]


class _Entity(msgspec.Struct):
    """A team, person, channel or enterprise."""

    id: _PrintableStr | None = None
    team_id: _PrintableStr | None = None
    enterprise_id: _PrintableStr | None = None


_EntityRef = _PrintableStr | _Entity | None


class _Tokens(msgspec.Struct):
    """Tokens a workspace revoked."""

    bot: list[_PrintableStr] | None = None
    oauth: list[_PrintableStr] | None = None


class _ResponseUrl(msgspec.Struct):
    response_url: _UrlStr | None = None


class _AnyPayload(msgspec.Struct):
    """Every field that Bolt or a handler reads, with the type Slack documents."""

    type: _PrintableStr | None = None
    subtype: _PrintableStr | None = None
    command: _PrintableStr | None = None
    callback_id: _PrintableStr | None = None
    trigger_id: _PrintableStr | None = None
    event_id: _PrintableStr | None = None
    team: _EntityRef = None
    team_id: _PrintableStr | None = None
    app_installed_team_id: _PrintableStr | None = None
    user: _EntityRef = None
    user_id: _PrintableStr | None = None
    user_team: _PrintableStr | None = None
    bot_id: _PrintableStr | None = None
    channel: _EntityRef = None
    channel_id: _PrintableStr | None = None
    channel_type: _PrintableStr | None = None
    enterprise: _EntityRef = None
    enterprise_id: _PrintableStr | None = None
    is_enterprise_install: bool | _PrintableStr | None = None
    is_ext_shared_channel: bool | None = None
    authorizations: list[_AnyPayload] | None = None
    response_url: _UrlStr | None = None
    response_urls: list[_ResponseUrl] = []
    ts: _PrintableStr | None = None
    thread_ts: _PrintableStr | None = None
    text: str | None = None
    tab: _PrintableStr | None = None
    tokens: _Tokens | None = None
    event: _AnyPayload | None = None
    item: _AnyPayload | None = None
    message: _AnyPayload | None = None
    previous_message: _AnyPayload | None = None
    assistant_thread: _AnyPayload | None = None
    view: _AnyPayload | None = None
    function: _AnyPayload | None = None
    workflow_step: _AnyPayload | None = None
    function_data: _AnyPayload | None = None
    function_execution_id: _PrintableStr | None = None
    bot_access_token: _PrintableStr | None = None


class _WithId(msgspec.Struct):
    id: _IdStr


class _Command(msgspec.Struct):
    command: _IdStr
    user_id: _IdStr


class _Action(msgspec.Struct):
    action_id: _IdStr
    block_id: str | None = None
    value: str | None = None


class _Actions(msgspec.Struct):
    user: _WithId
    actions: Annotated[list[_Action], Meta(min_length=1)]


class _Metadata(msgspec.Struct):
    """The private_metadata of our own modals."""

    channel: _PrintableStr | None = None
    number: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    source: _PrintableStr | None = None


class _State(msgspec.Struct):
    values: dict[str, dict[str, dict[str, Any]]]


class _Block(msgspec.Struct):
    type: _IdStr
    block_id: Annotated[str, Meta(min_length=1)]


class _View(msgspec.Struct):
    id: _IdStr
    type: _IdStr
    callback_id: _IdStr
    state: _State
    blocks: list[_Block] = []
    private_metadata: str | None = None

    def __post_init__(self) -> None:
        decode_json(self.private_metadata or "{}", _Metadata)


class _Submission(msgspec.Struct):
    user: _WithId
    view: _View


class _UserInteraction(msgspec.Struct):
    user: _WithId


class _Shortcut(msgspec.Struct):
    user: _WithId
    callback_id: _IdStr


class _InnerEvent(msgspec.Struct):
    type: _IdStr


class _Event(msgspec.Struct):
    event: _InnerEvent
    event_id: _IdStr | None = None


class _Challenge(msgspec.Struct):
    challenge: Annotated[str, Meta(min_length=1)]


class _RateLimitNotice(msgspec.Struct):
    team_id: _IdStr


_INTERACTIONS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "block_actions": _Actions,
    "view_submission": _Submission,
    "view_closed": _UserInteraction,
    "shortcut": _Shortcut,
    "message_action": _Shortcut,
    "block_suggestion": _UserInteraction,
}
_EVENTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "event_callback": _Event,
    "url_verification": _Challenge,
    "app_rate_limited": _RateLimitNotice,
}


def read_payload(body: str, content_type: str) -> Payload | None:
    """Parse an HTTP body; None when its shape is not one of Slack's."""
    try:
        if content_type == JSON:
            return _check(_decode(body), _EVENTS)
        if content_type != FORM:
            return None
        fields = _read_form(body)
        if "payload" in fields:
            return _check(_decode(fields["payload"]), _INTERACTIONS)
        return _check_command(clean(fields))
    except _VALIDATION_ERRORS:
        return None


def read_envelope(payload: object) -> Payload | None:
    """Check a Socket Mode payload; None when its shape is not one of Slack's."""
    try:
        if isinstance(payload, dict) and "command" in payload:
            return _check_command(clean(payload))
        return _check(payload, {**_EVENTS, **_INTERACTIONS})
    except _VALIDATION_ERRORS:
        return None


def _check(payload: object, kinds: Mapping[str, type[msgspec.Struct]]) -> Payload | None:
    """Return a cleaned payload of one of these kinds. Raises ValueError for a wrong shape."""
    if not isinstance(payload, dict) or "command" in payload:
        return None
    kind = payload.get("type")
    schema = kinds.get(kind) if isinstance(kind, str) else None
    if schema is None:
        return None
    cleaned: Payload = clean(payload)
    if isinstance(cleaned.get("view"), dict):
        cleaned["view"] = {"type": "modal", "blocks": [], **cleaned["view"]}  # Bolt requires them
    convert_object(cleaned, _AnyPayload)
    convert_object(cleaned, schema)
    return cleaned


def _check_command(fields: Payload) -> Payload:
    if fields.get("ssl_check") == "1":  # Slack checks our certificate
        return {"ssl_check": "1"}
    convert_object(fields, _AnyPayload)
    convert_object(fields, _Command)
    return fields


def _read_form(body: str) -> dict[str, str]:
    """Parse a form. Raises ValueError when a key is repeated."""
    pairs = parse_qsl(body, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        msg = "a key is repeated"
        raise ValueError(msg)
    return fields


def _decode(text: str) -> object:
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and the infinities are not JSON


def clean(value: Any, depth: int = 0) -> Any:
    """Remove characters no database can store. Raises ValueError when nested too deep."""
    if isinstance(value, str):
        return _FORBIDDEN_CHARACTERS.sub("", value)
    if depth > _MAX_DEPTH:
        msg = "nested too deep"
        raise ValueError(msg)
    if isinstance(value, dict):
        return {
            _FORBIDDEN_CHARACTERS.sub("", key): clean(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [clean(inner, depth + 1) for inner in value]
    return value
