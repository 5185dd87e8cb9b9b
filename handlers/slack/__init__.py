"""Slack clients, OAuth, the user directory, errors and the manifest."""
