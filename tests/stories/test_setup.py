"""`/lagdesk setup`: a workspace's admins choose its channels, support, apps and language."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import pytest

from bot.sandbox.clouds import AgoraAccount
from bot.sandbox.slack import Person
from bot.sandbox.slack.state.seed import ESCALATIONS, LEADS, SUPPORT_GROUP
from tests.conftest import Harness, open_harness, slack_errors_of
from tests.scenario_helpers import ephemeral_texts, report, text_of

FIELDS: Final = (
    *("escalation_channel", "summary_channel", "support_group", "apps", "timezone", "language"),
)
CHOSEN: Final[Mapping[str, Any]] = {
    "escalation_channel": LEADS,
    "summary_channel": LEADS,
    "support_group": "@support",
    "apps": ["adults"],
    "timezone": "berlin",
    "language": "both",
    "routes": "",
}


@pytest.fixture
async def harness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Harness]:
    """A running Lagdesk with two apps."""
    apps = ",".join(f"{name}={app_id}" for name, app_id in AgoraAccount().apps.items())
    async with open_harness(tmp_path_factory.mktemp("setup"), AGORA_APPS=apps) as built:
        yield built
        assert slack_errors_of(built.workspace) == []


async def open_form(person: Person) -> dict[str, Any]:
    """Open the form."""
    await person.command("/lagdesk", "setup")
    return await person.wait_for_view("setup")


async def test_what_the_form_shows(harness: Harness) -> None:
    """The settings in effect, which are those of the environment, in the admin's language."""
    maya = harness.workspace.person("maya")
    view = await open_form(maya)
    elements = {block["block_id"]: block["element"] for block in view["blocks"]}
    assert tuple(elements)[:6] == FIELDS
    assert {element["action_id"] for element in elements.values()} == {"value"}
    assert elements["escalation_channel"]["initial_conversation"] == ESCALATIONS
    assert elements["timezone"]["initial_value"] == "Asia/Shanghai"
    assert elements["language"]["initial_option"]["value"] == "en"
    chosen = [option["value"] for option in elements["apps"]["initial_options"]]
    assert chosen == ["kids", "adults"]
    await maya.close(view)


async def test_in_chinese(harness: Harness) -> None:
    """For an admin who reads Chinese, errors and confirmation included."""
    zhou = harness.workspace.person("zhou")
    harness.workspace.users[zhou.id].is_admin = True
    view = await open_form(zhou)
    assert view["title"]["text"] == "设置 Lagdesk"
    outcome = await zhou.submit(view, {**CHOSEN, "timezone": "火星"})
    assert outcome.errors == {"timezone": "请填写时区，例如 Asia/Shanghai。"}
    assert (await zhou.submit(view, CHOSEN)).action == "update"
    assert "已保存" in text_of(await zhou.wait_for_view("setup_saved"))


async def test_saving(harness: Harness) -> None:
    """Everything uses it at once: forms, cards, languages; it is confirmed and audited."""
    maya, lin, sam = (harness.workspace.person(name) for name in ("maya", "lin", "sam"))
    outcome = await maya.submit(await open_form(maya), CHOSEN)
    assert outcome.action == "update"
    saved = text_of(await maya.wait_for_view("setup_saved"))
    for shown in (f"<#{LEADS}>", f"<!subteam^{SUPPORT_GROUP}>", "adults", "Europe/Berlin"):
        assert shown in saved
    await maya.close(maya.views[-1])
    await lin.shortcut("report_call")
    form = await lin.wait_for_view("report")
    assert "app" not in {block["block_id"] for block in form["blocks"]}
    await lin.close(form)
    assert (await report(lin, "evening_1")).ok
    await harness.settled()
    assert find_cards(harness, ESCALATIONS, "evening_1") == []
    (card,) = find_cards(harness, LEADS, "evening_1")
    assert "工单" in text_of(card)
    await sam.command("/lagdesk", "audit", "escalations")
    assert (
        f"<@{maya.id}> changed the settings of the workspace: escalation_channel"
        in (ephemeral_texts(sam, "escalations")[-1])
    )


def find_cards(harness: Harness, channel: str, cname: str) -> list[dict[str, Any]]:
    """The messages in a channel that name a call's channel."""
    return [each for each in harness.workspace.messages(channel) if cname in text_of(each)]


