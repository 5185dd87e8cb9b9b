"""A ticket as the text of an issue, for people outside Slack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bot.call import CLOUD_NAMES
from bot.causes import result_title
from bot.i18n.messages import Message, PersonId, Uid, message
from bot.ports import Diagnosis
from bot.services.tickets.issue_jobs import IssueText
from bot.ticket import Ticket
from handlers.diagnosis.view import ticket_lines
from handlers.slack.user_directory import UserDirectory
from handlers.ui.plain_renderer import PlainRenderer, without_markup

_NO_VERDICT: Final = message("There is no verdict yet.")
_LINK: Final = message("The ticket in Slack:")


class PlainIssueWriter:
    """Writes tickets in their channel's language and time zone, with uids masked as there."""

    def __init__(self, users: UserDirectory) -> None:
        self._users = users

    async def write(self, ticket: Ticket, diagnosis: Diagnosis | None) -> IssueText:
        """Return a ticket with its verdict and evidence, in plain text."""
        channel = await self._users.channel_renderer(ticket.team, ticket.thread.channel)
        names = {ticket.reporter: await self._users.name(ticket.team, ticket.reporter)}
        renderer = PlainRenderer(channel.translator, channel.mask, names)
        return issue_text(ticket, diagnosis, renderer)


def issue_text(ticket: Ticket, diagnosis: Diagnosis | None, renderer: PlainRenderer) -> IssueText:
    """Build title and lines: what was reported, the verdict, the heading of the link."""
    title = f"{ticket.label} · {ticket.cname}"
    if ticket.cause:
        title += f" · {renderer.plain_text(result_title(ticket.cause))}"
    verdict = [_NO_VERDICT] if diagnosis is None else ticket_lines(diagnosis, is_support=True)
    quoted = renderer.quote(ticket.comments, (ticket.teacher_uid, ticket.student_uid))
    reported = [*_rendered(_report_lines(ticket), renderer), *"\n".join(quoted).splitlines()]
    lines = [*reported, "", *_rendered(verdict, renderer)]
    if ticket.thread.permalink:  # the tracker adds the link
        lines += ["", renderer.plain_text(_LINK)]
    return IssueText(title, lines)


def _rendered(lines: Iterable[Message], renderer: PlainRenderer) -> Iterator[str]:
    for line in lines:
        yield from without_markup(renderer.plain_text(line)).splitlines()


def _report_lines(ticket: Ticket) -> Iterator[Message]:
    yield message(
        "%(ticket)s: channel %(cname)s of %(app)s (%(cloud)s), %(when)s, reported by %(person)s.",
        ticket=ticket.label,
        cname=ticket.cname,
        app=ticket.app,
        cloud=CLOUD_NAMES[ticket.cloud],
        when=ticket.occurred_at,
        person=PersonId(ticket.reporter),
    )
    yield message(
        "Teacher %(teacher)s, student %(student)s.",
        teacher=Uid(ticket.teacher_uid),
        student=Uid(ticket.student_uid),
    )
    if ticket.comments:
        yield message("The reporter wrote:")
