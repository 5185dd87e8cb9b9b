"""A strict local Slack: Web API, signed deliveries, Socket Mode, people, and a page to see it.

The product uses it over HTTP, as it uses Slack.
"""

from bot.sandbox.slack.person import Person
from bot.sandbox.slack.state.app import SlackApp
from bot.sandbox.slack.workspace import Workspace

__all__ = ["Person", "SlackApp", "Workspace"]
