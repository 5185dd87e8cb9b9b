"""Hard calls: faults that look like others, and healthy calls that look faulty.

Each kind is a function that changes a healthy call and returns the right answers; its docstring
is the reason why they are right. Times are seconds from the complaint. Whoever adds a kind should
not have the rules in mind: it says what happens, not what is detected today.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.bench.hard_calls.fifth_kinds import FIFTH_KINDS
from tests.bench.hard_calls.first_kinds import FIRST_KINDS
from tests.bench.hard_calls.fourth_kinds import FOURTH_KINDS
from tests.bench.hard_calls.kind import Kind
from tests.bench.hard_calls.second_kinds import SECOND_KINDS
from tests.bench.hard_calls.third_kinds import THIRD_KINDS

__all__ = ["HARD_KINDS", "Kind"]

HARD_KINDS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "hard": FIRST_KINDS,
    "hard-2": SECOND_KINDS,
    "hard-3": THIRD_KINDS,
    "hard-4": FOURTH_KINDS,
    "hard-5": FIFTH_KINDS,
}
