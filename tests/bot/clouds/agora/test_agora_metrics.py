"""Metric ids and points; traps by their number in the list of contract traps."""

from __future__ import annotations

from typing import Any

import pytest

from bot.call import Metric, Unit
from bot.clouds.agora.metrics import kind_of, parse_points

METERS = [
    ("A29 QP is lower-is-better and has no unit", "20013", "seed", Metric.PICTURE_QP, Unit.NUMBER),
    ("A29 losses are percent", "20015", "seed", Metric.UPLINK_LOSS, Unit.PERCENT),
    ("A29 losses are percent", "20016", "seed", Metric.END_TO_END_LOSS, Unit.PERCENT),
    ("A29 losses are percent", "20017", "current", Metric.UPLINK_LOSS, Unit.PERCENT),
    ("A29 losses are percent", "20018", "current", Metric.END_TO_END_LOSS, Unit.PERCENT),
    ("A29 a gap in the table", "20012", "seed", Metric.OTHER, Unit.NUMBER),
    ("A29 a gap in the table", "20014", "seed", Metric.OTHER, Unit.NUMBER),
    ("A30 20006 then", "20006", "seed", Metric.SEND_BITRATE, Unit.KBPS),
    ("A30 20006 now", "20006", "current", Metric.SEND_BITRATE_LOW, Unit.KBPS),
    ("A30 the main stream now", "20024", "current", Metric.SEND_BITRATE, Unit.KBPS),
    ("A30 not then", "20024", "seed", Metric.OTHER, Unit.NUMBER),
    ("A30 20013 is gone", "20013", "current", Metric.OTHER, Unit.NUMBER),
    ("A30 received size", "20019", "current", Metric.RECEIVE_WIDTH, Unit.PIXELS),
    ("A30 new", "20021", "current", Metric.TASK_DELAY, Unit.MS),
    ("A30 new", "20022", "current", Metric.ROUTER_LATENCY, Unit.MS),
    ("A30 new", "20036", "current", Metric.DOWNLINK_LOSS, Unit.PERCENT),
    ("unknown", "29999", "current", Metric.OTHER, Unit.NUMBER),
]


@pytest.mark.parametrize("case", METERS, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_metric_ids_mean_what_their_generation_says(case: Any) -> None:
    """A29, A30: a metric id has different meanings in the two generations."""
    _, mid, generation, metric, unit = case
    kind = kind_of(mid, generation)
    assert (metric, unit) == (kind.metric, kind.unit)


POINTS = [
    (b"[[1,2],[3,4.5]]", [1.0, 3.0], [2.0, 4.5]),
    (b" [ [1, 2] ,\n[3,-4e1] ] ", [1.0, 3.0], [2.0, -40.0]),
    (b"[]", [], []),
    (b"null", [], []),
    (b"[[3,1],[1,2]]", [1.0, 3.0], [2.0, 1.0]),
    (b"[[1,null],[2,5]]", [2.0], [5.0]),
    (b"[[1,1e999],[2,5]]", [2.0], [5.0]),
    (b'[["1","2"],["3","4.5"],["5",null]]', [1.0, 3.0], [2.0, 4.5]),
]


@pytest.mark.parametrize(("raw", "times", "values"), POINTS)
def test_points_become_arrays(raw: bytes, times: list[float], values: list[float]) -> None:
    """A21: the fast and the slow parser return the same."""
    matches = parse_points(raw)
    assert (times, values) == (matches[0].tolist(), matches[1].tolist())


@pytest.mark.parametrize(
    "raw",
    [b"[[1,2,3],[4]]", b"[[1],[2]]", b'[["a",1]]', b"{}", b"[1,2]", b'[{"1":2}]', b"[[[1,2]]]"],
)
def test_other_shapes_are_invalid(raw: bytes) -> None:
    """A21: four numbers in the wrong brackets are not two points."""
    with pytest.raises(ValueError, match="no points"):
        parse_points(raw)
