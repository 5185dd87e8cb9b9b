"""A simulated Jira Cloud."""
