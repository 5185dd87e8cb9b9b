"""Metrics of a whole app, for `/quality`."""
