"""What Huawei's document leaves open: which texts are displayed, and names of the app id."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from bot.call import Code
from bot.i18n.translator import Translator
from bot.ports import Window
from tests.bot.clouds.conftest import NOON

WINDOW: Final = Window(NOON - dt.timedelta(minutes=40), NOON - dt.timedelta(minutes=36))


async def test_w35_descriptions_are_not_parsed(make_huawei: Any, mock_api: Any) -> None:
    """W35: an event's text is translated from its numbers; Huawei's text is ignored."""
    row = {
        "time": "2026-11-20T11:21:00Z",
        "uid": "20002",
        "room_id": "class_77_1",
        "location": "remote",
        "peer_uid": "10001",
        "abnormal_type": 2,
        "abnormal_type_desc": "rare words",
        "abnormal_factor": 12,
        "abnormal_factor_desc": "rare words",
    }
    mock_api.respond("abnormal-events", {"total": 1, "events": [row]})
    (event,) = (await make_huawei().fetch_events("kids", "class_77_1", WINDOW)).events
    assert Code("huawei.abnormal_factor.type2_3", "12") == event.factors[0].code
    assert "rare words" not in repr(event)
    text = {
        Translator(locale).translate(event.factors[0].code.user_message) for locale in ("zh", "en")
    }
    assert len(text) == 2


async def test_the_apps_name_of_each_call(make_huawei: Any, mock_api: Any) -> None:
    """Section 0: `app` in 13.1, 13.2 and 13.13, `app_id` in 13.10; exactly one of them."""
    cloud = make_huawei()
    (call,) = await cloud.find_calls("kids", "class_77_1", WINDOW)
    await cloud.fetch_record(call, ["10001"], WINDOW)
    await cloud.fetch_events("kids", "class_77_1", WINDOW)
    for name, key in (("rooms", "app"), ("users", "app"), ("abnormal-events", "app")):
        assert mock_api.params(name)
        assert all(
            {key} == {"app", "app_id"} & set(requested) for requested in mock_api.params(name)
        )
    assert all(
        {"app", "app_id"} & set(requested) == {"app_id"} for requested in mock_api.params("details")
    )
