"""Services outside Slack and the clouds: each in a folder of its own, all over `http.py`."""

from __future__ import annotations

from bot.integration_settings import PAGERDUTY_PREFIX
from bot.integrations.ical.client import IcalRota
from bot.integrations.pagerduty.client import PagerDutyRota
from bot.ports import Rota
from bot.settings import Settings


def build_rotas(settings: Settings) -> dict[str, Rota]:
    """Build the rota of each app that has one. Apps with the same rota share it: close it once."""
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
