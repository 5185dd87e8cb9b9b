"""The step "Report a call problem" of Slack's Workflow Builder."""
