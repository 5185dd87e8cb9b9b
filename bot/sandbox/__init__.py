"""The sandbox: stand-ins for Slack and the RTC clouds. The product never builds on it."""
