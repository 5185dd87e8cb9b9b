"""Agora's call search of the 2020 document (000, "Call search"): call/lists and call/details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.sandbox.clouds.agora.codes import SEED_MIDS
from bot.sandbox.clouds.agora.params import Params, Window, check_look_back
from bot.sandbox.clouds.agora.view import CallView
from bot.sandbox.clouds.server import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.sandbox.clouds.server import Ask
    from bot.sandbox.scenario import Lesson

LISTS_DELAY_S: Final = 20
DETAILS_DELAY_S: Final = 150
LOOK_BACK_S: Final = 3 * 86400
MOST_CALLS: Final = 10
MOST_USERS: Final = 10
MOST_DETAIL_S: Final = 3 * 3600


def list_calls(ask: Ask, lessons: Iterable[Lesson]) -> Answer:
    """Answer call/lists: the ten newest calls that ran in the window, newest first."""
    params = Params(ask.query)
    params.allow("start_ts", "end_ts", "cname", "appid")
    window = params.window()
    check_look_back(window, ask.now, LOOK_BACK_S)
    calls = find_calls(
        lessons, ask.now, ask.delay(LISTS_DELAY_S), window, cname=ask.query.get("cname")
    )
    return Answer(
        {
            "code": 200,
            "message": "",
            "has_more": len(calls) > MOST_CALLS,
            "call_lists": [call.row() for call in calls[:MOST_CALLS]],
        }
    )


def find_calls(
    lessons: Iterable[Lesson], now: float, delay_s: float, window: Window, *, cname: str | None
) -> list[CallView]:
    """Return the calls known by now that ran in the window, the newest first."""
    views = (CallView(lesson, now, delay_s) for lesson in lessons)
    found = [
        view
        for view in views
        if cname in {None, view.lesson.cname} and view.exists and view.overlaps(window)
    ]
    return sorted(found, key=lambda view: view.created_at, reverse=True)


def find_call(
    lessons: Iterable[Lesson], now: float, delay_s: float, call_id: str
) -> CallView | None:
    """Return one call, None while it is unknown or too young to be told of."""
    for lesson in lessons:
        view = CallView(lesson, now, delay_s)
        if view.call_id == call_id and view.exists:
            return view
    return None


def tell_details(ask: Ask, lessons: Iterable[Lesson]) -> Answer:
    """Answer call/details: at most ten users and three hours of points.

    A call that is unknown or too young has no users. What goes beyond three hours from
    `start_ts` is left out (the document: "returns at most 3 hours of call data").
    """
    params = Params(ask.query)
    params.allow(
        "start_ts", "end_ts", "appid", "call_id", "exclude_server_user", "exclude_metrics_info"
    )
    window = params.window()
    call_id = params.text("call_id")
    exclude_servers = params.flag("exclude_server_user", default=True)
    exclude_metrics = params.flag("exclude_metrics_info", default=False)
    check_look_back(window, ask.now, LOOK_BACK_S)
    told = Window(window.start, min(window.end, window.start + MOST_DETAIL_S))
    call = find_call(lessons, ask.now, ask.delay(DETAILS_DELAY_S), call_id)
    stays = call.stays(told, exclude_servers=exclude_servers)[:MOST_USERS] if call else []
    body = {
        "code": 200,
        "message": "",
        "call_id": call_id,
        "call_info": [stay.row() for stay in stays],
    }
    if not exclude_metrics:
        body["metrics"] = [stay.metrics(told, SEED_MIDS) for stay in stays]
    return Answer(body)
