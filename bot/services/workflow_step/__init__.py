"""Reports by the step of a workflow."""
