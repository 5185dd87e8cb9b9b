"""The five fields of cron: whether a schedule is one. When it comes round others say."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[int, int, tuple[str, ...]], ...]] = (  # lowest, highest, names
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (0, 7, _DAYS),
)


def is_schedule(text: str) -> bool:
    """Tell whether this is minute, hour, day, month and day of the week, as cron has them."""
    fields = text.split()
    return len(fields) == len(_FIELDS) and all(map(_is_field, fields, _FIELDS))


def _is_field(text: str, rule: tuple[int, int, tuple[str, ...]]) -> bool:
    """Tell whether this is a list of `*`, `5`, `MON`, `1-5` or any of these with `/2`."""
    low, high, names = rule
    for part in text.lower().split(","):
        range_text, slash, step = part.partition("/")
        if slash and not re.fullmatch(r"[1-9][0-9]?", step):
            return False
        if range_text == "*":
            continue
        ends = [_number(end, low, names) for end in range_text.split("-")]
        if len(ends) > 2 or not all(low <= end <= high for end in ends) or ends != sorted(ends):  # noqa: PLR2004 - a range has two ends
            return False
    return True


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    """Read a number or a name; -1, which no field takes, for anything else."""
    if text in names:
        return names.index(text) + low
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else -1
