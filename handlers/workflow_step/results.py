"""The ends of workflow steps in Slack."""

from __future__ import annotations

from typing import Final

from handlers.slack.api_errors import call_slack
from handlers.slack.clients import SlackClients

_MAX_REASON: Final = 2000


class SlackStepResults:
    """Ends steps with the workspace's own token: the event's is a secret of a few minutes."""

    def __init__(self, clients: SlackClients) -> None:
        self._clients = clients

    async def complete(self, team: str, execution: str, ticket: str, link: str) -> None:
        """End a step with its outputs. Raises SlackError."""
        client = await self._clients.of(team)
        outputs = {"ticket": ticket, "link": link}
        await call_slack(
            client.functions_completeSuccess(function_execution_id=execution, outputs=outputs)
        )

    async def fail(self, team: str, execution: str, reason: str) -> None:
        """End a step with a text that says what is wrong. Raises SlackError."""
        client = await self._clients.of(team)
        error = reason[:_MAX_REASON]
        await call_slack(
            client.functions_completeError(function_execution_id=execution, error=error)
        )
