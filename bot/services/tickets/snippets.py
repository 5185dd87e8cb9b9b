"""Where in a thread the words of a search were found, cut short. Nothing is searched here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.services.prefill.cleaning import clean
from bot.store import Session
from bot.store.tickets import lists
from bot.store.tickets.tokenizer import index_terms, word_terms
from bot.ticket import Ticket

_AROUND: Final = 30  # characters shown on each side of the word


def matching_replies(
    session: Session, tickets: Sequence[Ticket], words: Sequence[str]
) -> Mapping[int, str]:
    """Cut out of the threads what made a search find tickets that do not say it themselves."""
    missing = {ticket.id: _missing(ticket, words) for ticket in tickets}
    wanted = [number for number, some in missing.items() if some]
    found: dict[int, str] = {}
    for reply in lists.replies_of(session, wanted) if wanted else ():
        terms = index_terms(reply.text)
        word = next((w for w in missing[reply.ticket] if terms.issuperset(word_terms(w))), None)
        if word is not None:
            found.setdefault(reply.ticket, cut(clean(reply.text).readable, word))
    return found


def _missing(ticket: Ticket, words: Sequence[str]) -> list[str]:
    own = index_terms(f"{ticket.cname}\n{ticket.comments}\n{ticket.resolution}")
    terms = {word: word_terms(word) for word in words}
    return [word for word, some in terms.items() if some and not own.issuperset(some)]


def cut(text: str, word: str) -> str:
    """Cut a text around a word, on one line."""
    line = " ".join(text.split())
    place = max(line.casefold().find(word.casefold()), 0)
    start, end = max(place - _AROUND, 0), place + len(word) + _AROUND
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
