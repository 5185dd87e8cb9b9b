"""Options of commands, such as `app=kids` and `since=30m`, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_AMOUNT: Final = r"(\d{1,6}(?:\.\d{1,3})?)"
_UNITS: Final = {  # seconds by the unit's names
    r"d|days?|天": 86400,
    r"h|hrs?|hours?|个?小时": 3600,
    r"m|mins?|minutes?|分钟?": 60,
    r"s|secs?|seconds?|秒钟?": 1,
}
_DURATION: Final = re.compile(
    "".join(rf"(?:{_AMOUNT}\s?(?:{names}))?" for names in _UNITS), re.ASCII | re.IGNORECASE
)
_SPACED_DURATION: Final = re.compile(
    rf"(?<==)(\d[\d.]{{0,9}})\s+(?=(?:{'|'.join(_UNITS)})(?!\S))", re.IGNORECASE
)


def clean_options(text: str, names: Iterable[str]) -> str:
    """Write options as `name=value`: also `--app=kids`, `—app kids`, `since= 30 min`."""
    name = "|".join(names)
    option = re.compile(
        rf"(?<!\S)(?:[-‐‑–—－]{{1,2}}(?P<dashed>{name})(?:\s*[=＝]|(?=\s))"
        rf"|(?P<bare>{name})\s*[=＝])(?:\s+(?!(?:{name})[=＝]))?",
        re.IGNORECASE,
    )
    spaced = option.sub(lambda match: f"{match['dashed'] or match['bare']}=", text)
    return _SPACED_DURATION.sub(r"\1", spaced)


def parse_duration(text: str) -> float | None:
    """Read 90s, 30m, 1h30m or 7天 as seconds; None when it is not a duration."""
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    return sum(
        float(number) * unit_s
        for number, unit_s in zip(match.groups(), _UNITS.values(), strict=True)
        if number
    )
