"""Schedules of PagerDuty."""
