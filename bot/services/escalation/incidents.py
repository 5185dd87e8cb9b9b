"""Incidents: tickets with the same cause and network, grouped under one post."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

from bot.causes import WITHOUT_CAUSE
from bot.errors import NotFoundError, SlackMessageGoneError
from bot.i18n.messages import message
from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef
from bot.services.context import Context
from bot.services.escalation.schedule import GROUP_INCIDENT
from bot.services.publishing import Publisher
from bot.services.tickets.enqueue import CARD, enqueue, posting_partition
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.escalation import incidents
from bot.store.escalation.incidents import Incident
from bot.store.tickets import tickets
from bot.ticket import Status, Ticket

log = logging.getLogger(__name__)

POST: Final = "incident"
MIN_TICKETS: Final = 4  # fewer tickets with one cause may be a coincidence
GROUP_WINDOW: Final = dt.timedelta(minutes=10)  # in which all of them were filed
JOIN_WINDOW: Final = dt.timedelta(minutes=30)  # since the newest ticket
CLOSE_AFTER: Final = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """The content of an incident's post. `closed_by` is "" when it closed by itself."""

    id: int
    label: str
    team: str
    app: str
    cause: str
    network: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    closed_by: str
    unchecked: int = 0  # alerts over the daily limit

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """Copy the fields of a row."""
        return cls(
            id=incident.id or 0,
            label=incident.label,
            team=incident.team,
            app=incident.app,
            cause=incident.cause,
            network=incident.network,
            opened_at=incident.opened_at,
            closed_at=incident.closed_at,
            closed_by=incident.closed_by,
            unchecked=incident.unchecked,
        )


class IncidentPosts(Protocol):
    """Posts incidents in the escalation channel. Every method raises SlackError only."""

    async def post(
        self, incident: IncidentFacts, grouped: Sequence[Ticket], run: Run
    ) -> MessageRef:
        """Post an incident with its tickets, and mention the support group."""

    async def update(
        self, incident: IncidentFacts, grouped: Sequence[Ticket], message_ref: MessageRef
    ) -> None:
        """Edit the post of an incident."""

    async def permalink(self, team: str, message_ref: MessageRef) -> str:
        """Return the post's address, "" when Slack does not return it now."""


class IncidentService:
    """Closes incidents."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def close(self, team: str, number: int, person: str) -> None:
        """Close an incident; NotAllowedError for non-support. Idempotent."""
        refusal = message("Only support can close an incident.")
        await self._context.require_support(team, person, refusal)
        now = self._context.clock.now()

        def work(session: Session) -> None:
            incident = incidents.lock(session, number, team)
            if incident is None:
                raise NotFoundError(message("There is no such incident."))
            if incident.closed_at is None:
                incident.closed_at, incident.closed_by = now, person
            _enqueue_incident_post(session, incident, now)

        await self._context.commit(work)


class IncidentJobs:
    """Groups tickets into incidents and posts them."""

    def __init__(self, context: Context, publisher: Publisher, posts: IncidentPosts) -> None:
        self._context = context
        self._publisher = publisher
        self._posts = posts

    @job(GROUP_INCIDENT.kind, GROUP_INCIDENT.queue)
    async def group(self, run: Run, number: int) -> None:
        """Add a ticket to an incident, or open one with others like it.

        The post of an alert's ticket is older than its card: it is edited, to link the card.
        """
        _, now = run, self._context.clock.now()
        await self._context.commit(lambda session: _group_ticket(session, number, now))

    @job(POST, Queue.MESSAGES)
    async def post_or_update(self, run: Run, number: int) -> dt.datetime | None:
        """Post an incident or edit its post; returns when to close a quiet incident."""
        now = self._context.clock.now()
        incident, grouped = await self._context.store.transact(
            lambda s: _load_and_close(s, number, now)
        )
        if incident.ts:
            message_ref = MessageRef(incident.channel, incident.ts)
            try:
                await self._posts.update(IncidentFacts.of(incident), grouped, message_ref)
            except SlackMessageGoneError:
                log.info("the post of %s is deleted; posting it again", incident.label)
                await self._post(run, incident, grouped)
        else:
            await self._post(run, incident, grouped)
        return None if incident.closed_at else incident.last_ticket_at + CLOSE_AFTER

    async def _post(self, run: Run, incident: Incident, grouped: Sequence[Ticket]) -> None:
        facts = IncidentFacts.of(incident)
        route = self._context.workspaces.of(incident.team).route_of(incident.app)
        where = Destination(incident.team, route.channel)
        posted, is_new = await self._publisher.publish_once(
            run,
            where,
            incident.opened_at,
            lambda: self._posts.post(facts, grouped, run),
            gone_ts=incident.ts,
        )
        incident.channel, incident.ts = posted.channel, posted.ts
        await self._save_location(incident)
        incident.permalink = await self._posts.permalink(incident.team, posted)
        await self._save_location(incident)
        if not is_new:
            await self._posts.update(facts, grouped, posted)

    async def _save_location(self, incident: Incident) -> None:
        """Store the post's position, and enqueue updates of the tickets' cards, which link it."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            stored = incidents.lock(session, incident.id or 0)
            if stored is None:
                return
            stored.channel, stored.ts = incident.channel, incident.ts
            stored.permalink = incident.permalink
            if stored.permalink:
                for ticket in incidents.list_tickets(session, stored.id or 0):
                    _link(session, ticket, stored, now)

        await self._context.commit(work)


