"""Forms and posts for acting on a running call."""
