"""Two workspaces that installed Lagdesk by OAuth, one of which revokes its token."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest

from bot.cli import doctor
from bot.cli.summary import summarize
from bot.errors import SlackError
from bot.i18n.translator import Translator
from bot.sandbox.slack.state.seed import LEADS
from bot.services.admin.installations import WorkspaceToken
from bot.store.workspaces import workspaces
from handlers.admin import healthcheck_view
from tests.conftest import Harness
from tests.scenario_helpers import (
    ephemeral_texts,
    find_cards,
    find_diagnosis_posts,
    find_ticket,
    own_messages,
    report,
    text_of,
)
from tests.shared_slack import open_town

TEAM: Final = "T07LAGDESK0"
OTHER: Final = "T07OTHER000"
_LONGEST_PAUSE_S: Final = 300.0
_HOUR_S: Final = 3600.0
_WEEK_S: Final = 7 * 24 * _HOUR_S


@dataclass(frozen=True, slots=True)
class TwoWorkspaces:
    """One Lagdesk, as its two workspaces see it."""

    first: Harness
    second: Harness

    async def install(self, harness: Harness) -> None:
        """Store a workspace's token, as the end of an installation does."""
        token = WorkspaceToken(harness.workspace.bot_token, "B1", "U1")
        await harness.application.installations.save(harness.workspace.team_id, token)

    async def run_doctor(self, **changes: Any) -> dict[str, dict[str, str]]:
        """Run doctor in the terminal; returns its rows by name."""
        self.first.clock.move(60)  # no earlier check counts against a rate limit
        settings = replace(self.first.settings, **changes)
        results = await doctor.run_checks(settings, self.first.clock.timing)
        rows = healthcheck_view.to_json(results, Translator("en"))
        assert len({row["name"] for row in rows}) == len(rows)
        return {row["name"]: row for row in rows}

    async def check_cards(self) -> str:
        """Return what doctor says about cards."""
        return (await self.run_doctor())["cards"]["detail"]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[TwoWorkspaces]:
    """Lagdesk is installed in both."""
    async with open_town(tmp_path, TEAM, OTHER, SUMMARY_CHANNEL=LEADS) as opened:
        first, second = opened.harnesses
        town = TwoWorkspaces(first, second)
        for each in (first, second):
            await town.install(each)
        await set_up(second)
        yield town


async def set_up(harness: Harness) -> None:
    """Choose a workspace's settings, as its admin does with `/lagdesk setup`."""
    chosen = {
        "escalation_channel": harness.escalations,
        "summary_channel": LEADS,
        "apps": ["kids"],
    }
    await harness.application.store.transact(lambda s: workspaces.choose(s, OTHER, chosen))
    await harness.application.context.workspaces.load()


def count_messages(harness: Harness, cname: str) -> tuple[int, int, int]:
    """Count a ticket's cards, its diagnoses, and its reporter's messages."""
    cards = len(find_cards(harness, cname))
    diagnoses = len(find_diagnosis_posts(harness, cname)) if cards else 0
    return cards, diagnoses, len(own_messages(harness, harness.workspace.person("lin"), cname))


@pytest.mark.parametrize("is_announced", [False, True])
async def test_revoked_token_of_one_workspace(town: TwoWorkspaces, *, is_announced: bool) -> None:
    """The other one goes on; doctor names what waits, which is posted after an installation."""
    first, second = town.first, town.second
    second.workspace.fail_next("chat.postMessage", "account_inactive", times=9)
    assert (await report(second.workspace.person("lin"), "theirs")).ok
    if is_announced:
        second.workspace.uninstall()
    second.workspace.app.installed = False
    assert (await report(first.workspace.person("lin"), "ours")).ok
    await first.settled()
    await first.pass_time(_LONGEST_PAUSE_S)
    assert count_messages(first, "ours") == (1, 1, 1)
    assert count_messages(second, "theirs") == (0, 0, 0)
    theirs = await find_ticket(first, "theirs")
    detail = await town.check_cards()
    assert f"{theirs.label} (1 in all)" in detail
    assert ("not_installed" if is_announced else "account_inactive") in detail
    assert "LD-" not in detail.replace(theirs.label, "")

    second.workspace.app.installed, second.workspace.app.bot_token = True, "xoxb-new"
    second.workspace.faults.clear()
    await town.install(second)
    await first.pass_time(_LONGEST_PAUSE_S)
    assert count_messages(second, "theirs") == (1, 1, 1)
    assert count_messages(first, "ours") == (1, 1, 1)
    assert await town.check_cards() == "Slack has accepted every card."


