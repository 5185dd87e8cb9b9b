"""The log of sent direct messages."""
