"""The jobs that post a ticket's card and confirm the ticket to its reporter.

A job's function returns None when it is done, or when to run it again; it raises retryable errors.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from bot.call import ERASED
from bot.errors import (
    SlackAccessLostError,
    SlackContentRefusedError,
    SlackError,
    SlackMessageGoneError,
    SlackTokenError,
)
from bot.jobs.run import Queue, Run, job
from bot.ports import Destination, MessageRef
from bot.services.context import Context
from bot.services.diagnosis.job_kinds import DIAGNOSE
from bot.services.escalation.schedule import GROUP_INCIDENT
from bot.services.inquiry_rows import ANSWER_TIMEOUT
from bot.services.notifications.jobs import NotificationLog
from bot.services.notifications.rules import CONFIRM, DELAYED, FILED, Notification
from bot.services.publishing import Publisher
from bot.services.tickets.enqueue import ANSWER_REPORT, CARD, TicketJob, answer_now, enqueue
from bot.services.tickets.update_throttle import UpdateThrottle
from bot.services.tickets.updates import (
    fetch_permalink,
    find_ticket,
    permalink_change,
    update_ticket,
)
from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.escalation.incidents import Incident
from bot.store.notifications import sent
from bot.store.tickets import tickets
from bot.ticket import Ticket

log = logging.getLogger(__name__)

_CARD_WAIT: Final = dt.timedelta(minutes=5)  # a card that is posted ends it at once


class CardPosts(Protocol):
    """Posts ticket cards. Every method raises SlackError only."""

    async def post_card(
        self, ticket: Ticket, run: Run, refusal: SlackContentRefusedError | None = None
    ) -> MessageRef:
        """Post the ticket's card in the escalation channel; in plain text after a refusal."""

    async def update_card(
        self, ticket: Ticket, refusal: SlackContentRefusedError | None = None
    ) -> None:
        """Edit the ticket's card; into plain text after a refusal."""

    async def permalink(self, ticket: Ticket) -> str:
        """Return the card's address, "" when Slack does not return it now."""

    async def confirm(self, ticket: Ticket, run: Run, target: Ticket | None) -> MessageRef:
        """Send the reporter the private message about their ticket, as it is now.

        `target` is the ticket that it was merged into.
        """

    async def update_confirmation(
        self, ticket: Ticket, message_ref: MessageRef, target: Ticket | None
    ) -> None:
        """Edit the reporter's private message."""

    async def answer_report(self, ticket: Ticket, response_url: str) -> None:
        """Say privately, where the report was requested, that it is filed."""

    async def announce_delay(self, ticket: Ticket, run: Run, code: str) -> MessageRef:
        """Send the reporter a private message that the card cannot be posted, and why."""


