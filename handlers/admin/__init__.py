"""`/lagdesk`: health checks, audit log and settings."""
