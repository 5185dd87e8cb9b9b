"""Incidents: tickets that share a cause and a network, gathered under one post, and closed."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from bot.errors import NotFoundError, SpeakGoneError
from bot.i18n.messages import message
from bot.ports import Posted
from bot.services.permissions import refuse
from bot.services.tickets.service import Desk, owe
from bot.store import Session, models
from bot.store import jobs as store_jobs
from bot.store.escalation import incidents
from bot.store.escalation.incidents import Incident
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)
Carrier = Callable[[models.Duty], Awaitable[dt.datetime | None]]

GATHER: Final = "gather"
SHOW: Final = "incident"
TOGETHER: Final = 4  # so many tickets with one cause are no coincidence ...
WITHIN: Final = dt.timedelta(minutes=10)  # ... when they were filed so close together
JOINED_WITHIN: Final = dt.timedelta(minutes=30)  # of the newest one
QUIET_FOR: Final = dt.timedelta(hours=2)
_SEARCH_BEFORE: Final = dt.timedelta(seconds=30)  # Slack's clock and ours may differ


class IncidentNotes(Protocol):
    """The escalation channel, as these duties see it. Every method raises SpeakError only."""

    async def post(self, incident: Incident, found: Sequence[Ticket], key: str) -> Posted:
        """Post an incident with its tickets, and call the group."""

    async def update(self, incident: Incident, found: Sequence[Ticket]) -> None:
        """Edit the post of an incident."""

    async def permalink(self, incident: Incident) -> str:
        """Return the post's address, "" when it cannot be had now."""

    async def find(self, first: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""


class Incidents:
    """What people may do with incidents."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def close(self, team: str, number: int, person: str) -> None:
        """Close an incident; NotAllowedError for everybody but support. Twice is once."""
        if not await self._desk.is_support(team, person):
            raise refuse(self._desk.settings, message("Only support can close an incident."))
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            incident = incidents.lock(session, number, team)
            if incident is None:
                raise NotFoundError(message("There is no such incident."))
            if incident.closed_at is None:
                incident.closed_at, incident.closer = now, person
                session.add(incident)
            _owe_post(session, incident, now)

        await self._desk.store.transact(work)
        await self._desk.wake()


class IncidentDuties:
    """One carrier for gathering a ticket, one for an incident's post."""

    def __init__(self, desk: Desk, notes: IncidentNotes) -> None:
        self._desk = desk
        self._notes = notes

    @property
    def table(self) -> Mapping[str, Carrier]:
        """Which carrier carries out which kind of duty."""
        return {GATHER: self.gather, SHOW: self.show}

    async def gather(self, duty: models.Duty) -> dt.datetime | None:
        """Let a ticket join an incident, or open one with others like it."""
        number, now = duty.ticket or 0, self._desk.clock.now()
        await self._desk.store.transact(lambda session: _gather(session, number, now))
        await self._desk.wake()
        return None

    async def show(self, duty: models.Duty) -> dt.datetime | None:
        """Post an incident or edit its post; come back to close it when it has been quiet."""
        number, now = int(duty.name.rpartition("-")[2]), self._desk.clock.now()
        incident, found = await self._desk.store.transact(lambda s: _look_at(s, number, now))
        if incident.ts:
            try:
                await self._notes.update(incident, found)
            except SpeakGoneError:
                log.info("the post of %s is gone; posting it anew", incident.label)
                incident.ts = ""
        if not incident.ts:
            await self._post(duty, incident, found)
        return None if incident.closed_at else incident.joined_at + QUIET_FOR

    async def _post(self, duty: models.Duty, incident: Incident, found: Sequence[Ticket]) -> None:
        key, first = duty.name, found[0]
        since = incident.opened_at - _SEARCH_BEFORE
        known = await self._notes.find(first, key, since) if duty.attempt > 1 else None
        posted = known or await self._notes.post(incident, found, key)
        incident.channel, incident.ts = posted.channel, posted.ts
        await self._keep_place(incident)
        incident.permalink = await self._notes.permalink(incident)
        await self._keep_place(incident)
        if known is not None:
            await self._notes.update(incident, found)

    async def _keep_place(self, incident: Incident) -> None:
        """Keep where the post stands, and have every ticket's card link it."""
        now = self._desk.clock.now()

        def work(session: Session) -> None:
            stored = incidents.lock(session, incident.id or 0)
            if stored is None:
                return
            stored.channel, stored.ts = incident.channel, incident.ts
            stored.permalink = incident.permalink
            session.add(stored)
            if stored.permalink:
                for ticket in incidents.tickets_of(session, stored.id or 0):
                    _link(session, ticket, stored, now)

        await self._desk.store.transact(work)
        await self._desk.wake()


def _gather(session: Session, number: int, now: dt.datetime) -> None:
    ticket = tickets.find(session, number)
    if ticket.incident is not None or not ticket.cause or ticket.status is Status.RESOLVED:
        return
    incidents.open_ones(session, ticket)  # first these: who places a post locks in this order
    alike = incidents.lock_alike(session, ticket, ticket.created_at - WITHIN)
    session.refresh(ticket)  # another process may have gathered it while we waited
    if ticket.incident is not None:
        return
    networks = incidents.networks(session, alike)
    mine = networks.get(ticket.id, "")
    for incident in incidents.open_ones(session, ticket):
        fresh = abs(ticket.created_at - incident.joined_at) <= JOINED_WITHIN
        if fresh and _same(mine, incident.network):
            _join(session, [ticket], incident, now)
            return
    free = [one for one in alike if one.incident is None and one.status is not Status.RESOLVED]
    group = _crowd(ticket, _alike(free, networks, mine))
    if len(group) >= TOGETHER:
        _open(session, group, networks, now)


def _alike(found: Sequence[Ticket], networks: Mapping[int, str], mine: str) -> Sequence[Ticket]:
    """Keep those with the same network; where it is unknown it counts as the same."""
    common = mine or next(iter(_commonest(networks.values())), "")
    return [one for one in found if _same(networks.get(one.id, ""), common)]


def _commonest(names: Any) -> list[str]:
    return [name for name, _ in Counter(names).most_common(1)]


def _same(one: str, other: str) -> bool:
    return not one or not other or one == other


def _crowd(ticket: Ticket, found: Sequence[Ticket]) -> Sequence[Ticket]:
    """The largest group filed within ten minutes that the ticket belongs to."""
    groups = [
        [one for one in found if first.created_at <= one.created_at <= first.created_at + WITHIN]
        for first in found
        if first.created_at <= ticket.created_at <= first.created_at + WITHIN
    ]
    return max(groups, key=len, default=[])


def _open(
    session: Session, group: Sequence[Ticket], networks: Mapping[int, str], now: dt.datetime
) -> None:
    first = group[0]
    known = [networks[one.id] for one in group if one.id in networks]
    incident = Incident(
        team=first.team,
        app=first.app,
        cause=first.cause,
        network=next(iter(_commonest(known)), ""),
        opened_at=now,
        joined_at=max(one.created_at for one in group),
    )
    session.add(incident)
    session.flush()
    _join(session, group, incident, now)


def _join(session: Session, group: Sequence[Ticket], incident: Incident, now: dt.datetime) -> None:
    for ticket in group:
        ticket.incident = incident.id
        _link(session, ticket, incident, now)
    newest = max(ticket.created_at for ticket in group)
    incident.joined_at = max(incident.joined_at, newest)
    session.add(incident)
    _owe_post(session, incident, now)


def _link(session: Session, ticket: Ticket, incident: Incident, now: dt.datetime) -> None:
    if ticket.incident_link == incident.permalink:
        return
    ticket.incident_link = incident.permalink
    ticket.touch()
    session.add(ticket)
    owe(session, ticket, "card", now)


def _owe_post(session: Session, incident: Incident, now: dt.datetime) -> None:
    store_jobs.owe(session, f"{SHOW}:{incident.label}", SHOW, due_at=now)


def _look_at(session: Session, number: int, now: dt.datetime) -> tuple[Incident, Sequence[Ticket]]:
    """Find an incident with its tickets, closed when it has been quiet for long."""
    incident = incidents.lock(session, number)
    if incident is None:
        raise NotFoundError(message("There is no such incident."))
    if incident.closed_at is None and now >= incident.joined_at + QUIET_FOR:
        incident.closed_at = now
        session.add(incident)
    return incident, incidents.tickets_of(session, number)
