"""Excerpts of thread replies around the words of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.services.prefill.cleaning import clean
from bot.store import Session
from bot.store.tickets import lists
from bot.store.tickets.tokenizer import index_terms, query_terms
from bot.ticket import Ticket

_CONTEXT_LENGTH: Final = 30  # characters on each side of the word


def matching_replies(
    session: Session, tickets: Sequence[Ticket], words: Sequence[str]
) -> Mapping[int, str]:
    """Return excerpts for tickets that match only by a reply in their thread."""
    missing = {ticket.id: _missing(ticket, words) for ticket in tickets}
    ticket_ids = [number for number, some in missing.items() if some]
    snippets: dict[int, str] = {}
    for reply in lists.list_replies(session, ticket_ids) if ticket_ids else ():
        terms = index_terms(reply.text)
        word = next((w for w in missing[reply.ticket] if terms.issuperset(query_terms(w))), None)
        if word is not None:
            snippets.setdefault(reply.ticket, excerpt(clean(reply.text).readable, word))
    return snippets


def _missing(ticket: Ticket, words: Sequence[str]) -> list[str]:
    own = index_terms(f"{ticket.cname}\n{ticket.comments}\n{ticket.resolution}")
    terms = {word: query_terms(word) for word in words}
    return [word for word, some in terms.items() if some and not own.issuperset(some)]


def excerpt(text: str, word: str) -> str:
    """Cut a text around a word, on one line."""
    line = " ".join(text.split())
    index = max(line.casefold().find(word.casefold()), 0)
    start, end = max(index - _CONTEXT_LENGTH, 0), index + len(word) + _CONTEXT_LENGTH
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
