"""What is set in a workspace: what was chosen there, else the environment's or nothing."""

from __future__ import annotations

import pytest

from bot.services.workspaces.settings import Route, SupportMembers, WorkspaceSettings
from bot.settings import read_settings

ENVIRONMENT = {
    "ESCALATION_CHANNEL": "C1",
    "SUMMARY_CHANNEL": "C2",
    "SUPPORT_GROUP": "S1",
    "ESCALATE_TO": "U1",
    "TIMEZONE": "Europe/Berlin",
    "DEFAULT_LOCALE": "en",
    "AGORA_APPS": "kids=1,adults=2",
    "AGORA_CUSTOMER_ID": "id",
    "AGORA_CUSTOMER_SECRET": "secret",
}
KIDS, ZH, KIDS_ZH = (
    Route("kids", "", "C-K"),
    Route("", "zh", "C-Z", "S-Z"),
    Route("kids", "zh", "C"),
)


def test_environment_is_the_first_ones() -> None:
    """Another workspace gets the language and zone of it, but no channels, people or apps."""
    settings = read_settings(ENVIRONMENT)
    first, other = (
        WorkspaceSettings.of_environment(settings),
        WorkspaceSettings.of_another(settings),
    )
    assert first == WorkspaceSettings(
        *("C1", "C2", "S1", ("kids", "adults"), "Europe/Berlin", "en"), escalate_to=("U1",)
    )
    assert other == WorkspaceSettings(timezone="Europe/Berlin", language="en")
    assert (first.is_set_up, other.is_set_up) == (True, False)


def test_what_is_chosen_wins() -> None:
    """What is stored comes back; unknown names, of a newer version, are ignored."""
    first = WorkspaceSettings.of_environment(read_settings(ENVIRONMENT))
    chosen = first.with_chosen({"escalation_channel": "C9", "apps": ["kids"], "new": 1})
    assert (chosen.escalation_channel, chosen.apps, chosen.support_group) == ("C9", ("kids",), "S1")
    routed = WorkspaceSettings(routes=(KIDS, ZH), apps=("kids",), timezone="UTC", language="zh")
    assert WorkspaceSettings().with_chosen(routed.chosen) == routed


@pytest.mark.parametrize(
    ("app", "language", "channel", "group"),
    [
        ("adults", "en", "C1", "S1"),
        ("kids", "en", "C-K", "S1"),
        ("adults", "zh", "C-Z", "S-Z"),
        ("kids", "zh", "C", "S1"),
        ("kids", "", "C-K", "S1"),
    ],
)
def test_route_that_fits_best(app: str, language: str, channel: str, group: str) -> None:
    """An app and a language, else the app, else the language, else the escalation channel."""
    settings = WorkspaceSettings("C1", support_group="S1", routes=(ZH, KIDS, KIDS_ZH))
    route = settings.route_of(app, language)
    assert (route.channel, route.group) == (channel, group)


def test_support_of_routes() -> None:
    """The members of all groups; where there is no group, those of the channel."""
    with_group = WorkspaceSettings("C1", support_group="S1", routes=(ZH, KIDS))
    assert with_group.support == (SupportMembers(group="S-Z"), SupportMembers(group="S1"))
    by_channel = WorkspaceSettings("C1", routes=(ZH, KIDS))
    channels = (SupportMembers(channel="C-K"), SupportMembers(channel="C1"))
    assert by_channel.support == (*channels, SupportMembers(group="S-Z"))
    assert WorkspaceSettings().support == ()
    assert by_channel.ticket_channels == {"C1", "C-Z", "C-K"}
