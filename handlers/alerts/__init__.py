"""Alerts of the clouds."""
