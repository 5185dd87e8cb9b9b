"""What is set in a workspace: channels, support, apps, language, routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Route:
    """Where tickets of an app, or of reporters of a language, go; "" is any of them.

    Without a `group` the workspace's support is mentioned.
    """

    app: str
    language: str
    channel: str
    group: str = ""

    def matches(self, app: str, language: str) -> bool:
        """Return whether a ticket takes this route."""
        return self.app in ("", app) and self.language in ("", language)


@dataclass(frozen=True, slots=True)
class SupportMembers:
    """Who is support: the members of a user group, or of a channel."""

    group: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """The settings of one workspace; "" is none.

    `apps` are those whose tickets it may report and whose calls it may read. `escalate_to` are
    the people of ESCALATE_TO, who are known only in the first workspace, `trackers` those to
    which only that one hands tickets over.
    """

    escalation_channel: str = ""
    summary_channel: str = ""
    support_group: str = ""
    apps: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
    language: str = "zh"
    routes: tuple[Route, ...] = ()
    escalate_to: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()

    @classmethod
    def of_environment(cls, settings: Settings) -> Self:
        """Return the settings of the environment, for the first workspace."""
        return cls(
            escalation_channel=settings.escalation_channel,
            summary_channel=settings.summary_channel,
            support_group=settings.support_group,
            apps=tuple(settings.apps),
            timezone=settings.timezone,
            language=settings.default_locale,
            escalate_to=settings.escalate_to,
            trackers=settings.trackers.names,
        )

    @classmethod
    def of_another(cls, settings: Settings) -> Self:
        """Return the settings of a workspace that has chosen none: no channels, no apps."""
        return cls(timezone=settings.timezone, language=settings.default_locale)

    def with_chosen(self, chosen: Mapping[str, Any]) -> Self:
        """Return these settings with what was chosen in the workspace."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {name: value for name, value in chosen.items() if name in values}
        values["apps"] = tuple(values["apps"])
        values["routes"] = tuple(
            route if isinstance(route, Route) else Route(**route) for route in values["routes"]
        )
        return type(self)(**values)

    @property
    def chosen(self) -> dict[str, Any]:
        """Everything that can be chosen, as it is stored."""
        values = asdict(self)
        del values["escalate_to"], values["trackers"]
        return {**values, "apps": list(self.apps), "routes": [asdict(each) for each in self.routes]}

    @property
    def is_set_up(self) -> bool:
        """Return whether calls can be reported here."""
        return bool(self.escalation_channel and self.apps)

    @property
    def ticket_channels(self) -> frozenset[str]:
        """The channels in which cards are posted."""
        channels = (self.escalation_channel, *(route.channel for route in self.routes))
        return frozenset(filter(None, channels))

    @property
    def support(self) -> tuple[SupportMembers, ...]:
        """Who is support in this workspace, of whichever app."""
        members = {self._members(self.support_group, self.escalation_channel)}
        for route in self.routes:
            members.add(self._members(route.group or self.support_group, route.channel))
        known = (each for each in members if each.group or each.channel)
        return tuple(sorted(known, key=lambda each: (each.group, each.channel)))

    def _members(self, group: str, channel: str) -> SupportMembers:
        return SupportMembers(group=group) if group else SupportMembers(channel=channel)

    def route_of(self, app: str, language: str = "") -> Route:
        """Return where a ticket goes: the route that fits best, else the escalation channel."""
        matching = [route for route in self.routes if route.matches(app, language)]
        default = Route("", "", self.escalation_channel)
        best = max(
            matching, key=lambda each: (each.app != "", each.language != ""), default=default
        )
        return replace(best, group=best.group or self.support_group)
