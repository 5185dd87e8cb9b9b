"""Durable jobs: the engine and what it carries out. Decisions stay with the desk."""

from bot.jobs.worker import JobHandler, Worker

__all__ = ["JobHandler", "Worker"]
