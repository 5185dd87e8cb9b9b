"""The table of contract traps in `traps.py` is complete, and the tests it names exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tests.bot.clouds.traps import TRAPS
from tests.suite_index import find_test

IDS: Final = (
    *(f"S{number}" for number in range(1, 15)),
    *(f"A{number}" for number in range(1, 40)),
    *(f"V{number}" for number in range(1, 20)),
    *(f"W{number}" for number in range(1, 42)),
    *(f"T{number}" for number in range(1, 16)),
    "Q",
    *(f"D{number}" for number in range(1, 6)),
)
_LINE: Final = re.compile(r"([SAVWTQD]\d{0,2}) ([HML-]) (.+?) \| (.+)")


@dataclass(frozen=True, slots=True)
class Trap:
    """One line of the table: an id, a severity, and the tests or the reason why there are none."""

    id: str
    severity: str
    proof: str

    @property
    def tests(self) -> list[str]:
        """The short names of its tests, [] when it gives a reason."""
        return [] if self.proof.startswith("- ") else self.proof.split(", ")

    def problems(self) -> list[str]:
        """What is wrong with this line."""
        missing = [f"{self.id}: no test {short}" for short in self.tests if not find_test(short)]
        if not self.tests and self.severity == "H":
            missing.append(f"{self.id} is severe and has no test")
        if not self.tests and len(self.proof) <= len("- no reason is given"):
            missing.append(f"{self.id} has neither a test nor a reason")
        return missing


def test_table_of_traps_is_complete() -> None:
    """Every trap has one line; its tests exist, or it says why there are none."""
    matches = [_LINE.fullmatch(line) for line in TRAPS.strip().splitlines()]
    traps = [Trap(match[1], match[2], match[4]) for match in matches if match]
    assert [trap.id for trap in traps] == list(IDS)
    assert len(traps) == len(matches)
    assert [problem for trap in traps for problem in trap.problems()] == []
