"""A limit of requests for each person."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.slack.flood_limit import CLOUD_REQUESTS_A_MINUTE, FloodLimit, TooManyRequestsError
from tests.conftest import Harness
from tests.handlers.raw_http import action, command, submission
from tests.scenario_helpers import ephemeral_texts

OPEN, DIAGNOSE = command(command="/report"), command(command="/diagnose")


def count_taken(limit: FloodLimit, body: Any, attempts: int) -> int:
    """Send a request again and again; return how many are taken before the first refusal."""
    for number in range(attempts):
        try:
            limit.check(body)
        except TooManyRequestsError:
            return number
    return attempts


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        (OPEN, 90),
        (action("ticket.claim"), 90),
        (DIAGNOSE, CLOUD_REQUESTS_A_MINUTE),
        (command(command="/quality"), CLOUD_REQUESTS_A_MINUTE),
        (action("ticket.diagnose"), CLOUD_REQUESTS_A_MINUTE),
        (submission(), 200),
    ],
)
def test_how_many_are_taken(body: Any, taken: int) -> None:
    """As many as the limit at once, fewer that ask a cloud; every submitted form."""
    assert count_taken(FloodLimit(90, lambda: 0.0), body, 200) == taken
    assert count_taken(FloodLimit(0, lambda: 0.0), body, 200) == 200


def test_other_people_and_later() -> None:
    """Others are not limited, in other workspaces neither; it grows back evenly."""
    now = [0.0]
    limit = FloodLimit(60, lambda: now[0])
    assert count_taken(limit, OPEN, 99) == 60
    assert count_taken(limit, {**OPEN, "user_id": "U2"}, 9) == 9
    assert count_taken(limit, {**OPEN, "team_id": "T2"}, 9) == 9
    now[0] = 5.0
    assert count_taken(limit, OPEN, 99) == 5
    now[0] = 500.0
    assert count_taken(limit, OPEN, 99) == 60


async def test_answer(http_harness: Harness) -> None:
    """It is private and says when to try again; another person is served."""
    sam, zhou = (http_harness.workspace.person(name) for name in ("sam", "zhou"))
    for _ in range(2 * CLOUD_REQUESTS_A_MINUTE):  # some may grow back meanwhile
        await sam.command("/diagnose", "class_77_1")
    assert any("too much at once. Try again in" in text for text in ephemeral_texts(sam))
    before = len(ephemeral_texts(zhou))
    outcome = await zhou.command("/diagnose", "class_77_1")
    await http_harness.settled()
    assert outcome.ok
    assert "too much" not in str(ephemeral_texts(zhou)[before:])
