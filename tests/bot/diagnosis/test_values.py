"""What a diagnosis works with never changes."""

from __future__ import annotations

from bot import diagnosis
from tests.bot.value_types import compares_by_identity, dataclasses_of, is_immutable


def test_values_are_immutable() -> None:
    """A verdict can be kept and shared; whatever is derived from it is a new one."""
    kinds = list(dataclasses_of(diagnosis))
    assert len(kinds) >= 9
    assert [kind.__name__ for kind in kinds if not is_immutable(kind)] == []


def test_what_has_arrays_is_compared_by_identity() -> None:
    """Comparing arrays gives no truth value; a verdict and its evidence are compared by value."""
    found = {kind.__name__ for kind in dataclasses_of(diagnosis) if compares_by_identity(kind)}
    assert found == {"MetricSeries", "CallContext"}
