"""Huawei SparkRTC, simulated: what it offers, whom it lets in, how it says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from bot.sandbox.clouds.huawei import app_metrics, rooms
from bot.sandbox.clouds.huawei import client as huawei_client
from bot.sandbox.clouds.huawei.account import Gate, HuaweiAccount
from bot.sandbox.clouds.huawei.control import Desk, read_body
from bot.sandbox.clouds.huawei.events import tell_distribution, tell_events
from bot.sandbox.clouds.huawei.params import Params, gateway_refusal, refusal
from bot.sandbox.clouds.huawei.qos import tell_qos
from bot.sandbox.clouds.request_log import Limits
from bot.sandbox.clouds.server import Answer, Ask, Endpoint, Twin

if TYPE_CHECKING:
    from bot.sandbox.scenario import Lesson

ArrayStyle = Literal["comma", "repeat"]
EventShape = Literal["data", "flat"]
ExperienceShape = Literal["object", "list", "data"]
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

    @property
    def now(self) -> float:
        """The cloud's clock."""
        return self.params.ask.now

    def body(self) -> dict[str, Any]:
        """The call's JSON object. Raises RefusalError."""
        return read_body(self.params.ask.body)


Handler = Callable[[Inquiry], Answer]
Tell = Callable[[Params, "list[Lesson]"], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of chapter 2; `app_in` is where the app's id stands: a parameter, or `path`."""

    method: str
    path: str
    name: str
    tell: Handler
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
    is one room. `has_client_events`: 13.11 and 13.12 are there; the shapes are of their answers.
    `desk` is what was commanded; `gate` gives tokens and can revoke them.
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
        self.client_event_shape: EventShape = "data"
        self.experience_shape: ExperienceShape = "object"
        self.desk = Desk()
        self.denied: set[str] = set()
        self._routes = (*self._statistics(), *self._commands())

    @property
    def endpoint_names(self) -> frozenset[str]:
        """Everything offered: `rtc/...` is chapter 13, `POST apps/...` what acts; IAM's tokens."""
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

    def _rooms(self, inquiry: Inquiry) -> Answer:
        merged = self.are_rooms_merged
        return rooms.list_rooms(inquiry.params, inquiry.app, inquiry.lessons, are_merged=merged)

    def _client_events(self, inquiry: Inquiry) -> Answer:
        shape = self.client_event_shape
        return huawei_client.tell_events(inquiry.params, inquiry.lessons, shape)

    def _experiences(self, inquiry: Inquiry) -> Answer:
        shape = self.experience_shape
        return huawei_client.tell_experiences(inquiry.params, inquiry.lessons, shape)

    def _apps(self, inquiry: Inquiry) -> Answer:
        inquiry.params.allow("state", "offset", "limit")
        limit, offset = (inquiry.params.optional(name) for name in ("limit", "offset"))
        return self.desk.list_apps(self.account.apps, limit, offset, inquiry.now)

    def _statistics(self) -> tuple[Route, ...]:
        """Chapter 13: one bucket of 30 calls a minute for all of it (W2)."""
        data = "/v1/rtc/data"
        return (
            Route("GET", f"{_PROJECT}/rooms", "rtc/rooms", self._rooms),
            Route("GET", f"{_PROJECT}/users", "rtc/users", _users),
            *(
                Route("GET", f"{_PROJECT}/{path}", f"rtc/{path}", _told(tell))
                for path, tell in _FIGURES.items()
            ),
            Route("GET", f"{_PROJECT}/{_QOS}", f"rtc/{_QOS}", _told(tell_qos), "app_id"),
            Route("GET", f"{_PROJECT}/client/event", _EVENT, self._client_events, "app_id"),
            Route(
                "GET", f"{_PROJECT}/client/abnormalevent", _ABNORMAL, self._experiences, "app_id"
            ),
            Route("GET", f"{data}/abnormal-events", "rtc/data/abnormal-events", _told(tell_events)),
            Route(
                "GET",
                f"{data}/abnormal-event/dimension",
                "rtc/data/abnormal-event/dimension",
                _told(tell_distribution),
            ),
        )

    def _commands(self) -> tuple[Route, ...]:
        """Chapters 5.2, 8, 10 and 11; those of one cell of table 1-2 are counted together."""
        desk = self.desk
        return (
            Route("GET", "/v2/apps", "apps", self._apps, "", *_MANAGEMENT),
            _command(
                "PUT",
                "record-callback",
                lambda one: desk.set_callback(one.app, one.body(), one.now),
                _MANAGEMENT,
            ),
            _command(
                "GET", "record-callback", lambda one: desk.tell_callback(one.app), _MANAGEMENT
            ),
            _command(
                "POST",
                "individual-stream-jobs",
                lambda one: desk.start_job(one.app, one.body(), one.now),
                _JOBS,
            ),
            _command(
                "GET",
                "individual-stream-jobs/{job_id}",
                lambda one: desk.tell_job(one.app, one.names["job_id"]),
                _JOBS,
            ),
            _command(
                "DELETE",
                "individual-stream-jobs/{job_id}",
                lambda one: desk.stop_job(one.app, one.names["job_id"], one.now),
                _JOBS,
            ),
            _command(
                "POST",
                "rooms/{room_id}/batch-remove-users",
                lambda one: desk.remove_users(one.app, one.names["room_id"], one.body()),
                _ROOMS,
            ),
            _command(
                "POST",
                "rooms/{room_id}/dismiss",
                lambda one: desk.dismiss(one.app, one.names["room_id"], one.lessons, one.now),
                _ROOMS,
            ),
        )


_PROJECT: Final = "/v1/{project_id}/rtc"
_QOS: Final = "client/qos/details"
_EVENT: Final = "rtc/client/event"
_ABNORMAL: Final = "rtc/client/abnormalevent"
_CLIENT_EVENTS: Final = frozenset({_EVENT, _ABNORMAL})
_MANAGEMENT: Final = (Limits(per_minute=60), "huawei/management")
_JOBS: Final = (Limits(per_second=10), "huawei/jobs")
_ROOMS: Final = (Limits(per_minute=60), "huawei/rooms")
_FIGURES: Final[Mapping[str, Tell]] = {
    "realtime/scale": app_metrics.live_scale,
    "realtime/scale/dimension": app_metrics.live_spread,
    "realtime/quality": app_metrics.live_quality,
    "realtime/network": app_metrics.live_network,
    "history/usage": app_metrics.usage,
    "history/scale": app_metrics.history_scale,
    "history/quality": app_metrics.history_quality,
}


def _told(tell: Tell) -> Handler:
    """Let a table of chapter 13 be told from parameters and lessons."""
    return lambda inquiry: tell(inquiry.params, inquiry.lessons)


def _users(inquiry: Inquiry) -> Answer:
    return rooms.list_users(inquiry.params, inquiry.app, inquiry.lessons)


def _command(method: str, path: str, tell: Handler, limits: tuple[Limits, str]) -> Route:
    """A call of the chapters that act, named such as `POST apps/rooms/dismiss`."""
    words = [word for word in path.split("/") if "{" not in word]
    end = "/job" if path.endswith("{job_id}") else ""
    name = f"{method} apps/{'/'.join(words)}{end}"
    return Route(method, f"/v2/apps/{{app_id}}/{path}", name, tell, "path", *limits)
