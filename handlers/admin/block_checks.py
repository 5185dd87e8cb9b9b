"""Asks Slack, without posting anything, whether it takes the forms and the card of today."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.call import Side
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.ports import CheckResult, Health
from bot.services.workspaces.settings import WorkspaceSettings
from bot.ticket import Status, Ticket
from handlers.tickets.card import ticket_card, ticket_fallback_text
from handlers.tickets.forms import ReportForm
from handlers.ui.renderer import Renderer
from handlers.workspaces.forms import SetupView

_BLOCKS: Final = message("Slack blocks")
_REFUSED: Final = frozenset({"invalid_view", "invalid_message", "invalid_blocks"})


async def check_blocks(
    client: AsyncWebClient, settings: WorkspaceSettings, now: dt.datetime
) -> list[CheckResult]:
    """Validate them with blocks.validate; nothing where Slack does not answer that."""
    problems = await asyncio.gather(
        *(_validate(client, name, sample) for name, sample in _samples(settings, now).items())
    )
    if None in problems:
        return []
    refused = [problem for problem in problems if problem]
    if not refused:
        detail = message("Slack takes the forms and the cards.")
        return [CheckResult("slack.blocks", _BLOCKS, Health.OK, detail)]
    detail = message(
        "Slack would refuse: %(what)s. Update Lagdesk, or put this line into an issue.",
        what=refused,
    )
    return [CheckResult("slack.blocks", _BLOCKS, Health.WARNING, detail)]


def _samples(settings: WorkspaceSettings, now: dt.datetime) -> Mapping[str, dict[str, Any]]:
    """Return a view or a message by what it is, as blocks.validate takes them."""
    renderer, ticket = Renderer(Translator("en")), _ticket(now)
    apps = settings.apps or ("app",)
    text, blocks = ticket_fallback_text(ticket, renderer), ticket_card(ticket, renderer)
    return {
        "report form": {"view": ReportForm().view(renderer, apps, now)},
        "setup form": {"view": SetupView(settings, apps).view(renderer)},
        "card": {"message": {"text": text, "blocks": blocks}},
    }


def _ticket(now: dt.datetime) -> Ticket:
    return Ticket(
        number=1,
        team="T1",
        origin="V1",
        status=Status.OPEN,
        app="app",
        cloud="agora",
        cname="class_1",
        teacher_uid="10001",
        student_uid="20002",
        abnormal_side=Side.STUDENT,
        issue_type=3,
        occurred_at=now,
        created_at=now,
        reporter="U1",
    )


async def _validate(
    client: AsyncWebClient, name: str, sample: dict[str, Any]
) -> Message | str | None:
    """Return what Slack would refuse, "" for nothing, None when it does not say."""
    try:
        await client.blocks_validate(**sample)
    except SlackApiError as error:
        data = error.response.data
        if not isinstance(data, dict) or data.get("error") not in _REFUSED:
            return None
        first: Mapping[str, Any] = next(iter(data.get("errors") or []), {})
        return message(
            "%(name)s, at %(pointer)s: %(why)s",
            name=name,
            pointer=str(first.get("pointer") or "?"),
            why=str(first.get("message") or data["error"]),
        )
    except (SlackClientError, TimeoutError, aiohttp.ClientError, OSError):
        return None
    return ""
