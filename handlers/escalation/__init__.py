"""Pages to support and incident posts."""
