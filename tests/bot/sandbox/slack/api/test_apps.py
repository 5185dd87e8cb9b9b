"""OAuth: the install page, the code exchange, token rotation."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.sandbox.slack import Workspace

BACK = "https://lagdesk.example/slack/oauth_redirect"


async def approve_install(
    workspace: Workspace, scope: str = "chat:write,commands"
) -> dict[str, str]:
    """Open the install page; return the query of its redirect."""
    query = {"client_id": workspace.client_id, "scope": scope, "redirect_uri": BACK, "state": "s1"}
    url = f"{workspace.url}/oauth/v2/authorize"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, params=query, allow_redirects=False) as response,
    ):
        location = response.headers["Location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


async def exchange(workspace: Workspace, call: Any, **fields: str) -> Any:
    """Exchange a code or refresh token."""
    credentials = {"client_id": workspace.client_id, "client_secret": workspace.client_secret}
    return await call("oauth.v2.access", token=None, form=True, **{**credentials, **fields})


async def test_code_is_exchanged_once(workspace: Workspace, call: Any) -> None:
    """The code is exchanged for a bot token with the requested scopes, once."""
    back = await approve_install(workspace)
    granted = await exchange(workspace, call, code=back["code"], redirect_uri=BACK)
    assert (back["state"], granted.body["scope"]) == ("s1", "chat:write,commands")
    assert (await call("auth.test", token=granted.body["access_token"])).error == ""
    assert (await exchange(workspace, call, code=back["code"])).error == "invalid_code"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "x"}, "bad_client_secret"),
        ({"redirect_uri": "https://elsewhere.example"}, "bad_redirect_uri"),
    ],
)
async def test_exchange_is_checked(
    workspace: Workspace, call: Any, wrong: dict[str, str], error: str
) -> None:
    """Who exchanges a code must be the app it was made for."""
    back = await approve_install(workspace)
    fields = {"code": back["code"], "redirect_uri": BACK, **wrong}
    assert error == (await exchange(workspace, call, **fields)).error


async def test_rotation_spends_refresh_tokens(workspace: Workspace, call: Any) -> None:
    """A refresh token works once, and the token before it stops."""
    workspace.app.token_rotation = True
    back = await approve_install(workspace)
    first = (await exchange(workspace, call, code=back["code"])).body
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = await exchange(workspace, call, **again)
    assert (second.error, second.body["expires_in"]) == ("", 43_200)
    assert (await call("auth.test", token=first["access_token"])).error == "invalid_auth"
    assert (await exchange(workspace, call, **again)).error == "invalid_refresh_token"
