"""Queries of what people and channels chose."""
