"""`/diagnose`, diagnosis messages, details and feedback."""
