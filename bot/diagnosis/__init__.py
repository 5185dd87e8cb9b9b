"""Diagnosis: from a call's metrics and events to a verdict. Pure functions."""

from __future__ import annotations

from bot.causes import HEALTHY, NOT_FOUND, UNKNOWN
from bot.diagnosis.verdict import (
    AFTER,
    BEFORE,
    BURSTS,
    NETWORK,
    OTHERS_AFFECTED,
    Evidence,
    Verdict,
    read_time,
    write_time,
)

__all__ = [
    "AFTER",
    "BEFORE",
    "BURSTS",
    "HEALTHY",
    "NETWORK",
    "NOT_FOUND",
    "OTHERS_AFFECTED",
    "UNKNOWN",
    "Evidence",
    "Verdict",
    "read_time",
    "write_time",
]
