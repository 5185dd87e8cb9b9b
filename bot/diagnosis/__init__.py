"""Diagnosis: from a call's metrics and events to a verdict. Pure functions."""

from __future__ import annotations

from bot.diagnosis.verdict import (
    HEALTHY,
    UNKNOWN,
    Evidence,
    Verdict,
    read_time,
    write_time,
)

__all__ = [
    "HEALTHY",
    "UNKNOWN",
    "Evidence",
    "Verdict",
    "read_time",
    "write_time",
]
