"""What one person chose for themselves: language, the app they report from, what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.tickets.service import Desk
from bot.store import Session
from bot.store.preferences import preferences

NOTICES: Final = ("claimed", "explained", "resolved")  # private messages one may do without
LOCALES: Final = ("", "zh", "en")  # "" follows Slack


@dataclass(frozen=True, slots=True)
class Preferences:
    """`locale` "" follows Slack, `app` "" is none; `notices` are the kinds somebody wants."""

    locale: str = ""
    app: str = ""
    notices: tuple[str, ...] = NOTICES


async def find(desk: Desk, team: str, person: str) -> Preferences:
    """Return what somebody chose."""

    def work(session: Session) -> Preferences:
        reader = preferences.find_reader(session, team, person)
        wanted = tuple(kind for kind in NOTICES if kind not in reader.muted)
        app = reader.default_app if reader.default_app in desk.clouds else ""
        return Preferences(reader.locale, app, wanted)

    return await desk.store.read(work)


async def apps_of(desk: Desk, team: str, person: str) -> list[str]:
    """List the apps, the one somebody reports from first."""
    chosen = await find(desk, team, person)
    return sorted(desk.clouds, key=lambda app: app != chosen.app)


async def keep(desk: Desk, team: str, person: str, chosen: Preferences) -> None:
    """Keep what somebody chose. Raises InputError for what nobody offered."""
    wrong = message("Choose one of the list.")
    fields = {
        "language": chosen.locale in LOCALES,
        "app": chosen.app in ("", *desk.clouds),
        "notices": set(chosen.notices) <= set(NOTICES),
    }
    refused = {name: wrong for name, known in fields.items() if not known}
    if refused:
        raise InputError(refused)
    muted = [kind for kind in NOTICES if kind not in chosen.notices]

    def work(session: Session) -> None:
        preferences.choose_reader_locale(session, team, person, chosen.locale)
        preferences.choose_app(session, team, person, chosen.app)
        preferences.mute(session, team, person, muted)

    await desk.store.transact(work)
