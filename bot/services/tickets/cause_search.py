"""Search for causes by key, by their titles in every language, or by an alias."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from bot.causes import CAUSES, RESOLUTION_TITLES
from bot.i18n.translator import Translator
from bot.locales import LANGUAGES
from bot.store.tickets.tokenizer import index_terms, query_terms

# Words in titles that identify no cause.
_STOP_WORDS: Final = frozenset(
    {"the", "and", "was", "with", "too", "much", "not", "that", "had", "has", "for", "app", "is"}
    | {"an", "by", "in", "to", "of", "on", "up", "my", "no", "it", "person", "channel", "call"}
    | {"another", "used", "using", "sent", "same", "this", "there", "user", "cloud", "known"}
)
_MIN_WORD_LENGTH: Final = 2


@lru_cache(maxsize=1024)
def find_causes(text: str) -> tuple[str, ...]:
    """Return the keys of the causes a text names; () for words too common to identify one."""
    query = text.casefold().strip()
    if query in RESOLUTION_TITLES:
        return (query,)
    by_name = tuple(key for key in RESOLUTION_TITLES if key.rpartition(".")[2] == query)
    if by_name:
        return by_name
    words = query.split()
    if not words or any(len(word) < _MIN_WORD_LENGTH or word in _STOP_WORDS for word in words):
        return ()
    terms = {term for word in words for term in query_terms(word)}
    if not terms:
        return ()
    return tuple(key for key, names in _cause_terms().items() if terms <= names)


@lru_cache(maxsize=1)
def _cause_terms() -> Mapping[str, set[str]]:
    translators = [Translator(locale) for locale in LANGUAGES]
    aliases = {key: cause.aliases for key, cause in CAUSES.items()}
    return {
        key: index_terms(
            "\n".join([*(t.translate(title) for t in translators), aliases.get(key, "")])
        )
        for key, title in RESOLUTION_TITLES.items()
    }
