"""Durable jobs: the engine and what it carries out. Decisions stay with the desk."""
