"""The Web API's HTTP endpoint: body, token, scopes, rate limits, faults, request log."""

from __future__ import annotations

import json
import time
from typing import Any, Final

from aiohttp import web

from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.broken_answers import break_response
from bot.sandbox.slack.api.method import Method
from bot.sandbox.slack.api.registry import METHODS
from bot.sandbox.slack.errors import Json, WebApiError, api_error, invalid_arguments
from bot.sandbox.slack.state.faults import BROKEN_ANSWERS, Fault
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_BEARER: Final = "Bearer "
_SECONDS_A_MINUTE: Final = 60.0
_OK: Final = 200
# Not arguments of the methods themselves, yet taken by all of them.
_COMMON: Final = frozenset({"token", "team_id", "pretty"})


async def answer(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Handle one call of /api/METHOD and add it to the request log."""
    name = request.match_info["method"]
    started, at, defects = time.perf_counter(), workspace.clock(), len(workspace.defects)
    fault: Fault | None = None
    arguments, warnings = Arguments({}), list[str]()
    status, headers = _OK, dict[str, str]()
    try:
        arguments = await read_arguments(request)
        fault = workspace.faults.take(name, arguments.given)
        if fault is not None and not fault.after_effect:
            _break(fault)
        body = _run(workspace, request, name, arguments, warnings)
        headers["x-oauth-scopes"] = ",".join(sorted(workspace.scopes))
        if fault is not None:
            _break(fault)
    except WebApiError as error:
        body, status, headers = error.body(), error.status, error.headers
    except _BrokenAnswer as broken:
        body, status = {"broken": broken.mode}, 0
    warnings += [f"defect: {defect['code']}" for defect in workspace.defects[defects:]]
    workspace.record(
        at=at,
        direction="app->slack",
        name=name,
        request=arguments.given,
        status=status,
        response=body,
        ms=(time.perf_counter() - started) * 1000,
        warnings=warnings,
    )
    if not status:
        return await break_response(workspace, request, body["broken"])
    return web.json_response(body, status=status, headers=headers)


class _BrokenAnswer(Exception):  # noqa: N818 - it stands for a broken connection
    def __init__(self, mode: str) -> None:
        super().__init__(mode)
        self.mode = mode


def _break(fault: Fault) -> None:
    if fault.error in BROKEN_ANSWERS:
        raise _BrokenAnswer(fault.error)
    raise fault.as_error()


async def read_arguments(request: web.Request) -> Arguments:
    """Read query and body, the body over the query. JSON is recognised by its content type."""
    given: Json = dict(request.query)
    kind = request.content_type
    is_json = kind == "application/json"
    if request.method != "POST":
        return Arguments(given)
    if is_json:
        given |= _read_json(await request.text())
    elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given |= dict(await request.post())
    elif request.can_read_body:
        raise api_error("invalid_post_type")
    present = {key: value for key, value in given.items() if value is not None}
    return Arguments(present, is_json=is_json)


def _read_json(text: str) -> Json:
    try:
        body = json.loads(text or "{}")
    except ValueError:
        raise api_error("invalid_json") from None
    if not isinstance(body, dict):
        raise api_error("json_not_object")
    return body


def _run(
    workspace: WorkspaceState,
    request: web.Request,
    name: str,
    arguments: Arguments,
    warnings: list[str],
) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise api_error("unknown_method", req_method=name)
    arguments.authorization = request.headers.get("Authorization", "")
    if arguments.is_json and not method.takes_json:
        raise api_error("invalid_post_type")
    check_token(workspace, method, arguments)
    unknown = sorted(set(arguments.given) - method.arguments - _COMMON)
    warnings += [f"unknown argument: {argument}" for argument in unknown]
    if workspace.message_rate_s and method.per_minute:
        every_s = _SECONDS_A_MINUTE / method.per_minute
        workspace.rate_limiter.acquire(name, every_s=every_s, burst=method.per_minute)
    missing = [argument for argument in method.required if argument not in arguments.given]
    if method.needs_team and workspace.app.org_wide and not arguments.has("team_id"):
        raise api_error("missing_argument", needed="team_id")
    if missing:
        raise invalid_arguments(*(f"missing required field: {argument}" for argument in missing))
    body: Json = {"ok": True, **method.run(workspace, arguments)}
    warnings += arguments.warnings
    return body


def find_token(arguments: Arguments) -> str:
    """Find the token: in the Authorization header, or among a form's fields."""
    if arguments.authorization.startswith(_BEARER):
        return arguments.authorization.removeprefix(_BEARER).strip()
    token: Any = arguments.given.get("token", "")
    return "" if arguments.is_json else str(token)


def check_token(workspace: WorkspaceState, method: Method, arguments: Arguments) -> None:
    """Check the token's kind and scopes, as the method table asks."""
    if method.token == "none":
        return
    app, token = workspace.app, find_token(arguments)
    if not token:
        raise api_error("not_authed")
    if token not in (app.bot_token, app.app_token):
        raise api_error("invalid_auth")
    if not app.installed:
        raise api_error("account_inactive")
    if token != (app.bot_token if method.token == "bot" else app.app_token):
        raise api_error("not_allowed_token_type")
    if method.scopes and not workspace.scopes.intersection(method.scopes):
        provided = ",".join(sorted(workspace.scopes))
        raise api_error("missing_scope", needed=method.scopes[0], provided=provided)
