"""Access tokens in Slack: made and revoked in the settings form, by the person alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from bot.sandbox.slack import Person
from bot.sandbox.slack.delivery.events import emit
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import ephemeral_texts, text_of

SECRET = re.compile(r"lagdesk_[\w-]{43}")


@pytest.fixture(scope="module")
async def lagdesk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """Lagdesk with the API on, by both transports alike."""
    async with open_harness(tmp_path_factory.mktemp("tokens"), HTTP_API="true") as harness:
        yield harness
        assert slack_errors_of(harness.workspace) == []


async def create(person: Person, label: str) -> str:
    """Create a token from the settings; return it as it is shown."""
    await person.command("/lagdesk", "settings")
    settings = await person.wait_for_view("preferences")
    await person.click(settings, "access_token.create")
    form = await person.wait_for_view("access_token")
    outcome = await person.submit(form, {"label": label})
    assert outcome.action == "update", outcome
    shown = SECRET.findall(text_of(person.views[-1]))
    assert len(shown) == 1
    return str(shown[0])


async def test_token_is_shown_once_and_revoked(lagdesk: Harness) -> None:
    """The settings below list it at once, and no longer after its button; the rest stays chosen."""
    sam, tokens = lagdesk.workspace.person("sam"), lagdesk.slack.services.access_tokens
    secret = await create(sam, "Dashboard")
    caller = await tokens.find_person(secret)
    assert caller is not None
    assert (caller.team, caller.person) == (lagdesk.workspace.team_id, sam.id)
    await sam.close(sam.views[-1])
    settings = sam.views[-1]
    assert "*Dashboard*" in text_of(settings)
    assert secret not in text_of(settings)
    await sam.click(settings, "access_token.revoke")
    assert "Dashboard" not in text_of(sam.views[-1])
    assert await tokens.find_person(secret) is None
    assert (await sam.submit(sam.views[-1])).ok
    await sam.command("/lagdesk", "audit", "escalations")
    audit = ephemeral_texts(sam, "escalations")[-1]
    assert f"<@{sam.id}> created the access token Dashboard" in audit
    assert f"<@{sam.id}> revoked the access token Dashboard" in audit


async def test_tokens_of_others_are_not_seen(lagdesk: Harness) -> None:
    """Nor revoked, by a forged click either."""
    lin, sam = lagdesk.workspace.person("lin"), lagdesk.workspace.person("sam")
    secret = await create(lin, "Notebook")
    tokens = lagdesk.slack.services.access_tokens
    listed = await tokens.list_tokens(lagdesk.workspace.team_id, lin.id)
    await create(sam, "Own")
    await sam.close(sam.views[-1])
    assert "Notebook" not in text_of(sam.views[-1])
    await sam.click(sam.views[-1], "access_token.revoke", value=listed[0].id)
    assert await tokens.find_person(secret) is not None


async def test_deactivated_person(lagdesk: Harness) -> None:
    """Slack's event about it takes effect at once."""
    zhou, tokens = lagdesk.workspace.person("zhou"), lagdesk.slack.services.access_tokens
    secret = await create(zhou, "Script")
    assert await tokens.find_person(secret) is not None
    zhou.user.deleted = True
    emit(lagdesk.workspace, "user_change", {"type": "user_change", "user": {"id": zhou.id}})
    await lagdesk.workspace.until(
        lambda: any(call["name"] == "event user_change" for call in lagdesk.workspace.calls)
    )
    assert await tokens.find_person(secret) is None


async def test_settings_without_anything_to_use_a_token_for(http_harness: Harness) -> None:
    """They are as before."""
    sam = http_harness.workspace.person("sam")
    await sam.command("/lagdesk", "settings")
    assert "access_token" not in text_of(await sam.wait_for_view("preferences"))
