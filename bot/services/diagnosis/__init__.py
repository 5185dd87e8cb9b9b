"""Fetching what the clouds measured and diagnosing a call."""
