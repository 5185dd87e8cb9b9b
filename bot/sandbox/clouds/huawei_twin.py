"""Huawei SparkRTC, simulated: what it offers, whom it lets in, how it says no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from bot.sandbox.clouds import huawei_events, huawei_qos, huawei_rooms
from bot.sandbox.clouds.huawei_account import Gate, HuaweiAccount
from bot.sandbox.clouds.huawei_params import Params, gateway_refusal, refusal
from bot.sandbox.clouds.ledger import Limits
from bot.sandbox.clouds.server import Answer, Ask, Endpoint, Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.scenario import Lesson

ArrayStyle = Literal["comma", "repeat"]
TOKENS: Final = "iam/tokens"
_STATISTICS: Final = Limits(per_minute=30)
_MESSAGES: Final = {
    "auth": (403, "APIGW.0302", "The IAM user is not allowed to access the API"),
    "range": (400, "DATA.100011002", "Invalid request parameter: start_time"),
    "length": (400, "DATA.100011002", "Invalid request parameter: end_time"),
}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One call as a handler sees it: its parameters, its app's id and lessons, its path's names."""

    params: Params
    app: str
    lessons: list[Lesson]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of chapter 2; `app_in` is where the app's id stands: a parameter, or `path`."""

    method: str
    path: str
    name: str
    tell: Callable[[Inquiry], Answer]
    app_in: str = "app"
    limits: Limits = _STATISTICS
    bucket: str = "huawei/statistics"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the names in a path, None when this is not it."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return None if found is None else found.groupdict()


class HuaweiTwin(Twin):
    """SparkRTC's API of 2023-11, and the part of IAM that gives tokens.

    `array_style` is how several values must be written. `are_rooms_merged`: a room id used again
    is one room. `has_client_events`: 13.11 and 13.12 are there. `denied` endpoints answer 403.
    """

    name = "huawei"

    def __init__(
        self,
        lessons: list[Lesson],
        clock: Callable[[], float],
        *,
        account: HuaweiAccount | None = None,
        delay_scale: float = 1.0,
    ) -> None:
        super().__init__(lessons, clock, delay_scale)
        self.account = account or HuaweiAccount()
        self.gate = Gate(self.account)
        self.array_style: ArrayStyle = "comma"
        self.are_rooms_merged = False
        self.has_client_events = True
        self.denied: set[str] = set()
        self._routes = self._offer()

    @property
    def endpoint_names(self) -> frozenset[str]:
        """Everything offered, `rtc/...` for chapter 13; and IAM's tokens."""
        return frozenset({TOKENS, *(route.name for route in self._routes)})

    def find(self, ask: Ask) -> Endpoint:
        """Return the endpoint; what there is not is 404 of the gateway."""
        if (ask.method, ask.path) == ("POST", "/v3/auth/tokens"):
            return Endpoint(TOKENS, self.gate.give_token)
        route, _ = self._match(ask)
        return Endpoint(route.name, partial(self._tell, route), route.limits, route.bucket)

    def admit(self, ask: Ask, endpoint: Endpoint) -> str:
        """Let in by token or signature; then look whose project and whose app it is."""
        if endpoint.name == TOKENS:
            return ""
        self.gate.admit(ask)
        route, names = self._match(ask)
        if names.get("project_id", self.account.project_id) != self.account.project_id:
            raise gateway_refusal(403, "APIGW.0302", "project_id mismatch")
        if endpoint.name in self.denied:
            text = "NoPermission: policy doesn't allow action to be performed"
            raise refusal(400, "RTC.00001021", text)
        return self._app(route, ask, names)

    def refuse_quota(self, limit: str) -> Answer:
        """Say that there were too many calls, as the gateway does (W8)."""
        if limit in _MESSAGES:
            status, code, text = _MESSAGES[limit]
            return refusal(status, code, text).answer
        text = "The throttling threshold has been reached: policy api over ratelimit"
        return gateway_refusal(429, "APIGW.0308", text).answer

    def deny(self, *endpoints: str) -> None:
        """Take the IAM user's right to call endpoints away."""
        self.denied.update(endpoints)

    def _app(self, route: Route, ask: Ask, names: Mapping[str, str]) -> str:
        if not route.app_in:
            return ""
        in_path = route.app_in == "path"
        app = names["app_id"] if in_path else Params(ask).text(route.app_in)
        if app not in self.account.apps.values():
            text = "AppNotExist: app does not exist under your account"
            raise refusal(404, "RTC.00001015", text)
        return app

    def _match(self, ask: Ask) -> tuple[Route, dict[str, str]]:
        for route in self._routes:
            names = route.match(ask.method, ask.path)
            if names is not None and (self.has_client_events or route.name not in _CLIENT_EVENTS):
                return route, names
        raise gateway_refusal(404, "APIGW.0101", "The API does not exist or has not been published")

    def _tell(self, route: Route, ask: Ask) -> Answer:
        _, names = self._match(ask)
        app = self._app(route, ask, names)
        lessons = [one for one in self.lessons if self.account.apps.get(one.app) == app]
        answer = route.tell(Inquiry(Params(ask, self.array_style), app, lessons, names))
        request_id = f"{len(self.ledger.arrivals):032x}"
        return Answer(answer.body, answer.status, {**answer.headers, "X-request-Id": request_id})

    def _offer(self) -> tuple[Route, ...]:
        return (
            Route("GET", f"{_PROJECT}/rooms", "rtc/rooms", self._rooms),
            Route("GET", f"{_PROJECT}/users", "rtc/users", _users),
            Route(
                "GET", f"{_PROJECT}/client/qos/details", "rtc/client/qos/details", _qos, "app_id"
            ),
            Route("GET", "/v1/rtc/data/abnormal-events", "rtc/data/abnormal-events", _events),
            Route(
                "GET",
                "/v1/rtc/data/abnormal-event/dimension",
                "rtc/data/abnormal-event/dimension",
                _distribution,
            ),
        )

    def _rooms(self, inquiry: Inquiry) -> Answer:
        merged = self.are_rooms_merged
        return huawei_rooms.list_rooms(
            inquiry.params, inquiry.app, inquiry.lessons, are_merged=merged
        )


_PROJECT: Final = "/v1/{project_id}/rtc"
_CLIENT_EVENTS: Final = frozenset({"rtc/client/event", "rtc/client/abnormalevent"})


def _users(inquiry: Inquiry) -> Answer:
    return huawei_rooms.list_users(inquiry.params, inquiry.app, inquiry.lessons)


def _qos(inquiry: Inquiry) -> Answer:
    return huawei_qos.tell_qos(inquiry.params, inquiry.lessons)


def _events(inquiry: Inquiry) -> Answer:
    return huawei_events.tell_events(inquiry.params, inquiry.lessons)


def _distribution(inquiry: Inquiry) -> Answer:
    return huawei_events.tell_distribution(inquiry.params, inquiry.lessons)