def _group_ticket(session: Session, number: int, now: dt.datetime) -> None:
    ticket = tickets.find(session, number)
    is_resolved = ticket.status is Status.RESOLVED
    if ticket.is_automatic and ticket.incident is not None:
        _enqueue_post_of(session, ticket.incident, now)
    if ticket.incident is not None or ticket.cause in WITHOUT_CAUSE or is_resolved:
        return
    incidents.lock_open(session, ticket)  # first, as in every transaction
    similar = incidents.lock_with_same_cause(session, ticket, ticket.created_at - GROUP_WINDOW)
    session.refresh(ticket)  # another process may have grouped it while we waited
    if ticket.incident is not None:
        return
    networks = incidents.network_types(session, similar)
    own_network = networks.get(ticket.id, "")
    for incident in incidents.lock_open(session, ticket):
        is_recent = abs(ticket.created_at - incident.last_ticket_at) <= JOIN_WINDOW
        if is_recent and _networks_match(own_network, incident.network):
            _join(session, [ticket], incident, now)
            return
    free = [one for one in similar if one.incident is None and one.status is not Status.RESOLVED]
    members = _largest_group(ticket, _same_network(free, networks, own_network))
    if len(members) >= MIN_TICKETS:
        _open(session, members, networks, now)


def join_or_open(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """Add a ticket to the open incident of its app and cause, or open one with it alone."""
    existing = incidents.lock_open(session, ticket)
    if existing:
        _join(session, [ticket], existing[0], now)
    else:
        _open(session, [ticket], {}, now)


def add_unchecked(session: Session, app: str, count: int, now: dt.datetime) -> None:
    """Count alerts that were not checked in the post of an app's newest incident."""
    incident = incidents.lock_newest(session, app)
    if incident is not None and count:
        incident.unchecked += count
        _enqueue_incident_post(session, incident, now)


def _same_network(
    grouped: Sequence[Ticket], networks: Mapping[int, str], own_network: str
) -> Sequence[Ticket]:
    """Return the tickets with the same network; an unknown one counts as the same."""
    common = own_network or next(iter(_most_common(networks.values())), "")
    return [one for one in grouped if _networks_match(networks.get(one.id, ""), common)]


def _most_common(names: Any) -> list[str]:
    return [name for name, _ in Counter(names).most_common(1)]


def _networks_match(one: str, other: str) -> bool:
    return not one or not other or one == other


def _largest_group(ticket: Ticket, grouped: Sequence[Ticket]) -> Sequence[Ticket]:
    """Return the largest group filed within ten minutes that contains the ticket."""
    groups = [
        [
            one
            for one in grouped
            if first.created_at <= one.created_at <= first.created_at + GROUP_WINDOW
        ]
        for first in grouped
        if first.created_at <= ticket.created_at <= first.created_at + GROUP_WINDOW
    ]
    return max(groups, key=len, default=[])


def _open(
    session: Session, members: Sequence[Ticket], networks: Mapping[int, str], now: dt.datetime
) -> None:
    first = members[0]
    existing = [networks[one.id] for one in members if one.id in networks]
    incident = Incident(
        team=first.team,
        app=first.app,
        cause=first.cause,
        network=next(iter(_most_common(existing)), ""),
        opened_at=now,
        last_ticket_at=max(one.created_at for one in members),
    )
    session.add(incident)
    session.flush()
    _join(session, members, incident, now)


def _join(
    session: Session, members: Sequence[Ticket], incident: Incident, now: dt.datetime
) -> None:
    for ticket in members:
        ticket.incident = incident.id
        _link(session, ticket, incident, now)
    newest = max(ticket.created_at for ticket in members)
    incident.last_ticket_at = max(incident.last_ticket_at, newest)
    _enqueue_incident_post(session, incident, now)


def _link(session: Session, ticket: Ticket, incident: Incident, now: dt.datetime) -> None:
    if ticket.thread.incident_permalink == incident.permalink:
        return
    ticket.thread.incident_permalink = incident.permalink
    ticket.mark_changed()
    enqueue(session, ticket, CARD, now)


def _enqueue_post_of(session: Session, number: int, now: dt.datetime) -> None:
    incident = incidents.lock(session, number)
    if incident is not None and incident.closed_at is None:
        _enqueue_incident_post(session, incident, now)


def _enqueue_incident_post(session: Session, incident: Incident, now: dt.datetime) -> None:
    name, partition = f"{POST}:{incident.label}", posting_partition(incident.team, incident.ts)
    store_jobs.enqueue(session, name, POST, incident.id, partition=partition, due_at=now)


def _load_and_close(
    session: Session, number: int, now: dt.datetime
) -> tuple[Incident, Sequence[Ticket]]:
    """Find an incident with its tickets, and close it when its last ticket is old."""
    incident = incidents.lock(session, number)
    if incident is None:
        raise NotFoundError(message("There is no such incident."))
    if incident.closed_at is None and now >= incident.last_ticket_at + CLOSE_AFTER:
        incident.closed_at = now
    return incident, incidents.list_tickets(session, number)
