"""Services outside Slack and the clouds, simulated over real HTTP on 127.0.0.1."""
