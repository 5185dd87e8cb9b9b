"""Tables and queries of the audit log and of installations."""
