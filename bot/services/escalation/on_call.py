"""Who is on call for an app now: from its rota, as last read, with the people found in Slack.

The rota is read every two minutes by a job, and kept in the database, so that an escalation
waits for nobody. Where it cannot be read, or names nobody, support is called.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bot.decoding import decode_json
from bot.errors import IntegrationError, SlackError
from bot.i18n.messages import Message, message
from bot.i18n.serialization import dump_message, load_message
from bot.ports import Shift
from bot.services.context import Context
from bot.store.rate_limits import SqlKeyValueStore

REFRESH_INTERVAL: Final = dt.timedelta(minutes=2)
MAX_AGE: Final = dt.timedelta(minutes=10)  # an older copy is not used
WAIT_S: Final = 2.0
ANSWER_WAIT_S: Final = 1.0  # for a command, which has to be answered within two seconds
_AHEAD: Final = dt.timedelta(days=14)  # shifts that end later are read, too
_NOBODY: Final = message("Nobody is on call now.")
_TOO_SLOW: Final = message("It could not be read in time.")


class _State(msgspec.Struct, frozen=True):
    """What was read last: shifts, or why there are none."""

    read_at: dt.datetime
    shifts: list[tuple[dt.datetime, dt.datetime, str]] = []
    problem: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call for an app: Slack user ids. `until` is when that changes, None if not soon.

    `problem` is why nobody, or not everybody, can be called.
    """

    app: str
    service: str
    people: tuple[str, ...] = ()
    until: dt.datetime | None = None
    problem: Message | None = None


class OnCallService:
    """Reads rotas and finds who is on call. `wait_s` is how long `look_up` waits."""

    def __init__(self, context: Context, *, wait_s: float = WAIT_S) -> None:
        self._context = context
        self._wait_s = wait_s
        self._key_values = SqlKeyValueStore(context.store)

    def apps_of(self, team: str) -> Sequence[str]:
        """Return the apps of a workspace that have a rota."""
        return [app for app in self._context.workspaces.of(team).apps if app in self._context.rotas]

    async def people(self, team: str, app: str) -> tuple[str, ...]:
        """Return the Slack user ids of who is on call, none when they cannot be found in time."""
        return (await self.look_up(team, app)).people if app in self._context.rotas else ()

    async def look_up(self, team: str, app: str) -> OnCall:
        """Return who is on call, after `wait_s` at the latest."""
        try:
            return await asyncio.wait_for(self.find(team, app), self._wait_s)
        except TimeoutError:
            return OnCall(app, self._context.rotas[app].service, problem=_TOO_SLOW)

    async def look_up_all(self, team: str) -> Sequence[OnCall]:
        """Return who is on call for each app of a workspace that has a rota."""
        return await asyncio.gather(*(self.look_up(team, app) for app in self.apps_of(team)))

    async def find(self, team: str, app: str, *, anew: bool = False) -> OnCall:
        """Return who is on call; with `anew` the rota is read first."""
        state = None if anew else await self._load(app)
        state = state or await self.refresh(app)
        service = self._context.rotas[app].service
        if state.problem is not None:
            return OnCall(app, service, problem=load_message(state.problem))
        shifts = [Shift(*shift) for shift in state.shifts]
        now = self._context.clock.now()
        names = _on_call_at(shifts, now)
        found, problem = await self._find_people(team, names)
        return OnCall(app, service, found, _next_change(shifts, now), problem)

    async def refresh(self, app: str) -> _State:
        """Read a rota; store and return its shifts, or why it could not be read.

        After a failure the shifts stored before stay until they are too old.
        """
        now = self._context.clock.now()
        try:
            shifts = await self._context.rotas[app].list_shifts(now, now + _AHEAD)
        except IntegrationError as error:
            state = _State(now, problem=dump_message(error.user_message))
            if await self._load(app) is not None:
                return state
        else:
            state = _State(now, [(each.start, each.end, each.person) for each in shifts])
        await self._key_values.put(_key(app), msgspec.json.encode(state).decode(), now)
        return state

    async def _load(self, app: str) -> _State | None:
        """Return what was read last, None when it is too old."""
        value = await self._key_values.get(_key(app))
        state = decode_json(value, _State) if value else None
        if state is None or self._context.clock.now() - state.read_at > MAX_AGE:
            return None
        return state

    async def _find_people(
        self, team: str, names: Sequence[str]
    ) -> tuple[tuple[str, ...], Message | None]:
        """Return the Slack user ids of people of a rota, and why some have none."""
        if not names:
            return (), _NOBODY
        try:
            users = [await self._context.people.find_user(team, name) for name in names]
        except SlackError as error:
            return (), error.user_message
        missing = [name for name, user in zip(names, users, strict=True) if not user]
        problem = message("Not found in Slack: %(people)s.", people=missing) if missing else None
        return tuple(dict.fromkeys(filter(None, users))), problem


def _key(app: str) -> str:
    return f"on_call:{app}"


def _on_call_at(shifts: Sequence[Shift], at: dt.datetime) -> list[str]:
    """Return everybody whose shift covers a moment, those who began first before others."""
    current = [shift for shift in shifts if shift.start <= at < shift.end]
    ordered = sorted(current, key=lambda shift: (shift.start, shift.person))
    return list(dict.fromkeys(shift.person for shift in ordered))


def _next_change(shifts: Sequence[Shift], now: dt.datetime) -> dt.datetime | None:
    """Return when others are on call than now, None when that is not known."""
    current = set(_on_call_at(shifts, now))
    bounds = sorted({at for shift in shifts for at in (shift.start, shift.end) if at > now})
    return next((at for at in bounds if set(_on_call_at(shifts, at)) != current), None)
