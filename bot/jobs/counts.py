"""Counts of this process's jobs by kind; `metrics` renders them."""

from __future__ import annotations

from collections import Counter
from typing import Final

DONE: Final[Counter[str]] = Counter()  # succeeded or given up
RETRIED: Final[Counter[str]] = Counter()
