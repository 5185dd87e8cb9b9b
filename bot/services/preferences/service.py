"""What one person chose for themselves: language, the app they report from, what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.i18n.messages import message
from bot.services.tickets.service import TicketService
from bot.store import Session
from bot.store.preferences import preferences

NOTIFICATION_KINDS: Final = (
    "claimed",
    "explained",
    "resolved",
)  # private messages one may do without
LOCALES: Final = ("", "zh", "en")  # "" follows Slack


@dataclass(frozen=True, slots=True)
class Preferences:
    """`locale` "" follows Slack, `app` "" is none; `notifications` are the kinds somebody wants."""

    locale: str = ""
    app: str = ""
    notifications: tuple[str, ...] = NOTIFICATION_KINDS


async def load(context: TicketService, team: str, person: str) -> Preferences:
    """Return what somebody chose."""

    def work(session: Session) -> Preferences:
        reader = preferences.get_user_preferences(session, team, person)
        enabled = tuple(kind for kind in NOTIFICATION_KINDS if kind not in reader.muted_kinds)
        app = reader.default_app if reader.default_app in context.clouds else ""
        return Preferences(reader.locale, app, enabled)

    return await context.store.read(work)


async def apps_of(context: TicketService, team: str, person: str) -> list[str]:
    """List the apps, the one somebody reports from first."""
    chosen = await load(context, team, person)
    return sorted(context.clouds, key=lambda app: app != chosen.app)


async def save(context: TicketService, team: str, person: str, chosen: Preferences) -> None:
    """Keep what somebody chose. Raises InputError for what nobody offered."""
    error = message("Choose one from the list.")
    fields = {
        "language": chosen.locale in LOCALES,
        "app": chosen.app in ("", *context.clouds),
        "notices": set(chosen.notifications) <= set(NOTIFICATION_KINDS),
    }
    errors = {name: error for name, is_valid in fields.items() if not is_valid}
    if errors:
        raise InputError(errors)
    muted = [kind for kind in NOTIFICATION_KINDS if kind not in chosen.notifications]

    def work(session: Session) -> None:
        preferences.set_user_locale(session, team, person, chosen.locale)
        preferences.set_default_app(session, team, person, chosen.app)
        preferences.set_muted(session, team, person, muted)

    await context.store.transact(work)
