"""A fake of Agora's analytics API: routes of both generations, authorization, errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from bot.sandbox.clouds.agora import app_metrics, calls, events
from bot.sandbox.clouds.agora import report as agora_report
from bot.sandbox.clouds.agora.account import AgoraAccount
from bot.sandbox.clouds.agora.call_statistics import StatisticsApi
from bot.sandbox.clouds.agora.params import Params, api_error
from bot.sandbox.clouds.agora.plans import PLANS, PlanName
from bot.sandbox.clouds.agora.rankings import RankingApi
from bot.sandbox.clouds.agora.realtime import RealtimeApi
from bot.sandbox.clouds.request_log import JITTER_S, RateLimits
from bot.sandbox.clouds.server import ApiError, Endpoint, FakeCloud, Request, Response
from bot.sandbox.scenario import SimulatedCall

Generation = Literal["seed", "current"]
LimitShape = Literal["body", "http_300", "http_429"]
EndpointTable = dict[tuple[str, str], Endpoint]
NOT_IN_PLAN: Final = RateLimits(per_second=0)
_PREFIX: Final = "/beta/"
_MESSAGES: Final = {
    "qps": "qps limit error",
    "qpm": "qps limit error",
    "qpd": "qpd limit error",
    "latency": "query latency limit error",
    "range": "query time range limit error",
    "length": "query time length limit error",
    "auth": "no auth",
}


class FakeAgora(FakeCloud):
    """Agora's analytics API of 2020 (`seed`) or of today (`current`)."""

    name = "agora"

    def __init__(
        self,
        sim_calls: list[SimulatedCall],
        clock: Callable[[], float],
        *,
        account: AgoraAccount,
        generation: Generation = "seed",
        plan: PlanName = "standard",
        delay_scale: float = 1.0,
        jitter_s: float = JITTER_S,
    ) -> None:
        super().__init__(sim_calls, clock, delay_scale, jitter_s)
        self.account = account
        self.generation: Generation = generation
        self.plan: PlanName = plan
        self.limit_shape: LimitShape = "body"
        self.denied: set[str] = set()
        self.reports: list[agora_report.AcceptedReport] = []

    @property
    def endpoint_names(self) -> frozenset[str]:
        """The endpoints of both generations."""
        return frozenset(name for _, name in self._seed() | self._current())

    def find(self, request: Request) -> Endpoint:
        """Return the endpoint; what this generation does not have is 404."""
        endpoints = self._seed() if self.generation == "seed" else self._current()
        name = request.path.removeprefix(_PREFIX)
        if not request.path.startswith(_PREFIX) or (request.method, name) not in endpoints:
            raise api_error(404, "Not Found")
        return endpoints[request.method, name]

    def authorize(self, request: Request, endpoint: Endpoint) -> str:
        """Check HTTP basic authentication: 401 for a wrong key, 403 without permission."""
        if not self.account.accepts(request.headers.get("authorization", "")):
            raise api_error(401, "Unauthorized")
        appid = Params(request.query).text("appid")
        if appid not in self.account.apps.values() or endpoint.name in self.denied:
            raise api_error(403, "Forbidden")
        if endpoint.limits == NOT_IN_PLAN:
            raise ApiError(Response({"code": 300, "message": "no auth"}))
        return appid

    def rate_limited(self, limit: str) -> Response:
        """Return the rate limit response, in the form of `limit_shape`."""
        body = {"code": 300, "message": _MESSAGES[limit]}
        return Response(body, {"body": 200, "http_300": 300, "http_429": 429}[self.limit_shape])

    def deny(self, *endpoints: str) -> None:
        """Deny endpoints: the beta is not enabled (000, preface)."""
        self.denied.update(endpoints)

    def _app_calls(self, request: Request) -> list[SimulatedCall]:
        """Return the calls of the requested app."""
        appid = request.query["appid"]
        return [
            sim_call for sim_call in self.sim_calls if self.account.apps.get(sim_call.app) == appid
        ]

    def _seed(self) -> EndpointTable:
        """The endpoints of the 2020 document (000) and its older form (001)."""
        handler = partial(_endpoint, self._app_calls)
        live = RateLimits(per_minute=1, per_day=1000)
        report = RateLimits(per_second=10)
        usage = RateLimits(per_minute=1, per_day=10)
        return _endpoint_table(
            get=[
                handler("analytics/call/lists", calls.list_calls, RateLimits(3, None, 1000)),
                handler("analytics/call/details", calls.get_details, RateLimits(1, None, 1000)),
                handler("live/diagnosis", events.get_diagnosis, live),
                handler("live/scale/by_time", app_metrics.get_scale, live),
                handler("live/experience/by_time", app_metrics.get_experience, live),
                handler("live/net/by_time", app_metrics.get_network, live),
                handler("insight/usage/by_time", app_metrics.get_usage, usage),
            ],
            post=[
                Endpoint("analytics/feedback/reportV2", self._accept_report_v2, report),
                Endpoint("analytics/feedback/report", self._accept_report, report),
            ],
        )

    def _current(self) -> EndpointTable:
        """The endpoints of the current documents, with the plan's limits."""
        handler = partial(_endpoint, self._app_calls)
        limits = PLANS[self.plan]
        api, live = calls.CurrentCalls(limits), RealtimeApi(limits)
        rankings, statistics = RankingApi(limits), StatisticsApi(limits)
        insights = app_metrics.InsightApi(limits)
        insight, realtime = limits.insight or NOT_IN_PLAN, limits.realtime or NOT_IN_PLAN
        return _endpoint_table(
            get=[
                handler("analytics/call/lists", api.list_calls, limits.calls),
                handler("analytics/call/sessions", api.list_sessions, limits.calls),
                handler("analytics/call/metrics", api.get_metrics, limits.calls),
                handler("analytics/call/statistics", statistics.get_by_dimension, limits.calls),
                handler("analytics/call/statistics/time", statistics.get_by_minute, limits.calls),
                handler("analytics/call/freeze/bucket", statistics.get_buckets, limits.calls),
                handler("insight/usage/by_time", insights.get_usage, insight),
                handler("insight/quality/by_time", insights.get_quality, insight),
                handler("realtime/usage/by_time_20sec", live.get_usage, realtime),
                handler("realtime/quality/by_time_20sec", live.get_quality, realtime),
                handler("realtime/usage/dimension/top20", rankings.rank_usage, realtime),
                handler("realtime/quality/dimension/top20", rankings.rank_quality, realtime),
            ],
            post=[
                handler("insight/usage/aggregation", rankings.aggregate_usage, insight),
                handler("insight/quality/aggregation", rankings.aggregate_quality, insight),
            ],
        )

    def _accept_report_v2(self, request: Request) -> Response:
        self.reports.append(agora_report.accept_report_v2(request))
        return agora_report.accepted()

    def _accept_report(self, request: Request) -> Response:
        self.reports.append(agora_report.accept_report(request))
        return agora_report.accepted()


def _endpoint_table(get: list[Endpoint], post: list[Endpoint] | None = None) -> EndpointTable:
    endpoints = {("GET", endpoint.name): endpoint for endpoint in get}
    return endpoints | {("POST", endpoint.name): endpoint for endpoint in post or []}


def _endpoint(
    app_calls: Callable[[Request], list[SimulatedCall]],
    name: str,
    handler: Callable[[Request, list[SimulatedCall]], Response],
    limits: RateLimits,
) -> Endpoint:
    def handle(request: Request) -> Response:
        return handler(request, app_calls(request))

    return Endpoint(name, handle, limits)