async def test_summaries_in_a_shared_channel(town: TwoWorkspaces) -> None:
    """Both chose the same channel: each gets its own summary, with its own tickets and details."""
    first, second = town.first, town.second
    for harness, number in ((first, 1), (second, 2)):
        for index in range(number):
            assert (await report(harness.workspace.person("lin"), f"room-{index}")).ok
    await first.settled()
    for seconds in (_HOUR_S, _WEEK_S):  # what is due next is enqueued within the hour
        await first.pass_time(seconds)
    for harness, counted in ((first, "1 ticket"), (second, "2 tickets")):
        (post,) = harness.workspace.messages(LEADS)
        assert f": {counted}" in post["text"]
        assert len(harness.workspace.messages(LEADS, post["ts"])) == 2


async def test_summaries_posted_from_the_terminal(town: TwoWorkspaces) -> None:
    """Each workspace gets its own; one whose channel is archived keeps no other one from it."""
    first, second = town.first, town.second
    first.workspace.fail_next("chat.postMessage", "is_archived")
    options = argparse.Namespace(week=None, post=True)
    with pytest.raises(SlackError, match="is_archived"):
        await summarize(first.settings, options, first.clock.timing)
    assert [len(each.workspace.messages(LEADS)) for each in (first, second)] == [0, 1]
    assert await summarize(first.settings, options, first.clock.timing) == 0
    assert [len(each.workspace.messages(LEADS)) for each in (first, second)] == [1, 1]


async def test_nothing_is_counted_together(town: TwoWorkspaces) -> None:
    """Both use the same app and report the same people: neither hears of the other's tickets."""
    first, second = town.first, town.second
    for number in range(3):
        assert (await report(first.workspace.person("lin"), f"class_77_{number}")).ok
    await first.settled()
    theirs = (await find_ticket(first, "class_77_1")).label
    assert (await report(second.workspace.person("lin"), "class_77_1")).ok
    await first.settled()
    first.clock.move(1)  # a preview counts what was reported before now
    sam = second.workspace.person("sam")
    await sam.command("/lagdesk", "summary")
    assert "1 ticket (" in ephemeral_texts(sam)[-1]
    (post,) = find_diagnosis_posts(first, "class_77_1")
    assert "3 tickets in 30 days" in text_of(post)
    (post,) = find_diagnosis_posts(second, "class_77_1")
    assert "in 30 days" not in text_of(post)
    assert theirs not in str([call["request"] for call in second.workspace.calls])


async def test_doctor_checks_every_workspace(town: TwoWorkspaces) -> None:
    """A row for each in the terminal, and one for what is wrong there, with the workspace's id."""
    rows = await town.run_doctor()
    assert [rows[f"slack.{team}"]["state"] for team in (TEAM, OTHER)] == ["ok", "ok"]
    town.second.workspace.archive("escalations")
    rows = await town.run_doctor()
    assert "archived" in rows[f"slack.{OTHER}.escalation_channel"]["detail"]
    assert not {f"slack.{TEAM}.escalation_channel", f"slack.{TEAM}.scopes"} & rows.keys()
    town.second.workspace.app.installed = False
    rows = await town.run_doctor()
    states = [rows[f"slack.{team}"]["state"] for team in (TEAM, OTHER)]
    assert states == ["ok", "failed"]
    rows = await town.run_doctor(allowed_teams={TEAM: ()})
    assert "ALLOWED_TEAMS" in rows[f"slack.{OTHER}"]["detail"]
    for team in (TEAM, OTHER):
        await town.first.application.installations.delete(team)
    assert "/slack/install" in (await town.run_doctor())["slack.workspaces"]["detail"]


async def test_doctor_with_another_key(town: TwoWorkspaces) -> None:
    """It says which setting is wrong, among the other rows; no token is read or changed."""
    rows = await town.run_doctor(encryption_keys=("n" * 43 + "=",))
    assert rows["encryption_key"]["state"] == "failed"
    assert "ENCRYPTION_KEY does not decrypt" in rows["encryption_key"]["detail"]
    assert rows["cloud.agora.kids"]["state"] == "ok"
    await town.first.application.installations.load()