class TicketJobs:
    """Posts cards, and the reporters' private messages."""

    def __init__(self, context: Context, publisher: Publisher, posts: CardPosts) -> None:
        self._context = context
        self._publisher = publisher
        self._posts = posts
        self._notification_log = NotificationLog(context, publisher)
        self._update_throttle = UpdateThrottle()

    @job(CARD.kind, CARD.queue)
    async def post_or_update_card(self, run: Run, number: int) -> dt.datetime | None:
        """Post the ticket's card, or edit it.

        A card that Slack refuses is replaced by plain text, and the job is given up until the
        ticket changes or Lagdesk starts again.
        """
        ticket = await find_ticket(self._context, number)
        if ticket.thread.card_ts:
            throttled_until = self._throttled_until(run)
            if throttled_until is not None:
                return throttled_until
            try:
                await self._update_card(ticket)
            except SlackMessageGoneError:
                log.info("the card of %s is deleted; posting it again", ticket.label)
            except SlackAccessLostError:
                if ticket.thread.channel == self._channel_of(ticket):
                    raise
                log.info("the channel of %s is no longer the escalation channel", ticket.label)
            else:
                return None
        else:
            ticket = await self._link_to_same_call(run, ticket)
        root_ts = await self._find_root(ticket)
        if root_ts is None:
            return self._context.clock.now() + _CARD_WAIT
        ticket.thread.root_ts = root_ts
        await self._post_card(run, ticket)
        return None

    async def _find_root(self, ticket: Ticket) -> str | None:
        """Return the post in whose thread the card of an automatic ticket is posted.

        "" for none, None for an incident's before it is posted, which enqueues this job.
        """
        if not ticket.is_automatic or ticket.incident is None:
            return ""
        incident = await self._context.store.read(lambda s: s.get(Incident, ticket.incident))
        if incident is None or incident.channel not in ("", self._channel_of(ticket)):
            return ""
        return incident.ts or None

    def _channel_of(self, ticket: Ticket) -> str:
        """Return the channel for the ticket's card."""
        settings = self._context.workspaces.of(ticket.team)
        return settings.route_of(ticket.app, ticket.language).channel

    def _throttled_until(self, run: Run) -> dt.datetime | None:
        return self._update_throttle.throttled_until(run.key, self._context.clock.now())

    async def _link_to_same_call(self, run: Run, ticket: Ticket) -> Ticket:
        """Link a new ticket to the first one about the same call; both cards name the other."""
        same = await self._context.store.read(lambda s: tickets.list_same_call(s, ticket))
        first = next((each for each in same if each.id < ticket.id), None)
        if first is None:
            return ticket
        now = self._context.clock.now()

        def work(session: Session) -> Ticket:
            earlier, stored = (tickets.lock(session, each.id) for each in (first, ticket))
            stored.link(earlier, "", now)
            return stored

        return await self._context.commit(run.fenced(work))

    async def _update_card(self, ticket: Ticket) -> None:
        try:
            await self._posts.update_card(ticket)
        except SlackContentRefusedError as refusal:
            await self._posts.update_card(ticket, refusal)
            raise

    async def _post_card(self, run: Run, ticket: Ticket) -> None:
        refusals: list[SlackContentRefusedError] = []
        waiting = _waiting_for_card(ticket)

        async def post() -> MessageRef:
            try:
                return await self._posts.post_card(ticket, run)
            except SlackContentRefusedError as refusal:
                refusals.append(refusal)
                return await self._posts.post_card(ticket, run, refusal)

        where = Destination(ticket.team, self._channel_of(ticket), ticket.thread.root_ts)
        try:
            posted, is_new = await self._publisher.publish_once(
                run, where, ticket.created_at, post, gone_ts=ticket.thread.card_ts
            )
        except SlackTokenError:  # the reporter cannot be written to either
            raise
        except SlackAccessLostError as error:
            await self._enqueue_announcement(run, ticket, error.code)
            raise
        await self._save_card_location(run, ticket, posted)
        permalink = await self._posts.permalink(ticket)
        await self._update_linked_cards(run, ticket, permalink)
        if not is_new:
            await self._update_card(ticket)
        change = permalink_change(ticket, permalink)
        await update_ticket(run, self._context, ticket, change, *waiting, is_last=not refusals)
        for refusal in refusals:
            raise refusal

    async def _update_linked_cards(self, run: Run, ticket: Ticket, permalink: str) -> None:
        """Let the cards of linked tickets name this one, with a link to its new card."""
        if not ticket.related:
            return
        now = self._context.clock.now()

        def work(session: Session) -> None:
            for number in ticket.related:
                other = tickets.lock(session, number)
                other.set_permalink_of(ticket, permalink)
                enqueue(session, other, CARD, now)

        await self._context.commit(run.fenced(work))

    async def _enqueue_announcement(self, run: Run, ticket: Ticket, code: str) -> None:
        """Let the reporter know, once, that the thread they wait for cannot be opened."""
        now = self._context.clock.now()

        def work(session: Session) -> None:
            if not (ticket.thread.card_ts or sent.find_newest(session, ticket.id, DELAYED)):
                name, arguments = f"announce_delay:{ticket.label}", (ticket.id, code)
                store_jobs.enqueue(
                    session, name, "announce_delay", *arguments, ticket=ticket.id, due_at=now
                )

        await self._context.commit(run.fenced(work))

    async def _save_card_location(self, run: Run, ticket: Ticket, posted: MessageRef) -> None:
        """Store the card's position; the history records a card that replaces another.

        The diagnosis is posted, or posted again, under it.
        """
        now = self._context.clock.now()

        def work(session: Session) -> None:
            stored = tickets.lock(session, ticket.id)
            if stored.thread.card_ts:
                stored.add_event("reposted", now)
                enqueue(session, stored, CARD, now)
            stored.thread.move_to(posted.channel, posted.ts, ticket.thread.root_ts)
            enqueue(session, stored, DIAGNOSE, now)
            answer_now(session, stored, now)

        await self._context.commit(run.fenced(work))
        ticket.thread.move_to(posted.channel, posted.ts, ticket.thread.root_ts)

    @job(CONFIRM.kind, CONFIRM.queue)
    async def confirm(self, run: Run, number: int) -> dt.datetime | None:
        """Send the reporter the one private message about their ticket, or edit it.

        A reporter who knows that the card cannot be posted gets it after the card.
        """
        ticket, target, message_ref, is_delayed = await self._context.store.read(
            lambda session: _read_confirmation(session, number)
        )
        if ticket.reporter == ERASED or ticket.is_automatic:
            return None
        if is_delayed and not ticket.thread.card_ts:
            return self._context.clock.now() + _CARD_WAIT
        await fetch_permalink(run, self._context, ticket, self._posts.permalink)
        if message_ref is not None:
            throttled_until = self._throttled_until(run)
            if throttled_until is None:
                await self._update_confirmation(ticket, message_ref, target)
            return throttled_until
        await self._notification_log.notify_once(
            run,
            ticket.team,
            Notification(ticket.id, FILED, ticket.reporter),
            lambda: self._posts.confirm(ticket, run, target),
        )
        return None

    async def _update_confirmation(
        self, ticket: Ticket, message_ref: MessageRef, target: Ticket | None
    ) -> None:
        """Edit the message; one that is deleted, or of a closed account, needs no edit."""
        try:
            await self._posts.update_confirmation(ticket, message_ref, target)
        except SlackTokenError:  # of no message in particular: tried again
            raise
        except (SlackMessageGoneError, SlackAccessLostError) as error:
            log.info("the message about %s is not updated: %s", ticket.label, error)

    @job(ANSWER_REPORT, Queue.MESSAGES)
    async def answer_report(self, run: Run, number: int, response_url: str) -> None:
        """Say where the report was requested that it is filed; optional, as a message follows."""
        ticket = await find_ticket(self._context, number)
        if self._context.clock.now() > ticket.created_at + ANSWER_TIMEOUT:
            return
        await fetch_permalink(run, self._context, ticket, self._posts.permalink)
        try:
            await self._posts.answer_report(ticket, response_url)
        except SlackError as error:
            if error.retryable:
                raise
            log.info("the answer to the report of %s was refused: %s", ticket.label, error)

    @job("announce_delay", Queue.MESSAGES)
    async def announce_delay(self, run: Run, number: int, code: str) -> None:
        """Send the reporter why the card is not posted yet, unless it is by now."""
        ticket = await find_ticket(self._context, number)
        if ticket.thread.card_ts or ticket.reporter == ERASED or ticket.is_automatic:
            return
        await self._notification_log.notify_once(
            run,
            ticket.team,
            Notification(ticket.id, DELAYED, ticket.reporter),
            lambda: self._posts.announce_delay(ticket, run, code),
        )


def _waiting_for_card(ticket: Ticket) -> Sequence[TicketJob]:
    """Return the jobs that need the link to the card which is about to be posted."""
    first = () if ticket.thread.card_ts else (CONFIRM,)
    return (*first, GROUP_INCIDENT) if ticket.thread.root_ts else first


def _read_confirmation(
    session: Session, number: int
) -> tuple[Ticket, Ticket | None, MessageRef | None, bool]:
    """Return a ticket, the one it was merged into, its message, and whether its card is delayed."""
    ticket = tickets.find(session, number)
    target = tickets.find(session, ticket.duplicate_of) if ticket.duplicate_of else None
    rows = sent.list_sent(session, number, FILED)
    message_ref = MessageRef(rows[0].channel, rows[0].ts) if rows else None
    return ticket, target, message_ref, sent.find_newest(session, number, DELAYED) is not None
