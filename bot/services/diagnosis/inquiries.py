"""Inquiries about a channel (`/diagnose`), answered by a job."""

from __future__ import annotations

from bot.errors import InputError
from bot.ports import Inquiry
from bot.services.app_names import no_such_app
from bot.services.context import Context
from bot.services.inquiry_rows import enqueue_inquiry


class InquiryService:
    """Stores inquiries and enqueues their answers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def request(self, origin: str, inquiry: Inquiry) -> None:
        """Store an inquiry and enqueue its answer; the same origin is the same inquiry.

        Raises InputError when the app is unknown or the channel's name impossible.
        """
        self.validate(inquiry.team, inquiry.app, inquiry.cname)
        now = self._context.clock.now()
        await self._context.commit(
            lambda session: enqueue_inquiry(session, origin, inquiry, "answer", now)
        )

    def validate(self, team: str, app: str, cname: str) -> None:
        """Raise InputError for an app that a workspace does not have, or an impossible name."""
        clouds = self._context.clouds_of(team)
        cloud = clouds.get(app)
        if cloud is None:
            raise InputError({"app": no_such_app(app, list(clouds))})
        if not cloud.capabilities.cname.fullmatch(cname):
            raise InputError({"cname": cloud.capabilities.cname_hint})
