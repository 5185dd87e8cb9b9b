"""What this process has counted since its start, for /metrics. Counting imports nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import Final

# Seconds; Slack shows an error after three.
ACKNOWLEDGEMENT_BUCKETS_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0)


class Histogram:
    """Durations, counted in buckets that end at these seconds, and one without an end."""

    def __init__(self, ends_s: tuple[float, ...]) -> None:
        self.ends_s: Final = ends_s
        self.counts: Final = [0] * (len(ends_s) + 1)
        self.sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """Count a duration."""
        self.counts[bisect_left(self.ends_s, seconds)] += 1
        self.sum_s += seconds


Counts = Counter[tuple[str, ...]]  # by the values of labels
REQUESTS: Final = Counts()  # of Slack, by kind and outcome
ACKNOWLEDGEMENTS: Final = Histogram(ACKNOWLEDGEMENT_BUCKETS_S)
JOBS_DONE: Final = Counts()  # succeeded or given up, by kind
JOBS_RETRIED: Final = Counts()
CLOUD_CALLS: Final = Counts()  # by cloud, endpoint and outcome
SLACK_CALLS: Final = Counts()  # by method and outcome
