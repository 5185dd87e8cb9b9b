"""Agora's call search of the 2020 document (000, "Call search"): call/lists and call/details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.sandbox.clouds.agora.codes import SEED_MIDS
from bot.sandbox.clouds.agora.params import Params, Window, check_look_back
from bot.sandbox.clouds.agora.view import CallView
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import SimulatedCall

LISTS_DELAY_S: Final = 20
DETAILS_DELAY_S: Final = 150
LOOK_BACK_S: Final = 3 * 86400
MAX_CALLS: Final = 10
MAX_USERS: Final = 10
MAX_DETAIL_S: Final = 3 * 3600


def list_calls(request: Request, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer call/lists: the ten newest calls that ran in the window, newest first."""
    params = Params(request.query)
    params.allow("start_ts", "end_ts", "cname", "appid")
    window = params.window()
    check_look_back(window, request.now, LOOK_BACK_S)
    calls = find_calls(
        sim_calls,
        request.now,
        request.delay(LISTS_DELAY_S),
        window,
        cname=request.query.get("cname"),
    )
    return Response(
        {
            "code": 200,
            "message": "",
            "has_more": len(calls) > MAX_CALLS,
            "call_lists": [call.row() for call in calls[:MAX_CALLS]],
        }
    )


def find_calls(
    sim_calls: Iterable[SimulatedCall],
    now: float,
    delay_s: float,
    window: Window,
    *,
    cname: str | None,
) -> list[CallView]:
    """Return the calls known by now that ran in the window, the newest first."""
    views = (CallView(sim_call, now, delay_s) for sim_call in sim_calls)
    matches = [
        view
        for view in views
        if cname in {None, view.sim_call.cname} and view.exists and view.overlaps(window)
    ]
    return sorted(matches, key=lambda view: view.created_at, reverse=True)


def find_call(
    sim_calls: Iterable[SimulatedCall], now: float, delay_s: float, call_id: str
) -> CallView | None:
    """Return one call, None while it is unknown or too young to be told of."""
    for sim_call in sim_calls:
        view = CallView(sim_call, now, delay_s)
        if view.call_id == call_id and view.exists:
            return view
    return None


def get_details(request: Request, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer call/details: at most ten users and three hours of points.

    A call that is unknown or too young has no users. What goes beyond three hours from
    `start_ts` is left out (the document: "returns at most 3 hours of call data").
    """
    params = Params(request.query)
    params.allow(
        "start_ts", "end_ts", "appid", "call_id", "exclude_server_user", "exclude_metrics_info"
    )
    window = params.window()
    call_id = params.text("call_id")
    exclude_servers = params.flag("exclude_server_user", default=True)
    exclude_metrics = params.flag("exclude_metrics_info", default=False)
    check_look_back(window, request.now, LOOK_BACK_S)
    window_shown = Window(window.start, min(window.end, window.start + MAX_DETAIL_S))
    call = find_call(sim_calls, request.now, request.delay(DETAILS_DELAY_S), call_id)
    sessions = (
        call.sessions(window_shown, exclude_servers=exclude_servers)[:MAX_USERS] if call else []
    )
    body = {
        "code": 200,
        "message": "",
        "call_id": call_id,
        "call_info": [session.row() for session in sessions],
    }
    if not exclude_metrics:
        body["metrics"] = [session.metrics(window_shown, SEED_MIDS) for session in sessions]
    return Response(body)
