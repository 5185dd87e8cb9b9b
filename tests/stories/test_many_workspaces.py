"""Two and twenty workspaces install Lagdesk by OAuth, set it up, and see nothing of each other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.clouds import AgoraAccount
from bot.sandbox.slack import Workspace
from tests.conftest import Harness, slack_errors_of
from tests.scenario_helpers import ephemeral_texts, find_cards, find_ticket, report, text_of
from tests.shared_slack import Town, open_town, set_up

# slack-sdk still passes its credentials to aiohttp in the old way
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated"),
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated"),
]
APPS = {"AGORA_APPS": ",".join(f"{name}={number}" for name, number in AgoraAccount().apps.items())}
HOUR_S = 3600.0


async def install_all(town: Town) -> None:
    """Install Lagdesk everywhere, one after another, and set up all but the first."""
    for number, harness in enumerate(town.harnesses):
        harness.workspace.app.token_rotation = True
        status, page = await town.install(harness.workspace.team_id)
        assert (status, "/lagdesk setup" in page) == (200, True)
        if number:
            sam = harness.workspace.person("sam")
            await sam.command("/report")
            assert "not set up" in ephemeral_texts(sam)[-1]
            await set_up(harness, ("kids", "adults")[number % 2])


async def check_isolation(harness: Harness, others: list[Harness]) -> None:
    """Support sees its own ticket alone, by list, number, words and mention; likewise the log."""
    workspace = harness.workspace
    sam, number = workspace.person("sam"), workspace.team_id
    own = (await find_ticket(harness, f"room_{number}")).label
    (card,) = find_cards(harness, "room_")
    assert f"room_{number}" in text_of(card)
    for other in others:
        label = (await find_ticket(other, f"room_{other.workspace.team_id}")).label
        await sam.command("/tickets", label)
        assert f"no ticket {label}" in ephemeral_texts(sam)[-1]
    await sam.command("/tickets", "all room")
    listed = ephemeral_texts(sam)[-1]
    assert own in listed
    assert not [each for each in others if f"room_{each.workspace.team_id}" in listed]


@pytest.mark.parametrize("number", [2, 20])
async def test_workspaces(tmp_path: Path, number: int) -> None:
    """Each is served with its own token, which is exchanged in time, and with what it chose."""
    teams = [f"T07TOWN{index:04}" for index in range(number)]
    async with open_town(tmp_path, *teams, **APPS) as town:
        await install_all(town)
        for index, harness in enumerate(town.harnesses):
            app = {} if index else {"app": "kids"}
            name = f"room_{harness.workspace.team_id}"
            assert (await report(harness.workspace.person("lin"), name, **app)).ok
        first = town.harnesses[0]
        await first.settled()
        for harness in town.harnesses[:3]:
            others = [each for each in town.harnesses if each is not harness]
            await check_isolation(harness, others[:3])
        await check_rotation(town)
        await check_uninstallation(town)
        for harness in town.harnesses:
            assert slack_errors_of(harness.workspace) == []


async def check_rotation(town: Town) -> None:
    """All ask at once, two hours before the tokens expire: each token is exchanged once."""
    before = [harness.workspace.bot_token for harness in town.harnesses]
    town.harnesses[0].clock.move(10.5 * HOUR_S)
    people = [harness.workspace.person("lin") for harness in town.harnesses]
    for _ in range(2):
        await asyncio.gather(*(person.command("/lagdesk", "help") for person in people))
    for harness, old in zip(town.harnesses, before, strict=True):
        await wait_for_other_token(harness.workspace, old)
        calls = [call["name"] for call in harness.workspace.calls]
        assert calls.count("oauth.v2.access") == 2
    for person in people:
        await person.command("/report")
        await person.close(await person.wait_for_view("report"))


async def wait_for_other_token(workspace: Workspace, old: str) -> None:
    """Wait until a token is exchanged."""
    await workspace.until(lambda: workspace.bot_token != old)


async def check_uninstallation(town: Town) -> None:
    """One workspace removes Lagdesk: its token goes, its ticket stays, the others go on."""
    gone, other = town.harnesses[-1].workspace, town.harnesses[0].workspace
    installations = town.harnesses[0].application.installations
    gone.uninstall()
    await gone.until(lambda: "event app_uninstalled" in [call["name"] for call in gone.calls])
    assert await installations.find(gone.team_id) is None
    assert await installations.find(other.team_id) is not None
    assert (await find_ticket(town.harnesses[-1], f"room_{gone.team_id}")).team == gone.team_id


async def test_workspace_that_is_not_allowed(tmp_path: Path) -> None:
    """It reads why and its token is revoked; nothing is stored. The first one is served."""
    async with open_town(tmp_path, "T07FIRST000", "T07SECOND00", ALLOWED_TEAMS="") as town:
        first, second = (harness.workspace for harness in town.harnesses)
        assert (await town.install(first.team_id))[0] == 200
        status, page = await town.install(second.team_id)
        assert (status, "T07SECOND00" in page, "ALLOWED_TEAMS" in page) == (403, True, True)
        assert not second.app.installed
        assert await town.harnesses[0].application.installations.find(second.team_id) is None


async def test_first_workspace_without_a_channel(tmp_path: Path) -> None:
    """The operator need not know its channel: its admin chooses it there, as in the others."""
    async with open_town(tmp_path, "T07FIRST000", ESCALATION_CHANNEL="") as town:
        (first,) = town.harnesses
        status, _page = await town.install("T07FIRST000")
        assert status == 200
        sam = first.workspace.person("sam")
        await sam.command("/report")
        assert "not set up" in ephemeral_texts(sam)[-1]
        await sam.command("/lagdesk", "doctor")
        assert "with /lagdesk setup" in ephemeral_texts(sam)[-1]
        await set_up(first, "kids")
        assert (await report(sam, "room_first")).ok
        await first.settled()
        assert len(find_cards(first, "room_first")) == 1
