"""Everything of Lagdesk but its side of Slack, which is in handlers/."""

__version__ = "0.1.0"
