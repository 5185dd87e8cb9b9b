"""The report's story: command and shortcuts open the form, the form makes a ticket."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.services.preferences import service as preferences_service
from bot.services.prefill import Hints, read_arguments, read_sentence
from bot.services.tickets.service import Desk
from bot.services.tickets.submission import Submission
from handlers.slack.errors import Asker, Body, trigger_of
from handlers.slack.user_directory import People
from handlers.ui.forms import ReportForm, open_form


class ReportStory:
    """A teacher reports a bad call."""

    def __init__(self, desk: Desk, people: People) -> None:
        self._desk = desk
        self._people = people

    def register(self, app: AsyncApp) -> None:
        """Listen for the command, both shortcuts and the form."""
        app.command("/report")(self.open_by_command)
        app.shortcut("report_call")(self.open_by_shortcut)
        app.shortcut("report_message")(self.open_by_message)
        app.view(ReportForm.CALLBACK)(self.submit)

    async def open_by_command(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form, prefilled from the command's arguments."""
        await self._open(body, client, read_arguments(str(body.get("text") or "")))
        await ack()

    async def open_by_shortcut(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open an empty form."""
        await self._open(body, client, Hints())
        await ack()

    async def open_by_message(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form, prefilled from a message's text."""
        text = str((body.get("message") or {}).get("text") or "")
        await self._open(body, client, read_sentence(text))
        await ack()

    async def _open(self, body: Body, client: AsyncWebClient, hints: Hints) -> None:
        asker = Asker.of(body)
        voice = await self._people.voice(asker.team, asker.person)
        chosen = await preferences_service.find(self._desk, asker.team, asker.person)
        form = ReportForm(
            app=chosen.app,
            cname=hints.cname,
            teacher_uid=hints.teacher_uid,
            student_uid=hints.student_uid,
            abnormal_side=hints.abnormal_side,
            comments=hints.comments,
            channel=asker.channel,
        )
        view = form.view(voice, list(self._desk.clouds), self._desk.clock.now())
        await open_form(client, trigger_of(body), view)

    async def submit(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Make the ticket, then acknowledge; errors go back under their fields."""
        asker = Asker.of(body)
        form = ReportForm.parse(view["state"]["values"], str(view.get("private_metadata") or ""))
        await self._desk.report_call(self._submission(asker, form, str(view["id"])))
        await ack()

    def _submission(self, asker: Asker, form: ReportForm, origin: str) -> Submission:
        return Submission(
            team=asker.team,
            origin=origin,
            reporter=asker.person,
            app=form.app,
            cname=form.cname,
            teacher_uid=form.teacher_uid,
            student_uid=form.student_uid,
            abnormal_side=form.abnormal_side,
            issue_type=form.issue_type,
            occurred_at=form.occurred_at,
            comments=form.comments,
            origin_channel=form.channel,
        )
