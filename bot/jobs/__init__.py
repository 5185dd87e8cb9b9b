"""Durable jobs: the engine and what it carries out. Decisions stay with the desk."""

from bot.jobs.worker import Carrier, Engine

__all__ = ["Carrier", "Engine"]
