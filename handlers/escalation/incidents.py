"""The incidents' story: one post for many tickets, and the button that closes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.causes import resolution_title
from bot.i18n.messages import Duration, Message, PersonId, message, plural
from bot.ports import MessageRef
from bot.services.escalation.incidents import IncidentService
from bot.settings import Settings
from bot.store.escalation.incidents import Incident
from bot.ticket import Ticket
from handlers.slack.notifier import SlackNotifier
from handlers.slack.request import Body, Requester, ticket_number_of
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Link, Renderer

_CLOSE: Final = "incident.close"
_TICKETS_SHOWN: Final = 15  # a line each, in two languages, in one section


class IncidentHandlers:
    """Support closes an incident."""

    def __init__(self, incidents: IncidentService) -> None:
        self._incidents = incidents

    def register(self, app: AsyncApp) -> None:
        """Listen for the button."""
        app.action(_CLOSE)(self.close)

    async def close(self, ack: AsyncAck, body: Body) -> None:
        """Close an incident; its post changes by itself."""
        requester = Requester.of(body)
        number = ticket_number_of(body["actions"][0])
        await self._incidents.close(requester.team, number, requester.person)
        await ack()


class SlackIncidentPosts:
    """Posts incidents in the escalation channel. Implements desk.incidents.IncidentNotes."""

    def __init__(self, notifier: SlackNotifier, users: UserDirectory, settings: Settings) -> None:
        self._notifier = notifier
        self._users = users
        self._settings = settings

    async def post(self, incident: Incident, tickets: Sequence[Ticket], key: str) -> MessageRef:
        """Post an incident with its tickets, and call the group."""
        channel = self._settings.escalation_channel
        renderer = await self._users.channel_renderer(incident.team, channel)
        text, blocks = incident_post(incident, tickets, renderer, self._settings.support_group)
        return await self._notifier.post_in_channel(incident.team, channel, key, text, blocks)

    async def update(self, incident: Incident, tickets: Sequence[Ticket]) -> None:
        """Edit the post of an incident."""
        renderer = await self._users.channel_renderer(incident.team, incident.channel)
        text, blocks = incident_post(incident, tickets, renderer, self._settings.support_group)
        message_ref = MessageRef(incident.channel, incident.ts)
        await self._notifier.edit_in_channel(incident.team, message_ref, text, blocks)

    async def permalink(self, incident: Incident) -> str:
        """The post's address, "" when Slack does not tell it."""
        return await self._notifier.link(incident.team, MessageRef(incident.channel, incident.ts))

    async def find(self, first: Ticket, key: str, since: dt.datetime) -> MessageRef | None:
        """Look for a post with this key that may have arrived without an answer."""
        return await self._notifier.find(first, key, since)


def incident_post(
    incident: Incident, tickets: Sequence[Ticket], renderer: Renderer, group: str
) -> tuple[str, list[Block]]:
    """An incident in the channel: notice text and blocks."""
    msg = _headline(incident, tickets)
    fallback_text = message("%(incident)s: %(text)s", incident=incident.label, text=msg)
    lines = [message("*%(title)s*", title=fallback_text)]
    blocks = [block_kit.section("incident", "\n".join(renderer.mrkdwn(line) for line in lines))]
    if incident.closed_at is None:
        needs_owner = renderer.mrkdwn(
            message("%(ticket)s needs somebody to claim it.", ticket=incident.label)
        )
        mention = f"<!subteam^{group}>" if group else "<!here>"
        blocks.append(block_kit.section("call", f"{mention} {needs_owner}"))
    ticket_list = "\n".join(renderer.mrkdwn(line) for line in _ticket_lines(tickets))
    blocks.append(block_kit.section("tickets", ticket_list))
    blocks.append(
        block_kit.context("state", *(renderer.mrkdwn(line) for line in _states(incident)))
    )
    if incident.closed_at is None:
        label = renderer.plain_text(message("Close the incident"))
        button = block_kit.button(_CLOSE, label, str(incident.id), style="primary")
        blocks.append(block_kit.actions("incident_actions", button))
    return renderer.fallback_text(fallback_text), blocks


def _headline(incident: Incident, tickets: Sequence[Ticket]) -> Message:
    moments = [ticket.created_at for ticket in tickets]
    minutes = max(1, round((max(moments) - min(moments)).total_seconds() / 60))
    what: dict[str, object] = {
        "count": len(tickets),
        "span": Duration(minutes * 60),
        "app": incident.app,
        "cause": resolution_title(incident.cause),
    }
    if not incident.network:
        return plural(
            "%(count)s report in %(span)s has this cause: %(cause)s (%(app)s)",
            "%(count)s reports in %(span)s share this cause: %(cause)s (%(app)s)",
            **what,  # type: ignore[arg-type]
        )
    return plural(
        "%(count)s report in %(span)s has this cause and network: %(cause)s, %(network)s (%(app)s)",
        "%(count)s reports in %(span)s share this cause and network: %(cause)s, %(network)s (%(app)s)",  # noqa: E501 - one sentence for the catalogs
        network=incident.network,
        **what,  # type: ignore[arg-type]
    )


def _ticket_lines(tickets: Sequence[Ticket]) -> list[Message]:
    lines = [_ticket_line(ticket) for ticket in tickets[:_TICKETS_SHOWN]]
    left = len(tickets) - len(lines)
    if left:
        more = plural("… and %(count)s more ticket", "… and %(count)s more tickets", count=left)
        lines.append(more)
    return lines


def _ticket_line(ticket: Ticket) -> Message:
    name: object = Link(ticket.permalink, ticket.label) if ticket.permalink else ticket.label
    return message(
        "• %(ticket)s %(cname)s, %(when)s", ticket=name, cname=ticket.cname, when=ticket.created_at
    )


def _states(incident: Incident) -> list[Message]:
    opened = message("Opened %(when)s", when=incident.opened_at)
    if incident.closed_at is None:
        quiet = message("It closes by itself after two hours without a new ticket.")
        return [opened, quiet]
    if not incident.closed_by:
        quiet = message("Closed automatically, %(when)s", when=incident.closed_at)
        return [opened, quiet]
    closed = message(
        "Closed by %(person)s, %(when)s",
        person=PersonId(incident.closed_by),
        when=incident.closed_at,
    )
    return [opened, closed]