@pytest.mark.parametrize("name", ["sam", "lin", "guest"])
async def test_only_admins(harness: Harness, name: str) -> None:
    """Support and others read who may; a form that they forge is refused and changes nothing."""
    person, maya = harness.workspace.person(name), harness.workspace.person("maya")
    await person.command("/lagdesk", "setup")
    assert person.views == []
    refusal = ephemeral_texts(person, "teachers")[-1]
    who = "Lagdesk" if name == "lin" else "Only admins and owners of this Slack workspace"
    assert who in refusal
    view = await open_form(maya)
    harness.workspace.users[maya.id].is_admin = False
    harness.workspace.update_user("maya", title="Teacher")
    await harness.workspace.until(
        lambda: harness.workspace.calls[-1]["name"] == "event user_change"
    )
    before = harness.application.context.workspaces.of(harness.workspace.team_id)
    outcome = await maya.submit(view, CHOSEN)
    assert next(iter(outcome.errors.values())).startswith("Only admins")
    assert harness.application.context.workspaces.of(harness.workspace.team_id) == before


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("escalation_channel", "C07RANDOM01", "/invite @Lagdesk"),
        ("escalation_channel", "C07NOBODY99", "cannot see C07NOBODY99"),
        ("summary_channel", "C07RANDOM01", "not in #random"),
        ("support_group", "@nobody", "no such user group"),
        ("apps", ["piano"], "apps in the list"),
        ("timezone", "Mars/Olympus", "such as Asia/Shanghai"),
        ("language", "fr", "from the list"),
        ("routes", "piano C07LEADS001", "no app called piano"),
        ("routes", "adults", "Line 1"),
        ("routes", "adults C07RANDOM01", "not in #random"),
        ("routes", "adults C07LEADS001\nadults C07TEACHERS", "Two lines"),
        ("support_group", "", "Whoever joins #escalations"),
    ],
)
async def test_what_is_wrong(harness: Harness, field: str, value: Any, expected: str) -> None:
    """It stands under its field, and nothing is saved."""
    maya, team = harness.workspace.person("maya"), harness.workspace.team_id
    before = harness.application.context.workspaces.of(team)
    values = {**CHOSEN, "escalation_channel": ESCALATIONS, field: value}
    outcome = await maya.submit(await open_form(maya), values, force=True)
    assert list(outcome.errors) == [field]
    assert expected in outcome.errors[field]
    assert harness.application.context.workspaces.of(team) == before
    await maya.close(maya.views[-1])


async def test_slack_does_not_say_who_is_an_admin(harness: Harness) -> None:
    """Nobody is refused for that: they are asked to try again."""
    maya = harness.workspace.person("maya")
    harness.workspace.fail_next("users.info", "fatal_error", times=3)
    await maya.command("/lagdesk", "setup")
    assert "does not answer who is an admin" in ephemeral_texts(maya)[-1]


async def test_without_the_scope_for_groups(harness: Harness) -> None:
    """The form says under the group that it is missing."""
    maya = harness.workspace.person("maya")
    harness.workspace.scopes.discard("usergroups:read")
    outcome = await maya.submit(await open_form(maya), CHOSEN)
    harness.workspace.scopes.add("usergroups:read")
    assert list(outcome.errors) == ["support_group"]
    assert "usergroups:read" in outcome.errors["support_group"]


async def test_support_by_a_public_channel(harness: Harness) -> None:
    """It is refused unless it is confirmed."""
    maya = harness.workspace.person("maya")
    values = {"escalation_channel": ESCALATIONS, "support_group": "", "public_support": "yes"}
    outcome = await maya.submit(await open_form(maya), {**CHOSEN, **values})
    assert outcome.action == "update"


async def test_support_by_a_shared_channel(harness: Harness) -> None:
    """People of another company are in it: it is refused, also if it is private; doctor warns."""
    maya, leads = harness.workspace.person("maya"), harness.workspace.channel("leads")
    leads.ext_shared = True
    values = {**CHOSEN, "support_group": ""}
    outcome = await maya.submit(await open_form(maya), values)
    assert "another company are in #leads" in outcome.errors["support_group"]
    outcome = await maya.submit(maya.views[-1], {**values, "public_support": "yes"})
    assert outcome.action == "update"
    await maya.close(maya.views[-1])
    await maya.command("/lagdesk", "doctor")
    await harness.settled()
    assert "people of another company are in #leads" in ephemeral_texts(maya)[-1]
    leads.ext_shared = False


async def test_routes(harness: Harness) -> None:
    """A ticket goes to its app's channel, and its own group is support too."""
    maya, lin = harness.workspace.person("maya"), harness.workspace.person("lin")
    routes = f"kids {LEADS} {SUPPORT_GROUP}"
    values = {**CHOSEN, "escalation_channel": ESCALATIONS, "apps": ["kids", "adults"]}
    outcome = await maya.submit(await open_form(maya), {**values, "routes": routes})
    assert outcome.action == "update", outcome
    for app, cname in (("kids", "class_77_1"), ("adults", "evening_1")):
        assert (await report(lin, cname, app=app)).ok
    await harness.settled()
    assert [len(find_cards(harness, LEADS, cname)) for cname in ("class_77_1", "evening_1")] == [
        1,
        0,
    ]
    assert len(find_cards(harness, ESCALATIONS, "evening_1")) == 1
