"""What every cloud tells of a whole app, with what its figures mean; nothing is left blank."""

from __future__ import annotations

from typing import Final

import pytest

from bot.call import Unit
from bot.i18n.translator import Words
from bot.ports import Cloud, Topic
from bot.sandbox.clouds import Clouds
from bot.sandbox.scenario import build_lesson
from tests.bot.clouds.contract.cloud_cases import Carrier
from tests.bot.clouds.contract.conftest import NOON, NOON_S

_DAY_S: Final = 86400
MEANINGS: Final = {
    "agora": {
        Topic.LIVE: "600 ms, audio from 200 ms",
        Topic.NETWORK: "a loss of at most 5%",
        Topic.USAGE: "same uid in two channels counts as two",
    },
    "volcengine": {
        Topic.LIVE: "80 ms for audio and 500 ms for video",
        Topic.NETWORK: "higher is better",
        Topic.USAGE: "in two channels counts once",
    },
    "huawei": {
        Topic.LIVE: "It counts as frozen from 600 ms",
        Topic.NETWORK: "does not say which loss still counts as good",
        Topic.USAGE: "same uid in two channels counts as two",
    },
}


@pytest.fixture(autouse=True)
def _lessons_of_earlier_days(clouds: Clouds) -> None:
    """Two classes on each of the last three days, so that days have figures."""
    for day in range(1, 4):
        for number in range(2):
            started_at = NOON_S - day * _DAY_S - 4000 * number
            clouds.add(build_lesson("healthy", f"d{day}{number}", seed=day, started_at=started_at))


@pytest.mark.parametrize("topic", Topic)
async def test_every_topic_is_told_or_said_not_to_be(
    topic: Topic, carrier: Carrier, clouds: Clouds, cloud: Cloud
) -> None:
    """Figures with their meaning and their times, or a sentence that says why there are none."""
    overview = await cloud.fetch_overview("kids", topic)
    assert (topic, "kids", carrier.twin(clouds).name) == (
        overview.topic,
        overview.app,
        overview.cloud,
    )
    assert [] == clouds.over_quota
    if overview.is_empty:
        assert "agora" == overview.cloud
        assert 1 == len(overview.failures)
        return
    assert () == overview.failures
    assert overview.since is not None
    assert overview.until is not None
    assert overview.since <= overview.until <= NOON
    assert overview.fresh_at is None or overview.fresh_at > overview.fetched_at


@pytest.mark.parametrize("topic", Topic)
async def test_figures_are_sane(topic: Topic, cloud: Cloud) -> None:
    """Moments in order and aware; percentages from 0 to 100; parts of a whole above nothing."""
    overview = await cloud.fetch_overview("kids", topic)
    for trend in overview.trends:
        moments = [at for at, _ in trend.points]
        assert sorted(moments) == moments
        assert all(at.tzinfo is not None for at in moments)
    values = [(trend.unit, value) for trend in overview.trends for _, value in trend.points]
    values += [(usage.unit, usage.value) for usage in overview.usages]
    values += [(one.unit, row.value) for one in overview.distributions for row in one.rows]
    assert all(value >= 0 for _, value in values)
    assert all(value <= 100 for unit, value in values if unit is Unit.PERCENT)


@pytest.mark.parametrize("topic", [Topic.LIVE, Topic.NETWORK, Topic.USAGE])
async def test_figures_say_what_they_mean(topic: Topic, carrier: Carrier, cloud: Cloud) -> None:
    """Section 0: what froze, what was sent well, who was counted: each cloud's own meaning."""
    overview = await cloud.fetch_overview("kids", topic)
    said = " ".join(Words("en").say(each) for each in overview.definitions)
    if carrier.name == "agora-current":  # its standard plan has no figures of whole apps
        assert "" == said
        return
    assert MEANINGS[cloud.name][topic] in said
