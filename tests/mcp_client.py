"""The official MCP client, connected to a running Lagdesk as a person with an access token."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from tests.conftest import Harness

_ORIGINS: Final = itertools.count()


async def create_token(harness: Harness, name: str) -> str:
    """Make an access token, as its person."""
    tokens, team = harness.slack.services.access_tokens, harness.workspace.team_id
    person, origin = harness.workspace.person(name).id, f"view-{next(_ORIGINS)}"
    return (await tokens.create(team, person, "Assistant", origin=origin)).secret


@asynccontextmanager
async def connect(
    url: str, secret: str, mode: Any = "auto", **headers: str
) -> AsyncIterator[Client]:
    """Connect; `mode` is how the client negotiates the version of the protocol."""
    sent = {"Authorization": f"Bearer {secret}", **headers}
    async with (
        httpx2.AsyncClient(headers=sent, timeout=60) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def text_of(result: CallToolResult) -> str:
    """Return the whole text of a result."""
    return "\n".join(content.text for content in result.content if content.type == "text")


def everything_of(result: CallToolResult) -> str:
    """Return text and data."""
    return text_of(result) + json.dumps(result.structured_content, ensure_ascii=False)
