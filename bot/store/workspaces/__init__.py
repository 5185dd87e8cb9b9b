"""Queries of the workspaces that Lagdesk serves."""
