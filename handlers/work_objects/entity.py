"""Tickets as Work Objects of the type Task.

Slack, "Implementing Work Objects": a preview is read by everybody in the channel, a side panel by
one person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.causes import WITHDRAWN
from bot.diagnosis import UNKNOWN
from bot.i18n.messages import Message, message
from bot.services.diagnosis.evidence import stored_verdict
from bot.ticket import Status, Ticket
from handlers.diagnosis.view import headline
from handlers.slack.manifest import ENTITY_TYPE
from handlers.tickets.status import status_name
from handlers.ui.block_kit import Block, clip
from handlers.ui.plain_renderer import without_markup
from handlers.ui.renderer import Renderer

Json = dict[str, Any]
_COLOURS: Final = {Status.OPEN: "red", Status.CLAIMED: "yellow", Status.RESOLVED: "green"}
_TEXT_LENGTH: Final = 2000
_LABELS: Final[Mapping[str, Message]] = {  # of the blocks of a ticket's details
    "facts": message("Ticket"),
    "comments": message("Comment"),
    "duplicate": message("Resolution"),
    "cause": message("Resolution"),
    "resolution": message("Resolution"),
    "verdict": message("Diagnosis and advice"),
    "state": message("State"),
    "steps": message("History"),
}


def preview(ticket: Ticket, url: str, owner: str, renderer: Renderer) -> Json:
    """Build a ticket's preview, with what a mention of it shows; its uids must be masked."""
    fields = _common_fields(ticket, renderer)
    if owner:
        fields["assignee"] = {"type": "slack#/types/user", "user": {"text": owner}}
    verdict, custom = stored_verdict(ticket), []
    if verdict is not None and verdict.verdict.cause != UNKNOWN:
        text = without_markup(renderer.plain_text(headline(verdict)))
        custom.append(_text_field("verdict", message("Verdict"), text, renderer))
    return _entity(ticket, url, fields, custom, renderer)


def panel(ticket: Ticket, url: str, blocks: Iterable[Block], renderer: Renderer) -> Json:
    """Build a ticket's side panel, with the texts of the details that one person may read."""
    fields = _common_fields(ticket, renderer)
    fields["created_by"] = _person(ticket.reporter)
    owner = ticket.resolver if ticket.status is Status.RESOLVED else ticket.assignee
    if owner:
        fields["assignee"] = _person(owner)
    custom = [
        _text_field(name, _LABELS[name], text, renderer) for name, text in _texts(blocks).items()
    ]
    if ticket.thread.permalink:
        label = renderer.plain_text(message("Thread"))
        link = {"key": "thread", "label": label, "type": "slack#/types/link"}
        custom.append(link | {"value": ticket.thread.permalink})
    return _entity(ticket, url, fields, custom, renderer)


def _entity(
    ticket: Ticket, url: str, fields: Json, custom_fields: list[Json], renderer: Renderer
) -> Json:
    attributes = {
        "title": {"text": f"{ticket.label} · {ticket.cname}"},
        "display_id": ticket.label,
        "display_type": renderer.plain_text(message("Ticket")),
        "product_name": "Lagdesk",
    }
    payload = {"attributes": attributes, "fields": fields, "custom_fields": custom_fields}
    return {
        "entity_type": ENTITY_TYPE,
        "url": url,
        "external_ref": {"id": ticket.label, "type": "ticket"},
        "entity_payload": payload,
    }


def _common_fields(ticket: Ticket, renderer: Renderer) -> Json:
    colour = "gray" if ticket.was_resolved_as(WITHDRAWN) else _COLOURS[ticket.status]
    status = {"value": renderer.plain_text(status_name(ticket)), "tag_color": colour}
    return {"status": status, "date_created": {"value": int(ticket.created_at.timestamp())}}


def _person(user_id: str) -> Json:
    return {"type": "slack#/types/user", "user": {"user_id": user_id}}


def _text_field(key: str, label: Message, text: str, renderer: Renderer) -> Json:
    value = clip(text, _TEXT_LENGTH)
    return {
        "key": key,
        "label": renderer.plain_text(label),
        "type": "string",
        "value": value,
        "long": True,
    }


def _texts(blocks: Iterable[Block]) -> dict[str, str]:
    """Return the texts of the details' blocks by name; buttons and pictures have none."""
    texts: dict[str, list[str]] = {}
    for block in blocks:
        name = str(block["block_id"]).partition("-")[0]
        name = "resolution" if name in ("cause", "duplicate") else name
        if name in _LABELS:
            texts.setdefault(name, []).extend(_lines(block))
    return {name: without_markup("\n".join(lines)) for name, lines in texts.items()}


def _lines(block: Block) -> list[str]:
    if block["type"] == "context":
        return [element["text"] for element in block["elements"]]
    return [block["text"]["text"]]
