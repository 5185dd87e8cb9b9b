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
_PROJECT: Final = re.compile(r"[A-Z][A-Z0-9_]{1,20}")
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


@dataclass(frozen=True, slots=True)
class JiraSettings:
    """A project of Jira Cloud, and who creates issues in it."""

    url: str
    project: str
    email: str
    token: str = field(repr=False)
    issue_type: str = "Task"


@dataclass(frozen=True, slots=True)
class ZendeskSettings:
    """An account of Zendesk, and who creates tickets in it."""

    url: str
    email: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """The trackers to which tickets can be handed over; None for one that is off."""

    jira: JiraSettings | None = None
    zendesk: ZendeskSettings | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of those that are on, as in `bot.tracker_issue`."""
        found = {"jira": self.jira, "zendesk": self.zendesk}
        return tuple(name for name, settings in found.items() if settings is not None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must not appear in a log."""
        return tuple(each.token for each in (self.jira, self.zendesk) if each is not None)


def read_trackers(read: SettingReader) -> TrackerSettings:
    """Read Jira and Zendesk; each is on when one of its settings is set, and needs all."""
    return TrackerSettings(_read_jira(read), _read_zendesk(read))


def _read_jira(read: SettingReader) -> JiraSettings | None:
    names = ("JIRA_URL", "JIRA_PROJECT", "JIRA_EMAIL", "JIRA_TOKEN")
    issue_type = read.text("JIRA_ISSUE_TYPE", "Task")
    if not any(read.text(name) for name in names):
        return None
    project = _complete(read, "JIRA_PROJECT")
    if project and not _PROJECT.fullmatch(project):
        read.report("JIRA_PROJECT", N_("the key of a project such as SUP"))
    email, token = _complete(read, "JIRA_EMAIL"), _complete(read, "JIRA_TOKEN")
    return JiraSettings(read.url("JIRA_URL", ""), project, email, token, issue_type)


def _read_zendesk(read: SettingReader) -> ZendeskSettings | None:
    if not any(read.text(f"ZENDESK_{name}") for name in ("URL", "EMAIL", "TOKEN")):
        return None
    email, token = _complete(read, "ZENDESK_EMAIL"), _complete(read, "ZENDESK_TOKEN")
    return ZendeskSettings(read.url("ZENDESK_URL", ""), email, token)


def _complete(read: SettingReader, name: str) -> str:
    value = read.text(name)
    if not value:
        read.report(name, N_("a value, since its counterpart is set"))
    return value


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
    if not (token.isascii() and token.isprintable()):
        read.report("PAGERDUTY_TOKEN", N_("an API key as PagerDuty shows it, in one line"))
    return OnCallSettings(rotas, token, read.url("PAGERDUTY_URL", "https://api.pagerduty.com"))
