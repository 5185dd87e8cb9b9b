"""Fields of Slack requests: sender, trigger id, inquiry, ids in button values."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.i18n.translator import Translator
from bot.ports import Inquiry

Body = Mapping[str, Any]

_ORGANIZATION: Final = "E"  # how the ids of organizations begin
_MAX_DIGITS: Final = 15  # fits every database's integer


@dataclass(frozen=True, slots=True)
class Requester:
    """Who sent a request, and from which channel; "" for what the request does not contain."""

    team: str
    person: str
    channel: str

    @classmethod
    def of(cls, body: Body) -> Requester:
        """Read the sender of a command, an action, a form, a shortcut or an event."""
        event = body.get("event") or {}
        user = body.get("user") or event.get("user") or {}
        team = body.get("team") or {}
        channel = body.get("channel") or event.get("channel") or {}
        of_user = user.get("team_id") if isinstance(user, Mapping) else None  # org-wide, the only
        named = body.get("team_id") or _id_of(team) or of_user
        return cls(
            team=str(_installed_in(body) or named or ""),
            person=str(body.get("user_id") or _id_of(user) or ""),
            channel=str(body.get("channel_id") or _id_of(channel) or ""),
        )


def _installed_in(body: Body) -> object:
    """Return the workspace whose installation a form or an event is for, if Slack names it.

    In a channel shared with another company it is not always the one that the request names. An
    organization's installation names the organization, or any of its workspaces.
    """
    view, listed = body.get("view"), body.get("authorizations")
    if isinstance(view, Mapping):
        installed = view.get("app_installed_team_id")
        return None if str(installed).startswith(_ORGANIZATION) else installed
    first = listed[0] if isinstance(listed, list) and listed else None
    if isinstance(first, Mapping) and not first.get("is_enterprise_install"):
        return first.get("team_id")
    return None


def _id_of(value: object) -> object:
    return value.get("id") if isinstance(value, Mapping) else value


def trigger_id_of(body: Body) -> str:
    """Return the trigger id; a random unique one for a request without."""
    return str(body.get("trigger_id") or f"none.{secrets.token_hex(8)}")


def inquiry_of(
    body: Body,
    translator: Translator,
    *,
    app: str = "",
    cname: str = "",
    since_s: float | None = None,
    topic: str = "",
) -> Inquiry:
    """Build the inquiry of a command, which a job responds to in the translator's language."""
    requester = Requester.of(body)
    return Inquiry(
        team=requester.team,
        person=requester.person,
        channel=requester.channel,
        response_url=str(body.get("response_url") or ""),
        locale=translator.locale,
        timezone=translator.timezone,
        app=app,
        cname=cname,
        since_s=since_s,
        topic=topic,
    )


def ticket_number_of(action: Mapping[str, Any]) -> int:
    """Read the ticket's number from a button."""
    return read_ticket_number(str(action.get("value") or ""))


def read_ticket_number(value: str) -> int:
    """Read a ticket's number; 0, which no ticket has, when the value is forged."""
    is_number = value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
    return int(value) if is_number else 0
