"""The settings of all workspaces in memory."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.errors import NotSetUpError
from bot.services.workspaces.directory import Workspaces
from bot.settings import read_settings
from bot.store import Session, Store
from bot.store.admin import installations
from bot.store.workspaces import workspaces
from tests.bot.services.workspaces.test_settings import ENVIRONMENT

OAUTH = {
    **ENVIRONMENT,
    "SLACK_CLIENT_ID": "1",
    "SLACK_CLIENT_SECRET": "s",
    "ENCRYPTION_KEY": "k" * 43 + "=",
}
NOW = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)


def directory(store: Store, environment: dict[str, str]) -> Workspaces:
    """The directory of a process."""
    return Workspaces(store, read_settings(environment))


async def test_one_workspace(store: Store) -> None:
    """Without OAuth the environment is the default of the only one, whichever that is."""
    one = directory(store, ENVIRONMENT)
    await one.load()
    assert one.of("T1") == one.of("")
    assert one.summary_channels == {"": "C2"}
    assert one.policy_of("T1").leads == ("U1",)
    one.require_set_up("T1")


async def install(store: Store, *names: str) -> None:
    """Install Lagdesk in workspaces, in the same moment."""

    def work(session: Session) -> None:
        for name in names:
            workspaces.register(session, name, NOW)
            installations.save(session, name, {}, NOW)
        workspaces.register(session, names[0], NOW)

    await store.transact(work)


async def test_several_workspaces(store: Store) -> None:
    """The environment is the default of the first to install Lagdesk; others have nothing."""
    several = directory(store, OAUTH)
    await several.load()
    assert (several.first, several.summary_channels) == ("", {})
    await install(store, "T2", "T1")
    await several.load()
    assert several.first == "T2"
    assert several.of("T2") == several.of("")
    assert (several.of("T1").apps, several.of("T1").escalation_channel) == ((), "")
    assert (several.policy_of("T1").leads, several.summary_channels) == ((), {"T2": "C2"})
    several.require_set_up("T2")
    with pytest.raises(NotSetUpError):
        several.require_set_up("T1")


@pytest.mark.parametrize(
    ("allowed", "served", "apps"),
    [
        ("", ["T2"], ("kids", "adults")),
        ("T1", ["T1"], ("kids", "adults")),
        ("T2, T1=adults", ["T2", "T1"], ("adults",)),
    ],
)
async def test_who_is_allowed(
    store: Store, allowed: str, served: list[str], apps: tuple[str, ...]
) -> None:
    """Without ALLOWED_TEAMS the first alone; with it those it names, with the apps it names."""
    several = directory(store, {**OAUTH, "ALLOWED_TEAMS": allowed})
    await install(store, "T2", "T1")
    chosen = {"apps": ["kids", "adults"], "escalation_channel": "C7"}
    await store.transact(lambda session: workspaces.choose(session, "T1", chosen))
    await several.load()
    assert [team for team in ("T2", "T1", "T3") if several.is_served(team)] == served
    assert (several.grantable_apps("T1"), several.of("T1").apps) == (apps, apps)


async def test_organization(store: Store) -> None:
    """Its workspaces are served by its installation; each is set up, even if it was the first."""
    several = directory(store, OAUTH)
    await install(store, "E1")
    await store.transact(lambda session: workspaces.join(session, "T1", "E1"))
    await several.load()
    assert (several.is_served("T1"), several.is_served("T2")) == (True, False)
    assert several.of("T1").escalation_channel == ""
    with pytest.raises(NotSetUpError):
        several.require_set_up("T1")
    assert several.grantable_apps("T1") == ("kids", "adults")
    assert several.is_allowed("T2", "E1")


async def test_what_another_process_chose(store: Store) -> None:
    """It is known as soon as it is read again, in place of the default."""
    ours = directory(store, {**OAUTH, "ALLOWED_TEAMS": "T1"})
    await ours.load()
    await install(store, "T0", "T1")
    chosen = {"escalation_channel": "C7", "apps": ["adults"], "summary_channel": "C8"}
    await store.transact(lambda session: workspaces.choose(session, "T1", chosen))
    assert ours.of("T1").escalation_channel == ""
    await ours.load()
    settings = ours.of("T1")
    assert (settings.escalation_channel, settings.apps) == ("C7", ("adults",))
    assert (settings.timezone, ours.summary_channels) == ("Europe/Berlin", {"T1": "C8"})
