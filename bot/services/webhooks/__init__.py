"""Webhooks: events of tickets, sent to other systems."""
