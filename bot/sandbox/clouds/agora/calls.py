"""Agora's calls, their sessions and metrics, as of 2020 (000, "Call search") and as of today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from bot.call import Media, Metric
from bot.sandbox.clouds.agora.call_views import CallView, Json, SessionView
from bot.sandbox.clouds.agora.codes import CURRENT_MIDS, SEED_MIDS
from bot.sandbox.clouds.agora.params import Params, Window, bad_input, check_look_back, check_span
from bot.sandbox.clouds.agora.plans import PlanLimits
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import SimulatedCall, curves_of

T = TypeVar("T")

LISTS_DELAY_S: Final = 20
DETAILS_DELAY_S: Final = 150
LOOK_BACK_S: Final = 3 * 86400
MAX_CALLS: Final = 10
MAX_USERS: Final = 10
MAX_DETAIL_S: Final = 3 * 3600
_PAGE_SIZE, _MAX_PAGE_SIZE, _MAX_PAGES = 20, 100, 10_000
_MAX_UIDS, _MAX_SIDS = 10, 20


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
    """Return one call, None while it is unknown or its data is not available yet."""
    for sim_call in sim_calls:
        view = CallView(sim_call, now, delay_s)
        if view.call_id == call_id and view.exists:
            return view
    return None


def get_details(request: Request, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer call/details: at most ten users and three hours of points.

    A call that is unknown or too recent has no users. What goes beyond three hours from
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


@dataclass(frozen=True, slots=True)
class CurrentCalls:
    """Today's call lists, sessions and metrics under one plan."""

    limits: PlanLimits

    def list_calls(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer call/lists, page by page, with freeze rates from 0 to 1."""
        params = Params(request.query)
        params.allow("start_ts", "end_ts", "cname", "appid", "page_no", "page_size")
        window = params.window()
        page = _Page.read(params)
        self._check(window, request.now, self.limits.lists_span_s)
        delay_s = request.delay(self.limits.lists_delay_s)
        calls = find_calls(
            sim_calls, request.now, delay_s, window, cname=request.query.get("cname")
        )
        body = {"code": 0, "message": None, "requestId": f"sandbox-{int(request.now * 1000)}"}
        rows = [call.row() | _call_quality(call) for call in page.cut(calls)]
        return Response(body | page.state(calls) | {"call_lists": rows})

    def list_sessions(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer call/sessions: who took part, the latest to join first, page by page."""
        params = Params(request.query)
        params.allow(
            *("start_ts", "end_ts", "appid", "call_id", "uids"),
            *("page_no", "page_size", "exclude_server_user"),
        )
        window, call = self._call(params, request, sim_calls)
        uids = {_uid(item) for item in params.items("uids", _MAX_UIDS)}
        exclude_servers = params.flag("exclude_server_user", default=True)
        page = _Page.read(params)
        sessions = call.sessions(window, exclude_servers=exclude_servers) if call else []
        chosen = [session for session in sessions if not uids or session.person.uid in uids]
        rows = [_session_row(session) for session in page.cut(chosen)]
        return Response({"code": 0, "message": "null"} | page.state(chosen) | {"call_info": rows})

    def get_metrics(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer call/metrics: the points of at most twenty sessions."""
        params = Params(request.query)
        params.allow("start_ts", "end_ts", "appid", "call_id", "sids")
        window, call = self._call(params, request, sim_calls)
        params.text("sids")
        sids = set(params.items("sids", _MAX_SIDS))
        sessions = call.sessions(window, exclude_servers=False) if call else []
        metrics = [
            session.metrics(window, CURRENT_MIDS) for session in sessions if session.sid in sids
        ]
        return Response({"code": 200, "message": "", "metrics": metrics})

    def _check(self, window: Window, now: float, span_s: float) -> None:
        check_look_back(window, now, self.limits.look_back_s)
        check_span(window, span_s)

    def _call(
        self, params: Params, request: Request, sim_calls: list[SimulatedCall]
    ) -> tuple[Window, CallView | None]:
        window = params.window()
        call_id = params.text("call_id")
        self._check(window, request.now, self.limits.span_s)
        return window, find_call(
            sim_calls, request.now, request.delay(self.limits.delay_s), call_id
        )


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    size: int

    @classmethod
    def read(cls, params: Params) -> _Page:
        """Read the page; a size without a number is refused, as the document wants both."""
        if "page_size" in params.query and "page_no" not in params.query:
            raise bad_input("page_size needs page_no")
        return cls(
            params.count("page_no", default=1, maximum=_MAX_PAGES),
            params.count("page_size", default=_PAGE_SIZE, maximum=_MAX_PAGE_SIZE),
        )

    def cut(self, items: Sequence[T]) -> Sequence[T]:
        start = (self.number - 1) * self.size
        return items[start : start + self.size]

    def state(self, items: Sequence[object]) -> Json:
        return {
            "has_more": self.number * self.size < len(items),
            "total_size": len(items),
            "page_no": self.number,
            "page_size": self.size,
        }


def _uid(item: str) -> int:
    if not item.isascii() or not item.isdigit():
        raise bad_input("uids must be numbers")
    return int(item)


def _session_row(session: SessionView) -> Json:
    rates = {
        "user_audio_freeze_rate": _freeze_rate(session.call, Media.AUDIO, session.person.uid),
        "user_video_freeze_rate": _freeze_rate(session.call, Media.VIDEO, session.person.uid),
    }
    roles = ["SPEAKER"] if session.person.sends else ["AUDIENCE"]
    return session.row() | {"account": "", "roles": roles} | rates


def _call_quality(call: CallView) -> Json:
    people = len(call.sim_call.people)
    return {
        "call_pcu": people,
        "call_acu": people,
        "call_audio_freeze_rate": _freeze_rate(call, Media.AUDIO),
        "call_video_freeze_rate": _freeze_rate(call, Media.VIDEO),
    }


def _freeze_rate(call: CallView, media: Media, uid: int | None = None) -> float:
    """Return the share of time frozen so far, 0 to 1."""
    frozen_ms, total_ms = 0.0, 0.0
    for curve in curves_of(call.sim_call):
        if curve.metric is Metric.FREEZE_TIME and curve.media is media and uid in {None, curve.uid}:
            seen = curve.values[curve.times <= call.fresh_until]
            frozen_ms += float(seen.sum())
            total_ms += 2000.0 * len(seen)
    return round(frozen_ms / total_ms, 6) if total_ms else 0.0
