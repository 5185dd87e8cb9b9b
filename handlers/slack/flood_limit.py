"""A limit of requests for each person: nobody can use up Lagdesk, or the clouds' quotas, alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from bot.errors import LagdeskError
from bot.i18n.messages import Duration, message
from handlers.commands import DIAGNOSE, LAGDESK, QUALITY
from handlers.slack.request import Body, Requester

CLOUD_REQUESTS_A_MINUTE: Final = 30
_CLOUD_COMMANDS: Final = frozenset({DIAGNOSE.name, QUALITY.name})
_CLOUD_ACTIONS: Final = frozenset({"ticket.diagnose", "diagnose.use_call"})
_MAX_PEOPLE: Final = 10_000
_MINUTE_S: Final = 60.0


class TooManyRequestsError(LagdeskError):
    """One person sends requests faster than people do; one more is taken after `pause_s`."""

    def __init__(self, pause_s: int) -> None:
        pause = Duration(pause_s)
        super().__init__(message("That was too much at once. Try again in %(pause)s.", pause=pause))
        self.pause_s = pause_s


@dataclass(slots=True)
class _Allowance:
    """What is left of a person's requests, as of a moment; it grows back within a minute."""

    left: float
    at: float


class FloodLimit:
    """Refuses requests beyond the limits, for the person alone.

    Forms that are submitted are always taken: nothing that was written is lost.
    """

    def __init__(self, requests_a_minute: int, timer: Callable[[], float] = time.monotonic) -> None:
        self._limit = requests_a_minute
        self._timer = timer
        self._allowances: LRUCache[tuple[str, str, bool], _Allowance] = LRUCache(_MAX_PEOPLE)

    def check(self, body: Body) -> None:
        """Count a request. Raises TooManyRequestsError."""
        if body.get("type") != "view_submission":
            requester = Requester.of(body)
            self.count(requester.team, requester.person, is_for_clouds=_is_for_clouds(body))

    def count(self, team: str, person: str, *, is_for_clouds: bool) -> None:
        """Count a person's request, wherever it comes from. Raises TooManyRequestsError."""
        if self._limit:
            self._take((team, person, False), self._limit)
        if self._limit and is_for_clouds:
            self._take((team, person, True), CLOUD_REQUESTS_A_MINUTE)

    def _take(self, key: tuple[str, str, bool], limit: int) -> None:
        now = self._timer()
        before = self._allowances.get(key) or _Allowance(limit, now)
        left = min(limit, before.left + (now - before.at) * limit / _MINUTE_S)
        if left < 1:
            raise TooManyRequestsError(math.ceil((1 - left) * _MINUTE_S / limit))
        self._allowances[key] = _Allowance(left - 1, now)


def _is_for_clouds(body: Body) -> bool:
    """Return whether a request asks a cloud, whose quota everybody shares."""
    if "command" in body:
        word = LAGDESK.find_word(str(body.get("text") or "").strip().partition(" ")[0])
        is_trend = body["command"] == LAGDESK.name and word == QUALITY.name.removeprefix("/")
        return is_trend or body["command"] in _CLOUD_COMMANDS
    actions = body.get("actions") or [{}]
    return actions[0].get("action_id") in _CLOUD_ACTIONS
