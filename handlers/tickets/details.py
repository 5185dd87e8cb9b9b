"""One ticket shown to one person, with what they may do: `/tickets LD-12`, and *Show* in lists."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence
from typing import Final

import aiohttp
from slack_bolt.async_app import AsyncRespond

from bot.errors import LagdeskError
from bot.escalation import Policy
from bot.i18n.messages import message
from bot.services.diagnosis.evidence import stored_verdict
from bot.services.tickets.service import TicketService
from bot.services.workspaces.directory import Workspaces
from bot.ticket import Status, Ticket
from handlers.diagnosis.chart_upload import chart_image_block
from handlers.diagnosis.feedback import details_button
from handlers.diagnosis.hints import hint_blocks
from handlers.diagnosis.result_lines import RESULT_EMOJI
from handlers.diagnosis.view import advice_lines, verdict_lines
from handlers.slack.api_errors import INVALID_BLOCKS_CODES, response_error_code
from handlers.slack.request import Body, Requester, ticket_number_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.card import REPORT_BLOCK, ticket_card, ticket_fallback_text
from handlers.tickets.history_lines import full_history
from handlers.tickets.own_message import answer_blocks, own_buttons
from handlers.ui import block_kit
from handlers.ui.block_kit import Block
from handlers.ui.form_state import read_metadata
from handlers.ui.renderer import Link, Renderer
from handlers.work_objects.links import ticket_url

log = logging.getLogger(__name__)

_DETAILS_URL: Final = "details"  # in a form's metadata: a response URL
_RENEWAL_TIMEOUT_S: Final = 1.0  # the form must be acknowledged within three seconds
_NO_POLICY: Final = Policy()
_ONLY_ON_CARD: Final = ("steps", REPORT_BLOCK)
_FOR_SUPPORT: Final = "ticket"  # the block of the card's buttons


class TicketDetails:
    """Responds with one ticket."""

    def __init__(
        self,
        tickets: TicketService,
        users: UserDirectory,
        workspaces: Workspaces,
        public_url: str = "",
    ) -> None:
        self._public_url = public_url
        self._tickets = tickets
        self._users = users
        self._workspaces = workspaces

    async def show(
        self, respond: AsyncRespond, requester: Requester, number: int, *, replace: bool = False
    ) -> None:
        """Respond with a ticket; when Slack deleted its chart, without it, and redraw it."""
        team, person = requester.team, requester.person
        ticket = await self._tickets.find_visible(team, number, person)
        renderer = await self._users.renderer(team, person)
        is_support = bool(await self._users.is_support(team, person))
        policy = self._workspaces.policy_of(team)
        for _ in range(2):
            text, blocks = ticket_details(
                *(ticket, renderer, person, policy),
                is_support=is_support,
                trackers=self._workspaces.of(team).trackers,
            )
            blocks += self._link_blocks(number, renderer)
            answer = await respond(
                text=text, blocks=blocks, response_type="ephemeral", replace_original=replace
            )
            code = response_error_code(answer.status_code, answer.body)
            if not ticket.thread.chart_file_id or code not in INVALID_BLOCKS_CODES:
                return
            await self._tickets.redraw_chart(team, number, person)
            ticket.thread.chart_file_id = ""

    def _link_blocks(self, number: int, renderer: Renderer) -> list[Block]:
        """Build the line with the ticket's address; nothing without PUBLIC_URL."""
        if not self._public_url:
            return []
        url = ticket_url(self._public_url, number)
        return [block_kit.context("link", renderer.labelled(message("Link:"), Link(url, url)))]

    async def renew(self, requester: Requester, number: int, private_metadata: str) -> None:
        """Renew the details from which a submitted form was opened, if it was."""
        response_url = read_metadata(private_metadata).get(_DETAILS_URL)
        if not response_url:
            return
        try:
            async with asyncio.timeout(_RENEWAL_TIMEOUT_S):
                respond = AsyncRespond(response_url=str(response_url))
                await self.show(respond, requester, number, replace=True)
        except (aiohttp.ClientError, TimeoutError, OSError, LagdeskError) as error:
            log.info("could not renew a ticket's details: %s", type(error).__name__)


def opened_from_details(view: Block, body: Body) -> Block:
    """Add to a form that its submission renews the details that have its button, if any do."""
    action, container = body["actions"][0], body.get("container") or {}
    is_details = is_of_details(str(action.get("block_id")), ticket_number_of(action))
    if container.get("is_ephemeral") is not True or not is_details:
        return view
    metadata = read_metadata(view["private_metadata"])
    metadata[_DETAILS_URL] = str(body.get("response_url") or "")
    return view | {"private_metadata": json.dumps(metadata)}


def is_of_details(block_id: str, number: int) -> bool:
    """Return whether a block has the buttons of a ticket's details."""
    return block_id in (_FOR_SUPPORT, "answers", f"buttons-{number}")


def ticket_details(
    ticket: Ticket,
    renderer: Renderer,
    person: str,
    policy: Policy = _NO_POLICY,
    *,
    is_support: bool,
    trackers: Sequence[str] = (),
) -> tuple[str, list[Block]]:
    """Build a ticket's private details: top-level text and blocks."""
    *card, support_buttons = ticket_card(ticket, renderer, policy, trackers=trackers)
    card = [block for block in card if block["block_id"] not in _ONLY_ON_CARD]
    if not is_support:
        card = [{k: v for k, v in block.items() if k != "accessory"} for block in card]
    card += [
        *full_history(ticket, renderer),
        *_verdict_blocks(ticket, renderer, is_support=is_support),
        *_thread_blocks(ticket, renderer),
    ]
    if is_support:
        card.append(support_buttons)
    if person == ticket.reporter:
        card += _reporter_blocks(ticket, renderer)
    return ticket_fallback_text(ticket, renderer), card


def people_of(ticket: Ticket) -> Iterable[str]:
    """Return the ids of those whom the ticket's details name."""
    events = (event[key] for event in ticket.history for key in ("who", "to") if event.get(key))
    alerted = (person for event in ticket.history for person in event.get("people", ()))
    known = (ticket.reporter, ticket.assignee, ticket.resolver, *events, *alerted)
    return dict.fromkeys(filter(None, known))


def _reporter_blocks(ticket: Ticket, renderer: Renderer) -> list[Block]:
    if ticket.status is Status.RESOLVED:
        return answer_blocks(ticket, renderer)
    return own_buttons(ticket, renderer)


def _thread_blocks(ticket: Ticket, renderer: Renderer) -> list[Block]:
    if not ticket.thread.permalink:
        return []
    thread = Link(ticket.thread.permalink, message("Open its thread"))
    return [block_kit.section("thread", renderer.fact(thread))]


def _verdict_blocks(ticket: Ticket, renderer: Renderer, *, is_support: bool) -> list[Block]:
    """Build the verdict with its details button, what to do, and the chart.

    A cause stands in the card's first lines already; other results need their sentence.
    """
    diagnosis = stored_verdict(ticket)
    if diagnosis is None:
        return []
    advice = advice_lines(diagnosis, is_support=is_support)
    is_named = advice and ticket.cause not in ("", *RESULT_EMOJI)
    lines = advice if is_named else [*verdict_lines(diagnosis), *advice]
    text = "\n".join(map(renderer.mrkdwn, lines))
    return [
        block_kit.section("verdict", text, accessory=details_button(ticket, renderer)),
        *hint_blocks(ticket, diagnosis.verdict, renderer),
        *([chart_image_block(ticket, renderer)] if ticket.thread.chart_file_id else []),
    ]
