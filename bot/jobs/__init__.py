"""The durable job engine."""
