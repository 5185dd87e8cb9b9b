"""Queries of personal access tokens."""
