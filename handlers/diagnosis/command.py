"""`/diagnose`: a channel's diagnosis, as a private response."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.services.diagnosis.arguments import parse_diagnose
from bot.services.diagnosis.inquiries import InquiryService
from bot.services.preferences.service import PreferencesService
from handlers.commands import DIAGNOSE
from handlers.diagnosis.hints import DIAGNOSE_CALL, read_call
from handlers.slack.request import Body, Requester, inquiry_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory


class DiagnoseHandlers:
    """Handles the command, and the button that diagnoses the call that is probably meant."""

    def __init__(
        self, inquiries: InquiryService, preferences: PreferencesService, users: UserDirectory
    ) -> None:
        self._inquiries = inquiries
        self._preferences = preferences
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the command and the button."""
        app.command(DIAGNOSE.name)(self.request)
        app.action(DIAGNOSE_CALL)(self.use_call)

    async def request(self, ack: AsyncAck, body: Body) -> None:
        """Save the inquiry and acknowledge; a job responds."""
        requester = Requester.of(body)
        apps = await self._preferences.apps_of(requester.team, requester.person)
        arguments = parse_diagnose(str(body.get("text") or ""), apps)
        await self._inquire(body, arguments.app, arguments.cname, arguments.since_s)
        await ack()  # a text here would remain: the response URL of a command cannot replace it

    async def use_call(self, ack: AsyncAck, body: Body) -> None:
        """Diagnose the call of the button; the answer replaces the one that has it."""
        app, cname = read_call(str(body["actions"][0].get("value") or ""))
        await self._inquire(body, app, cname, None)
        await ack()

    async def _inquire(self, body: Body, app: str, cname: str, since_s: float | None) -> None:
        requester = Requester.of(body)
        renderer = await self._users.renderer(requester.team, requester.person)
        inquiry = inquiry_of(body, renderer.translator, app=app, cname=cname, since_s=since_s)
        await self._inquiries.request(trigger_id_of(body), inquiry)
