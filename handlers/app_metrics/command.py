"""`/quality`: an app's metrics, as a private response."""

from __future__ import annotations

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.ports import Topic
from bot.services.app_metrics.service import AppMetricsService, parse_quality
from bot.services.preferences.service import PreferencesService
from bot.services.summary.trend import TrendService
from handlers.commands import QUALITY
from handlers.slack.request import Body, Requester, inquiry_of, trigger_id_of
from handlers.slack.user_directory import UserDirectory


class QualityHandlers:
    """Handles the command."""

    def __init__(
        self,
        app_metrics: AppMetricsService,
        trend: TrendService,
        preferences: PreferencesService,
        users: UserDirectory,
    ) -> None:
        self._app_metrics = app_metrics
        self._trend = trend
        self._preferences = preferences
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Register the command."""
        app.command(QUALITY.name)(self.request)

    async def request(self, ack: AsyncAck, body: Body) -> None:
        """Save the inquiry and acknowledge; a job responds."""
        await self.inquire(body, str(body.get("text") or ""))
        await ack()  # as in `/diagnose`

    async def inquire(self, body: Body, text: str) -> None:
        """Save the inquiry of a command with these arguments. Raises InputError."""
        requester = Requester.of(body)
        apps = await self._preferences.apps_of(requester.team, requester.person)
        arguments = parse_quality(text, apps)
        renderer = await self._users.renderer(requester.team, requester.person)
        inquiry = inquiry_of(
            body,
            renderer.translator,
            app=arguments.app,
            topic=arguments.topic.value,
        )
        service = self._trend if arguments.topic is Topic.TREND else self._app_metrics
        await service.request(trigger_id_of(body), inquiry)
