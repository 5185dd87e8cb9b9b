"""Slack's side: commands and forms in, blocks out."""
