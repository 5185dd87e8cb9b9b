"""A strict local Slack: Web API, signed deliveries, Socket Mode, people, and a page to see it.

No code of the product belongs here; the product reaches it over HTTP as it reaches Slack.
"""

from bot.sandbox.slack.app import SlackApp
from bot.sandbox.slack.person import Person
from bot.sandbox.slack.workspace import Workspace

__all__ = ["Person", "SlackApp", "Workspace"]
