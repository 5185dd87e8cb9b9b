"""The App Home as blocks: the queue with its filters, own tickets, what was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.i18n.messages import Message, PersonId, message
from bot.services.tickets.app_home import ALL, CHOICES, UNRESOLVED, Home
from bot.store.tickets.lists import COUNTED_MOST
from bot.ticket import Status, Ticket
from handlers.tickets import card as tickets_card
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.causes import CAUSES, RESOLUTIONS
from handlers.ui.help import help_text
from handlers.ui.renderer import Voice

_FILTERS: Final[Mapping[str, Mapping[str, Message]]] = {
    "state": {
        UNRESOLVED: message("Not resolved"),
        Status.OPEN: message("Open"),
        Status.CLAIMED: message("Claimed"),
        Status.RESOLVED: message("Resolved"),
        ALL: message("Any state"),
    },
    "whose": {
        ALL: message("Anybody's"),
        "mine": message("Claimed by me"),
        "nobody": message("Claimed by nobody"),
    },
    "age": {
        ALL: message("Of any age"),
        "1h": message("Of the last hour"),
        "1d": message("Of the last day"),
        "7d": message("Of the last 7 days"),
        "30d": message("Of the last 30 days"),
    },
}
_CAUSES_MOST: Final = 99  # Slack's menus hold a hundred
_NEXT_STEP: Final = {Status.OPEN: "claim", Status.CLAIMED: "resolve"}


def home_view(home: Home, apps: Sequence[str], voice: Voice) -> Block:
    """The whole home."""
    queue = [] if home.queue is None else _queue(home, home.queue.tickets, apps, voice)
    return block_kit.home(
        [
            *([] if home.is_greeted else _greeting(voice)),
            *_doors(voice),
            *queue,
            *_own(home, voice),
            block_kit.divider("line"),
            block_kit.section("help", help_text(voice)),
        ]
    )


def _greeting(voice: Voice) -> list[Block]:
    hello = message(
        "*A bad call?* Type `/report` in any channel, or choose *Report this call* in the menu of"
        " a message about it. A minute later the ticket's thread says why the call was bad."
    )
    known = block_kit.button("home.greeted", voice.plain(message("Got it")), "greeted")
    return [block_kit.section("hello", voice.markup(hello), accessory=known)]


def _doors(voice: Voice) -> list[Block]:
    report = voice.plain(message("Report a bad call"))
    settings = voice.plain(message("My settings"))
    return [
        block_kit.actions(
            "doors",
            block_kit.button("home.report", report, "report", style="primary"),
            block_kit.button("home.settings", settings, "settings"),
        )
    ]


def _queue(home: Home, tickets: Sequence[Ticket], apps: Sequence[str], voice: Voice) -> list[Block]:
    rows = [_row(ticket, voice) for ticket in tickets]
    none = voice.markup(message("No tickets here."))
    return [
        block_kit.header("queue", voice.plain(message("Queue"))),
        block_kit.context("counts", voice.markup(_counts(home))),
        block_kit.actions("filters", *_menus(home, apps, voice)),
        *(rows or [block_kit.section("nothing", none)]),
        *_turns(home, voice),
    ]


def _counts(home: Home) -> Message:
    return message(
        "Open: *%(open)s* · Claimed: *%(claimed)s*",
        open=_capped(home.counts.get(Status.OPEN, 0)),
        claimed=_capped(home.counts.get(Status.CLAIMED, 0)),
    )


def _capped(count: int) -> str:
    return f"{COUNTED_MOST}+" if count > COUNTED_MOST else str(count)


def _menus(home: Home, apps: Sequence[str], voice: Voice) -> list[Element]:
    say, chosen = voice.plain, home.filter
    menus = [
        _menu(name, {value: say(label) for value, label in _FILTERS[name].items()}, chosen)
        for name in CHOICES
    ]
    causes = {ALL: say(message("Any cause"))} | {
        cause: say(CAUSES.get(cause) or name) for cause, name in RESOLUTIONS.items()
    }
    menus.insert(1, _menu("cause", dict(list(causes.items())[: _CAUSES_MOST + 1]), chosen))
    if len(apps) > 1:
        named = {ALL: say(message("Any app"))} | {app: app for app in apps[:_CAUSES_MOST]}
        menus.insert(1, _menu("app", named, chosen))
    return menus


def _menu(name: str, options: Mapping[str, str], chosen: object) -> Element:
    value = str(getattr(chosen, name))
    kept = value if value in options else ALL
    return block_kit.menu(f"home.{name}", list(options.items()), kept)


def _row(ticket: Ticket, voice: Voice) -> Block:
    """A ticket of the queue with the one thing that is done next."""
    text = f"{tickets_card.ticket_line(ticket, voice)}\n{_second_line(ticket, voice)}"
    verb = _NEXT_STEP.get(ticket.status, "reopen")
    return block_kit.section(
        f"row-{ticket.id}", text, accessory=tickets_card.ticket_button(verb, ticket, voice)
    )


def _second_line(ticket: Ticket, voice: Voice) -> str:
    found = CAUSES.get(ticket.cause)
    said = [
        found,
        message("%(text)s", text=ticket.app),
        message("Claimed by %(person)s", person=PersonId(ticket.assignee))
        if ticket.assignee
        else None,
        message(":rotating_light: escalated") if ticket.escalated_at else None,
        message(":red_circle: class is going on") if ticket.is_live else None,
    ]
    return " · ".join(voice.markup(each) for each in said if each is not None)


def _own(home: Home, voice: Voice) -> list[Block]:
    empty = voice.markup(message("You have not reported a call yet. Type `/report` anywhere."))
    rows = [
        block_kit.section(f"own-{ticket.id}", tickets_card.ticket_line(ticket, voice))
        for ticket in home.mine.tickets
    ]
    more = [] if home.queue is not None else _turns(home, voice)
    title = voice.plain(message("My tickets"))
    return [
        block_kit.header("title", title),
        *(rows or [block_kit.section("none", empty)]),
        *more,
    ]


def _turns(home: Home, voice: Voice) -> list[Block]:
    """The ways to other pages; none when everything is in sight."""
    first = block_kit.button("home.first", voice.plain(message("Back to the first")), "first")
    older = block_kit.button(
        "home.more", voice.plain(message("More tickets")), home.next_page or "-"
    )
    shown = [*([] if home.is_first else [first]), *([older] if home.next_page else [])]
    return [block_kit.actions("turns", *shown)] if shown else []
