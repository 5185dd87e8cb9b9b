"""The Web API of the simulated Slack, method by method."""
