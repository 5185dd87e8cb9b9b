"""That no cloud is asked more often than it allows, whatever people do."""

from __future__ import annotations

import datetime as dt
from typing import Final

from bot.errors import CloudOverQuotaError
from bot.ports import Cloud, Window
from bot.sandbox.clouds import Clouds
from tests.bot.clouds.contract.cloud_cases import Carrier, TurnClock
from tests.bot.clouds.contract.conftest import NOON, around, questions

BURST: Final = 200
PATIENCE: Final = 60


async def test_a_burst_never_breaks_a_quota(
    carrier: Carrier, clouds: Clouds, cloud: Cloud, turns: TurnClock
) -> None:
    """Of 200 questions at once those that may be asked are; the rest hear when they may."""
    window = around(clouds, "bad")
    rooms = ["bad", *(f"bad{number}" for number in range(1, BURST))]
    came = await turns.burst(cloud.find_calls("kids", room, window) for room in rooms)
    refused = [each for each in came if isinstance(each, CloudOverQuotaError)]
    answered = [each for each in came if isinstance(each, tuple)]
    assert BURST == len(refused) + len(answered)
    assert carrier.most <= len(answered) < BURST
    assert all(error.retry_at > NOON and error.status == 0 for error in refused)
    assert [] == clouds.over_quota
    assert clouds.max_rate(carrier.find, carrier.per_s) <= carrier.most
    turns.moment = max(error.retry_at for error in refused)
    assert await cloud.find_calls("kids", "twice", around(clouds, "twice"))
    assert [] == clouds.over_quota


async def test_an_impatient_person_breaks_no_quota(
    carrier: Carrier, clouds: Clouds, cloud: Cloud, turns: TurnClock
) -> None:
    """Sixty mixed questions, one a second when refused: answered, or refused by ourselves."""
    window = around(clouds, "bad")
    (call,) = await cloud.find_calls("kids", "bad", window)
    counts = {"answered": 0, "refused": 0}
    for number in range(PATIENCE):
        moved = Window(window.since - dt.timedelta(seconds=20 * number), window.until)
        asked = questions(carrier, cloud, call, moved)
        ask = list(asked.values())[number % len(asked)]
        (came,) = await turns.burst([ask()])
        if isinstance(came, BaseException):
            assert isinstance(came, CloudOverQuotaError)
            assert 0 == came.status
            counts["refused"] += 1
            turns.moment += dt.timedelta(seconds=1)
        else:
            counts["answered"] += 1
    assert counts["answered"] >= carrier.most
    assert [] == clouds.over_quota
