"""What a kind of hard calls is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.bench.call_draft import CallDraft
from tests.bench.expectation import Expectation

UNSURE: Final = 0.69  # below what is called sure

Kind = Callable[[CallDraft], Expectation]
