"""Rotas that are calendars, read from their iCal address."""
