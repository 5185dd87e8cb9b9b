"""Filters of lists of tickets, each given by itself: programs have no command to type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.causes import RESOLUTION_TITLES
from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.services.app_names import find_app, no_such_app
from bot.services.prefill.cleaning import clean
from bot.services.tickets.cause_search import find_causes
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status

MAX_WORDS: Final = 10
MAX_TEXT: Final = 300  # characters


@dataclass(frozen=True, slots=True)
class TicketFilters:
    """What a list is restricted to; a field that is empty or None restricts nothing.

    `since` (inclusive) and `until` (exclusive) are about when a ticket was filed, `is_mine` about
    who filed or claimed it. The page starts below the number `before` and has up to `size` tickets.
    """

    statuses: tuple[Status, ...] = ()
    app: str = ""
    cause: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    is_mine: bool = False
    text: str = ""
    before: int | None = None
    size: int = 20

    def query(self, team: str, person: str, apps: Sequence[str]) -> TicketQuery:
        """Convert them to a query of the store. Raises InputError with a message for each field."""
        app, words = find_app(self.app, apps), tuple(clean(self.text).readable.split())
        problems: dict[str, Message] = {}
        if self.app and app is None:
            problems["app"] = no_such_app(self.app, apps)
        if self.cause and self.cause not in RESOLUTION_TITLES:
            problems["cause"] = message("There is no cause called %(cause)s.", cause=self.cause)
        if len(words) > MAX_WORDS or len(self.text) > MAX_TEXT:
            problems["text"] = message("At most 10 words: shorten the text.")
        if problems:
            raise InputError(problems)
        return TicketQuery(
            team=team,
            statuses=self.statuses,
            app=app if self.app else None,
            causes=(self.cause,) if self.cause else (),
            involved_user=person if self.is_mine else None,
            since=self.since,
            until=self.until,
            words=words,
            word_causes={word: find_causes(word) for word in words},
            before=self.before,
        )
