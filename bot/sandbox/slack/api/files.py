"""files.*: the three steps of an upload, and what becomes of the file."""

from __future__ import annotations

import mimetypes
import secrets
import time
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.sandbox.slack import messages
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.broken_answers import break_response
from bot.sandbox.slack.api.method import TIER_3, TIER_4, Method, split_names
from bot.sandbox.slack.errors import Json, api_error, invalid_arguments
from bot.sandbox.slack.state.model import Channel, UploadedFile
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_MAX_ALT_TEXT: Final = 1000
_MAX_CHANNELS: Final = 100
MAX_UPLOAD_BYTES: Final = 32 * 2**20


def _get_upload_url(workspace: WorkspaceState, arguments: Arguments) -> Json:
    length = arguments.number("length", 0)
    if length < 1:
        raise invalid_arguments("must be greater than 0 [json-pointer:/length]")
    if len(arguments.text("alt_txt")) > _MAX_ALT_TEXT:
        raise api_error("alt_txt_too_large")
    ticket = secrets.token_urlsafe(24)
    file = UploadedFile(
        workspace.id_generator.make("F", 11),
        arguments.text("filename"),
        length,
        upload_ticket=ticket,
    )
    file.created = int(workspace.clock())
    workspace.files[file.id] = file
    return {"upload_url": f"{workspace.url}/upload/v1/{ticket}", "file_id": file.id}


async def receive(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Store the bytes, raw or as a form's file; no token is needed, the URL is the secret."""
    started, at = time.perf_counter(), workspace.clock()
    fault = workspace.faults.take("upload")
    status, text = HTTPStatus.OK, "not read"
    data = await _read_bytes(request)
    if fault is None or fault.after_effect:
        status, text = _store_upload(workspace, request.match_info["ticket"], data)
    workspace.record(
        at=at,
        direction="app->slack",
        name="upload",
        request={"bytes": len(data)},
        status=status if fault is None else 0,
        response=text,
        ms=(time.perf_counter() - started) * 1000,
        warnings=[],
    )
    if fault is not None:
        return await break_response(workspace, request, fault.error)
    return web.Response(status=status, text=text)


def _store_upload(workspace: WorkspaceState, ticket: str, data: bytes) -> tuple[HTTPStatus, str]:
    file = next((f for f in workspace.files.values() if f.upload_ticket == ticket), None)
    if file is None or file.completed:
        return HTTPStatus.NOT_FOUND, "not found"
    if len(data) != file.length:
        return HTTPStatus.BAD_REQUEST, f"{len(data)} bytes instead of {file.length}"
    file.data = data
    return HTTPStatus.OK, f"OK - {len(data)}"


async def _read_bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    for value in form.values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""


def _complete(workspace: WorkspaceState, arguments: Arguments) -> Json:
    wanted = arguments.decoded("files")
    if not isinstance(wanted, list) or not wanted:
        raise invalid_arguments("must provide an array [json-pointer:/files]")
    files = [_find_uploaded(workspace, item) for item in wanted]
    channels = _find_channels(workspace, arguments)
    for file, item in zip(files, wanted, strict=True):
        file.title = str(item.get("title") or file.name)
        file.completed, file.uses_until_ready = True, workspace.unready_file_uses
    for channel in channels:
        _share(workspace, channel, files, arguments)
    return {"files": [describe(workspace, file) for file in files]}


def _find_uploaded(workspace: WorkspaceState, item: Any) -> UploadedFile:
    file = workspace.files.get(str(item.get("id"))) if isinstance(item, dict) else None
    if file is None or file.data is None or file.deleted:
        raise api_error("file_not_found")
    return file


def _find_channels(workspace: WorkspaceState, arguments: Arguments) -> list[Channel]:
    listed = arguments.text("channel_id") or arguments.text("channels")
    names = [name for name in listed.split(",") if name]
    if len(names) > _MAX_CHANNELS:
        raise api_error("channels_limit_exceeded")
    channels = []
    for name in names:
        if name not in workspace.channels:
            raise api_error("channel_not_found")
        if workspace.app.bot_user_id not in workspace.channels[name].members:
            raise api_error("not_in_channel")
        channels.append(workspace.channels[name])
    return channels


def _share(
    workspace: WorkspaceState, channel: Channel, files: list[UploadedFile], arguments: Arguments
) -> None:
    body = {
        "text": arguments.text("initial_comment"),
        "files": [describe(workspace, file, is_ready=True) for file in files],
    }
    thread_ts, bot = arguments.text("thread_ts") or None, workspace.app.bot_user_id
    message = messages.compose(workspace, body, user=bot, thread_ts=thread_ts)
    messages.post(workspace, channel, message)
    for file in files:
        file.channels.append(channel.id)


def describe(workspace: WorkspaceState, file: UploadedFile, *, is_ready: bool = False) -> Json:
    """Build the file object; until the file is ready it has no mimetype."""
    ready = is_ready or file.ready
    mimetype = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": mimetype if ready else "",
        "filetype": file.name.rpartition(".")[2] if ready else "",
        "size": file.length,
        "user": workspace.app.bot_user_id,
        "is_public": bool(file.channels),
        "channels": list(file.channels),
        "url_private": f"{workspace.url}/page/file/{file.id}",
        "permalink": f"{workspace.url}/page/file/{file.id}",
    }


def _find(workspace: WorkspaceState, arguments: Arguments) -> UploadedFile:
    file = workspace.files.get(arguments.text("file"))
    if file is None or not file.completed:
        raise api_error("file_not_found")
    if file.deleted:
        raise api_error("file_deleted")
    return file


def _info(workspace: WorkspaceState, arguments: Arguments) -> Json:
    file = _find(workspace, arguments)
    described = describe(workspace, file)
    file.uses_until_ready -= 1
    return {"file": described, "comments": []}


def _delete(workspace: WorkspaceState, arguments: Arguments) -> Json:
    _find(workspace, arguments).deleted = True
    workspace.change_signal.notify()
    return {}


METHODS: Final = {
    "files.getUploadURLExternal": Method(
        _get_upload_url,
        ("files:write",),
        TIER_4,
        takes_json=False,
        required=split_names("filename length"),
        optional=split_names("alt_txt snippet_type"),
    ),
    "files.completeUploadExternal": Method(
        _complete,
        ("files:write",),
        TIER_4,
        required=("files",),
        optional=split_names("channel_id channels initial_comment thread_ts blocks"),
    ),
    "files.info": Method(
        _info,
        ("files:read",),
        TIER_4,
        takes_json=False,
        required=("file",),
        optional=split_names("cursor limit count page"),
    ),
    "files.delete": Method(_delete, ("files:write",), TIER_3, required=("file",)),
}
