"""Lagdesk's mind: everything but Slack. What Slack says and hears lives in handlers/."""
