"""What a person's home shows, and the filters they left it with. How it looks handlers decide."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bot.services.tickets.service import Desk
from bot.store import Session
from bot.store.preferences import preferences
from bot.store.tickets import lists
from bot.store.tickets.lists import TicketPage, TicketQuery
from bot.ticket import Status

UNRESOLVED: Final = "unresolved"
ALL: Final = "all"
_STATUSES: Final[Mapping[str, tuple[Status, ...]]] = {
    UNRESOLVED: (Status.OPEN, Status.CLAIMED),
    **{status.value: (status,) for status in Status},
    ALL: (),
}
_AGES: Final[Mapping[str, dt.timedelta | None]] = {
    ALL: None,
    "1h": dt.timedelta(hours=1),
    "1d": dt.timedelta(days=1),
    "7d": dt.timedelta(days=7),
    "30d": dt.timedelta(days=30),
}
_WHOSE: Final = (ALL, "mine", "nobody")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "state": tuple(_STATUSES),
    "age": tuple(_AGES),
    "whose": _WHOSE,
}
_PLACE: Final = re.compile(r"(?:(?P<urgency>[0-9]{1,4})-)?(?P<number>[0-9]{1,15})")
_OWN_SIZE: Final = 5  # of a support agent's own reports; the queue is their work


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which tickets of the queue somebody wants to see; `all` leaves a filter open."""

    state: str = UNRESOLVED
    app: str = ALL
    cause: str = ALL
    age: str = ALL
    whose: str = ALL

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> QueueFilter:
        """Read what was kept; what no filter is called any more is left open."""
        found = cls()
        for name in cls.__dataclass_fields__:
            value = kept.get(name)
            if isinstance(value, str) and value in CHOICES.get(name, (value,)):
                found = replace(found, **{name: value})
        return found


@dataclass(frozen=True, slots=True)
class Home:
    """Everything one home shows. `queue` is None for everybody but support.

    `counts` are the tickets of each status not yet resolved, up to `lists.COUNTED_MOST` and one
    more. `is_first` says that the longer list is shown from its beginning.
    """

    mine: TicketPage
    queue: TicketPage | None
    counts: Mapping[Status, int]
    filter: QueueFilter
    is_greeted: bool
    is_first: bool

    @property
    def next_page(self) -> str:
        """Where the next page begins, "" for no more: what `look` takes as `after`."""
        shown = self.mine if self.queue is None else self.queue
        if shown.after is not None:
            return "-".join(map(str, shown.after))
        return "" if shown.before is None else str(shown.before)


async def look(desk: Desk, team: str, person: str, after: str = "") -> Home:
    """Gather a person's home in one transaction; `after` is where its longer list begins."""
    is_support = await desk.is_support(team, person)
    now = desk.clock.now()

    def work(session: Session) -> Home:
        return gather(session, team, person, now, is_support=is_support, after=after)

    return await desk.store.read(work)


def gather(
    session: Session, team: str, person: str, now: dt.datetime, *, is_support: bool, after: str = ""
) -> Home:
    """Read everything a person's home shows."""
    reader = preferences.find_reader(session, team, person)
    wanted = QueueFilter.read(reader.home)
    own = TicketQuery(team=team, reporter=person)
    if is_support:
        queue = _begin(_query(team, person, wanted, now), after)
        mine = lists.page(session, own, _OWN_SIZE)
    else:
        queue, mine = None, lists.page(session, _begin(own, after))
    return Home(
        mine=mine,
        queue=lists.page(session, queue) if queue else None,
        counts=_count(session, team) if is_support else {},
        filter=wanted,
        is_greeted=reader.greeted_at is not None,
        is_first=_PLACE.fullmatch(after) is None,
    )


def _query(team: str, person: str, wanted: QueueFilter, now: dt.datetime) -> TicketQuery:
    """What is still to be done comes by urgency, everything else by age."""
    age, statuses = _AGES[wanted.age], _STATUSES[wanted.state]
    if wanted.whose == "nobody":  # who has a ticket has claimed it
        statuses = (Status.OPEN,)
    return TicketQuery(
        team=team,
        statuses=statuses,
        app=None if wanted.app == ALL else wanted.app,
        cause=None if wanted.cause == ALL else wanted.cause,
        assignee=person if wanted.whose == "mine" else None,
        since=None if age is None else now - age,
        order="urgency" if statuses and Status.RESOLVED not in statuses else "newest",
    )


def _begin(query: TicketQuery, after: str) -> TicketQuery:
    """Start a list where a page ended; what is no such place is its beginning."""
    found = _PLACE.fullmatch(after)
    if not found:
        return query
    number = int(found["number"])
    if query.order == "urgency":
        return replace(query, after=(int(found["urgency"] or 0), number))
    return replace(query, before=number)


def _count(session: Session, team: str) -> Mapping[Status, int]:
    waiting = (Status.OPEN, Status.CLAIMED)
    return {
        status: lists.count(session, TicketQuery(team=team, statuses=(status,)))
        for status in waiting
    }


async def choose(desk: Desk, team: str, person: str, name: str, value: str) -> None:
    """Keep one filter of somebody's queue; what no filter knows changes nothing."""

    def work(session: Session) -> None:
        reader = preferences.find_reader(session, team, person)
        kept = QueueFilter.read({**asdict(QueueFilter.read(reader.home)), name: value})
        preferences.keep_home(session, team, person, asdict(kept))

    await desk.store.transact(work)


async def greet(desk: Desk, team: str, person: str) -> None:
    """Remember that somebody has read the first hint."""
    now = desk.clock.now()
    await desk.store.transact(lambda session: preferences.note_greeted(session, team, person, now))
