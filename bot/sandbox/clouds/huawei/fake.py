"""A fake of Huawei SparkRTC: routes, authorization, errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from bot.sandbox.clouds.huawei import app_metrics, calls, client_events
from bot.sandbox.clouds.huawei.account import Authenticator, HuaweiAccount
from bot.sandbox.clouds.huawei.call_metrics import get_qos
from bot.sandbox.clouds.huawei.control import ControlState, read_body
from bot.sandbox.clouds.huawei.events import get_distribution, list_events
from bot.sandbox.clouds.huawei.params import Params, api_error, gateway_error
from bot.sandbox.clouds.request_log import JITTER_S, RateLimits
from bot.sandbox.clouds.server import Endpoint, FakeCloud, Request, Response
from bot.sandbox.scenario import SimulatedCall

ArrayStyle = Literal["comma", "repeat"]
EventShape = Literal["data", "flat"]
ExperienceShape = Literal["object", "list", "data"]
TOKENS: Final = "iam/tokens"
_STATISTICS: Final = RateLimits(per_minute=30)
_MESSAGES: Final = {
    "auth": (403, "APIGW.0302", "The IAM user is not allowed to access the API"),
    "range": (400, "DATA.100011002", "Invalid request parameter: start_time"),
    "length": (400, "DATA.100011002", "Invalid request parameter: end_time"),
}


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """A request as a handler gets it: parameters, app id, the app's calls, path parameters."""

    params: Params
    app: str
    sim_calls: list[SimulatedCall]
    names: Mapping[str, str]

    @property
    def now(self) -> float:
        """The cloud's clock."""
        return self.params.request.now

    def body(self) -> dict[str, Any]:
        """The call's JSON object. Raises ApiError."""
        return read_body(self.params.request.body)


