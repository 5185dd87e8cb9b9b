"""Numbers as clouds write them: plain, in quotes, or as a sign for "none". Knows no cloud."""

from __future__ import annotations

import math
from typing import Final

_NONE: Final = frozenset({"", "-", "--", "null"})


def parse_number(value: object) -> float | None:
    """Return a number; None where there is none, or none that is finite.

    A number in quotes is one; "", "-" and null say that nothing is known. Raises ValueError for
    anything else.
    """
    if value is None or (isinstance(value, str) and value.strip() in _NONE):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no number")  # noqa: TRY004 - what was told is wrong, not our call
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("no number") from error
    return number if math.isfinite(number) else None
