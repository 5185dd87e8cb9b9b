"""JSON and stored data as typed objects, in any thread.

msgspec learns the fields of a class when the class is first used. A thread that uses it meanwhile
finds fields without names, which ends the process (seen with msgspec 0.22).
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, Final, TypeVar, overload

import msgspec

Decoded = TypeVar("Decoded")
_Json = bytes | str | msgspec.Raw
_LEARNING: Final = threading.Lock()


@overload
def decode_json(data: _Json, kind: type[Decoded], *, strict: bool = ...) -> Decoded: ...


@overload
def decode_json(data: _Json, kind: Any, *, strict: bool = ...) -> Any: ...


def decode_json(data: _Json, kind: Any, *, strict: bool = True) -> Any:
    """Read JSON. Raises msgspec.MsgspecError."""
    _learn(kind)
    return msgspec.json.decode(data, type=kind, strict=strict)


@overload
def convert_object(
    data: object, kind: type[Decoded], *, strict: bool = ..., from_attributes: bool = ...
) -> Decoded: ...


@overload
def convert_object(
    data: object, kind: Any, *, strict: bool = ..., from_attributes: bool = ...
) -> Any: ...


def convert_object(
    data: object, kind: Any, *, strict: bool = True, from_attributes: bool = False
) -> Any:
    """Read what `json.loads` or `msgspec.to_builtins` returned. Raises msgspec.ValidationError.

    With `from_attributes` an object is read by its attributes too.
    """
    _learn(kind)
    return msgspec.convert(data, kind, strict=strict, from_attributes=from_attributes)


@cache
def _learn(kind: Any) -> None:
    """Let msgspec learn a type and all those in it, one thread at a time."""
    with _LEARNING:
        msgspec.json.Decoder(kind)
