"""`/diagnose`: a channel's diagnosis, as a private response."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.services.diagnosis.arguments import parse_diagnose
from bot.services.diagnosis.inquiries import InquiryService
from bot.services.preferences.service import PreferencesService
from handlers.commands import DIAGNOSE
from handlers.slack.request import Body, Requester, inquiry_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory


class DiagnoseHandlers:
    """Handles the command."""

    def __init__(
        self, inquiries: InquiryService, preferences: PreferencesService, users: UserDirectory
    ) -> None:
        self._inquiries = inquiries
        self._preferences = preferences
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the command."""
        app.command(DIAGNOSE.name)(self.request)

    async def request(self, ack: AsyncAck, body: Body) -> None:
        """Save the inquiry and acknowledge; a job responds."""
        requester = Requester.of(body)
        apps = await self._preferences.apps_of(requester.team, requester.person)
        arguments = parse_diagnose(str(body.get("text") or ""), apps)
        renderer = await self._users.renderer(requester.team, requester.person)
        inquiry = inquiry_of(
            body,
            renderer.translator,
            app=arguments.app,
            cname=arguments.cname,
            since_s=arguments.since_s,
        )
        await self._inquiries.request(trigger_id_of(body), inquiry)
        await ack()  # a text here would remain: the response URL of a command cannot replace it
