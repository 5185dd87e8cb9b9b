"""Simulated calls, deterministic by seed: the ground truth behind the fake clouds."""

from __future__ import annotations

from bot.sandbox.scenario.catalogue import demo_calls, evening_calls, piano_calls
from bot.sandbox.scenario.curves import curves_of
from bot.sandbox.scenario.fault_kinds import KINDS, CallKind, build_simulated_call
from bot.sandbox.scenario.generator import random_simulated_call
from bot.sandbox.scenario.simulated_call import (
    STUDENT_UID,
    TEACHER_UID,
    Complaint,
    Curve,
    Device,
    Expected,
    Fault,
    Person,
    SimulatedCall,
    SimulatedSession,
)

__all__ = [
    "KINDS",
    "STUDENT_UID",
    "TEACHER_UID",
    "CallKind",
    "Complaint",
    "Curve",
    "Device",
    "Expected",
    "Fault",
    "Person",
    "SimulatedCall",
    "SimulatedSession",
    "build_simulated_call",
    "curves_of",
    "demo_calls",
    "evening_calls",
    "piano_calls",
    "random_simulated_call",
]
