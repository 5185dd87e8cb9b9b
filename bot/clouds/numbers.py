"""Numbers in responses: plain, in quotes, or a sign for "none"."""

from __future__ import annotations

import math
from typing import Final

_NONE: Final = frozenset({"", "-", "--", "null"})


def parse_number(value: object) -> float | None:
    """Return a number; None for "", "-", null and numbers that are not finite.

    Raises ValueError for anything that is no number, in quotes or not.
    """
    if value is None or (isinstance(value, str) and value.strip() in _NONE):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("no number")  # noqa: TRY004 - the response is wrong, not the caller
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("no number") from error
    return number if math.isfinite(number) else None
