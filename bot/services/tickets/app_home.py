"""The contents of a person's App Home and its filters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bot.services.context import Context
from bot.store import Session
from bot.store.preferences import preferences
from bot.store.tickets import lists
from bot.store.tickets.lists import TicketPage, TicketQuery
from bot.ticket import Status

COUNT_LIMIT: Final = lists.COUNT_LIMIT
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
FILTER_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "state": tuple(_STATUSES),
    "age": tuple(_AGES),
    "whose": _WHOSE,
}
_CURSOR: Final = re.compile(r"(?:(?P<urgency>-?[0-9]{1,4})-)?(?P<number>[0-9]{1,15})")
_OWN_PAGE_SIZE: Final = 5  # of a support agent's own reports; the queue is their work


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """The filters of the queue; `all` does not filter."""

    state: str = UNRESOLVED
    app: str = ALL
    cause: str = ALL
    age: str = ALL
    whose: str = ALL

    @classmethod
    def read(cls, saved: Mapping[str, Any]) -> QueueFilter:
        """Read stored filters; unknown names and values are ignored."""
        queue_filter = cls()
        for name in cls.__dataclass_fields__:
            value = saved.get(name)
            if isinstance(value, str) and value in FILTER_OPTIONS.get(name, (value,)):
                queue_filter = replace(queue_filter, **{name: value})
        return queue_filter


@dataclass(frozen=True, slots=True)
class AppHome:
    """The content of an App Home. `queue` is None for non-support.

    `is_support` is None while Slack does not say whether the reader is.
    `counts` are the tickets of each status not yet resolved, up to `COUNT_LIMIT` and one more.
    `is_first`: the longer list starts at its beginning.
    """

    mine: TicketPage
    queue: TicketPage | None
    counts: Mapping[Status, int]
    filter: QueueFilter
    is_greeted: bool
    is_first: bool
    is_support: bool | None

    @property
    def next_page(self) -> str:
        """The cursor of the next page (`after` of `AppHomeService.load`), "" for the last page."""
        page = self.mine if self.queue is None else self.queue
        if page.after is not None:
            return "-".join(map(str, page.after))
        return "" if page.before is None else str(page.before)


class AppHomeService:
    """Loads a person's App Home and stores the filters chosen there."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def load(self, team: str, person: str, after: str = "") -> AppHome:
        """Read a person's App Home; `after` is the cursor of its longer list."""
        is_support = await self._context.permissions.is_support(team, person)
        now = self._context.clock.now()

        def work(session: Session) -> AppHome:
            return read_home(session, team, person, now, is_support=is_support, after=after)

        return await self._context.store.read(work)

    async def set_filter(self, team: str, person: str, name: str, value: str) -> None:
        """Store one filter of a person's queue; unknown values change nothing."""

        def work(session: Session) -> None:
            reader = preferences.get_user_preferences(session, team, person)
            saved = asdict(QueueFilter.read(reader.home_filters))
            if name in saved and value in FILTER_OPTIONS.get(name, (value,)):
                preferences.save_home_filters(session, team, person, {**saved, name: value})

        await self._context.store.transact(work)

    async def mark_greeted(self, team: str, person: str) -> None:
        """Store that a person has dismissed the first hint."""
        now = self._context.clock.now()
        await self._context.store.transact(
            lambda session: preferences.mark_onboarded(session, team, person, now)
        )


def read_home(
    session: Session,
    team: str,
    person: str,
    now: dt.datetime,
    *,
    is_support: bool | None,
    after: str = "",
) -> AppHome:
    """Read the content of a person's home."""
    reader = preferences.get_user_preferences(session, team, person)
    queue_filter = QueueFilter.read(reader.home_filters)
    own = TicketQuery(team=team, reporter=person)
    if is_support:
        queue = _start_at(_query(team, person, queue_filter, now), after)
        mine = lists.page(session, own, _OWN_PAGE_SIZE)
    else:
        queue, mine = None, lists.page(session, _start_at(own, after))
    return AppHome(
        mine=mine,
        queue=lists.page(session, queue) if queue else None,
        counts=_count(session, team) if is_support else {},
        filter=queue_filter,
        is_greeted=reader.onboarded_at is not None,
        is_first=_CURSOR.fullmatch(after) is None,
        is_support=is_support,
    )


def _query(team: str, person: str, queue_filter: QueueFilter, now: dt.datetime) -> TicketQuery:
    """Return the query: unresolved tickets by urgency, others by age."""
    age, statuses = _AGES[queue_filter.age], _STATUSES[queue_filter.state]
    if queue_filter.whose == "nobody":  # an assigned ticket is claimed
        statuses = (Status.OPEN,)
    return TicketQuery(
        team=team,
        statuses=statuses,
        app=None if queue_filter.app == ALL else queue_filter.app,
        cause=None if queue_filter.cause == ALL else queue_filter.cause,
        assignee=person if queue_filter.whose == "mine" else None,
        since=None if age is None else now - age,
        order="urgency" if statuses and Status.RESOLVED not in statuses else "newest",
    )


def _start_at(query: TicketQuery, after: str) -> TicketQuery:
    """Start a list after a cursor; at its beginning when the cursor is invalid."""
    match = _CURSOR.fullmatch(after)
    if not match:
        return query
    number = int(match["number"])
    if query.order == "urgency":
        return replace(query, after=(int(match["urgency"] or 0), number))
    return replace(query, before=number)


def _count(session: Session, team: str) -> Mapping[Status, int]:
    waiting = (Status.OPEN, Status.CLAIMED)
    return {
        status: lists.count(session, TicketQuery(team=team, statuses=(status,)))
        for status in waiting
    }
