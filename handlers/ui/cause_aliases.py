"""Which causes somebody means: by key, by what they are called in any language, by nicknames."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from bot.i18n.translator import Translator
from bot.store.tickets.tokenizer import index_terms, query_terms
from handlers.ui.causes import RESOLUTION_TITLES
from handlers.ui.renderer import Renderer

# What people say, and no name of a cause holds.
_CAUSE_ALIASES: Final[Mapping[str, str]] = {
    "network.wifi_weak": "弱网 无线 信号差 wireless weak",
    "network.loss": "弱网 掉包 lossy",
    "network.latency": "弱网 延时 时延 延迟 lag delay",
    "network.jitter": "弱网 抖动",
    "connection.failed": "掉线 断网 disconnected",
    "reconnect.network_down": "掉线 断网 断线 disconnected",
    "reconnect.timeout": "掉线 断线 disconnected",
    "media.no_sound": "没声音 无声 silent silence",
    "media.peer_no_frames": "黑屏 没画面 black",
    "server.no_downlink_frames": "黑屏 没画面 black",
}
# Words in the names of causes that mean none.
_STOP_WORDS: Final = frozenset(
    {"the", "and", "was", "with", "too", "much", "not", "that", "had", "has", "for", "app", "is"}
    | {"an", "by", "in", "to", "of", "on", "up", "my", "no", "it", "person", "channel", "call"}
    | {"another", "used", "using", "sent", "same", "this", "there", "user", "cloud", "known"}
)
_MIN_WORD_LENGTH: Final = 2


@lru_cache(maxsize=1024)
def find_causes(text: str) -> tuple[str, ...]:
    """Return the keys of the causes that a text names; none for words that every text has."""
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
    renderers = [Renderer(Translator("en")), Renderer(Translator("zh"))]
    return {
        key: index_terms(
            "\n".join([*(v.plain_text(name) for v in renderers), _CAUSE_ALIASES.get(key, "")])
        )
        for key, name in RESOLUTION_TITLES.items()
    }