Handler = Callable[[RouteRequest], Response]
StatisticsHandler = Callable[[Params, "list[SimulatedCall]"], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of chapter 2; `app_in` is where the app's id is: a parameter, or `path`."""

    method: str
    path: str
    name: str
    handler: Handler
    app_in: str = "app"
    limits: RateLimits = _STATISTICS
    bucket: str = "huawei/statistics"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the names in a path, None when this is not it."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        match = re.fullmatch(pattern, path) if method == self.method else None
        return None if match is None else match.groupdict()


class FakeHuawei(FakeCloud):
    """SparkRTC's API of 2023-11, and the part of IAM that gives tokens.

    `array_style` is how several values must be written. `are_rooms_merged`: a room id used again
    is one room. `has_client_events`: 13.11 and 13.12 exist; the shapes are of their responses.
    `control` is the state of commands; `authenticator` issues tokens.
    """

    name = "huawei"

    def __init__(
        self,
        sim_calls: list[SimulatedCall],
        clock: Callable[[], float],
        *,
        account: HuaweiAccount | None = None,
        delay_scale: float = 1.0,
        jitter_s: float = JITTER_S,
    ) -> None:
        super().__init__(sim_calls, clock, delay_scale, jitter_s)
        self.account = account or HuaweiAccount()
        self.authenticator = Authenticator(self.account)
        self.array_style: ArrayStyle = "comma"
        self.are_rooms_merged = False
        self.has_client_events = True
        self.client_event_shape: EventShape = "data"
        self.experience_shape: ExperienceShape = "object"
        self.control = ControlState()
        self.denied: set[str] = set()
        self._routes = (*self._statistics(), *self._commands())

    @property
    def endpoint_names(self) -> frozenset[str]:
        """Everything offered: `rtc/...` is chapter 13, `POST apps/...` what acts; IAM's tokens."""
        return frozenset({TOKENS, *(route.name for route in self._routes)})

    def find(self, request: Request) -> Endpoint:
        """Return the endpoint; the gateway returns 404 for any other."""
        if (request.method, request.path) == ("POST", "/v3/auth/tokens"):
            return Endpoint(TOKENS, self.authenticator.issue_token)
        route, _ = self._match(request)
        return Endpoint(route.name, partial(self._handle, route), route.limits, route.bucket)

    def authorize(self, request: Request, endpoint: Endpoint) -> str:
        """Check the token or signature, then the project and the app."""
        if endpoint.name == TOKENS:
            return ""
        self.authenticator.authorize(request)
        route, names = self._match(request)
        if names.get("project_id", self.account.project_id) != self.account.project_id:
            raise gateway_error(403, "APIGW.0302", "project_id mismatch")
        if endpoint.name in self.denied:
            text = "NoPermission: policy doesn't allow action to be performed"
            raise api_error(400, "RTC.00001021", text)
        return self._app(route, request, names)

    def rate_limited(self, limit: str) -> Response:
        """Return the gateway's rate limit response (W8)."""
        if limit in _MESSAGES:
            status, code, text = _MESSAGES[limit]
            return api_error(status, code, text).response
        text = "The throttling threshold has been reached: policy api over ratelimit"
        return gateway_error(429, "APIGW.0308", text).response

    def deny(self, *endpoints: str) -> None:
        """Deny the IAM user endpoints."""
        self.denied.update(endpoints)

    def _app(self, route: Route, request: Request, names: Mapping[str, str]) -> str:
        if not route.app_in:
            return ""
        in_path = route.app_in == "path"
        app = names["app_id"] if in_path else Params(request).text(route.app_in)
        if app not in self.account.apps.values():
            text = "AppNotExist: app does not exist under your account"
            raise api_error(404, "RTC.00001015", text)
        return app

    def _match(self, request: Request) -> tuple[Route, dict[str, str]]:
        for route in self._routes:
            names = route.match(request.method, request.path)
            if names is not None and (self.has_client_events or route.name not in _CLIENT_EVENTS):
                return route, names
        raise gateway_error(404, "APIGW.0101", "The API does not exist or has not been published")

    def _handle(self, route: Route, request: Request) -> Response:
        _, names = self._match(request)
        app = self._app(route, request, names)
        sim_calls = [one for one in self.sim_calls if self.account.apps.get(one.app) == app]
        response = route.handler(
            RouteRequest(Params(request, self.array_style), app, sim_calls, names)
        )
        request_id = f"{len(self.request_log.requests):032x}"
        return Response(
            response.body, response.status, {**response.headers, "X-request-Id": request_id}
        )

    def _rooms(self, route_request: RouteRequest) -> Response:
        merged = self.are_rooms_merged
        return calls.list_rooms(
            route_request.params, route_request.app, route_request.sim_calls, are_merged=merged
        )

    def _client_events(self, route_request: RouteRequest) -> Response:
        shape = self.client_event_shape
        return client_events.list_events(route_request.params, route_request.sim_calls, shape)

    def _experiences(self, route_request: RouteRequest) -> Response:
        shape = self.experience_shape
        return client_events.list_experiences(route_request.params, route_request.sim_calls, shape)

    def _apps(self, route_request: RouteRequest) -> Response:
        route_request.params.allow("state", "offset", "limit")
        limit, offset = (route_request.params.optional(name) for name in ("limit", "offset"))
        return self.control.list_apps(self.account.apps, limit, offset, route_request.now)

    def _statistics(self) -> tuple[Route, ...]:
        """Chapter 13: one bucket of 30 calls a minute for all of it (W2)."""
        data = "/v1/rtc/data"
        return (
            Route("GET", f"{_PROJECT}/rooms", "rtc/rooms", self._rooms),
            Route("GET", f"{_PROJECT}/users", "rtc/users", _users),
            *(
                Route("GET", f"{_PROJECT}/{path}", f"rtc/{path}", _handler(handler))
                for path, handler in _METRIC_HANDLERS.items()
            ),
            Route("GET", f"{_PROJECT}/{_QOS}", f"rtc/{_QOS}", _handler(get_qos), "app_id"),
            Route("GET", f"{_PROJECT}/client/event", _EVENT, self._client_events, "app_id"),
            Route(
                "GET", f"{_PROJECT}/client/abnormalevent", _ABNORMAL, self._experiences, "app_id"
            ),
            Route(
                "GET", f"{data}/abnormal-events", "rtc/data/abnormal-events", _handler(list_events)
            ),
            Route(
                "GET",
                f"{data}/abnormal-event/dimension",
                "rtc/data/abnormal-event/dimension",
                _handler(get_distribution),
            ),
        )

    def _commands(self) -> tuple[Route, ...]:
        """Chapters 5.2, 8, 10 and 11; those of one cell of table 1-2 are counted together."""
        control = self.control
        return (
            Route("GET", "/v2/apps", "apps", self._apps, "", *_MANAGEMENT),
            _command(
                "PUT",
                "record-callback",
                lambda one: control.set_callback(one.app, one.body(), one.now),
                _MANAGEMENT,
            ),
            _command(
                "GET", "record-callback", lambda one: control.get_callback(one.app), _MANAGEMENT
            ),
            _command(
                "POST",
                "individual-stream-jobs",
                lambda one: control.start_job(one.app, one.body(), one.now),
                _JOBS,
            ),
            _command(
                "GET",
                "individual-stream-jobs/{job_id}",
                lambda one: control.get_job(one.app, one.names["job_id"]),
                _JOBS,
            ),
            _command(
                "DELETE",
                "individual-stream-jobs/{job_id}",
                lambda one: control.stop_job(one.app, one.names["job_id"], one.now),
                _JOBS,
            ),
            _command(
                "POST",
                "rooms/{room_id}/batch-remove-users",
                lambda one: control.remove_users(one.app, one.names["room_id"], one.body()),
                _ROOMS,
            ),
            _command(
                "POST",
                "rooms/{room_id}/dismiss",
                lambda one: control.dismiss(one.app, one.names["room_id"], one.sim_calls, one.now),
                _ROOMS,
            ),
        )


_PROJECT: Final = "/v1/{project_id}/rtc"
_QOS: Final = "client/qos/details"
_EVENT: Final = "rtc/client/event"
_ABNORMAL: Final = "rtc/client/abnormalevent"
_CLIENT_EVENTS: Final = frozenset({_EVENT, _ABNORMAL})
_MANAGEMENT: Final = (RateLimits(per_minute=60), "huawei/management")
_JOBS: Final = (RateLimits(per_second=10), "huawei/jobs")
_ROOMS: Final = (RateLimits(per_minute=60), "huawei/rooms")
_METRIC_HANDLERS: Final[Mapping[str, StatisticsHandler]] = {
    "realtime/scale": app_metrics.live_scale,
    "realtime/scale/dimension": app_metrics.live_distribution,
    "realtime/quality": app_metrics.live_quality,
    "realtime/network": app_metrics.live_network,
    "history/usage": app_metrics.usage,
    "history/scale": app_metrics.history_scale,
    "history/quality": app_metrics.history_quality,
}


def _handler(handler: StatisticsHandler) -> Handler:
    """Adapt a handler of chapter 13, which takes parameters and calls."""
    return lambda route_request: handler(route_request.params, route_request.sim_calls)


def _users(route_request: RouteRequest) -> Response:
    return calls.list_users(route_request.params, route_request.app, route_request.sim_calls)


def _command(method: str, path: str, handler: Handler, limits: tuple[RateLimits, str]) -> Route:
    """A command's route, with a name such as `POST apps/rooms/dismiss`."""
    words = [word for word in path.split("/") if "{" not in word]
    end = "/job" if path.endswith("{job_id}") else ""
    name = f"{method} apps/{'/'.join(words)}{end}"
    return Route(method, f"/v2/apps/{{app_id}}/{path}", name, handler, "path", *limits)
