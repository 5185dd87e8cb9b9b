"""The settings of all workspaces in memory."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import NotSetUpError
from bot.services.workspaces.directory import Workspaces
from bot.settings import read_settings
from bot.store import Store
from bot.store.workspaces import workspaces
from tests.bot.services.workspaces.test_settings import ENVIRONMENT

OAUTH = {**ENVIRONMENT, "SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s"}
NOW = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)


def directory(store: Store, environment: dict[str, str]) -> Workspaces:
    """The directory of a process."""
    return Workspaces(store, read_settings(environment))


async def test_one_workspace(store: Store) -> None:
    """Without OAuth the environment is the default of the only one, whichever that is."""
    one = directory(store, ENVIRONMENT)
    await one.load()
    assert one.of("T1") == one.of("")
    assert one.summary_channels == {"C2": ""}
    assert one.policy_of("T1").leads == ("U1",)
    one.require_set_up("T1")


async def test_several_workspaces(store: Store) -> None:
    """The environment is the default of the first to install Lagdesk; others have nothing."""
    several = directory(store, OAUTH)
    await several.load()
    assert (several.first, several.summary_channels) == ("", {})
    for team in ("T2", "T1", "T2"):  # in the same moment
        await store.transact(lambda session, team=team: workspaces.register(session, team, NOW))  # type: ignore[misc]
    await several.load()
    assert (several.first, several.teams) == ("T2", ("T2", "T1"))
    assert several.of("T2") == several.of("")
    assert (several.of("T1").apps, several.of("T1").escalation_channel) == ((), "")
    assert (several.policy_of("T1").leads, several.summary_channels) == ((), {"C2": "T2"})
    several.require_set_up("T2")
    with pytest.raises(NotSetUpError):
        several.require_set_up("T1")


async def test_what_another_process_chose(store: Store) -> None:
    """It is known as soon as it is read again, in place of the default."""
    ours = directory(store, OAUTH)
    await ours.load()
    chosen = {"escalation_channel": "C7", "apps": ["adults"], "summary_channel": "C8"}
    await store.transact(lambda session: workspaces.register(session, "T1", NOW))
    await store.transact(lambda session: workspaces.choose(session, "T1", chosen))
    assert ours.of("T1").escalation_channel == ""
    await ours.load()
    settings = ours.of("T1")
    assert (settings.escalation_channel, settings.apps) == ("C7", ("adults",))
    assert (settings.timezone, ours.summary_channels) == ("Europe/Berlin", {"C8": "T1"})
