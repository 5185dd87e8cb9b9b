"""Faults of the fake Slack: which calls they hit, and how often."""

from __future__ import annotations

import pytest

from bot.sandbox.slack.state.faults import Fault, Faults


@pytest.mark.parametrize(
    ("fault", "calls", "hit"),
    [
        (Fault("a", "x"), ["a", "a"], [True, False]),
        (Fault("a", "x"), ["b", "a"], [False, True]),
        (Fault("*", "x"), ["b", "a"], [True, False]),
        (Fault("a", "x", times=2), ["a", "a", "a"], [True, True, False]),
        (Fault("a", "x", containing="one"), ["a"], [True]),
        (Fault("a", "x", containing="two"), ["a"], [False]),
    ],
)
def test_a_fault_hits_its_calls(fault: Fault, calls: list[str], hit: list[bool]) -> None:
    """By method and by what is among the arguments; then it is over."""
    faults = Faults()
    faults.add(fault)
    assert [faults.take(method, {"text": "one"}) is fault for method in calls] == hit


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        ("fatal_error", 200, {"ok": False, "error": "fatal_error"}),
        ("ratelimited", 429, {"ok": False, "error": "ratelimited"}),
        (
            "invalid_blocks",
            200,
            {
                "ok": False,
                "error": "invalid_blocks",
                "errors": ["must be valid [json-pointer:/blocks/1]"],
                "response_metadata": {
                    "messages": ["[ERROR] must be valid [json-pointer:/blocks/1]"]
                },
            },
        ),
    ],
)
def test_a_fault_looks_like_slacks_error(error: str, status: int, body: object) -> None:
    """With what Slack sends beside the code."""
    refusal = Fault("a", error, retry_after_s=7).as_error()
    assert (refusal.status, refusal.body()) == (status, body)
    assert refusal.headers == ({"Retry-After": "7"} if status == 429 else {})


def test_faults_come_in_their_order() -> None:
    """The first one that fits; forgotten ones do not come."""
    faults, first, second = Faults(), Fault("a", "x"), Fault("*", "y")
    faults.add(first)
    faults.add(second)
    assert [faults.take("a"), faults.take("a"), faults.take("a")] == [first, second, None]
    faults.add(first)
    faults.clear()
    assert faults.take("a") is None
