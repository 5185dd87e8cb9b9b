"""Replies to an interaction: acknowledgement bodies and response URLs."""

from __future__ import annotations

import json
import time
from typing import Final

from aiohttp import web

from bot.sandbox.slack import messages
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.broken_answers import break_response
from bot.sandbox.slack.api.chat import read_content
from bot.sandbox.slack.api.method import split_names
from bot.sandbox.slack.errors import Json, WebApiError, api_error
from bot.sandbox.slack.state.faults import BROKEN_ANSWERS
from bot.sandbox.slack.state.model import Channel, ResponseUrl
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_GONE: Final = 404
_KNOWN: Final = split_names(
    "text blocks attachments response_type replace_original delete_original thread_ts metadata "
    "mrkdwn unfurl_links unfurl_media markdown_text link_names parse"
)


def apply(workspace: WorkspaceState, response_url: ResponseUrl, body: Json) -> None:
    """Post, replace or delete as the body says; the reply is ephemeral by default."""
    arguments = Arguments(body)
    channel = workspace.channels[response_url.channel]
    original = _find_original(channel, response_url)
    if arguments.flag("delete_original"):
        if original is not None:
            _delete(workspace, channel, original)
        return
    content = read_content(workspace, body)
    if arguments.flag("replace_original") and original is not None:
        _replace(workspace, channel, original, content)
        return
    _post(workspace, channel, response_url, content, arguments)


def _find_original(channel: Channel, response_url: ResponseUrl) -> Json | None:
    if response_url.ephemeral:
        return next((m for m in channel.ephemerals if m["ts"] == response_url.message_ts), None)
    return channel.messages.get(response_url.message_ts or "")


def _delete(workspace: WorkspaceState, channel: Channel, original: Json) -> None:
    if original.get("ephemeral"):
        messages.remove_ephemeral(workspace, channel, original)
    else:
        messages.delete(workspace, channel, original)


def _replace(workspace: WorkspaceState, channel: Channel, original: Json, content: Json) -> None:
    fresh = {"blocks": None, "attachments": None, "text": "", **content}
    if original.get("ephemeral"):
        original |= messages.compose(
            workspace, content, user=original["user"], thread_ts=original.get("thread_ts")
        ) | {"ts": original["ts"]}
        for name in ("blocks", "attachments"):
            if not content.get(name):
                original.pop(name, None)
        messages.show(workspace, channel, original, "message_changed")
    else:
        messages.change(workspace, channel, original, fresh)
        messages.note_defects(workspace, original)


def _post(
    workspace: WorkspaceState,
    channel: Channel,
    response_url: ResponseUrl,
    content: Json,
    arguments: Arguments,
) -> None:
    if arguments.text("response_type", "ephemeral") != "in_channel":
        thread_ts = arguments.text("thread_ts") or response_url.thread_ts
        messages.post_ephemeral(
            workspace, channel, content, user=response_url.user, thread_ts=thread_ts
        )
        return
    bot, thread_ts = workspace.app.bot_user_id, arguments.text("thread_ts") or None
    message = messages.compose(workspace, content, user=bot, thread_ts=thread_ts)
    messages.post(workspace, channel, message)


async def receive(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Handle a POST to a response URL: five uses, thirty minutes, errors without detail."""
    started, at = time.perf_counter(), workspace.clock()
    fault = workspace.faults.take("response_url")
    text = await request.text()
    status, answer = 200, {"ok": True}
    try:
        if fault is not None and not fault.after_effect and fault.error not in BROKEN_ANSWERS:
            raise fault.as_error()
        if fault is None or fault.after_effect:
            apply(workspace, _spend(workspace, request.match_info["name"]), _read(text))
    except WebApiError as error:
        status, answer = error.status, {"ok": False, "error": error.code}  # type: ignore[dict-item]
    workspace.record(
        at=at,
        direction="app->slack",
        name="response_url",
        request=text,
        status=status,
        response=answer,
        ms=(time.perf_counter() - started) * 1000,
        warnings=_find_unknown(text),
    )
    if fault is not None and fault.error in BROKEN_ANSWERS:
        return await break_response(workspace, request, fault.error)
    return web.json_response(answer, status=status)


def _spend(workspace: WorkspaceState, name: str) -> ResponseUrl:
    response_url = workspace.response_urls.get(name)
    if response_url is None or workspace.clock() > response_url.expires_at:
        raise WebApiError("expired_url", status=_GONE)
    if response_url.uses_left <= 0:
        raise WebApiError("used_url", status=_GONE)
    response_url.uses_left -= 1
    return response_url


def _read(text: str) -> Json:
    try:
        body = json.loads(text)
    except ValueError:
        raise api_error("invalid_payload") from None
    if not isinstance(body, dict):
        raise api_error("invalid_payload")
    return {key: value for key, value in body.items() if value is not None}


def _find_unknown(text: str) -> list[str]:
    try:
        given = set(_read(text))
    except WebApiError:
        return ["no JSON object"]
    return [f"unknown argument: {name}" for name in sorted(given.difference(_KNOWN))]
