"""Who is to be told what after something happened to a ticket. Owes it; sends nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.store import Session
from bot.store import jobs as store_jobs
from bot.store.notifications import sent
from bot.store.tickets import tickets
from bot.ticket import Ticket

TELL: Final = "tell"  # privately
RETELL: Final = "retell"  # edit what was told
NOTE: Final = "note"  # in a ticket's thread
OFFER: Final = "offer"  # to open a ticket again
FILED, CLAIMED, EXPLAINED, RESOLVED = "filed", "claimed", "explained", "resolved"
HANDED: Final = "handed"
OFFERED: Final = "offered"
Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told to whom; `occasion` tells several of one kind apart."""

    ticket: int
    kind: str
    person: str
    occasion: str = ""

    @property
    def name(self) -> str:
        """The name its duty and its message carry, such as `tell:LD-12:claimed:U1:0`."""
        return f"{TELL}:LD-{self.ticket}:{self.kind}:{self.person}:{self.occasion}"

    @classmethod
    def read(cls, name: str) -> Telling:
        """Read the name of a duty."""
        _, label, kind, person, occasion = name.split(":", 4)
        return cls(int(label.removeprefix("LD-")), kind, person, occasion)

    def owe(self, session: Session, now: dt.datetime) -> None:
        """Owe that it is told."""
        store_jobs.owe(session, self.name, TELL, ticket=self.ticket, due_at=now)


def follow(session: Session, ticket: Ticket, before: int, now: dt.datetime) -> None:
    """Owe everything that the steps after the first `before` ask for."""
    for place, step in enumerate(ticket.steps[before:], before):
        for telling in _tellings(session, ticket, step):
            if telling.person != step["who"]:
                telling.owe(session, now)
        if step["what"] in ("reopened", "helped"):
            _owe_retelling(session, ticket, now)
        if step["what"] == "reopened":
            _owe_note(session, ticket.id, f"{ticket.label}:{place}", now)
        if step["what"] == "merged":  # the other thread tells it, too
            _owe_note(session, step["ticket"], f"{ticket.label}:{place}", now)


def _tellings(session: Session, ticket: Ticket, step: Step) -> list[Telling]:
    """The reporter hears once that somebody has it, whoever that is later.

    Whose ticket was merged into this one hears when it is resolved, too.
    """
    life = str(ticket.count_steps("reopened"))
    claimed = Telling(ticket.id, CLAIMED, ticket.reporter, life)
    match step["what"]:
        case "claimed":
            return [claimed]
        case "handed":
            handed = str(ticket.count_steps("handed"))
            told = Telling(ticket.id, HANDED, step["to"], handed)
            return [told] if step["to"] == ticket.reporter else [claimed, told]
        case "resolved" | "merged":
            others = tickets.reporters_of_duplicates(session, ticket.id)
            people = sorted({ticket.reporter, *others})
            return [Telling(ticket.id, RESOLVED, person, life) for person in people]
    return []


def _owe_retelling(session: Session, ticket: Ticket, now: dt.datetime) -> None:
    """The buttons under what was told no longer fit."""
    told = [*sent.sent(session, ticket.id, RESOLVED), *sent.sent(session, ticket.id, OFFERED)]
    for notice in told:
        telling = Telling(ticket.id, notice.kind, notice.person, notice.key)
        name = telling.name.replace(TELL, RETELL, 1)
        store_jobs.owe(session, name, RETELL, ticket=ticket.id, due_at=now)


def _owe_note(session: Session, thread: int, occasion: str, now: dt.datetime) -> None:
    """Owe a note in the thread of one ticket about a step of that or of another."""
    store_jobs.owe(session, f"{NOTE}:LD-{thread}:{occasion}", NOTE, ticket=thread, due_at=now)


def owe_offer(session: Session, ticket: Ticket, ts: str, now: dt.datetime) -> None:
    """Owe the offer to open a ticket again, after the reply `ts` of its reporter.

    What was said in a direct channel has that channel behind it: `1795.1:D1`.
    """
    store_jobs.owe(session, f"{OFFER}:{ticket.label}:{ts}", OFFER, ticket=ticket.id, due_at=now)
