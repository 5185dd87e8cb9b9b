"""Links to tickets: their preview and their side panel in Slack, which Slack calls Work Objects."""
