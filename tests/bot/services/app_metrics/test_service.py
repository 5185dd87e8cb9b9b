"""The arguments of /quality, and overviews as JSON."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.call import (
    Code,
    Distribution,
    DistributionRow,
    MissingItem,
    MissingKind,
    MissingReason,
    Trend,
    Unit,
    Usage,
)
from bot.errors import InputError
from bot.ports import AppMetrics, Topic
from bot.services.app_metrics.service import QualityArguments, parse_quality, to_json

APPS = ("kids", "adult English", "Beta")
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "app", "topic"),
    [
        ("", "kids", Topic.LIVE),
        ("  live ", "kids", Topic.LIVE),
        ("USAGE", "kids", Topic.USAGE),
        ("app=beta network", "Beta", Topic.NETWORK),
        ("experience app=Beta", "Beta", Topic.EXPERIENCE),
        ('app="adult English" scale', "adult English", Topic.SCALE),
        ("--app=kids distribution", "kids", Topic.DISTRIBUTION),
        ("--app Beta", "Beta", Topic.LIVE),
        ("ａｐｐ＝beta　网络", "Beta", Topic.NETWORK),
        ("实时", "kids", Topic.LIVE),
        ("用量", "kids", Topic.USAGE),
    ],
)
def test_arguments(text: str, app: str, topic: Topic) -> None:
    """Arguments in any order and spelling; by default the first app and the live metrics."""
    assert QualityArguments(app, topic) == parse_quality(text, APPS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("yesterday", "There is no topic yesterday."),
        ("live usage", "one topic"),
        ("app=kids app=beta", "Give at most one app"),
        ("app=", "Write the app's name after app=."),
        ("app=nobody", "There is no app called nobody."),
    ],
)
def test_wrong_arguments(text: str, why: str) -> None:
    """The message names the wrong argument, and what exists."""
    with pytest.raises(InputError) as caught:
        parse_quality(text, APPS)
    assert why in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any input gives an app and a topic, or an InputError."""
    try:
        wanted = parse_quality(text, APPS)
    except InputError:
        return
    assert wanted.app in APPS


def test_json() -> None:
    """Times in UTC, figures by their codes, what is missing with when to ask again."""
    code = Code("agora.live_metric", "pcu")
    later = NOON + dt.timedelta(hours=1)
    document = to_json(
        AppMetrics(
            Topic.SCALE,
            "kids",
            "agora",
            fetched_at=NOON,
            fresh_at=later,
            trends=(Trend(code, Unit.NUMBER, ((NOON, 3.0),)),),
            usages=(Usage(NOON.date(), code, Unit.NUMBER, 4),),
            distributions=(Distribution("os", Unit.PERCENT, (DistributionRow((code,), 5),)),),
            missing=(
                MissingItem(MissingKind.FIGURES, MissingReason.OVER_QUOTA, later, "live_scale"),
            ),
        )
    )
    at = "2026-11-20T12:00:00Z"
    assert ("kids", "agora", "scale", at) == (
        document["app"],
        document["cloud"],
        document["topic"],
        document["fetched_at"],
    )
    assert [{"name": "pcu", "unit": "", "part": None, "points": [[at, 3.0]]}] == document["trends"]
    usage = {"day": "2026-11-20", "name": "pcu", "unit": "", "part": None, "value": 4}
    assert [usage] == document["usages"]
    (distribution,) = document["distributions"]
    assert (distribution["name"], distribution["rows"]) == ("users", [["pcu", 5]])
    assert [tuple(missing_item.values()) for missing_item in document["missing"]] == [
        ("figures", "over_quota", "2026-11-20T13:00:00Z", "live_scale")
    ]
    assert document == json.loads(json.dumps(document))
