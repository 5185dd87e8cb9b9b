"""Queries about webhooks."""
