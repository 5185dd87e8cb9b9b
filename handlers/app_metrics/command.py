"""The story of /quality: somebody asks about a whole app and is answered privately."""

from __future__ import annotations

from collections.abc import Sequence

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.i18n.messages import message
from bot.ports import AppMetrics, Inquiry
from bot.services.app_metrics.service import AppMetricsService
from bot.services.preferences.service import PreferencesService
from handlers.app_metrics.view import TOPIC_NAMES, fallback_text, metrics_blocks
from handlers.commands import QUALITY
from handlers.slack.api_errors import respond_privately
from handlers.slack.chart_support import ChartSupport
from handlers.slack.request import Body, Requester, trigger_id_of
from handlers.slack.user_directory import UserDirectory


class QualityHandlers:
    """Somebody asks how good an app is, or how much it is used."""

    def __init__(
        self, app_metrics: AppMetricsService, preferences: PreferencesService, users: UserDirectory
    ) -> None:
        self._app_metrics = app_metrics
        self._preferences = preferences
        self._users = users

    def register(self, app: AsyncApp) -> None:
        """Listen for the command."""
        app.command(QUALITY.name)(self.ask)

    async def ask(self, ack: AsyncAck, body: Body) -> None:
        """Take the question and say so; a job answers it."""
        requester = Requester.of(body)
        apps = await self._preferences.apps_of(requester.team, requester.person)
        arguments = self._app_metrics.read(str(body.get("text") or ""), apps)
        renderer = await self._users.renderer(requester.team, requester.person)
        inquiry = Inquiry(
            team=requester.team,
            person=requester.person,
            channel=requester.channel,
            response_url=str(body.get("response_url") or ""),
            locale=renderer.translator.locale,
            timezone=renderer.translator.timezone,
            app=arguments.app,
            cname="",
            topic=arguments.topic.value,
        )
        await self._app_metrics.ask(trigger_id_of(body), inquiry)
        progress = message(
            "Fetching %(topic)s of %(app)s …", app=arguments.app, topic=TOPIC_NAMES[arguments.topic]
        )
        await ack(text=renderer.mrkdwn(progress), response_type="ephemeral")


class SlackAppMetricsResponder:
    """Answers privately where somebody asked. Implements `Teller` of the service."""

    def __init__(self, users: UserDirectory, chart_support: ChartSupport) -> None:
        self._users = users
        self._chart_support = chart_support

    async def respond(self, inquiry: Inquiry, metrics: AppMetrics, others: Sequence[str]) -> None:
        """Show charts and tables, or text where the workspace refuses those."""
        renderer = self._users.renderer_for_locale(inquiry.locale, inquiry.timezone)
        text = fallback_text(metrics, renderer)

        async def answer(*, native: bool) -> None:
            blocks = metrics_blocks(metrics, others, renderer, native=native)
            await respond_privately(inquiry, text, blocks)

        await self._chart_support.send_with_fallback(inquiry.team, answer)
