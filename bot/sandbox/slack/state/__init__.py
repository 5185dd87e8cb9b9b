"""The state of the simulated workspace, below everything else of the simulated Slack."""
