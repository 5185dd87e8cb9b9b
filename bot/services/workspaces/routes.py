"""Routes as people write them: a line each, such as `kids zh C0123456789 S0123456789`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import Message, message
from bot.locales import LANGUAGES
from bot.services.app_names import find_app, no_such_app
from bot.services.prefill.cleaning import to_half_width
from bot.services.workspaces.settings import Route

_CHANNEL: Final = re.compile(r"(?:<#)?([CG][A-Z0-9]{6,})(?:\|[^>\s]*)?>?")
_GROUP: Final = re.compile(r"(?:<!subteam\^)?(S[A-Z0-9]{6,})(?:\|[^>\s]*)?>?")
_GRAMMAR: Final = message(
    "Line %(line)s: write an app or a language or both, then the channel's id, then a user group's "
    "id if it has its own, such as kids zh C0123456789 S0123456789."
)


def read_routes(text: str, apps: Sequence[str]) -> tuple[Route, ...]:
    """Read the lines. Raises InputError with the first that is wrong."""
    lines = enumerate(to_half_width(text).splitlines(), start=1)
    routes = [_read(line.split(), number, apps) for number, line in lines if line.strip()]
    names = [(route.app, route.language) for route in routes]
    if len(set(names)) < len(names):
        raise _error(message("Two lines are about the same app and language."))
    return tuple(routes)


def write_routes(routes: Sequence[Route]) -> str:
    """Write routes as they are read."""
    parts = ((each.app, each.language, each.channel, each.group) for each in routes)
    return "\n".join(" ".join(filter(None, line)) for line in parts)


def _read(words: list[str], number: int, apps: Sequence[str]) -> Route:
    found: dict[str, str] = {}
    for word in words:
        name, value = _parse(word, apps)
        if name in found:
            raise _error(message(_GRAMMAR.id, line=number))
        found[name] = value
    if "channel" not in found:
        raise _error(message(_GRAMMAR.id, line=number))
    if not found.keys() & {"app", "language"}:
        unknown = next((word for word in words if not _CHANNEL.fullmatch(word)), "")
        raise _error(no_such_app(unknown, apps) if unknown else message(_GRAMMAR.id, line=number))
    names = ("app", "language", "channel", "group")
    return Route(*(found.get(name, "") for name in names))


def _parse(word: str, apps: Sequence[str]) -> tuple[str, str]:
    """Return what a word is: its app, language, channel or group; else something unknown."""
    app = find_app(word, apps)
    if app is not None:
        return "app", app
    if word.lower() in LANGUAGES:
        return "language", word.lower()
    for name, pattern in (("channel", _CHANNEL), ("group", _GROUP)):
        if match := pattern.fullmatch(word):
            return name, match[1]
    raise _error(no_such_app(word, apps))


def _error(reason: Message) -> InputError:
    return InputError({"routes": reason})
