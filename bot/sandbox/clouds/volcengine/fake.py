"""Volcengine, simulated: which Actions of which Version there are, and who is let in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.sandbox.clouds.request_log import Limits
from bot.sandbox.clouds.server import Answer, Ask, Endpoint, Twin
from bot.sandbox.clouds.volcengine import calls, quality
from bot.sandbox.clouds.volcengine.params import Params, failure, refusal
from bot.sandbox.clouds.volcengine.signature import check_signature

if TYPE_CHECKING:
    from bot.sandbox.scenario import Lesson

Tell = Callable[[Ask, Sequence["Lesson"]], Answer]
_OLD: Final = "2020-12-01"
_NEW: Final = "2023-11-01"
_BAD: Final = 400


@dataclass(frozen=True, slots=True)
class VolcengineAccount:
    """A Volcengine customer: the key pair and the app ids, by the name of our app.

    A lesson belongs to the app of the same name. Everything here is invented.
    """

    access_key: str = "AKSANDBOXVOLCENGINE"
    secret_key: str = "sandbox-volcengine-secret"
    apps: Mapping[str, str] = field(
        default_factory=lambda: {
            "kids": "661e00000000000000000001",
            "adults": "661e00000000000000000002",
            "piano": "661e00000000000000000003",
        }
    )


@dataclass(frozen=True, slots=True)
class _Offer:
    """One Action: its method, how often a second it may be called, and who tells the answer."""

    method: str
    per_second: int
    tell: Tell


_CALLS: Final = {
    "ListRoomInfo": _Offer("GET", 10, calls.list_rooms),
    "ListUserInfo": _Offer("GET", 10, calls.list_users),
    "ListCallDetail": _Offer("GET", 10, calls.tell_details),
    "GetRoomOnlineUsers": _Offer("GET", 40, calls.list_online),
}
_TOTALS: Final[dict[str, Tell]] = {
    "ListQualityDistribution": quality.tell_distribution,
    "ListQuality": quality.tell_quality,
    "ListOperationData": quality.tell_operations,
    "ListRealTimeQuality": quality.tell_live_quality,
    "ListRealTimeQualityDistribution": quality.tell_live_distribution,
    "ListRealTimeOperationData": quality.tell_live_operations,
}
_OFFERS: Final[dict[tuple[str, str], _Offer]] = {
    **{(name, _NEW): offer for name, offer in _CALLS.items()},
    **{(name, _NEW): _Offer("POST", 2, tell) for name, tell in _TOTALS.items()},
    ("ListQualityDistribution", _OLD): _Offer("POST", 2, quality.tell_distribution),
}


class VolcengineTwin(Twin):
    """Volcengine's RTC OpenAPI, whose endpoints are named by their Action."""

    name = "volcengine"

    def __init__(
        self,
        lessons: list[Lesson],
        clock: Callable[[], float],
        *,
        account: VolcengineAccount,
        delay_scale: float = 1.0,
    ) -> None:
        super().__init__(lessons, clock, delay_scale)
        self.account = account
        self.errors_with_200 = False  # a no may come with HTTP 200 (signing, "error body")
        self.denied: set[str] = set()

    @property
    def endpoint_names(self) -> frozenset[str]:
        """Every Action of either Version."""
        return frozenset(name for name, _ in _OFFERS)

    def find(self, ask: Ask) -> Endpoint:
        """Return the Action asked for; path, method, Action and Version must be right."""
        for name in ("Action", "Version"):
            if not ask.query.get(name):
                raise refusal(ask, "MissingParameter", f"{name} is required")
        offer = _OFFERS.get((ask.query["Action"], ask.query["Version"]))
        if ask.path != "/" or offer is None or offer.method != ask.method:
            raise refusal(ask, "InvalidActionOrVersion", "no such Action of this Version")

        def handle(asked: Ask) -> Answer:
            return offer.tell(asked, self._held(asked))

        return Endpoint(ask.query["Action"], handle, Limits(per_second=offer.per_second))

    def admit(self, ask: Ask, endpoint: Endpoint) -> str:
        """Let in by signature, to the account's own apps."""
        check_signature(ask, self.account.access_key, self.account.secret_key)
        app_id = Params(ask).text("AppId")
        if app_id not in self.account.apps.values() or endpoint.name in self.denied:
            raise refusal(ask, "AccessDenied", "not authorised")
        return app_id

    def refuse_quota(self, limit: str) -> Answer:
        """Say that there were too many calls."""
        return failure({}, "FlowLimitExceeded", f"request is limited ({limit})")

    def answer_or_refuse(self, ask: Ask, endpoint: Endpoint) -> Answer:
        """Carry out one call; a no comes with HTTP 200 when `errors_with_200` says so."""
        answer = super().answer_or_refuse(ask, endpoint)
        if self.errors_with_200 and answer.status >= _BAD:
            return Answer(answer.body, headers=answer.headers)
        return answer

    def deny(self, *endpoints: str) -> None:
        """Take the right to use Actions away, as a policy of the account would."""
        self.denied.update(endpoints)

    def _held(self, ask: Ask) -> list[Lesson]:
        """Return the lessons of the app that is asked about."""
        app_id = Params(ask).text("AppId")
        return [lesson for lesson in self.lessons if self.account.apps.get(lesson.app) == app_id]
