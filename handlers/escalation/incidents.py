"""The incidents' story: one post for many tickets, and the button that closes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.i18n.messages import Duration, Message, PersonId, message, plural
from bot.ports import Posted
from bot.services.escalation.incidents import Incidents
from bot.services.tickets.service import Desk
from bot.settings import Settings
from bot.store.escalation.incidents import Incident
from bot.ticket import Ticket
from handlers.slack.errors import Asker, Body, read_number
from handlers.slack.notifier import SlackSpeaker
from handlers.slack.user_directory import People
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.causes import resolution_name
from handlers.ui.renderer import Link, Voice

_CLOSE: Final = "incident.close"
_TICKETS_SHOWN: Final = 15  # a line each, in two languages, in one section


class IncidentsStory:
    """Support closes an incident."""

    def __init__(self, desk: Desk, people: People) -> None:
        _ = people
        self._incidents = Incidents(desk)

    def register(self, app: AsyncApp) -> None:
        """Listen for the button."""
        app.action(_CLOSE)(self.close)

    async def close(self, ack: AsyncAck, body: Body) -> None:
        """Close an incident; its post changes by itself."""
        asker = Asker.of(body)
        number = read_number(body["actions"][0])
        await self._incidents.close(asker.team, number, asker.person)
        await ack()


class ChannelIncidents:
    """Posts incidents in the escalation channel. Implements desk.incidents.IncidentNotes."""

    def __init__(self, speaker: SlackSpeaker, people: People, settings: Settings) -> None:
        self._speaker = speaker
        self._people = people
        self._settings = settings

    async def post(self, incident: Incident, found: Sequence[Ticket], key: str) -> Posted:
        """Post an incident with its tickets, and call the group."""
        channel = self._settings.escalation_channel
        voice = await self._people.channel_voice(incident.team, channel)
        text, shown = incident_post(incident, found, voice, self._settings.support_group)
        return await self._speaker.post_in_channel(incident.team, channel, key, text, shown)

    async def update(self, incident: Incident, found: Sequence[Ticket]) -> None:
        """Edit the post of an incident."""
        voice = await self._people.channel_voice(incident.team, incident.channel)
        text, shown = incident_post(incident, found, voice, self._settings.support_group)
        place = Posted(incident.channel, incident.ts)
        await self._speaker.edit_in_channel(incident.team, place, text, shown)

    async def permalink(self, incident: Incident) -> str:
        """The post's address, "" when Slack does not tell it."""
        return await self._speaker.link(incident.team, Posted(incident.channel, incident.ts))

    async def find(self, first: Ticket, key: str, since: dt.datetime) -> Posted | None:
        """Look for a post with this key that may have arrived without an answer."""
        return await self._speaker.find(first, key, since)


def incident_post(
    incident: Incident, found: Sequence[Ticket], voice: Voice, group: str
) -> tuple[str, list[Block]]:
    """An incident in the channel: notice text and blocks."""
    said = _headline(incident, found)
    notice = message("%(incident)s: %(text)s", incident=incident.label, text=said)
    lines = [message("*%(title)s*", title=notice)]
    shown = [block_kit.section("incident", "\n".join(voice.markup(line) for line in lines))]
    if incident.closed_at is None:
        called = voice.markup(
            message("%(ticket)s needs somebody to take it.", ticket=incident.label)
        )
        mention = f"<!subteam^{group}>" if group else "<!here>"
        shown.append(block_kit.section("call", f"{mention} {called}"))
    listed = "\n".join(voice.markup(line) for line in _ticket_lines(found))
    shown.append(block_kit.section("tickets", listed))
    shown.append(block_kit.context("state", *(voice.markup(line) for line in _states(incident))))
    if incident.closed_at is None:
        label = voice.plain(message("Close the incident"))
        button = block_kit.button(_CLOSE, label, str(incident.id), style="primary")
        shown.append(block_kit.actions("incident_actions", button))
    return voice.notice(notice), shown


def _headline(incident: Incident, found: Sequence[Ticket]) -> Message:
    moments = [ticket.created_at for ticket in found]
    minutes = max(1, round((max(moments) - min(moments)).total_seconds() / 60))
    what: dict[str, object] = {
        "count": len(found),
        "span": Duration(minutes * 60),
        "app": incident.app,
        "cause": resolution_name(incident.cause),
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


def _ticket_lines(found: Sequence[Ticket]) -> list[Message]:
    lines = [_ticket_line(ticket) for ticket in found[:_TICKETS_SHOWN]]
    left = len(found) - len(lines)
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
    if not incident.closer:
        quiet = message("Closed by itself, %(when)s", when=incident.closed_at)
        return [opened, quiet]
    closed = message(
        "Closed by %(person)s, %(when)s",
        person=PersonId(incident.closer),
        when=incident.closed_at,
    )
    return [opened, closed]
