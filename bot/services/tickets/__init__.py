"""Tickets: reporting, acting on them, listing and searching."""
