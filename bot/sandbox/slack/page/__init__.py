"""The web page of the simulated Slack."""
