"""Lagdesk's own user in each workspace, as the reporter of tickets from alerts."""

from __future__ import annotations

from bot.services.alerts.filing import Reporter
from handlers.slack.api_errors import call_slack
from handlers.slack.clients import SlackClients


class SlackReporters:
    """Finds Lagdesk's own user."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients

    async def find_reporter(self, team: str) -> Reporter:
        """Return it in a workspace; "" stands for the only one. Raises SlackError."""
        client = await self._clients.of(team) if team else self._clients.default
        answer = await call_slack(client.auth_test())
        return Reporter(str(answer["team_id"]), str(answer["user_id"]))
