"""Queries of the weekly summary."""
