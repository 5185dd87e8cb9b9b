"""A fake of Volcengine's RTC OpenAPI: Actions by Version, authorization, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.sandbox.clouds.request_log import JITTER_S, RateLimits
from bot.sandbox.clouds.server import Endpoint, FakeCloud, Request, Response
from bot.sandbox.clouds.volcengine import app_metrics, calls
from bot.sandbox.clouds.volcengine.account import VolcengineAccount, check_signature
from bot.sandbox.clouds.volcengine.params import Params, api_error, failure
from bot.sandbox.scenario import SimulatedCall

Handler = Callable[[Request, Sequence["SimulatedCall"]], Response]
_OLD: Final = "2020-12-01"
_NEW: Final = "2023-11-01"
_BAD: Final = 400


@dataclass(frozen=True, slots=True)
class _Action:
    """One Action: its method, how often a second it may be called, and its handler."""

    method: str
    per_second: int
    handler: Handler


_CALLS: Final = {
    "ListRoomInfo": _Action("GET", 10, calls.list_rooms),
    "ListUserInfo": _Action("GET", 10, calls.list_users),
    "ListCallDetail": _Action("GET", 10, calls.get_details),
    "GetRoomOnlineUsers": _Action("GET", 40, calls.list_online),
}
_TOTALS: Final[dict[str, Handler]] = {
    "ListQualityDistribution": app_metrics.get_distribution,
    "ListQuality": app_metrics.get_quality,
    "ListOperationData": app_metrics.get_operations,
    "ListRealTimeQuality": app_metrics.get_live_quality,
    "ListRealTimeQualityDistribution": app_metrics.get_live_distribution,
    "ListRealTimeOperationData": app_metrics.get_live_operations,
}
_ACTIONS: Final[dict[tuple[str, str], _Action]] = {
    **{(name, _NEW): action for name, action in _CALLS.items()},
    **{(name, _NEW): _Action("POST", 2, handler) for name, handler in _TOTALS.items()},
    ("ListQualityDistribution", _OLD): _Action("POST", 2, app_metrics.get_distribution),
}


class FakeVolcengine(FakeCloud):
    """Volcengine's RTC OpenAPI, whose endpoints are named by their Action."""

    name = "volcengine"

    def __init__(
        self,
        sim_calls: list[SimulatedCall],
        clock: Callable[[], float],
        *,
        account: VolcengineAccount,
        delay_scale: float = 1.0,
        jitter_s: float = JITTER_S,
    ) -> None:
        super().__init__(sim_calls, clock, delay_scale, jitter_s)
        self.account = account
        self.errors_with_200 = False  # errors may have HTTP 200 (signing, "error body")
        self.denied: set[str] = set()

    @property
    def endpoint_names(self) -> frozenset[str]:
        """Every Action of either Version."""
        return frozenset(name for name, _ in _ACTIONS)

    def find(self, request: Request) -> Endpoint:
        """Return the requested Action; path, method, Action and Version must be right."""
        for name in ("Action", "Version"):
            if not request.query.get(name):
                raise api_error(request, "MissingParameter", f"{name} is required")
        action = _ACTIONS.get((request.query["Action"], request.query["Version"]))
        if request.path != "/" or action is None or action.method != request.method:
            raise api_error(request, "InvalidActionOrVersion", "no such Action of this Version")

        def handle(inner_request: Request) -> Response:
            return action.handler(inner_request, self._app_calls(inner_request))

        return Endpoint(request.query["Action"], handle, RateLimits(per_second=action.per_second))

    def authorize(self, request: Request, endpoint: Endpoint) -> str:
        """Check the signature and that the app is the account's."""
        check_signature(request, self.account)
        app_id = Params(request).text("AppId")
        if app_id not in self.account.apps.values() or endpoint.name in self.denied:
            raise api_error(request, "AccessDenied", "not authorised")
        return app_id

    def rate_limited(self, limit: str) -> Response:
        """Return the rate limit response."""
        return failure({}, "FlowLimitExceeded", f"request is limited ({limit})")

    def respond(self, request: Request, endpoint: Endpoint) -> Response:
        """Handle one request; errors have HTTP 200 if `errors_with_200` is set."""
        response = super().respond(request, endpoint)
        if self.errors_with_200 and response.status >= _BAD:
            return Response(response.body, headers=response.headers)
        return response

    def deny(self, *endpoints: str) -> None:
        """Deny Actions, as a policy of the account would."""
        self.denied.update(endpoints)

    def _app_calls(self, request: Request) -> list[SimulatedCall]:
        """Return the calls of the requested app."""
        app_id = Params(request).text("AppId")
        return [
            sim_call for sim_call in self.sim_calls if self.account.apps.get(sim_call.app) == app_id
        ]
