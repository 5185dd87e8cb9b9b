"""The running API against its own document, with whatever the document allows and forbids."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from tests.handlers.api.client import ApiClient, open_api

EXAMPLES = 25  # of each route, allowed and not


@pytest.fixture(scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ApiClient]:
    """Lagdesk with tickets, and without a limit of requests."""
    async with open_api(tmp_path_factory.mktemp("api"), PERSON_LIMIT="0") as opened:
        yield opened


def operation_of(found: Any) -> Any:
    """Return a route of the document, which is a result or an error."""
    return found.ok()


def send_examples(document: dict[str, Any], url: str, token: str, mode: GenerationMode) -> int:
    """Send examples of every route, and check each response; return how many."""
    schema, sent = schemathesis.openapi.from_dict(document), 0

    @schema.hook
    def map_query(_context: Any, query: Any) -> Any:
        """Name an app that there is: which they are, the document does not know."""
        return query | {"app": "kids"} if query and query.get("app") else query

    with requests.Session() as session:
        for operation in map(operation_of, schema.get_all_operations()):
            if mode is GenerationMode.NEGATIVE and not operation.definition.raw["parameters"]:
                continue  # nothing can be wrong

            @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case: Case[Any]) -> None:
                nonlocal sent
                sent += 1
                headers = {"Authorization": f"Bearer {token}"}
                case.call_and_validate(base_url=f"{url}/api/v1", session=session, headers=headers)

            check()
    return sent


@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_routes_are_as_the_document_says(api: ApiClient, mode: GenerationMode) -> None:
    """Never a 5xx; without a token, with a wrong one and by other methods neither."""
    document = (await api.get("/openapi.json")).body
    if mode is GenerationMode.NEGATIVE:  # else a missing token, which is sent all the same, counts
        document["security"] = []
    token = await api.token("sam")
    sent = await asyncio.to_thread(send_examples, document, api.url, token, mode)
    assert sent >= EXAMPLES
