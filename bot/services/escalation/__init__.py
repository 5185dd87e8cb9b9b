"""Escalation of unclaimed tickets, and incidents that group tickets."""
