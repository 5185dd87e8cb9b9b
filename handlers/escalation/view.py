"""An incident's post as blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.causes import resolution_title
from bot.i18n.messages import Duration, Message, PersonId, message, plural
from bot.services.escalation.incidents import IncidentFacts
from bot.ticket import Ticket
from handlers.escalation.lines import needs_claim
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.labels import network_name
from handlers.ui.renderer import Renderer, link_to

CLOSE_ACTION_ID: Final = "incident.close"
_MAX_TICKETS: Final = 15  # a line each, in two languages, in one section


def group_mention(group: str) -> str:
    """Mention a user group; "" stands for everybody active in the channel."""
    return f"<!subteam^{group}>" if group else "<!here>"


def incident_post(
    incident: IncidentFacts, tickets: Sequence[Ticket], renderer: Renderer, group: str
) -> tuple[str, list[Block]]:
    """Build an incident's post: top-level text and blocks."""
    msg = _headline(incident, tickets)
    fallback_text = message("%(incident)s: %(text)s", incident=incident.label, text=msg)
    fallback_text = fallback_text.in_facts(incident.label, msg)
    title = message("*%(title)s*", title=fallback_text).in_facts(incident.label, msg)
    blocks = [block_kit.section("incident", renderer.mrkdwn(title))]
    if incident.closed_at is None:
        needs_owner = renderer.mrkdwn(needs_claim(incident.label))
        blocks.append(block_kit.section("call", f"{group_mention(group)} {needs_owner}"))
    blocks.append(block_kit.section("tickets", "\n".join(_ticket_lines(tickets, renderer))))
    blocks.append(block_kit.context("state", *_states(incident, renderer)))
    if incident.closed_at is None:
        label = renderer.plain_text(message("Close the incident"))
        button = block_kit.button(CLOSE_ACTION_ID, label, str(incident.id), style="primary")
        blocks.append(block_kit.actions("incident_actions", button))
    return renderer.fallback_text(fallback_text), blocks


def _headline(incident: IncidentFacts, tickets: Sequence[Ticket]) -> Message:
    moments = [ticket.created_at for ticket in tickets]
    minutes = max(1, round((max(moments) - min(moments)).total_seconds() / 60))
    what: dict[str, object] = {
        "count": len(tickets),
        "number": (number := _number(tickets)),
        "span": Duration(minutes * 60),
        "app": incident.app,
        "cause": resolution_title(incident.cause),
    }
    network = network_name(incident.network) if incident.network else None
    facts = [what["cause"], *([network] if network else []), incident.app, number, what["span"]]
    if not incident.network:
        return plural(
            "%(number)s in %(span)s has this cause: %(cause)s (%(app)s)",
            "%(number)s in %(span)s share this cause: %(cause)s (%(app)s)",
            **what,  # type: ignore[arg-type]
        ).in_facts(*facts)
    return plural(
        "%(number)s in %(span)s has this cause and network: %(cause)s, %(network)s (%(app)s)",
        "%(number)s in %(span)s share this cause and network: %(cause)s, %(network)s (%(app)s)",
        network=network,
        **what,  # type: ignore[arg-type]
    ).in_facts(*facts)


def _number(tickets: Sequence[Ticket]) -> Message:
    """Count what people reported, what a cloud's alerts did, or both together, as tickets."""
    count, automatic = len(tickets), sum(ticket.is_automatic for ticket in tickets)
    if not automatic:
        return plural("%(count)s report", "%(count)s reports", count=count)
    if automatic == count:
        return plural("%(count)s alert", "%(count)s alerts", count=count)
    return plural("%(count)s ticket", "%(count)s tickets", count=count)


def _ticket_lines(tickets: Sequence[Ticket], renderer: Renderer) -> list[str]:
    lines = [_ticket_line(ticket, renderer) for ticket in tickets[:_MAX_TICKETS]]
    left = len(tickets) - len(lines)
    if left:
        more = plural("… and %(count)s more ticket", "… and %(count)s more tickets", count=left)
        lines.append(renderer.inline(more))
    return lines


def _ticket_line(ticket: Ticket, renderer: Renderer) -> str:
    name = renderer.fact(link_to(ticket.thread.permalink, ticket.label))
    return f"• {name} {renderer.fact(ticket.cname)} · {renderer.fact(ticket.created_at)}"


def _states(incident: IncidentFacts, renderer: Renderer) -> list[str]:
    opened = renderer.labelled(message("Opened"), incident.opened_at)
    return [opened, *_unchecked(incident, renderer), *_end(incident, renderer)]


def _unchecked(incident: IncidentFacts, renderer: Renderer) -> list[str]:
    """Say how many alerts of the cloud were too many for the day."""
    if not incident.unchecked:
        return []
    text = plural(
        "%(count)s more alert of the cloud was not checked: the day's limit is reached.",
        "%(count)s more alerts of the cloud were not checked: the day's limit is reached.",
        count=incident.unchecked,
    )
    return [renderer.inline(text)]


def _end(incident: IncidentFacts, renderer: Renderer) -> list[str]:
    if incident.closed_at is None:
        quiet = message("It closes by itself after two hours without a new ticket.")
        return [renderer.inline(quiet)]
    if not incident.closed_by:
        return [renderer.labelled(message("Closed automatically"), incident.closed_at)]
    by = renderer.labelled(message("Closed by"), PersonId(incident.closed_by))
    return [f"{by} · {renderer.fact(incident.closed_at)}"]
