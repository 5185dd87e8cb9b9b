"""Copying JSON seven times faster than `copy.deepcopy`: each message needs several copies."""

from __future__ import annotations

import pickle
from typing import TypeVar

Value = TypeVar("Value")


def copy_json(value: Value) -> Value:
    """Return a deep copy."""
    copied: Value = pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own bytes
    return copied
