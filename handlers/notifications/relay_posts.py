"""What a reporter and support write to each other, as it is passed on."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

from bot.i18n.messages import PersonId, message
from bot.jobs.run import Run
from bot.ports import Destination, MessageRef
from bot.ticket import Ticket
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.ui import block_kit
from handlers.ui.renderer import Renderer

_TOKEN: Final = re.compile(r"<(?:[^>|]*\|)?([^>|]*)>")  # a link or a mention, as Slack sends it
_PRIVATE: Final = message("in private; replies in this thread reach them")
_CONFIRMATION: Final = message(
    "Support reads this in the ticket's thread. What they reply there comes to you here."
)


class SlackRelayPosts:
    """Posts replies in the other conversation."""

    def __init__(self, poster: SlackPoster, users: UserDirectory) -> None:
        self._poster = poster
        self._users = users

    async def post_to_support(self, ticket: Ticket, text: str, run: Run) -> MessageRef:
        """Post a reporter's words in the ticket's thread."""
        renderer = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        who = f"{renderer.fact(PersonId(ticket.reporter))} · {renderer.inline(_PRIVATE)}"
        return await self._post(Destination.thread_of(ticket), ticket, who, text, renderer, run)

    async def post_to_reporter(
        self, ticket: Ticket, where: Destination, person: str, text: str, run: Run
    ) -> MessageRef:
        """Post a person's words under the reporter's message."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        who = f"{renderer.fact(PersonId(person))} · {ticket.label}"
        return await self._post(where, ticket, who, text, renderer, run)

    async def confirm_relay(self, ticket: Ticket, where: Destination, run: Run) -> MessageRef:
        """Say under the reporter's message who reads their replies."""
        renderer = await self._users.renderer(ticket.team, ticket.reporter)
        text = renderer.mrkdwn(_CONFIRMATION)
        confirmation = Run(f"{run.key}:confirmed", run.is_retry, run.token, run.valid_until)
        return await self._poster.post(where, confirmation, text)

    async def ask_which(
        self, tickets: Sequence[Ticket], where: Destination, run: Run
    ) -> MessageRef:
        """Ask the reporter of tickets to reply under the message about one of them."""
        renderer = await self._users.renderer(where.team, where.person)
        question = message(
            "Support has not got this yet: several of your tickets are open. Reply under the "
            "message about the one you mean: %(tickets)s.",
            tickets=[f"{each.label} ({each.cname})" for each in tickets],
        )
        return await self._poster.post(where, run, renderer.mrkdwn(question))

    async def _post(  # noqa: PLR0917 - what a post is made of
        self,
        where: Destination,
        ticket: Ticket,
        who: str,
        text: str,
        renderer: Renderer,
        run: Run,
    ) -> MessageRef:
        words = html.unescape(_TOKEN.sub(r"\1", text))
        pieces = renderer.quote(words, (ticket.teacher_uid, ticket.student_uid))
        blocks = [
            block_kit.section("who", who),
            *(block_kit.section(f"words-{n}", piece) for n, piece in enumerate(pieces)),
        ]
        return await self._poster.post(where, run, "\n".join([who, *pieces]), blocks)
