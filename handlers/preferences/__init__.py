"""The settings modal."""
