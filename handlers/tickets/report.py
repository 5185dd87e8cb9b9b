"""`/report` and the shortcuts: opening the report form, and its submission."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.ports import Clock
from bot.services.context import DatabaseError
from bot.services.preferences.service import PreferencesService
from bot.services.prefill import PrefilledReport, parse_arguments, parse_sentence
from bot.services.tickets.service import TicketService
from bot.services.tickets.submission import Submission
from bot.ticket import Ticket
from handlers.commands import REPORT
from handlers.slack.open_modal import open_modal, update_modal
from handlers.slack.request import Body, Requester, read_ticket_number, trigger_id_of
from handlers.slack.user_directory import UserDirectory
from handlers.tickets.forms import ReportForm, with_warning
from handlers.tickets.recent_classes import RECENT, filled_from, with_late_values
from handlers.tickets.report_draft import Reader, ReportDraft
from handlers.tickets.source_message import (
    message_author,
    message_permalink,
    message_text,
    message_time,
)
from handlers.tickets.time_source import TimeSource
from handlers.ui.block_kit import Block
from handlers.ui.form_state import read_value

_WARNING_DEADLINE_S: Final = 2.2  # Slack waits three seconds for the acknowledgement
_UNREADABLE: Final = message(
    "Lagdesk cannot read that message. Close this form and choose *Report this call* in the "
    "message's own menu, or fill the form in here."
)


class ReportHandlers:
    """Handles reports of bad calls."""

    def __init__(
        self,
        tickets: TicketService,
        preferences: PreferencesService,
        users: UserDirectory,
        clock: Clock,
    ) -> None:
        self._tickets = tickets
        self._preferences = preferences
        self._clock = clock
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the command, both shortcuts and the form."""
        app.command(REPORT.name)(self.open_by_command)
        app.shortcut("report_call")(self.open_by_shortcut)
        app.shortcut("report_message")(self.open_by_message)
        app.view(ReportForm.CALLBACK_ID)(self.submit)

    async def open_by_command(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form, prefilled from the command's arguments."""
        await self._open(body, client, parse_arguments, str(body.get("text") or ""))
        await ack()

    async def open_by_shortcut(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open an empty form."""
        await self.open_empty(body, client)
        await ack()

    async def open_empty(self, body: Body, client: AsyncWebClient) -> None:
        """Open an empty form; the caller acknowledges."""
        await self._open(body, client)

    async def open_by_message(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open the form, prefilled from a message's text and time."""
        text = message_text(body.get("message"))
        await self._open(body, client, parse_sentence, text, message_permalink(body))
        await ack()

    async def open_without_message(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Open an empty form that says how it is filled in from a message."""
        await self._open(body, client, note=_UNREADABLE)
        await ack()

    async def _open(
        self,
        body: Body,
        client: AsyncWebClient,
        parse: Callable[[str, dt.datetime], PrefilledReport] = parse_sentence,
        text: str = "",
        source_permalink: str = "",
        *,
        note: Message | None = None,
    ) -> None:
        requester = Requester.of(body)
        deadline = asyncio.get_running_loop().time() + _WARNING_DEADLINE_S
        draft = await self._draft(body, requester, parse, text)
        form = replace(draft.form, source_permalink=source_permalink)
        draft, reader = replace(draft, form=form, note=note), self._last_known(requester)
        form = draft.fill_in(reader)
        opened = await open_modal(client, trigger_id_of(body), draft.view(form, reader))
        with suppress(TimeoutError, DatabaseError):  # then the form stays as it is
            async with asyncio.timeout_at(deadline):
                other = await self._read(requester, form.cname)
            known = self._last_known(requester)
            if other is not None or known != reader:
                view = _late_view(replace(draft, form=form), known, other)
                await update_modal(client, opened, view, deadline)

    async def _draft(
        self,
        body: Body,
        requester: Requester,
        parse: Callable[[str, dt.datetime], PrefilledReport],
        text: str,
    ) -> ReportDraft:
        """Read a text, at the moment and in the time zone in which it was written."""
        slack_message = body.get("message")
        author = message_author(slack_message) if slack_message else requester.person
        timezone = await self._timezone(requester, author)
        now, written_at = self._clock.now(), message_time(slack_message)
        hints = parse(text, Translator("en", timezone).local_time(written_at or now))
        source = TimeSource(hints.time, written_at, timezone)
        return ReportDraft(
            _prefilled(hints, source, str(body.get("response_url") or "")),
            source,
            list(self._tickets.apps_for_report(requester.team)),
            now,
            is_own_text=author == requester.person,
        )

    async def _timezone(self, requester: Requester, author: str) -> str:
        """Return the author's time zone, "" when that is unknown; the reader is known then."""
        reader = self._users.profile(requester.team, requester.person)
        if author in ("", requester.person):
            await reader
            renderer = self._users.last_renderer(requester.team, requester.person)
            return renderer.translator.timezone if author else ""
        _, profile = await asyncio.gather(reader, self._users.profile(requester.team, author))
        return "" if profile.is_bot else profile.timezone

    def _last_known(self, requester: Requester) -> Reader:
        """Return what is known of the reader without the database."""
        team, person = requester.team, requester.person
        renderer = self._users.last_renderer(team, person)
        app = self._preferences.last_default_app(team, person)
        recent = self._tickets.recent.last(team, person)
        return Reader(renderer, renderer.translator.locale, app, recent)

    async def _read(self, requester: Requester, cname: str) -> Ticket | None:
        """Read what is not known or may have changed, and return the channel's open ticket."""
        team, person = requester.team, requester.person
        await self._preferences.load(team, person)
        await self._tickets.recent.load(team, person)
        return await self._tickets.find_unresolved(team, cname) if cname else None

    async def submit(self, ack: AsyncAck, body: Body, view: dict[str, Any]) -> None:
        """Save the ticket, then acknowledge; errors are displayed under their fields."""
        requester = Requester.of(body)
        values = view["state"]["values"]
        form = ReportForm.parse(values, str(view.get("private_metadata") or ""))
        if RECENT in values and not (read_value(values, RECENT) or form.cname.strip()):
            raise InputError({RECENT: message("Choose a class, or fill in the channel below.")})
        recent = read_ticket_number(read_value(values, RECENT))
        if recent:
            ticket = await self._tickets.find_visible(requester.team, recent, requester.person)
            form = filled_from(form, ticket)
        await self._tickets.report_call(self._submission(requester, form, str(view["id"])))
        await ack()

    def _submission(self, requester: Requester, form: ReportForm, origin: str) -> Submission:
        return Submission(
            team=requester.team,
            origin=origin,
            reporter=requester.person,
            language=self._users.last_renderer(requester.team, requester.person).translator.locale,
            **vars(form),
        )


def _late_view(draft: ReportDraft, reader: Reader, other: Ticket | None) -> Block:
    """Render an open form again, with what was read since, and the channel's open ticket."""
    form = draft.fill_in(reader)
    view = with_late_values(draft.view(form, reader), draft.form, form, reader.renderer)
    return view if other is None else with_warning(view, other, reader.renderer)


def _prefilled(hints: PrefilledReport, source: TimeSource, response_url: str) -> ReportForm:
    return ReportForm(
        cname=hints.cname,
        teacher_uid=hints.teacher_uid,
        student_uid=hints.student_uid,
        abnormal_side=hints.abnormal_side,
        issue_type=hints.issue_type,
        occurred_at=source.moment,
        comments=hints.comments,
        response_url=response_url,
    )
