"""The shape of a cloud's response: keys, types and ranges, without ids, names, texts or addresses.

What vendors document and what they send differs. A shape can be pasted into an issue by whoever
has a real account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from bot.clouds.endpoint import Endpoint
from bot.clouds.http import ApiResponse

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}[0-9]{0,2}")
_OF_PEOPLE: Final = re.compile(r"(?i)(id|sid|uid|peer|user|name|account|room|channel|ip)s?$")
_OTHER_KEYS: Final = "(other keys)"
_PLAIN_BELOW: Final = 100_000  # larger numbers can be ids or moments
_KINDS: Final = (
    ("empty", re.compile("")),
    ("digits", re.compile(r"-?\d+")),
    ("decimal", re.compile(r"-?\d+\.\d+")),
    ("time", re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?")),
    ("hex", re.compile(r"[0-9A-Fa-f-]{8,}")),
    ("letters", re.compile(r"[A-Za-z_]+")),
)
_MAX_DEPTH: Final = 12


class Shapes:
    """Collects the shapes of responses; those of one endpoint and status are merged."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, str, int], Any] = {}

    def add(self, endpoint: Endpoint, response: ApiResponse) -> None:
        """Add a response."""
        try:
            shape = shape_of(msgspec.json.decode(response.body))
        except msgspec.DecodeError:
            shape = {"no JSON": {"bytes": _digits(len(response.body))}}
        key = (endpoint.cloud, endpoint.name, response.status)
        self._shapes[key] = merge(self._shapes[key], shape) if key in self._shapes else shape

    def to_json(self) -> list[dict[str, Any]]:
        """Return the shapes by cloud, endpoint and status."""
        return [
            {"cloud": cloud, "endpoint": endpoint, "status": status, "body": shape}
            for (cloud, endpoint, status), shape in sorted(self._shapes.items())
        ]


def shape_of(value: Any, key: str = "", depth: int = 0) -> dict[str, Any]:
    """Return the shape of a JSON value; `key` is the key it stands under."""
    if depth > _MAX_DEPTH:
        return {"deeper": {}}
    if isinstance(value, Mapping):
        return {"object": _keys(value, depth)}
    if isinstance(value, list):
        items = merge_all(shape_of(item, key, depth + 1) for item in value)
        return {"list": {"length": [len(value), len(value)], "items": items}}
    if isinstance(value, bool) or value is None:
        return {str(value).lower(): {}}
    if isinstance(value, int | float):
        return {type(value).__name__: _number(value, is_hidden=bool(_OF_PEOPLE.search(key)))}
    return {"text": {_kind_of(str(value)): {"length": [len(str(value)), len(str(value))]}}}


def _keys(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return the shapes by key; a key that may be an id or a name of somebody's is not shown."""
    keys: dict[str, Any] = {}
    for key, inner in value.items():
        shown = key if _NAME.fullmatch(key) else _OTHER_KEYS
        shape = shape_of(inner, key, depth + 1)
        keys[shown] = merge(keys[shown], shape) if shown in keys else shape
    return keys


def _number(value: float, *, is_hidden: bool) -> dict[str, Any]:
    if is_hidden or abs(value) >= _PLAIN_BELOW:
        return {"digits": _digits(abs(value))}
    return {"range": [value, value]}


def _digits(number: float) -> list[int]:
    return [len(f"{number:.0f}")] * 2


def _kind_of(text: str) -> str:
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(text)), "other")


def merge_all(shapes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Merge the shapes of a list's items."""
    merged: dict[str, Any] = {}
    for shape in shapes:
        merged = merge(merged, shape)
    return merged


def merge(one: Any, two: Any) -> Any:
    """Return the shape that both fit: all keys and types, and the wider ranges."""
    if isinstance(one, dict) and isinstance(two, dict):
        names = dict.fromkeys([*one, *two])
        return {name: _merge_at(one, two, name) for name in names}
    return _wider(one, two)


def _merge_at(one: Mapping[str, Any], two: Mapping[str, Any], name: str) -> Any:
    if name not in one or name not in two:
        return one.get(name, two.get(name))
    return merge(one[name], two[name])


def _wider(one: Sequence[float], two: Sequence[float]) -> list[float]:
    return [min(one[0], two[0]), max(one[1], two[1])]
