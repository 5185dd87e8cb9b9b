"""`/quality`."""
