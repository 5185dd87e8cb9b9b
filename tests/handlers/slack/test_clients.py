"""The clients of workspaces: one for each token, those used last."""

from __future__ import annotations

from handlers.slack.clients import SlackClients


async def test_only_the_clients_used_last_are_kept() -> None:
    """A workspace that installs again and again leaves no clients behind."""
    async with SlackClients("https://slack.invalid/api/", "xoxb-first") as clients:
        first = clients.default
        assert clients.with_token("xoxb-first") is first
        for number in range(1000):
            clients.with_token(f"xoxb-{number}")
        assert clients.default is not first
        assert clients.default is clients.default
