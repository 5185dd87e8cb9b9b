"""HTTP routes and the WebSocket of the page."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.sandbox.slack import channels, messages
from bot.sandbox.slack.elements import find_element
from bot.sandbox.slack.errors import Json, WebApiError
from bot.sandbox.slack.interactions import actions, view_submissions
from bot.sandbox.slack.json_copy import copy_json
from bot.sandbox.slack.outcomes import Outcome
from bot.sandbox.slack.person import Person, find_person, list_people
from bot.sandbox.slack.state.model import is_reply
from bot.sandbox.slack.state.seed import DEFAULT_CHANNEL
from bot.sandbox.slack.state.workspace_state import WorkspaceState

PAGE_DIR: Final = Path(__file__).parent
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_COMMAND: Final = re.compile(r"/[a-z0-9_-]+")
_STATIC: Final = re.compile(r"[A-Za-z0-9_-]+\.(js|css|svg|png|html)")
_KINDS: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


async def show_page(_workspace: WorkspaceState, _request: web.Request) -> web.StreamResponse:
    """Send index.html."""
    return _send_static("index.html")


async def show_static(_workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Send a file of the page."""
    return _send_static(request.match_info["name"])


def _send_static(name: str) -> web.Response:
    path = PAGE_DIR / name
    if not _STATIC.fullmatch(name) or not path.is_file():
        return web.Response(status=404, text="not found")
    kind = _KINDS.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    charset = None if kind.startswith("image/p") else "utf-8"
    body = path.read_bytes()
    return web.Response(body=body, content_type=kind, charset=charset, headers=_HEADERS)


