"""Queries of tickets: single ones, lists, search."""
