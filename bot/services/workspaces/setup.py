"""`/lagdesk setup`: an admin chooses the settings of a workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.errors import InputError, NotAllowedError, SlackTokenError, SlackUnreachableError
from bot.i18n.messages import Message, message
from bot.locales import LOCALES
from bot.services.context import Context
from bot.services.workspaces.routes import read_routes
from bot.services.workspaces.settings import Route, WorkspaceSettings
from bot.services.workspaces.zones import find_zone
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.admin import audit_log
from bot.store.admin.audit_log import AuditEntry
from bot.store.workspaces import workspaces

SETUP: Final = "workspace.setup"
_ONLY_ADMINS: Final = message(
    "Only admins and owners of this Slack workspace can set up Lagdesk. Ask one of them to type "
    "/lagdesk setup."
)
_ADMINS_UNKNOWN: Final = message(
    "Slack does not answer who is an admin of this workspace. Try again in a minute."
)
_NO_GROUPS: Final = message(
    "Lagdesk may not read user groups. Grant it the scope usergroups:read, or leave this empty."
)
_SHARED_SUPPORT: Final = message(
    "People of another company are in #%(channel)s and would be support. Name a user group, choose "
    "another channel, or confirm below that this is meant."
)
_PUBLIC_SUPPORT: Final = message(
    "Whoever joins #%(channel)s, a public channel, would be support. Name a user group, choose a "
    "private channel, or confirm below that this is meant."
)


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A channel as Slack describes it to the bot."""

    name: str
    is_private: bool
    is_shared: bool  # with another company
    is_archived: bool
    has_bot: bool


class SlackLookup(Protocol):
    """What the form names, in Slack. Every method raises SlackError when Slack does not answer."""

    async def channel(self, team: str, channel: str) -> SlackChannel | None:
        """Return a channel; None when the bot cannot see one with this id."""

    async def group(self, team: str, name: str) -> str | None:
        """Return the id of a user group, by its id or handle; None when there is none."""


@dataclass(frozen=True, slots=True)
class SetupForm:
    """The submitted form, as it was filled in. `origin` is the view: one form saves once."""

    team: str
    person: str
    origin: str
    escalation_channel: str
    summary_channel: str
    support_group: str
    apps: tuple[str, ...]
    timezone: str
    language: str
    routes: str
    allows_public_support: bool


