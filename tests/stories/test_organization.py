"""An organization installs Lagdesk by OAuth for all its workspaces, which see nothing of each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import Harness, slack_errors_of
from tests.scenario_helpers import ephemeral_texts, find_cards, find_ticket, report
from tests.shared_slack import Town, open_town, set_up, unite
from tests.stories.test_many_workspaces import APPS, HOUR_S

# slack-sdk still passes its credentials to aiohttp in the old way
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated"),
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated"),
]
ORGANIZATION, STRANGER = "E07GROUP000", "T07STRANGE0"
TEAMS: Final = ("T07KIDS0000", "T07ADULTS00")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Two workspaces of an organization that is allowed, and one that is not in it."""
    async with open_town(tmp_path, *TEAMS, STRANGER, **APPS, ALLOWED_TEAMS=ORGANIZATION) as opened:
        unite(opened.harnesses[:2], ORGANIZATION)
        opened.harnesses[0].workspace.app.token_rotation = True
        yield opened
        for harness in opened.harnesses:
            assert slack_errors_of(harness.workspace) == []


async def install(town: Town) -> tuple[Harness, Harness]:
    """Install Lagdesk for the organization; return its workspaces, set up by their admins."""
    status, page = await town.install(ORGANIZATION)
    assert (status, "Sandbox Group" in page) == (200, True)
    for harness, app in zip(town.harnesses, ("kids", "adults"), strict=False):
        sam = harness.workspace.person("sam")
        await sam.command("/report")
        assert "not set up" in ephemeral_texts(sam)[-1]
        await set_up(harness, app)
    return town.harnesses[0], town.harnesses[1]


async def check_isolation(harness: Harness, own: str, other: Harness, theirs: str) -> None:
    """Support sees the ticket of its workspace, and not the other one by number, words, button."""
    sam = harness.workspace.person("sam")
    label = (await find_ticket(harness, theirs)).label
    await sam.command("/tickets", label)
    assert f"no ticket {label}" in ephemeral_texts(sam)[-1]
    await sam.command("/tickets", "all room")
    assert (own in ephemeral_texts(sam)[-1], theirs in ephemeral_texts(sam)[-1]) == (True, False)
    (card,) = find_cards(harness, own)
    await sam.click(card, "ticket.claim", value=label.removeprefix("LD-"))
    assert "no ticket" in ephemeral_texts(sam, "escalations")[-1]
    assert (await find_ticket(other, theirs)).assignee is None


async def test_organization(town: Town) -> None:
    """One installation and one token serve both; a workspace outside it is a stranger."""
    kids, adults = await install(town)
    for harness, name in ((kids, "room-kids"), (adults, "room-adults")):
        assert (await report(harness.workspace.person("lin"), name)).ok
    await kids.settled()
    for harness, own, other, theirs in (
        (kids, "room-kids", adults, "room-adults"),
        (adults, "room-adults", kids, "room-kids"),
    ):
        assert len(find_cards(harness, own)) == 1
        assert (await find_ticket(harness, own)).team == harness.workspace.team_id
        await check_isolation(harness, own, other, theirs)
    stranger = town.harnesses[2].workspace.person("lin")
    assert "not installed" in (await stranger.command("/report")).body
    sam = kids.workspace.person("sam")
    await sam.command("/lagdesk", "doctor")
    await kids.settled()
    assert "Every required check passed" in ephemeral_texts(sam)[-1]


async def test_token_of_an_organization(town: Town) -> None:
    """Both workspaces ask at once before it expires: it is exchanged once, and serves both."""
    harnesses = await install(town)
    app = harnesses[0].workspace.app
    before = app.bot_token
    harnesses[0].clock.move(10.5 * HOUR_S)
    people = [harness.workspace.person("lin") for harness in harnesses]
    await asyncio.gather(*(person.command("/lagdesk", "help") for person in people))
    await harnesses[0].workspace.until(lambda: app.bot_token != before)
    calls = [call["name"] for each in harnesses for call in each.workspace.calls]
    assert calls.count("oauth.v2.access") == 2
    for person in people:
        await person.command("/report")
        await person.close(await person.wait_for_view("report"))


async def test_organization_removes_it(town: Town) -> None:
    """Both workspaces lose it at once; their tickets stay, and are there when it is back."""
    kids, adults = await install(town)
    assert (await report(adults.workspace.person("lin"), "room-adults")).ok
    await kids.settled()
    workspace = adults.workspace
    workspace.uninstall()
    answered = {"event tokens_revoked", "event app_uninstalled"}
    await workspace.until(lambda: answered <= {call["name"] for call in workspace.calls})
    for harness in (kids, adults):
        assert "not installed" in (await harness.workspace.person("lin").command("/report")).body
    assert (await town.install(ORGANIZATION))[0] == 200
    sam = adults.workspace.person("sam")
    await sam.command("/tickets", "all room")
    assert "room-adults" in ephemeral_texts(sam)[-1]


async def test_organization_that_is_not_allowed(tmp_path: Path) -> None:
    """It reads its own id, which the operator would have to allow, and its token is revoked."""
    async with open_town(tmp_path, *TEAMS, ALLOWED_TEAMS=STRANGER) as town:
        unite(town.harnesses, ORGANIZATION)
        status, page = await town.install(ORGANIZATION)
        assert (status, ORGANIZATION in page) == (403, True)
        assert not town.harnesses[0].workspace.app.installed
