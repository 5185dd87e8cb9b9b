"""A client of the API, for a Lagdesk with tickets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.conftest import Harness
from tests.handlers.raw_http import open_raw_http
from tests.scenario_helpers import report

_forms = count(1)
WEAK_WIFI, HEALTHY = "class_77_1", "class_77_6"


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """A response: status, headers and JSON."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Sends requests to `/api/v1`, and makes tokens."""

    harness: Harness
    url: str
    session: ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, name: str) -> str:
        """Return a person's token, always the same."""
        if name not in self.tokens:
            self.tokens[name] = await self.new_token(name)
        return self.tokens[name]

    async def new_token(self, name: str) -> str:
        """Make a token of a person."""
        workspace, tokens = self.harness.workspace, self.harness.slack.services.access_tokens
        person, origin = workspace.person(name).id, f"V-API-{next(_forms)}"
        return (await tokens.create(workspace.team_id, person, "Test", origin=origin)).secret

    async def get(
        self, path: str, token: str = "", method: str = "GET", **headers: str
    ) -> ApiAnswer:
        """Send a request."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        url = f"{self.url}/api/v1{path}"
        async with self.session.request(method, url, headers=sent) as answer:
            return ApiAnswer(
                answer.status, dict(answer.headers), await answer.json(content_type=None)
            )


@asynccontextmanager
async def open_api(folder: Path, **environment: str) -> AsyncIterator[ApiClient]:
    """Start Lagdesk with the API on: LD-1 of lin's with a verdict, LD-2 of sam's."""
    async with open_raw_http(folder, HTTP_API="true", **environment) as client:
        workspace = client.harness.workspace
        assert (await report(workspace.person("lin"), WEAK_WIFI)).ok
        assert (await report(workspace.person("sam"), HEALTHY)).ok
        await client.harness.settled()
        await client.harness.pass_time(400)
        yield ApiClient(client.harness, client.url, client.session)
