"""Diagnosis: from a call's metrics and events to a verdict. Pure functions."""

from __future__ import annotations

from bot.diagnosis.diagnosis import diagnose
from bot.diagnosis.sides import diagnose_either_side
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
    "diagnose",
    "diagnose_either_side",
    "read_time",
    "write_time",
]