async def show_file(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Send an uploaded file's bytes."""
    file = workspace.files.get(request.match_info["file"])
    if file is None or file.data is None or file.deleted:
        return web.Response(status=404, text="not found")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return web.Response(body=file.data, content_type=kind, headers=_HEADERS)


async def follow_permalink(_workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Send a short link on to the page's own address for the message."""
    digits = request.match_info["ts"].removeprefix("p")
    ts = f"{digits[:-6]}.{digits[-6:]}"
    raise web.HTTPFound(f"/#{request.match_info['channel']}/{ts}")


async def bootstrap(workspace: WorkspaceState, _request: web.Request) -> web.StreamResponse:
    """Send the app, the people, the commands and the server's time."""
    app, transport = workspace.app, workspace.transport
    people = [_describe_person(person) for person in list_people(workspace)]
    app_json = {
        "id": app.id,
        "name": app.name,
        "bot_user_id": app.bot_user_id,
        "connected": transport is not None and transport.connected,
        "transport": transport.name if transport is not None else None,
    }
    command_keys = ("command", "description", "usage_hint")
    shortcut_keys = ("type", "callback_id", "name")
    groups = workspace.usergroups.values()
    return web.json_response(
        {
            "now": workspace.clock(),
            "team": {
                "id": workspace.team_id,
                "name": workspace.team_name,
                "domain": workspace.domain,
            },
            "app": app_json,
            "people": people,
            "commands": [_pick(one, command_keys) for one in app.commands or []],
            "shortcuts": [_pick(one, shortcut_keys) for one in app.shortcuts or []],
            "steps": [
                {"callback_id": name, **function} for name, function in app.functions.items()
            ],
            "usergroups": [{"id": group.id, "handle": group.handle} for group in groups],
            "default_as": workspace.default_person,
            "default_channel": DEFAULT_CHANNEL,
        }
    )


def _describe_person(person: Person) -> Json:
    user = person.user
    names = {"id": user.id, "name": user.name, "real_name": user.real_name}
    rest = {"locale": user.locale, "tz": user.timezone, "title": user.title, "color": user.color}
    return {**names, **rest, "im": person.dm_channel_id()}


def _pick(source: Json, keys: tuple[str, ...]) -> Json:
    return {key: source.get(key, "") for key in keys}


async def show_state(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Send a person's channel list, App Home and open modals."""
    person = _acting(workspace, request.query)
    person.dm_channel_id()
    state = {"channels": person.channel_list(), "home": person.home, "views": person.views}
    return web.json_response(state)


async def show_messages(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """List a channel's or thread's messages with what only this person sees, oldest first."""
    person = _acting(workspace, request.query)
    channel = workspace.channel(request.query["channel"])
    if channel.private and person.id not in channel.members:
        return web.json_response({"messages": []})
    root = request.query.get("thread_ts") or None
    public = channel.top_level() if root is None else channel.thread(root)
    private = [
        message
        for message in person.ephemerals(channel.id)
        if message.get("thread_ts") == root or (root is None and not is_reply(message))
    ]
    ordered = sorted([*public, *private], key=lambda message: float(message["ts"]))
    return web.json_response({"messages": [messages.as_page_message(channel, m) for m in ordered]})


async def show_calls(workspace: WorkspaceState, _request: web.Request) -> web.StreamResponse:
    """Send the request log."""
    return web.json_response(workspace.calls)


def _acting(workspace: WorkspaceState, given: Any) -> Person:
    try:
        return find_person(workspace, given.get("as") or workspace.default_person)
    except KeyError:
        raise web.HTTPNotFound(text="no such person") from None


async def listen(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Send a person's page what happens, until it leaves."""
    person = _acting(workspace, request.query)
    socket = web.WebSocketResponse(heartbeat=30.0)
    await socket.prepare(request)
    queue = workspace.page_events.subscribe(person.id)
    workspace.change_signal.notify()
    writer = asyncio.create_task(_write(workspace, socket, queue))
    closer = asyncio.create_task(_close_at_end(workspace, socket))
    try:
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
    finally:
        workspace.page_events.unsubscribe(queue)
        writer.cancel()
        closer.cancel()
        await asyncio.gather(writer, closer, return_exceptions=True)
    return socket


async def _write(
    workspace: WorkspaceState, socket: web.WebSocketResponse, queue: asyncio.Queue[Json]
) -> None:
    while True:
        event = await queue.get()
        await socket.send_json(event | {"now": workspace.clock()})


async def _close_at_end(workspace: WorkspaceState, socket: web.WebSocketResponse) -> None:
    await workspace.closing.wait()
    await socket.close()


PageAction = Callable[[WorkspaceState, "Person", Json], Awaitable[Json]]


def act(
    page_action: PageAction,
) -> Callable[[WorkspaceState, web.Request], Awaitable[web.StreamResponse]]:
    """Make a route of something a person does: JSON in, `{ok, error?}` out."""

    async def handle(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_json"}, status=400)
        person = _acting(workspace, body)
        try:
            result = await page_action(workspace, person, body)
        except WebApiError as error:
            return web.json_response({"ok": False, "error": error.code})
        except (KeyError, AssertionError) as error:
            return web.json_response({"ok": False, "error": f"not_found: {error}"})
        return web.json_response({"ok": True, **result})

    return handle


async def _post_message(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    text, thread_ts = str(body["text"]), body.get("thread_ts")
    name, _, rest = text.partition(" ")
    is_command = _COMMAND.fullmatch(name) is not None
    if is_command and thread_ts:
        notice_text = f"{name} is not supported in threads. Sorry!"
        workspace.notice(person.id, body["channel"], "not_supported_in_threads", notice_text)
        return {"ok": False, "error": "not_supported_in_threads"}
    if not is_command:
        message = await person.post_message(body["channel"], text, thread_ts)
        return {"ts": message["ts"]}
    return _outcome_json(await person.command(name, rest.strip(), body["channel"]))


def _outcome_json(outcome: Outcome) -> Json:
    return {} if outcome.ok else {"ok": False, "error": outcome.error}


def _find(
    workspace: WorkspaceState, person: Person, body: Json
) -> tuple[Json, actions.BlockElement]:
    target = body["container"]
    by_view = {"id": target.get("view_id")}
    is_message = target["type"] == "message"
    container = person.find_container({"ts": target["ts"]} if is_message else by_view)
    block_element = find_element(container, body["action_id"], body.get("block_id"))
    if block_element is None:
        raise KeyError(body["action_id"])
    _store_drafts(workspace, container, body.get("state") or {})
    return container, block_element


def _store_drafts(workspace: WorkspaceState, container: Json, state: Json) -> None:
    for block_id, fields in state.items():
        for action_id, value in fields.items():
            actions.draft(workspace, container, block_id, action_id, value)


async def _action(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    container, block_element = _find(workspace, person, body)
    outcome = await actions.act(workspace, person.user, container, block_element, body.get("value"))
    return _outcome_json(outcome)


async def _options(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    container, block_element = _find(workspace, person, body)
    query = str(body.get("query", ""))
    return await actions.suggest(workspace, person.user, container, block_element, query)


async def _submit(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    view = person.find_container({"id": body["view_id"]})
    state = copy_json(body.get("state") or {})
    outcome = await view_submissions.submit(workspace, person.user, view["id"], state)
    if outcome.ok:
        return {}
    return {"ok": False, "errors": outcome.errors, "error": outcome.error or "invalid_form"}


async def _close(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    view = person.find_container({"id": body["view_id"]})
    everything = bool(body.get("clear"))
    await view_submissions.close(workspace, person.user, view["id"], everything=everything)
    return {}


async def _shortcut(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    if body.get("ts"):
        message = workspace.message(body["channel"], body["ts"])
        return _outcome_json(await person.message_shortcut(body["callback_id"], message))
    return _outcome_json(await person.shortcut(body["callback_id"]))


async def _panel(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    channel = workspace.channel_of(body["ts"])
    person.open_panel(channel.messages[body["ts"]], str(body["url"]))
    return {}


async def _step(_workspace: WorkspaceState, person: Person, body: Json) -> Json:
    person.run_step(str(body["callback_id"]), body["inputs"])
    return {}


async def _home(_workspace: WorkspaceState, person: Person, body: Json) -> Json:
    await person.open_home(str(body.get("tab", "home")))
    return {}


async def _read(workspace: WorkspaceState, person: Person, body: Json) -> Json:
    person.read(body["channel"])
    channels.publish_list(workspace, person.user)
    return {}


async def _edit(_workspace: WorkspaceState, person: Person, body: Json) -> Json:
    await person.edit({"ts": body["ts"]}, str(body["text"]))
    return {}


async def _react(_workspace: WorkspaceState, person: Person, body: Json) -> Json:
    await person.react({"ts": body["ts"]}, str(body["name"]))
    return {}


async def _delete(_workspace: WorkspaceState, person: Person, body: Json) -> Json:
    await person.delete({"ts": body["ts"]})
    return {}


ROUTES: Final = (
    ("GET", "/", show_page),
    ("GET", "/archives/{channel}/{ts}", show_page),
    ("GET", "/static/{name}", show_static),
    ("GET", "/page/bootstrap", bootstrap),
    ("GET", "/page/state", show_state),
    ("GET", "/page/messages", show_messages),
    ("GET", "/page/calls", show_calls),
    ("GET", "/page/socket", listen),
    ("GET", "/page/file/{file}", show_file),
    ("GET", "/page/permalink/{channel}/{ts}", follow_permalink),
    ("POST", "/page/say", act(_post_message)),
    ("POST", "/page/action", act(_action)),
    ("POST", "/page/options", act(_options)),
    ("POST", "/page/submit", act(_submit)),
    ("POST", "/page/close", act(_close)),
    ("POST", "/page/shortcut", act(_shortcut)),
    ("POST", "/page/panel", act(_panel)),
    ("POST", "/page/step", act(_step)),
    ("POST", "/page/home", act(_home)),
    ("POST", "/page/read", act(_read)),
    ("POST", "/page/edit", act(_edit)),
    ("POST", "/page/react", act(_react)),
    ("POST", "/page/delete", act(_delete)),
)
