"""What a chart is made of never changes."""

from __future__ import annotations

from bot import charts
from tests.bot.value_types import compares_by_identity, dataclasses_of, is_immutable


def test_values_are_immutable() -> None:
    """A chart can be drawn in several threads at once."""
    kinds = list(dataclasses_of(charts))
    assert len(kinds) >= 12
    assert [kind.__name__ for kind in kinds if not is_immutable(kind)] == []


def test_what_has_arrays_is_compared_by_identity() -> None:
    """Comparing arrays gives no truth value."""
    found = {kind.__name__ for kind in dataclasses_of(charts) if compares_by_identity(kind)}
    assert found == {"Curve", "Panel", "ChartSpec", "PlacedPanel", "Layout"}
