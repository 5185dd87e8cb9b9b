"""Direct messages to reporters and assignees."""
