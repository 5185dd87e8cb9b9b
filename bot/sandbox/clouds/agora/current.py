"""Agora's analytics API of today: call lists, sessions and metrics, and insight by time.

Limits are those of the plans (docs.agora.io, "Analytics REST API reference").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from bot.call import Media, Metric
from bot.sandbox.clouds.agora import totals
from bot.sandbox.clouds.agora.calls import find_call, find_calls
from bot.sandbox.clouds.agora.codes import CURRENT_MIDS
from bot.sandbox.clouds.agora.params import Params, Window, bad_input, check_look_back, check_span
from bot.sandbox.clouds.agora.view import CallView, Json, SessionView
from bot.sandbox.clouds.request_log import RateLimits
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import SimulatedCall, curves_of

T = TypeVar("T")
PlanName = Literal["standard", "premium", "enterprise"]
_DAY_S: Final = 86400
_HOUR_S: Final = 3600
_PAGE_SIZE, _MAX_PAGE_SIZE, _MAX_PAGES = 20, 100, 10_000
_MAX_UIDS, _MAX_SIDS = 10, 20
_STEPS: Final = {"1d": _DAY_S, "1h": _HOUR_S}
USAGE_METRICS: Final = (
    "userCount",
    "sessionCount",
    "channelCount",
    "peakConcurrentUsers",
    "peakConcurrentChannels",
)
QUALITY_METRICS: Final = (
    "joinSuccessRate",
    "joinSuccessIn5sRate",
    "audioFreezeRate",
    "videoFreezeRate",
    "networkDelay",
)
_PRODUCTS: Final = ("Native", "WebRTC")


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """What one plan allows. `insight` or `realtime` None: the plan does not have them."""

    calls: RateLimits
    look_back_s: int
    lists_span_s: int
    span_s: int
    lists_delay_s: int
    delay_s: int
    insight: RateLimits | None = None
    insight_look_back_s: int = 0
    insight_span_s: int = 0
    insight_usage_delay_s: int = 0
    insight_delay_s: int = 0
    realtime: RateLimits | None = None
    realtime_look_back_s: int = 0
    realtime_delay_s: int = 0


PLANS: Final[dict[PlanName, PlanLimits]] = {
    "standard": PlanLimits(
        RateLimits(per_second=1, per_day=1000), _DAY_S, 8 * _HOUR_S, _HOUR_S, 60, 300
    ),
    "premium": PlanLimits(
        calls=RateLimits(per_second=3, per_day=2000),
        look_back_s=7 * _DAY_S,
        lists_span_s=16 * _HOUR_S,
        span_s=3 * _HOUR_S,
        lists_delay_s=20,
        delay_s=150,
        insight=RateLimits(per_minute=3, per_day=40),
        insight_look_back_s=14 * _DAY_S,
        insight_span_s=3 * _DAY_S,
        insight_usage_delay_s=12 * _HOUR_S,
        insight_delay_s=6 * _HOUR_S,
        realtime=RateLimits(per_minute=3, per_day=480),
        realtime_look_back_s=40 * 60,
        realtime_delay_s=40,
    ),
    "enterprise": PlanLimits(
        calls=RateLimits(per_second=10, per_day=10000),
        look_back_s=15 * _DAY_S,
        lists_span_s=24 * _HOUR_S,
        span_s=6 * _HOUR_S,
        lists_delay_s=20,
        delay_s=100,
        insight=RateLimits(per_minute=10, per_day=60),
        insight_look_back_s=30 * _DAY_S,
        insight_span_s=7 * _DAY_S,
        insight_usage_delay_s=6 * _HOUR_S,
        insight_delay_s=6 * _HOUR_S,
        realtime=RateLimits(per_minute=10, per_day=1440),
        realtime_look_back_s=60 * 60,
        realtime_delay_s=20,
    ),
}


@dataclass(frozen=True, slots=True)
class CurrentApi:
    """Today's endpoints under one plan."""

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
        """Answer call/sessions: who was there, the newest joiner first, page by page."""
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

    def get_insight_usage(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer insight/usage/by_time."""
        return self._insight(request, sim_calls, USAGE_METRICS)

    def get_insight_quality(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer insight/quality/by_time; shares are 0 to 1."""
        return self._insight(request, sim_calls, QUALITY_METRICS)

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

    def _insight(
        self, request: Request, sim_calls: list[SimulatedCall], known: tuple[str, ...]
    ) -> Response:
        params = Params(request.query)
        params.allow("startTs", "endTs", "appid", "metric", "aggregateGranularity", "productType")
        window = params.window("startTs", "endTs")
        names = params.names("metric", known)
        step_s = _STEPS[params.names("aggregateGranularity", _STEPS)[0]]
        check_look_back(window, request.now, self.limits.insight_look_back_s)
        check_span(window, self.limits.insight_span_s)
        first = -(-window.start // step_s) * step_s
        starts = range(first, int(min(window.end, request.now - step_s) + 1), step_s)
        return _success(totals.rows(names, of_product(request, params, sim_calls), starts, 1))


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


def of_product(
    request: Request, params: Params, sim_calls: list[SimulatedCall]
) -> list[SimulatedCall]:
    """Keep the lessons of a product: all of ours are native."""
    if "productType" not in request.query:
        return sim_calls
    return sim_calls if params.names("productType", _PRODUCTS) == ["Native"] else []


def _success(data: list[dict[str, Any]]) -> Response:
    return Response({"code": 200, "message": "success", "data": data})
