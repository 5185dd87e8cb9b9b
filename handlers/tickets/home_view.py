"""The App Home as blocks: support's queue with filters, own tickets, help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.causes import RESOLUTION_TITLES
from bot.i18n.messages import Message, PersonId, message
from bot.services.tickets.app_home import ALL, COUNT_LIMIT, FILTER_OPTIONS, UNRESOLVED, AppHome
from bot.targets import Targets
from bot.ticket import Status, Ticket
from handlers.commands import Rights
from handlers.diagnosis.result_lines import result_lines
from handlers.escalation.lines import target_lines
from handlers.tickets import card as tickets_card
from handlers.tickets.own_message import own_buttons
from handlers.ui import block_kit
from handlers.ui.block_kit import Block, Element
from handlers.ui.causes import cause_menu
from handlers.ui.help import help_text
from handlers.ui.renderer import Renderer

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
        "nobody": message("Unclaimed"),
    },
    "age": {
        ALL: message("Any time"),
        "1h": message("Last hour"),
        "1d": message("Last day"),
        "7d": message("Last 7 days"),
        "30d": message("Last 30 days"),
    },
}
_MAX_APPS: Final = 99  # Slack's menus take a hundred options
_NO_TARGETS: Final = Targets()
_NEXT_STEP: Final = {Status.OPEN: "claim", Status.CLAIMED: "resolve"}


def home_view(
    home: AppHome,
    apps: Sequence[str],
    renderer: Renderer,
    targets: Targets = _NO_TARGETS,
    *,
    is_admin: bool = False,
) -> Block:
    """Build the App Home; the tickets of the queue have their next target."""
    rights = Rights(is_support=home.queue is not None, is_admin=is_admin)
    rows = [] if home.queue is None else [_row(t, targets, renderer) for t in home.queue.tickets]
    queue = [] if home.queue is None else _queue(home, rows, apps, renderer)
    return block_kit.home(
        [
            *([] if home.is_greeted else _greeting(renderer)),
            *_buttons(renderer),
            *queue,
            *([] if home.is_support is not None else _unknown_queue(renderer)),
            *_my_tickets(home, renderer),
            block_kit.divider("line"),
            block_kit.section("help", help_text(renderer.translator.locale, rights)),
        ]
    )


def _greeting(renderer: Renderer) -> list[Block]:
    hello = message(
        "*A bad call?* Type `/report` in any channel, or choose *Report this call* in the menu of"
        " a message about it. A few minutes later a private message says why the call was bad."
    )
    dismiss_button = block_kit.button(
        "home.greeted", renderer.plain_text(message("Got it")), "greeted"
    )
    return [block_kit.section("hello", renderer.mrkdwn(hello), accessory=dismiss_button)]


def _buttons(renderer: Renderer) -> list[Block]:
    report = renderer.plain_text(message("Report a bad call"))
    settings = renderer.plain_text(message("My settings"))
    return [
        block_kit.actions(
            "doors",
            block_kit.button("home.report", report, "report", style="primary"),
            block_kit.button("home.settings", settings, "settings"),
        )
    ]


def _queue(
    home: AppHome, rows: Sequence[Block], apps: Sequence[str], renderer: Renderer
) -> list[Block]:
    none = renderer.mrkdwn(message("No matching tickets."))
    return [
        block_kit.header("queue", renderer.plain_text(message("Queue"))),
        block_kit.context("counts", renderer.mrkdwn(_counts(home))),
        block_kit.actions("filters", *_menus(home, apps, renderer)),
        *(rows or [block_kit.section("nothing", none)]),
        *_pagination(home, renderer),
    ]


def _unknown_queue(renderer: Renderer) -> list[Block]:
    why = message(
        ":hourglass: Slack does not say who is support at the moment. If you are, the queue is "
        "here again as soon as it does: open the Home tab again in a minute."
    )
    return [block_kit.section("unknown", renderer.mrkdwn(why))]


def _counts(home: AppHome) -> Message:
    return message(
        "Open: *%(open)s* · Claimed: *%(claimed)s*",
        open=_capped(home.counts.get(Status.OPEN, 0)),
        claimed=_capped(home.counts.get(Status.CLAIMED, 0)),
    )


def _capped(count: int) -> str:
    return f"{COUNT_LIMIT}+" if count > COUNT_LIMIT else str(count)


def _menus(home: AppHome, apps: Sequence[str], renderer: Renderer) -> list[Element]:
    plain_text, selected = renderer.plain_text, home.filter
    menus = [
        _menu(name, {value: plain_text(label) for value, label in _FILTERS[name].items()}, selected)
        for name in FILTER_OPTIONS
    ]
    menus.insert(1, _cause_menu(selected.cause, renderer))
    if len(apps) > 1:
        named = {ALL: plain_text(message("Any app"))} | {app: app for app in apps[:_MAX_APPS]}
        menus.insert(1, _menu("app", named, selected))
    return menus


def _cause_menu(selected: str, renderer: Renderer) -> Element:
    """Build the filter of causes, in the groups of the other menus of causes."""
    every = (
        renderer.plain_text(message("All")),
        [(ALL, renderer.plain_text(message("Any cause")))],
    )
    value = selected if selected in RESOLUTION_TITLES else ALL
    groups = [every, *cause_menu(renderer, RESOLUTION_TITLES)]
    return block_kit.grouped_select(groups, "home.cause", value)


def _menu(name: str, options: Mapping[str, str], selected: object) -> Element:
    value = str(getattr(selected, name))
    selected_value = value if value in options else ALL
    return block_kit.action_select(f"home.{name}", list(options.items()), selected_value)


def _row(ticket: Ticket, targets: Targets, renderer: Renderer) -> Block:
    """Build a ticket of the queue with the button of its next step."""
    lines = [tickets_card.ticket_line(ticket, renderer), *result_lines(ticket, renderer)[:1]]
    text = "\n".join([*lines, _detail_line(ticket, targets, renderer)])
    verb = _NEXT_STEP.get(ticket.status, "reopen")
    return block_kit.section(
        f"row-{ticket.id}", text, accessory=tickets_card.ticket_button(verb, ticket, renderer)
    )


def _detail_line(ticket: Ticket, targets: Targets, renderer: Renderer) -> str:
    parts = [
        message("%(text)s", text=ticket.app),
        message("Claimed by %(person)s", person=PersonId(ticket.assignee))
        if ticket.assignee
        else None,
        message("Snoozed until %(when)s", when=ticket.snoozed_until)
        if ticket.snoozed_until
        else None,
        message(":rotating_light: escalated") if ticket.escalated_at else None,
        message(":red_circle: class in progress") if ticket.is_live else None,
    ]
    known = [renderer.mrkdwn(each) for each in parts if each is not None]
    return " · ".join([*known, *target_lines(ticket, targets, renderer)])


def _my_tickets(home: AppHome, renderer: Renderer) -> list[Block]:
    empty = renderer.mrkdwn(message("You have not reported a call yet. Type `/report` anywhere."))
    rows = [block for ticket in home.mine.tickets for block in _own_row(ticket, renderer)]
    more = [] if home.queue is not None else _pagination(home, renderer)
    title = renderer.plain_text(message("My tickets"))
    return [
        block_kit.header("title", title),
        *(rows or [block_kit.section("none", empty)]),
        *more,
    ]


def _own_row(ticket: Ticket, renderer: Renderer) -> list[Block]:
    """Build a ticket of the reader's own, with its result and its buttons."""
    lines = [tickets_card.ticket_line(ticket, renderer), *result_lines(ticket, renderer)]
    section = block_kit.section(f"own-{ticket.id}", "\n".join(lines))
    return [section, *own_buttons(ticket, renderer)]


def _pagination(home: AppHome, renderer: Renderer) -> list[Block]:
    """Build the paging buttons; none when there is only one page."""
    first = block_kit.button(
        "home.first", renderer.plain_text(message("Back to the first page")), "first"
    )
    older = block_kit.button(
        "home.more", renderer.plain_text(message("More tickets")), home.next_page or "-"
    )
    buttons = [*([] if home.is_first else [first]), *([older] if home.next_page else [])]
    return [block_kit.actions("turns", *buttons)] if buttons else []
