"""What truly happened in lessons, deterministic by seed. No cloud's field, path or code is here."""

from __future__ import annotations

from bot.sandbox.scenario.catalogue import demo_lessons, evening_lessons, piano_lessons
from bot.sandbox.scenario.curves import Curve, curves_of
from bot.sandbox.scenario.fault_kinds import KINDS, Kind, build_lesson
from bot.sandbox.scenario.generator import random_lesson
from bot.sandbox.scenario.perturbations import TWISTS
from bot.sandbox.scenario.simulated_call import (
    STUDENT_UID,
    TEACHER_UID,
    Complaint,
    Device,
    Expected,
    Fault,
    Lesson,
    Person,
    Stay,
)

__all__ = [
    "KINDS",
    "STUDENT_UID",
    "TEACHER_UID",
    "TWISTS",
    "Complaint",
    "Curve",
    "Device",
    "Expected",
    "Fault",
    "Kind",
    "Lesson",
    "Person",
    "Stay",
    "build_lesson",
    "curves_of",
    "demo_lessons",
    "evening_lessons",
    "piano_lessons",
    "random_lesson",
]
