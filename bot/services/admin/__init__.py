"""Health checks and the audit log."""
