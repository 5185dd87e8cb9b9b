"""auth.*, apps.*, oauth.*, blocks.validate, and the OAuth install page."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.slack import admin
from bot.sandbox.slack.api.arguments import Arguments
from bot.sandbox.slack.api.method import TIER_3, Method, split_names
from bot.sandbox.slack.block_kit import validate_message, validate_view
from bot.sandbox.slack.delivery.socket_mode import make_socket_url
from bot.sandbox.slack.errors import Json, api_error, invalid_arguments
from bot.sandbox.slack.state.seed import DEFAULT_PERSON
from bot.sandbox.slack.state.workspace_state import WorkspaceState

_TOKEN_LIFE_S: Final = 43_200


def _auth_test(workspace: WorkspaceState, _arguments: Arguments) -> Json:
    org, is_org_wide = workspace.enterprise, workspace.app.org_wide
    described: Json = {
        "url": f"{workspace.url}/",
        "team": org["name"] if org and is_org_wide else workspace.team_name,
        "user": workspace.app.bot_name,
        "team_id": workspace.installed_in,
        "user_id": workspace.app.bot_user_id,
        "bot_id": workspace.app.bot_id,
        "is_enterprise_install": is_org_wide,
    }
    return described | ({"enterprise_id": org["id"]} if org else {})


def _auth_revoke(workspace: WorkspaceState, arguments: Arguments) -> Json:
    if arguments.flag("test"):
        return {"revoked": False}
    admin.uninstall(workspace)
    return {"revoked": True}


def _open_connection(workspace: WorkspaceState, _arguments: Arguments) -> Json:
    return {"url": make_socket_url(workspace)}


async def authorize(workspace: WorkspaceState, request: web.Request) -> web.StreamResponse:
    """Serve the install page: it approves at once and redirects back with a code.

    `team` is the workspace, or the organization when it is installed for all its workspaces.
    """
    query = request.query
    if query.get("client_id") != workspace.app.client_id:
        return web.Response(status=400, text="invalid_client_id")
    redirect_uri = query.get("redirect_uri", "")
    code = secrets.token_hex(16)
    requested = {scope for scope in query.get("scope", "").split(",") if scope}
    workspace.oauth_codes[code] = {
        "redirect_uri": redirect_uri,
        "scopes": requested,
        "org_wide": query.get("team", "") == workspace.enterprise_id != "",
    }
    back = {"code": code, "state": query.get("state", "")}
    if not redirect_uri:
        return web.json_response(back)
    joint = "&" if "?" in redirect_uri else "?"
    raise web.HTTPFound(f"{redirect_uri}{joint}{urlencode(back)}")


def _oauth_access(workspace: WorkspaceState, arguments: Arguments) -> Json:
    client_id, secret = _read_client(arguments)
    if client_id != workspace.app.client_id:
        raise api_error("invalid_client_id")
    if not secrets.compare_digest(secret, workspace.app.client_secret):
        raise api_error("bad_client_secret")
    if arguments.text("grant_type") == "refresh_token":
        return _refresh(workspace, arguments)
    granted = workspace.oauth_codes.pop(arguments.text("code"), None)
    if granted is None:
        raise api_error("invalid_code")
    if arguments.text("redirect_uri", granted["redirect_uri"]) != granted["redirect_uri"]:
        raise api_error("bad_redirect_uri")
    if not granted["scopes"]:
        raise api_error("no_scopes")
    workspace.app.scopes = set(granted["scopes"])
    workspace.app.installed, workspace.app.org_wide = True, granted["org_wide"]
    return _grant(workspace)


def _read_client(arguments: Arguments) -> tuple[str, str]:
    scheme, _, encoded = arguments.authorization.partition(" ")
    if scheme == "Basic":
        try:
            client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (ValueError, binascii.Error):
            return "", ""
        return client_id, secret
    return arguments.text("client_id"), arguments.text("client_secret")


def _refresh(workspace: WorkspaceState, arguments: Arguments) -> Json:
    """Exchange a refresh token, which is good once; the old access token stops at once."""
    refresh_token = workspace.app.refresh_token
    if not refresh_token or arguments.text("refresh_token") != refresh_token:
        raise api_error("invalid_refresh_token")
    return _grant(workspace)


def _grant(workspace: WorkspaceState) -> Json:
    app, team = workspace.app, {"id": workspace.team_id, "name": workspace.team_name}
    granted: Json = {
        "access_token": app.bot_token,
        "token_type": "bot",
        "scope": ",".join(sorted(app.scopes)),
        "bot_user_id": app.bot_user_id,
        "app_id": app.id,
        "team": None if app.org_wide else team,
        "enterprise": workspace.enterprise,
        "is_enterprise_install": app.org_wide,
        "authed_user": {"id": DEFAULT_PERSON},
    }
    if app.token_rotation:
        app.bot_token = f"xoxe.xoxb-1-sandbox-{secrets.token_hex(8)}"
        app.refresh_token = f"xoxe-1-sandbox-{secrets.token_hex(8)}"
        rotated = {"access_token": app.bot_token, "refresh_token": app.refresh_token}
        granted |= {**rotated, "expires_in": _TOKEN_LIFE_S}
    return granted


def _validate_blocks(_workspace: WorkspaceState, arguments: Arguments) -> Json:
    given = [name for name in ("blocks", "message", "view") if arguments.has(name)]
    if len(given) != 1:
        raise invalid_arguments("exactly one of blocks, message and view")
    what = given[0]
    value = arguments.decoded(what)
    checked = {"blocks": value, "text": "-"} if what == "blocks" else value
    problems = validate_view(checked) if what == "view" else validate_message(checked)
    if problems:
        raise api_error(f"invalid_{what}", errors=[problem.described() for problem in problems])
    return {}


METHODS: Final = {
    "auth.test": Method(_auth_test),
    "auth.revoke": Method(_auth_revoke, per_minute=TIER_3, takes_json=False, optional=("test",)),
    "apps.connections.open": Method(_open_connection, per_minute=TIER_3, token="app"),
    "oauth.v2.access": Method(
        _oauth_access,
        takes_json=False,
        token="none",
        optional=split_names(
            "client_id client_secret code redirect_uri grant_type refresh_token code_verifier"
        ),
    ),
    "blocks.validate": Method(_validate_blocks, optional=split_names("blocks message view")),
}
