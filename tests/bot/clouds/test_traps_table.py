"""That the table of traps is whole, and that what it names exists and speaks of its trap."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pytest

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
GRAVE: Final = {  # the ids marked H; those neither here nor in LIGHT are marked M
    *(f"S{number}" for number in (1, 3, 4, 6, 7, 8, 12, 13, 14)),
    *(f"A{number}" for number in (3, 7, 8, 9, 10, 14, 15, 20, 21, 22, 27, 28, 30, 31, 35, 36, 39)),
    *(f"V{number}" for number in (1, 2, 3, 5, 9)),
    *(f"W{number}" for number in (3, 7, 16, 21, 22, 24, 26, 27, 28, 29, 30, 31, 32, 33)),
}
LIGHT: Final = {"A2", "A4", "A5", "A25", "A33", "V16", "V17", "W4", "W6", "W39", "W40"}
UNMARKED: Final = {"S2", "S5", *(each for each in IDS if each[0] in "TQD")}
SECTIONS: Final = {"S": "Section 0", "T": "Section 4", "Q": "Section 5"}
_LINE: Final = re.compile(r"([SAVWTQD]\d{0,2}) ([HML-]) (.+?) \| (.+)")
_EXEMPT_MOST: Final = 1  # of the traps marked H or M, those that no test can hold
_TODAY_EXEMPT_MOST: Final = (
    3  # of section 4, whose traps have no marks: what we neither ask nor read
)


@dataclass(frozen=True, slots=True)
class Trap:
    """One line of the table."""

    id: str
    severity: str
    proof: str

    @property
    def is_marked(self) -> bool:
        """Tell whether it is marked H or M."""
        return self.severity in ("H", "M")

    @property
    def tests(self) -> list[str]:
        """The short names of its tests, [] when it is exempt."""
        return [] if self.proof.startswith("- ") else self.proof.split(", ")


def _read() -> list[Trap]:
    found = [_LINE.fullmatch(line) for line in TRAPS.strip().splitlines()]
    return [Trap(match[1], match[2], match[4]) for match in found if match]


TABLE: Final = _read()


def test_every_trap_stands_in_the_table_once() -> None:
    """No id is forgotten, none stands there twice, and every line can be read."""
    assert list(IDS) == [trap.id for trap in TABLE]
    assert len(TABLE) == len(TRAPS.strip().splitlines())


def test_severities_are_the_documents() -> None:
    """H, M and L are as they were marked; two conventions and sections 4 to 6 have no mark."""
    expected = {
        each: "H" if each in GRAVE else "L" if each in LIGHT else "-" if each in UNMARKED else "M"
        for each in IDS
    }
    assert expected == {trap.id: trap.severity for trap in TABLE}


@pytest.mark.parametrize("trap", TABLE, ids=lambda trap: trap.id)
def test_each_trap_is_proved(trap: Trap) -> None:
    """Its tests exist, and one of them names it; or it says why there is none."""
    if not trap.tests:
        assert len(trap.proof) > 20
        return
    found = [find_test(short) for short in trap.tests]
    assert [short for short, test in zip(trap.tests, found, strict=True) if test is None] == []
    if trap.is_marked or trap.id[0] in "TQ":
        named = " ".join(test.text for test in found if test is not None)
        wanted = trap.id if trap.id[0] in "AVW" else f"{trap.id}|{SECTIONS[trap.id[0]]}"
        assert re.search(rf"\b({wanted})\b|_{trap.id}_", named, re.IGNORECASE)


def test_hardly_any_is_exempt() -> None:
    """What is marked H has a test without exception, and what is marked M nearly so."""
    exempt = [trap for trap in TABLE if trap.is_marked and not trap.tests]
    assert [trap.id for trap in exempt if trap.severity == "H"] == []
    assert len(exempt) <= _EXEMPT_MOST
    today = [trap for trap in TABLE if trap.id.startswith("T") and not trap.tests]
    assert len(today) <= _TODAY_EXEMPT_MOST
    assert [trap.id for trap in TABLE if trap.id[0] in "QD" and not trap.tests] == []
