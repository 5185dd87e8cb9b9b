"""Requests that the simulated Slack sends to the app."""
