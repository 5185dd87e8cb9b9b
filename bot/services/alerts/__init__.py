"""Tickets from the clouds' own alerts."""
