"""The shapes of responses: what a document is wrong about is in them, whose call it was is not."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.clouds.endpoints import ENDPOINTS
from bot.clouds.http import ApiResponse
from bot.clouds.shapes import Shapes, merge, shape_of

_SECRET = "zq7Xsecret"


def test_a_shape() -> None:
    """Keys, types, lengths and small numbers are shown; ids and large numbers only by length."""
    body = {
        "uid": 7,
        "loss": 2.5,
        "joined": 1794364200,
        "device": "Ann's phone",
        "at": "2026-11-11T02:30:00Z",
        "points": [[1, None], [300, True]],
        "10001": {"cpu": 5},
        "class_77_1_by_ann": {"cpu": 7},
    }
    assert shape_of(body) == {
        "object": {
            "uid": {"int": {"digits": [1, 1]}},
            "loss": {"float": {"range": [2.5, 2.5]}},
            "joined": {"int": {"digits": [10, 10]}},
            "device": {"text": {"other": {"length": [11, 11]}}},
            "at": {"text": {"time": {"length": [20, 20]}}},
            "points": {
                "list": {
                    "length": [2, 2],
                    "items": {
                        "list": {
                            "length": [2, 2],
                            "items": {"int": {"range": [1, 300]}, "none": {}, "true": {}},
                        }
                    },
                }
            },
            "(other keys)": {"object": {"cpu": {"int": {"range": [5, 7]}}}},
        }
    }


def test_responses_of_one_endpoint_are_merged() -> None:
    """Each status has a shape of its own; what is no JSON is said to be none."""
    shapes, endpoint = Shapes(), ENDPOINTS[0]
    for status, body in ((200, b'{"a": 1}'), (200, b'{"a": 9, "b": ""}'), (502, b"<html>")):
        shapes.add(endpoint, ApiResponse(status, body, {}))
    name = {"cloud": endpoint.cloud, "endpoint": endpoint.name}
    a, b = {"int": {"range": [1, 9]}}, {"text": {"empty": {"length": [0, 0]}}}
    assert shapes.to_json() == [
        {**name, "status": 200, "body": {"object": {"a": a, "b": b}}},
        {**name, "status": 502, "body": {"no JSON": {"bytes": [1, 1]}}},
    ]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(_SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "uid", f"{_SECRET}12", "1" * 9]), inner, max_size=3)
    ),
)


@given(one=_json, two=_json)
def test_any_json(one: Any, two: Any) -> None:
    """No text, no key that is none, and nothing raises; merging is the same in either order."""
    merged = merge(shape_of(one), shape_of(two))
    assert _SECRET not in json.dumps(merged)
    assert "1" * 9 not in json.dumps(merged)
    assert merged == merge(shape_of(two), shape_of(one))
