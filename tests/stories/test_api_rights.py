"""Every route of the API, tried by everybody: who is refused, and what is seen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from bot.sandbox.slack.delivery.events import emit
from bot.services.admin.installations import WorkspaceToken
from tests.conftest import Harness
from tests.scenario_helpers import report
from tests.shared_slack import Town, open_town, set_up

FIRST, SECOND = "T07LAGDESK0", "T07OTHER000"
COMMENT: Final = "a-secret-comment"
PEOPLE: Final = {"outsider": "guest", "reporter": "lin", "support": "sam"}
EXAMPLES: Final = {"{number}": "1", "{week}": "2026-W46"}
# The status of each role; a route that is new is missing here, and fails the test.
EXPECTED: Final[Mapping[str, Mapping[str, int]]] = {
    "/tickets": {**dict.fromkeys(PEOPLE, 200), "other workspace": 200},
    "/tickets/{number}": {
        **dict.fromkeys(("reporter", "support"), 200),
        **dict.fromkeys(("outsider", "other workspace"), 404),
    },
    "/weeks/{week}": {**dict.fromkeys(PEOPLE, 200), "other workspace": 200},
    "/quotas": {**dict.fromkeys(PEOPLE, 200), "other workspace": 200},
}
SEES_COMMENT: Final = {("/tickets/{number}", "reporter"), ("/tickets/{number}", "support")}
SEES_TICKET: Final = {
    *(("/tickets", role) for role in ("reporter", "support")),
    *(("/tickets/{number}", role) for role in ("reporter", "support")),
    ("/weeks/{week}", "support"),  # among the oldest
}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A ticket of lin's in the first workspace, and a second one with the same people."""
    async with open_town(tmp_path, FIRST, SECOND, HTTP_API="true") as opened:
        first, second = opened.harnesses
        for harness in opened.harnesses:
            workspace = harness.workspace
            token = WorkspaceToken(workspace.bot_token, "B1", "U1")
            await harness.application.installations.save(workspace.team_id, token)
        await set_up(second, "kids")
        assert (await report(first.workspace.person("lin"), "class_77_1", comments=COMMENT)).ok
        await first.pass_time(1)
        yield opened


async def token_of(harness: Harness, name: str) -> str:
    """Make a token."""
    person = harness.workspace.person(name).id
    tokens = harness.slack.services.access_tokens
    team = harness.workspace.team_id
    return (await tokens.create(team, person, "Test", origin=f"V-{team}-{person}")).secret


async def read(town: Town, path: str, token: str) -> tuple[int, str]:
    """Send a request; return its status and its JSON as text."""
    for name, value in EXAMPLES.items():
        path = path.replace(name, value)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    async with town.slack.session.get(f"{town.url}/api/v1{path}", headers=headers) as answer:
        return answer.status, json.dumps(await answer.json(content_type=None))


async def routes_of(town: Town) -> list[str]:
    """Every route that the document has."""
    async with town.slack.session.get(f"{town.url}/api/v1/openapi.json") as answer:
        document: dict[str, Any] = await answer.json()
    return list(document["paths"])


async def test_everybody_reads_what_slack_shows_them(town: Town) -> None:
    """Others are told that there is nothing, as about a ticket that there is not."""
    first, second = town.harnesses
    tokens = {role: await token_of(first, name) for role, name in PEOPLE.items()}
    tokens["other workspace"] = await token_of(second, "sam")
    seen = {
        (path, role): await read(town, path, token)
        for path in await routes_of(town)
        for role, token in tokens.items()
    }
    statuses: dict[str, dict[str, int]] = {}
    for (path, role), (status, _) in seen.items():
        statuses.setdefault(path, {})[role] = status
    assert statuses == EXPECTED
    assert {key for key, (_, text) in seen.items() if COMMENT in text} == SEES_COMMENT
    assert {key for key, (_, text) in seen.items() if "class_77_1" in text} == SEES_TICKET
    assert not any("20002" in text for _, text in seen.values())


async def test_tokens_that_are_no_longer_good(town: Town) -> None:
    """A revoked one, one of somebody who was deactivated, one where Lagdesk was removed."""
    first, second = town.harnesses
    tokens, team = first.slack.services.access_tokens, first.workspace.team_id
    revoked, gone, removed = [
        await token_of(harness, name)
        for harness, name in ((first, "lin"), (first, "zhou"), (second, "sam"))
    ]
    routes = await routes_of(town)
    for token in (revoked, gone, removed):
        assert (await read(town, "/quotas", token))[0] == 200
    lin, zhou = (first.workspace.person(name) for name in ("lin", "zhou"))
    await tokens.revoke(team, lin.id, (await tokens.list_tokens(team, lin.id))[0].id)
    zhou.user.deleted = True
    emit(first.workspace, "user_change", {"type": "user_change", "user": {"id": zhou.id}})
    emit(second.workspace, "app_uninstalled", {"type": "app_uninstalled"})
    for harness, event in ((first, "user_change"), (second, "app_uninstalled")):
        await harness.workspace.until(
            lambda harness=harness, event=event: any(  # type: ignore[misc]  # bound here
                call["name"] == f"event {event}" for call in harness.workspace.calls
            )
        )
    for token in (revoked, gone, removed):
        assert {(await read(town, path, token))[0] for path in routes} == {401}
