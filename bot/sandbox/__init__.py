"""The sandbox: local fakes of Slack and the RTC clouds."""
