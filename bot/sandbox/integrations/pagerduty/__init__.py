"""A simulated PagerDuty."""
