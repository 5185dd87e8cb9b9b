"""Could Slack have sent this? Shapes only; what a request means is the stories' business."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, NoReturn
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

Payload = dict[str, Any]

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
_DEEPEST: Final = 64  # Slack's deepest, rich text in a message in a view, is at about twenty
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # no database takes these
_WRONG: Final = (ValueError, RecursionError, msgspec.MsgspecError)

_Word = Annotated[str, Meta(max_length=255, pattern=r"\A[ -~]*\Z")]
_Id = Annotated[str, Meta(max_length=255, pattern=r"\A[!-~]+\Z")]
_Url = Annotated[str, Meta(max_length=4096, pattern=r"\A(https?://[!-~]+)?\Z")]


class _Entity(msgspec.Struct):
    """A team, person, channel or enterprise."""

    id: _Word | None = None
    team_id: _Word | None = None
    enterprise_id: _Word | None = None


_Who = _Word | _Entity | None


class _Tokens(msgspec.Struct):
    """What a workspace took back."""

    bot: list[_Word] | None = None
    oauth: list[_Word] | None = None


class _ResponseUrl(msgspec.Struct):
    response_url: _Url | None = None


class _Thing(msgspec.Struct):
    """Whatever Bolt or a story looks for anywhere, each of the type Slack documents."""

    type: _Word | None = None
    subtype: _Word | None = None
    command: _Word | None = None
    callback_id: _Word | None = None
    trigger_id: _Word | None = None
    event_id: _Word | None = None
    team: _Who = None
    team_id: _Word | None = None
    app_installed_team_id: _Word | None = None
    user: _Who = None
    user_id: _Word | None = None
    user_team: _Word | None = None
    bot_id: _Word | None = None
    channel: _Who = None
    channel_id: _Word | None = None
    channel_type: _Word | None = None
    enterprise: _Who = None
    enterprise_id: _Word | None = None
    is_enterprise_install: bool | _Word | None = None
    is_ext_shared_channel: bool | None = None
    authorizations: list[_Thing] | None = None
    response_url: _Url | None = None
    response_urls: list[_ResponseUrl] = []
    ts: _Word | None = None
    thread_ts: _Word | None = None
    text: str | None = None
    tab: _Word | None = None
    tokens: _Tokens | None = None
    event: _Thing | None = None
    item: _Thing | None = None
    message: _Thing | None = None
    previous_message: _Thing | None = None
    assistant_thread: _Thing | None = None
    view: _Thing | None = None
    function: _Thing | None = None
    workflow_step: _Thing | None = None
    function_data: _Thing | None = None
    function_execution_id: _Word | None = None
    bot_access_token: _Word | None = None


class _Known(msgspec.Struct):
    id: _Id


class _Command(msgspec.Struct):
    command: _Id
    user_id: _Id


class _Action(msgspec.Struct):
    action_id: _Id
    block_id: str | None = None
    value: str | None = None


class _Actions(msgspec.Struct):
    user: _Known
    actions: Annotated[list[_Action], Meta(min_length=1)]


class _Metadata(msgspec.Struct):
    """What our forms bring back of ours."""

    channel: _Word | None = None
    number: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


class _State(msgspec.Struct):
    values: dict[str, dict[str, dict[str, Any]]]


class _Block(msgspec.Struct):
    type: _Id
    block_id: Annotated[str, Meta(min_length=1)]


class _View(msgspec.Struct):
    id: _Id
    type: _Id
    callback_id: _Id
    state: _State
    blocks: list[_Block] = []
    private_metadata: str | None = None

    def __post_init__(self) -> None:
        msgspec.json.decode(self.private_metadata or "{}", type=_Metadata)


class _Submission(msgspec.Struct):
    user: _Known
    view: _View


class _ByPerson(msgspec.Struct):
    user: _Known


class _Shortcut(msgspec.Struct):
    user: _Known
    callback_id: _Id


class _Happening(msgspec.Struct):
    type: _Id


class _Event(msgspec.Struct):
    event: _Happening
    event_id: _Id | None = None


class _Challenge(msgspec.Struct):
    challenge: Annotated[str, Meta(min_length=1)]


class _Notice(msgspec.Struct):
    team_id: _Id


_INTERACTIONS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "block_actions": _Actions,
    "view_submission": _Submission,
    "view_closed": _ByPerson,
    "shortcut": _Shortcut,
    "message_action": _Shortcut,
    "block_suggestion": _ByPerson,
}
_EVENTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "event_callback": _Event,
    "url_verification": _Challenge,
    "app_rate_limited": _Notice,
}


def read_payload(body: str, content_type: str) -> Payload | None:
    """Read an HTTP request's body; None when Slack cannot have sent it."""
    try:
        if content_type == JSON:
            return _check(_decode(body), _EVENTS)
        if content_type != FORM:
            return None
        fields = _read_form(body)
        if "payload" in fields:
            return _check(_decode(fields["payload"]), _INTERACTIONS)
        return _check_command(clean(fields))
    except _WRONG:
        return None


def read_envelope(payload: object) -> Payload | None:
    """Read what came over Socket Mode; None when Slack cannot have sent it."""
    try:
        if isinstance(payload, dict) and "command" in payload:
            return _check_command(clean(payload))
        return _check(payload, {**_EVENTS, **_INTERACTIONS})
    except _WRONG:
        return None


def _check(payload: object, kinds: Mapping[str, type[msgspec.Struct]]) -> Payload | None:
    """Return a cleaned payload of one of these kinds. Raises ValueError for a wrong shape."""
    if not isinstance(payload, dict) or "command" in payload:
        return None
    kind = payload.get("type")
    shape = kinds.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return None
    cleaned: Payload = clean(payload)
    if isinstance(cleaned.get("view"), dict):
        cleaned["view"] = {"type": "modal", "blocks": [], **cleaned["view"]}  # Bolt relies on them
    msgspec.convert(cleaned, _Thing)
    msgspec.convert(cleaned, shape)
    return cleaned


def _check_command(fields: Payload) -> Payload:
    if fields.get("ssl_check") == "1":  # Slack looks whether our certificate is good
        return {"ssl_check": "1"}
    msgspec.convert(fields, _Thing)
    msgspec.convert(fields, _Command)
    return fields


def _read_form(body: str) -> dict[str, str]:
    """Read a form; what a key said twice means is nobody's to guess."""
    pairs = parse_qsl(body, keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        msg = "a key stands there twice"
        raise ValueError(msg)
    return fields


def _decode(text: str) -> object:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and the infinities are no JSON


def clean(value: Any, depth: int = 0) -> Any:
    """Take out of all texts what no database can store. Raises ValueError when nested too deep."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if depth > _DEEPEST:
        msg = "nested deeper than anything of Slack's"
        raise ValueError(msg)
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("", key): clean(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner, depth + 1) for inner in value]
    return value
