"""Services outside Slack and the clouds: each in a folder of its own, all over `http.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.integration_settings import PAGERDUTY_PREFIX
from bot.integrations.ical.client import IcalRota
from bot.integrations.jira.client import JiraTracker
from bot.integrations.pagerduty.client import PagerDutyRota
from bot.integrations.zendesk.client import ZendeskTracker
from bot.ports import IssueTracker, Rota
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Integrations:
    """The services that are set: rotas by app, trackers by their keys in `bot.tracker_issue`."""

    rotas: Mapping[str, Rota]
    trackers: Mapping[str, IssueTracker]

    async def close(self) -> None:
        """Close all connections."""
        for rota in set(self.rotas.values()):
            await rota.close()
        for tracker in self.trackers.values():
            await tracker.close()


def build_integrations(settings: Settings) -> Integrations:
    """Build the services of the settings; none of them is asked yet."""
    return Integrations(build_rotas(settings), build_trackers(settings))


def build_rotas(settings: Settings) -> dict[str, Rota]:
    """Build the rota of each app that has one. Apps with the same rota share it."""
    sources = {app: settings.on_call.rota_of(app) for app in settings.apps}
    rotas = {source: _build_rota(source, settings) for source in set(sources.values()) - {""}}
    return {app: rotas[source] for app, source in sources.items() if source}


def _build_rota(source: str, settings: Settings) -> Rota:
    allow_private = settings.allow_private_addresses
    if source.startswith(PAGERDUTY_PREFIX):
        schedule, on_call = source.removeprefix(PAGERDUTY_PREFIX), settings.on_call
        return PagerDutyRota(
            *(schedule, on_call.pagerduty_url, on_call.pagerduty_token),
            allow_private=allow_private,
        )
    return IcalRota(source, settings.timezone, allow_private=allow_private)


def build_trackers(settings: Settings) -> dict[str, IssueTracker]:
    """Build the trackers that are on, by their keys in `bot.tracker_issue`."""
    trackers: dict[str, IssueTracker] = {}
    jira, zendesk = settings.trackers.jira, settings.trackers.zendesk
    allow_private = settings.allow_private_addresses
    if jira is not None:
        trackers["jira"] = JiraTracker(jira, allow_private=allow_private)
    if zendesk is not None:
        trackers["zendesk"] = ZendeskTracker(zendesk, allow_private=allow_private)
    return trackers
