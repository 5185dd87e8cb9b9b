"""Metrics of a whole app from every cloud, with their definitions; no topic is left blank."""

from __future__ import annotations

from typing import Final

import pytest

from bot.call import Unit
from bot.i18n.translator import Translator
from bot.ports import Cloud, Topic
from bot.sandbox.clouds import FakeClouds
from bot.sandbox.scenario import build_simulated_call
from tests.bot.clouds.contract.cloud_cases import CloudCase
from tests.bot.clouds.contract.conftest import NOON, NOON_S

_DAY_S: Final = 86400
MEANINGS: Final = {
    "agora": {
        Topic.LIVE: "600 ms, audio from 200 ms",
        Topic.NETWORK: "at most 5% packet loss",
        Topic.USAGE: "same uid in two channels counts as two",
    },
    "volcengine": {
        Topic.LIVE: "80 ms for audio and 500 ms for video",
        Topic.NETWORK: "higher is better",
        Topic.USAGE: "in two channels counts once",
    },
    "huawei": {
        Topic.LIVE: "It counts as frozen from 600 ms",
        Topic.NETWORK: "does not define how much packet loss still counts as good",
        Topic.USAGE: "same uid in two channels counts as two",
    },
}


@pytest.fixture(autouse=True)
def _lessons_of_earlier_days(clouds: FakeClouds) -> None:
    """Two calls on each of the last three days, so that days have metrics."""
    for day in range(1, 4):
        for number in range(2):
            started_at = NOON_S - day * _DAY_S - 4000 * number
            clouds.add(
                build_simulated_call("healthy", f"d{day}{number}", seed=day, started_at=started_at)
            )


@pytest.mark.parametrize("topic", Topic)
async def test_every_topic_has_metrics_or_a_reason(
    topic: Topic, cloud_case: CloudCase, clouds: FakeClouds, cloud: Cloud
) -> None:
    """Each topic has metrics with definitions and times, or a message why there are none."""
    app_metrics = await cloud.fetch_app_metrics("kids", topic)
    assert (topic, "kids", cloud_case.fake(clouds).name) == (
        app_metrics.topic,
        app_metrics.app,
        app_metrics.cloud,
    )
    assert clouds.over_quota == []
    if app_metrics.is_empty:
        assert app_metrics.cloud == "agora"
        assert len(app_metrics.failures) == 1
        return
    assert app_metrics.failures == ()
    assert app_metrics.since is not None
    assert app_metrics.until is not None
    assert app_metrics.since <= app_metrics.until <= NOON
    assert app_metrics.fresh_at is None or app_metrics.fresh_at > app_metrics.fetched_at


@pytest.mark.parametrize("topic", Topic)
async def test_metrics_are_sane(topic: Topic, cloud: Cloud) -> None:
    """Times are sorted and have a zone; percentages are 0 to 100; parts are positive."""
    app_metrics = await cloud.fetch_app_metrics("kids", topic)
    for trend in app_metrics.trends:
        moments = [at for at, _ in trend.points]
        assert sorted(moments) == moments
        assert all(at.tzinfo is not None for at in moments)
    values = [(trend.unit, value) for trend in app_metrics.trends for _, value in trend.points]
    values += [(usage.unit, usage.value) for usage in app_metrics.usages]
    values += [(one.unit, row.value) for one in app_metrics.distributions for row in one.rows]
    assert all(value >= 0 for _, value in values)
    assert all(value <= 100 for unit, value in values if unit is Unit.PERCENT)


@pytest.mark.parametrize("topic", [Topic.LIVE, Topic.NETWORK, Topic.USAGE])
async def test_metrics_have_definitions(topic: Topic, cloud_case: CloudCase, cloud: Cloud) -> None:
    """Section 0: each cloud's own definition of freezes, good transmission and users."""
    app_metrics = await cloud.fetch_app_metrics("kids", topic)
    explanations = " ".join(Translator("en").translate(each) for each in app_metrics.explanations)
    if cloud_case.name == "agora-current":  # its standard plan has no figures of whole apps
        assert explanations == ""
        return
    assert MEANINGS[cloud.name][topic] in explanations
