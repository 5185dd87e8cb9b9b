"""What posts need of Lagdesk, in front of a fake Slack: no jobs, no services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.jobs.run import Run
from bot.sandbox.slack import Workspace
from bot.services.context import Context
from bot.services.workspaces.directory import Workspaces
from bot.ticket import Ticket
from bot.ticket_thread import TicketThread
from handlers.slack.clients import SlackClients
from handlers.slack.posting import SlackPoster
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.posts import SlackTicketPosts
from tests.handlers.samples import make_ticket

LIN, SAM = "U07LIN00001", "U07SAM00003"


@dataclass(frozen=True, slots=True)
class PostingHarness:
    """A poster and a user directory; the default language is English."""

    workspace: Workspace
    clients: SlackClients
    poster: SlackPoster
    users: UserDirectory
    context: Context

    @property
    def workspaces(self) -> Workspaces:
        """The settings of workspaces: the environment's in each."""
        return self.context.workspaces

    def workspaces_with(self, **values: Any) -> Workspaces:
        """The settings of workspaces, with other values of the environment."""
        return Workspaces(self.context.store, replace(self.context.settings, **values))

    @property
    def channel(self) -> str:
        """The escalation channel's id."""
        return self.workspace.channel("escalations").id

    def messages(self, thread_ts: str | None = None) -> list[dict[str, Any]]:
        """The messages in the escalation channel, or in a thread of it."""
        return self.workspace.messages(self.channel, thread_ts)

    def direct_messages(self, name: str) -> list[dict[str, Any]]:
        """The direct messages to a person."""
        return self.workspace.messages(self.workspace.person(name).dm_channel_id())


async def posted_ticket(posting: PostingHarness, **values: Any) -> Ticket:
    """A ticket whose card is posted; its reporter is Lin."""
    ticket = make_ticket(**{"reporter": LIN, **values})
    posts = SlackTicketPosts(
        posting.poster,
        posting.users,
        posting.workspaces,
        has_menu=lambda _: False,
    )
    card = await posts.post_card(ticket, Run("card"))
    ticket.thread = TicketThread(channel=card.channel, card_ts=card.ts)
    return ticket
