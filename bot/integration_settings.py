"""Settings of services outside Slack and the clouds."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.setting_reader import N_, SettingReader

EVERY_ROTA: Final = ""  # the key of the rota of apps without one of their own
PAGERDUTY_PREFIX: Final = "pagerduty:"
_ROTA: Final = re.compile(r"(?:(?P<app>[^=:/]*)=)?(?P<source>\S+)")
_PAGERDUTY: Final = re.compile(r"pagerduty:[A-Za-z0-9]{1,40}")
_ADDRESS: Final = re.compile(r"(https?|webcals?)://[^\s/]+\S*")


@dataclass(frozen=True, slots=True)
class OnCallSettings:
    """Where it says who is on call: by app, an iCal address or `pagerduty:` and a schedule's id.

    An iCal address is a secret: whoever knows it can read the calendar.
    """

    rotas: Mapping[str, str] = field(default_factory=dict, repr=False)
    pagerduty_token: str = field(default="", repr=False)
    pagerduty_url: str = "https://api.pagerduty.com"

    def rota_of(self, app: str) -> str:
        """Return an app's rota, "" without one."""
        return self.rotas.get(app) or self.rotas.get(EVERY_ROTA, "")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must not appear in a log."""
        addresses = (each for each in self.rotas.values() if not _PAGERDUTY.fullmatch(each))
        return (self.pagerduty_token, *addresses)


def read_on_call(read: SettingReader, apps: Collection[str]) -> OnCallSettings:
    """Read `kids=https://host/rota.ics,adults=pagerduty:PABC123`; without a name, of every app."""
    rotas: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in read.half_width("ON_CALL").split(","))):
        match = _ROTA.fullmatch(part)
        app, source = (match["app"] or EVERY_ROTA, match["source"]) if match else (part, "")
        is_known = bool(_PAGERDUTY.fullmatch(source) or _ADDRESS.fullmatch(source))
        if not is_known or app in rotas:
            read.report("ON_CALL", N_("such as kids=https://host/rota.ics,adults=pagerduty:PABC12"))
        elif app != EVERY_ROTA and app not in apps:
            read.report("ON_CALL", N_("apps that the app list of a cloud has"))
        rotas[app] = re.sub(r"^webcals?://", "https://", source)
    token = read.text("PAGERDUTY_TOKEN")
    if any(_PAGERDUTY.fullmatch(source) for source in rotas.values()) and not token:
        read.report("PAGERDUTY_TOKEN", N_("a value, since ON_CALL has a schedule of PagerDuty"))
    return OnCallSettings(rotas, token, read.url("PAGERDUTY_URL", "https://api.pagerduty.com"))