class SetupService:
    """Loads and saves the settings of workspaces."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def load(self, team: str, person: str) -> WorkspaceSettings:
        """Return the settings of a workspace to its admins. Raises NotAllowedError for others."""
        is_admin = await self._context.permissions.is_admin(team, person)
        if is_admin is None:
            raise SlackUnreachableError(_ADMINS_UNKNOWN, code="no_profile", maybe_arrived=False)
        if not is_admin:
            raise NotAllowedError(_ONLY_ADMINS)
        return self._context.workspaces.of(team)

    def grantable_apps(self, team: str) -> tuple[str, ...]:
        """Return the apps that a workspace may choose from."""
        return self._context.workspaces.grantable_apps(team)

    async def save(self, form: SetupForm, slack: SlackLookup) -> WorkspaceSettings:
        """Save what an admin chose; returns the settings that are now in effect.

        Raises NotAllowedError for others, InputError with a message per field. Posts that wait
        for a channel are tried at once.
        """
        before = await self.load(form.team, form.person)
        chosen = await self._validate(form, slack)
        changed = {name: value for name, value in chosen.items() if value != before.chosen[name]}
        now = self._context.clock.now()

        def work(session: Session) -> None:
            entry = AuditEntry(
                team=form.team,
                person=form.person,
                action=SETUP,
                origin=form.origin,
                detail={"changed": changed},
                at=now,
            )
            if audit_log.add_entry(session, entry):
                differing = self._context.workspaces.without_defaults(form.team, chosen)
                workspaces.choose(session, form.team, differing)
                store_jobs.retry_now(session, now)

        await self._context.commit(work)
        await self._context.workspaces.load()
        return self._context.workspaces.of(form.team)

    async def _validate(self, form: SetupForm, slack: SlackLookup) -> Mapping[str, Any]:
        """Return the values to store. Raises InputError, with every field that is wrong."""
        errors: dict[str, Message] = {}
        zone = find_zone(form.timezone)
        if not zone:
            errors["timezone"] = message("Write a time zone such as Asia/Shanghai.")
        if form.language not in LOCALES:
            errors["language"] = message("Choose one from the list.")
        if not form.apps or not set(form.apps) <= set(self.grantable_apps(form.team)):
            errors["apps"] = message("Choose one of the apps in the list.")
        routes = self._read_routes(form, errors)
        group = await _find_group(form, slack, errors)
        await _check_channels(form, routes, slack, errors)
        if errors:
            raise InputError(errors)
        return WorkspaceSettings(
            escalation_channel=form.escalation_channel,
            summary_channel=form.summary_channel,
            support_group=group,
            apps=form.apps,
            timezone=zone,
            language=form.language,
            routes=routes,
        ).chosen

    def _read_routes(self, form: SetupForm, errors: dict[str, Message]) -> tuple[Route, ...]:
        try:
            return read_routes(form.routes, form.apps)
        except InputError as error:
            errors |= error.fields
            return ()


async def _find_group(form: SetupForm, slack: SlackLookup, errors: dict[str, Message]) -> str:
    if not form.support_group:
        return ""
    try:
        group = await slack.group(form.team, form.support_group)
    except SlackTokenError as error:
        if error.code != "missing_scope":
            raise
        errors["support_group"] = _NO_GROUPS
        return ""
    if group is None:
        errors["support_group"] = message("There is no such user group. Write it like @support.")
    return group or ""


async def _check_channels(
    form: SetupForm, routes: tuple[Route, ...], slack: SlackLookup, errors: dict[str, Message]
) -> None:
    """Check that Lagdesk can post in every channel, and who would be support."""
    fields = {route.channel: "routes" for route in routes}
    fields |= {form.summary_channel: "summary_channel"} if form.summary_channel else {}
    fields[form.escalation_channel] = "escalation_channel"
    if not form.escalation_channel:
        errors["escalation_channel"] = message("Choose a channel.")
        return
    found = await asyncio.gather(*(slack.channel(form.team, channel) for channel in fields))
    for (channel, field), facts in zip(fields.items(), found, strict=True):
        problem = _problem(channel, facts)
        if problem is not None:
            errors.setdefault(field, problem)
    by_id = dict(zip(fields, found, strict=True))
    _check_support(form, routes, by_id, errors)


def _problem(channel: str, facts: SlackChannel | None) -> Message | None:
    if facts is None:
        return message(
            "Lagdesk cannot see %(channel)s. Type /invite @Lagdesk there, then save again.",
            channel=channel,
        )
    if facts.is_archived:
        return message("#%(channel)s is archived.", channel=facts.name)
    if not facts.has_bot:
        return message(
            "Lagdesk is not in #%(channel)s. Type /invite @Lagdesk there, then save again.",
            channel=facts.name,
        )
    return None


def _check_support(
    form: SetupForm,
    routes: tuple[Route, ...],
    channels: Mapping[str, SlackChannel | None],
    errors: dict[str, Message],
) -> None:
    """Refuse that a channel others can join decides who is support, unless it is confirmed."""
    if form.support_group or form.allows_public_support:
        return
    deciding = [form.escalation_channel, *(each.channel for each in routes if not each.group)]
    for facts in filter(None, map(channels.get, deciding)):
        if facts.is_shared or not facts.is_private:
            reason = _SHARED_SUPPORT if facts.is_shared else _PUBLIC_SUPPORT
            errors["support_group"] = message(reason.id, channel=facts.name)
            return
