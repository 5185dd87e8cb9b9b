"""Looks for dataclasses that are not plain values, for the tests of pure packages."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any


def dataclasses_of(package: ModuleType) -> Iterator[type[Any]]:
    """Yield every dataclass defined in a package or module."""
    path = getattr(package, "__path__", ())
    modules = (module.name for module in pkgutil.walk_packages(path, f"{package.__name__}."))
    for name in (package.__name__, *modules):
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and value.__module__ == name:
                yield from [value] if dataclasses.is_dataclass(value) else []


def is_immutable(kind: type[Any]) -> bool:
    """Return whether no attribute can be changed or added: frozen, with slots."""
    frozen: bool = kind.__dataclass_params__.frozen
    return frozen and "__slots__" in vars(kind)


def compares_by_identity(kind: type[Any]) -> bool:
    """Return whether two objects are equal only when they are one: arrays have no truth value."""
    return "__eq__" not in vars(kind)
