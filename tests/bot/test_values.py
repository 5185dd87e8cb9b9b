"""The vocabulary's types are plain values: they never change, and are compared by what they have."""

from __future__ import annotations

from types import ModuleType

import pytest

from bot import (
    advice,
    call,
    causes,
    escalation,
    i18n,
    locales,
    quiet_hours,
    settings,
)
from tests.bot.value_types import compares_by_identity, dataclasses_of, is_immutable

MODULES = [advice, call, causes, escalation, i18n, locales, quiet_hours, settings]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_values_are_immutable(module: ModuleType) -> None:
    """They may be shared between threads and requests."""
    kinds = list(dataclasses_of(module))
    assert kinds
    assert [kind.__name__ for kind in kinds if not is_immutable(kind)] == []
    identical = {kind.__name__ for kind in kinds if compares_by_identity(kind)}
    assert identical == ({"Series"} if module is call else set())
