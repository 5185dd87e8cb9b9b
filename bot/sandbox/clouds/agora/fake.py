"""Agora, simulated: who is let in, which generation offers what, how it says no."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from bot.sandbox.clouds.agora import calls, diagnosis
from bot.sandbox.clouds.agora import live as agora_live
from bot.sandbox.clouds.agora import report as agora_report
from bot.sandbox.clouds.agora.current import PLANS, CurrentApi, PlanName
from bot.sandbox.clouds.agora.params import Params, refusal
from bot.sandbox.clouds.agora.rankings import RankingApi
from bot.sandbox.clouds.agora.realtime import RealtimeApi
from bot.sandbox.clouds.agora.statistics import StatisticsApi
from bot.sandbox.clouds.request_log import Limits
from bot.sandbox.clouds.server import Answer, Ask, Endpoint, RefusalError, Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.scenario import Lesson

Generation = Literal["seed", "current"]
LimitShape = Literal["body", "http_300", "http_429"]
Offer = dict[tuple[str, str], Endpoint]
NOT_IN_PLAN: Final = Limits(per_second=0)
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


@dataclass(frozen=True, slots=True)
class AgoraAccount:
    """An Agora customer: the key pair and the app ids, by the name of our app.

    A lesson belongs to the app of the same name. Everything here is invented.
    """

    customer_id: str = "sandbox-customer"
    customer_secret: str = "sandbox-customer-secret"
    apps: Mapping[str, str] = field(
        default_factory=lambda: {
            "kids": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "adults": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
        }
    )


class AgoraTwin(Twin):
    """Agora's analytics API of 2020 (`seed`) or of today (`current`)."""

    name = "agora"

    def __init__(
        self,
        lessons: list[Lesson],
        clock: Callable[[], float],
        *,
        account: AgoraAccount,
        generation: Generation = "seed",
        plan: PlanName = "standard",
        delay_scale: float = 1.0,
    ) -> None:
        super().__init__(lessons, clock, delay_scale)
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

    def find(self, ask: Ask) -> Endpoint:
        """Return the endpoint; what this generation does not have is 404."""
        offered = self._seed() if self.generation == "seed" else self._current()
        name = ask.path.removeprefix(_PREFIX)
        if not ask.path.startswith(_PREFIX) or (ask.method, name) not in offered:
            raise refusal(404, "Not Found")
        return offered[ask.method, name]

    def admit(self, ask: Ask, endpoint: Endpoint) -> str:
        """Let in by HTTP basic authentication: 401 for a wrong key, 403 without the right."""
        if not self._knows(ask.headers.get("authorization", "")):
            raise refusal(401, "Unauthorized")
        appid = Params(ask.query).text("appid")
        if appid not in self.account.apps.values() or endpoint.name in self.denied:
            raise refusal(403, "Forbidden")
        if endpoint.limits == NOT_IN_PLAN:
            raise RefusalError(Answer({"code": 300, "message": "no auth"}))
        return appid

    def refuse_quota(self, limit: str) -> Answer:
        """Say that there were too many calls, in the shape `limit_shape` chooses."""
        body = {"code": 300, "message": _MESSAGES[limit]}
        return Answer(body, {"body": 200, "http_300": 300, "http_429": 429}[self.limit_shape])

    def deny(self, *endpoints: str) -> None:
        """Take the right to use endpoints away: the beta was not enabled (000, preface)."""
        self.denied.update(endpoints)

    def _knows(self, header: str) -> bool:
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        wanted = f"{self.account.customer_id}:{self.account.customer_secret}"
        return hmac.compare_digest(given, wanted.encode())

    def _held(self, ask: Ask) -> list[Lesson]:
        """Return the lessons of the app that is asked about."""
        appid = ask.query["appid"]
        return [lesson for lesson in self.lessons if self.account.apps.get(lesson.app) == appid]

    def _seed(self) -> Offer:
        """What the document of 2020 (000) and its older form (001) offer."""
        tell = partial(_endpoint, self._held)
        live = Limits(per_minute=1, per_day=1000)
        report = Limits(per_second=10)
        usage = Limits(per_minute=1, per_day=10)
        return _offer(
            get=[
                tell("analytics/call/lists", calls.list_calls, Limits(3, None, 1000)),
                tell("analytics/call/details", calls.tell_details, Limits(1, None, 1000)),
                tell("live/diagnosis", diagnosis.tell_diagnosis, live),
                tell("live/scale/by_time", agora_live.tell_scale, live),
                tell("live/experience/by_time", agora_live.tell_experience, live),
                tell("live/net/by_time", agora_live.tell_net, live),
                tell("insight/usage/by_time", agora_live.tell_usage, usage),
            ],
            post=[
                Endpoint("analytics/feedback/reportV2", self._take_v2, report),
                Endpoint("analytics/feedback/report", self._take_v1, report),
            ],
        )

    def _current(self) -> Offer:
        """What today's documents offer; the plan decides how much."""
        tell = partial(_endpoint, self._held)
        limits = PLANS[self.plan]
        api, live = CurrentApi(limits), RealtimeApi(limits)
        rankings, statistics = RankingApi(limits), StatisticsApi(limits)
        insight, realtime = limits.insight or NOT_IN_PLAN, limits.realtime or NOT_IN_PLAN
        return _offer(
            get=[
                tell("analytics/call/lists", api.list_calls, limits.calls),
                tell("analytics/call/sessions", api.list_sessions, limits.calls),
                tell("analytics/call/metrics", api.tell_metrics, limits.calls),
                tell("analytics/call/statistics", statistics.tell_by_dimension, limits.calls),
                tell("analytics/call/statistics/time", statistics.tell_by_minute, limits.calls),
                tell("analytics/call/freeze/bucket", statistics.tell_buckets, limits.calls),
                tell("insight/usage/by_time", api.tell_insight_usage, insight),
                tell("insight/quality/by_time", api.tell_insight_quality, insight),
                tell("realtime/usage/by_time_20sec", live.tell_usage, realtime),
                tell("realtime/quality/by_time_20sec", live.tell_quality, realtime),
                tell("realtime/usage/dimension/top20", rankings.rank_usage, realtime),
                tell("realtime/quality/dimension/top20", rankings.rank_quality, realtime),
            ],
            post=[
                tell("insight/usage/aggregation", rankings.aggregate_usage, insight),
                tell("insight/quality/aggregation", rankings.aggregate_quality, insight),
            ],
        )

    def _take_v2(self, ask: Ask) -> Answer:
        self.reports.append(agora_report.accept_report_v2(ask))
        return agora_report.accepted()

    def _take_v1(self, ask: Ask) -> Answer:
        self.reports.append(agora_report.accept_report(ask))
        return agora_report.accepted()


def _offer(get: list[Endpoint], post: list[Endpoint] | None = None) -> Offer:
    offered = {("GET", endpoint.name): endpoint for endpoint in get}
    return offered | {("POST", endpoint.name): endpoint for endpoint in post or []}


def _endpoint(
    held: Callable[[Ask], list[Lesson]],
    name: str,
    tell: Callable[[Ask, list[Lesson]], Answer],
    limits: Limits,
) -> Endpoint:
    def handle(ask: Ask) -> Answer:
        return tell(ask, held(ask))

    return Endpoint(name, handle, limits)
