"""Errors in the documents that must not be copied into the product."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Final

import pytest

from bot.call import Code
from bot.cause_codes import cause_of
from bot.causes import CAUSES
from bot.clouds.endpoint import RateLimit
from bot.clouds.endpoints import ENDPOINTS, find_endpoint
from bot.errors import CloudInvalidResponseError
from bot.i18n.messages import code_message
from bot.i18n.translator import Translator
from bot.ports import Topic, Window
from tests.bot.clouds.conftest import NOON

ROOT: Final = Path(__file__).resolve().parents[3]
WINDOW: Final = Window(NOON - dt.timedelta(minutes=40), NOON - dt.timedelta(minutes=36))
_BASIC: Final = re.compile(r"Basic [A-Za-z0-9+/]{16,}={0,2}")
_TEXTS: Final = ("*.py", "*.po", "*.md", "*.json", "*.toml", "*.txt", "*.js", "*.html")


def test_a1_the_older_date_is_the_contract() -> None:
    """A1: of the 2021-03-11 text, which is the older one, only its `/report` is used."""
    seed = [row for row in ENDPOINTS if row.cloud == "agora" and row.generation == "seed"]
    assert all("2020-09-24" in row.document for row in seed)
    dated_later = [row.name for row in ENDPOINTS if "2021-03-11" in row.document]
    assert dated_later == ["report"]
    assert {"diagnosis", "live_scale", "live_network"} < {row.name for row in seed}


def test_a3_no_key_was_copied() -> None:
    """A3: no file of ours contains a Basic header copied from a document."""
    matches = [
        path.relative_to(ROOT)
        for folder in ("bot", "handlers", "locales", "tests", "docs")
        for pattern in _TEXTS
        for path in (ROOT / folder).rglob(pattern)
        if _BASIC.search(path.read_text(encoding="utf-8"))
    ]
    assert matches == []
    assert not _BASIC.search((ROOT / "README.md").read_text(encoding="utf-8"))


def test_a11_the_shifted_row_is_not_used() -> None:
    """A11: usage goes back seven days, ten calls a day: the unshifted table's numbers."""
    row = find_endpoint("agora", "insight_usage", generation="seed")
    assert ((RateLimit(1, 60),), 10, dt.timedelta(days=7)) == (
        row.rates,
        row.daily_limit,
        row.lookback,
    )


async def test_a19_samples_do_not_set_the_windows(make_agora: Any, mock_api: Any) -> None:
    """A19: live questions span an hour at most, though the samples' span 5476 seconds."""
    mock_api.respond("by_time", {"code": 200, "message": "success", "data": []})
    for topic in (Topic.LIVE, Topic.NETWORK, Topic.EXPERIENCE, Topic.SCALE):
        await make_agora().fetch_app_metrics("kids", topic)
    spans = [int(one["end_ts"]) - int(one["start_ts"]) for one in mock_api.params("by_time")]
    assert spans
    assert 0 < min(spans) <= max(spans) <= 3600


BROKEN = [
    b'{"code": 200, "message": "", "call_lists": [......]}',
    b'{"code": 200, "message": "", "call_lists": [{"call_id": "c1", "cname": "class_77_1",}]}',
    b'{"code": 200, // success\n "message": "", "call_lists": []}',
    b'{"code": 200 "call_lists": []}',
]


@pytest.mark.parametrize("body", BROKEN)
async def test_a20_the_samples_shapes_are_nonsense(
    body: bytes, make_agora: Any, mock_api: Any
) -> None:
    """A20: dots, trailing commas and comments are no JSON; on the wire they are nonsense."""
    mock_api.respond("lists", body)
    with pytest.raises(CloudInvalidResponseError):
        await make_agora().find_calls("kids", "class_77_1", WINDOW)


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("agora.live_metric", "joinSuccess5SecsRate"),
        ("agora.metric.current", "joinSuccessIn5sRate"),
    ],
)
def test_a32_one_rate_of_two_names(kind: str, name: str, locale: Any) -> None:
    """A32: each generation's name of the same rate has words of its own, in both languages."""
    text = Translator(locale).translate(code_message(kind, name))
    assert "5" in text
    assert name not in text


@pytest.mark.parametrize("factor", ["2", "30"])
def test_a34_who_was_removed_was_removed(factor: str) -> None:
    """A34: whatever the vendor's English says, the verdict is that the user was removed."""
    cause = cause_of(Code("agora.factor_id", factor))
    assert cause is not None
    assert cause.key == "session.removed"
    assert "removed" in Translator("en").translate(CAUSES[cause.key].title)


@pytest.mark.parametrize("typo", ["数据数据", "kpbs", "踢除", "该此", "iplsp", "evnet"])
def test_w11_typos_stay_in_the_documents(typo: str) -> None:
    """W11: no message of ours contains a typo of theirs (a code's Chinese is stored as it is)."""
    for catalog in sorted(ROOT.glob("locales/*/LC_MESSAGES/messages.po")):
        assert typo not in catalog.read_text(encoding="utf-8")
    assert typo not in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "zh", "en"),
    [
        ("SX", "山西", "Shanxi"),
        ("SN", "陕西", "Shaanxi"),
        ("GZ", "贵州", "Guizhou"),
        ("HN", "湖南", "Hunan"),
        ("HA", "河南", "Henan"),
        ("OT", "其他", "Other"),
    ],
)
def test_w39_abbreviations_are_the_appendixs(code: str, zh: str, en: str) -> None:
    """W39: provinces have the names of appendix 14.5; GZ is no city."""
    region = code_message("huawei.region", code)
    assert zh in Translator("zh").translate(region)
    assert en.lower() in Translator("en").translate(region).lower()


async def test_the_apps_name_at_volcengine(make_volcengine: Any, mock_api: Any) -> None:
    """Section 0: `AppId` is in the query of a GET and in the body of a POST."""
    mock_api.respond("ListRoomInfo", {"ResponseMetadata": {}, "Result": {"RoomList": []}})
    mock_api.respond("ListOperationData", {"ResponseMetadata": {}, "Result": {}})
    cloud = make_volcengine()
    await cloud.find_calls("kids", "class_77_1", WINDOW)
    await cloud.fetch_app_metrics("kids", Topic.USAGE)
    for request in mock_api.requests:
        in_query, in_body = "AppId" in request.url.params, b'"AppId"' in request.content
        assert (request.method == "GET", request.method == "POST") == (in_query, in_body)
    assert {request.method for request in mock_api.requests} == {"GET", "POST"}


async def test_the_apps_name_at_agora(make_agora: Any, mock_api: Any) -> None:
    """Section 0: `appid` in every query."""
    mock_api.respond("lists", {"code": 200, "message": "", "call_lists": [], "has_more": False})
    cloud = make_agora()
    await cloud.find_calls("kids", "class_77_1", WINDOW)
    await cloud.check("kids")
    assert all(
        {"appid", "app", "app_id"} & set(one) == {"appid"} for one in mock_api.params("lists")
    )
    assert len(mock_api.params("lists")) >= 2
