"""The App Home: support's queue with filters, one's own tickets, and help."""

from __future__ import annotations

from typing import Any

import pytest

from bot.causes import RESOLUTION_TITLES
from bot.sandbox.slack.block_kit import validate_view
from bot.services.tickets.app_home import AppHome, QueueFilter
from bot.store.tickets.lists import TicketPage
from bot.targets import Targets
from bot.ticket import Status, Ticket
from handlers.tickets.home_view import home_view
from handlers.ui.block_kit import Block
from tests.handlers.samples import EN, NOW, ZH, buttons_of, make_ticket, texts_of

APPS = ["kids", "adults"]
NOTHING = TicketPage(())


def make_home(**values: Any) -> AppHome:
    """The home of somebody who is not support and has read the greeting."""
    fields: dict[str, Any] = {
        "mine": NOTHING,
        "queue": None,
        "counts": {},
        "filter": QueueFilter(),
        "is_greeted": True,
        "is_first": True,
        "is_support": values.get("queue") is not None,
        **values,
    }
    return AppHome(**fields)


def blocks_of(home: AppHome, apps: list[str] = APPS) -> dict[str, Block]:
    """The blocks by id."""
    view = home_view(home, apps, EN)
    assert validate_view(view) == []
    return {block["block_id"]: block for block in view["blocks"]}


def test_a_home_without_tickets() -> None:
    """Buttons, no tickets, help; no queue for who is not support."""
    blocks = blocks_of(make_home())
    assert list(blocks) == ["doors", "title", "none", "line", "help"]
    assert buttons_of(blocks["doors"]) == [
        ("home.report", "report", "Report a bad call"),
        ("home.settings", "settings", "My settings"),
    ]
    assert blocks["title"]["text"]["text"] == "My tickets"
    assert texts_of([blocks["none"]])["none"] == [
        "You have not reported a call yet. Type `/report` anywhere.",
    ]
    assert "`/report " in blocks["help"]["text"]["text"]


def test_why_there_is_no_queue() -> None:
    """While Slack does not say who is support, Home says so; who is not support reads nothing."""
    assert "unknown" not in blocks_of(make_home())
    blocks = blocks_of(make_home(is_support=None))
    assert list(blocks) == ["doors", "unknown", "title", "none", "line", "help"]
    assert "Slack does not say who is support" in blocks["unknown"]["text"]["text"]


def test_the_greeting_can_be_dismissed() -> None:
    """It is above everything else until then."""
    blocks = blocks_of(make_home(is_greeted=False))
    assert next(iter(blocks)) == "hello"
    button = blocks["hello"]["accessory"]
    assert (button["action_id"], button["value"]) == ("home.greeted", "greeted")


def test_own_tickets() -> None:
    """A line each."""
    blocks = blocks_of(make_home(mine=TicketPage((make_ticket(), make_ticket(number=13)))))
    assert [name for name in blocks if name.startswith("own")] == ["own-12", "own-13"]
    assert texts_of(blocks.values())["own-12"] == [
        ":red_circle: *LD-12* class_77_1 · Open · 2026-11-21 03:20 UTC",
    ]
    assert "none" not in blocks


def test_the_queue_is_above_ones_own_tickets() -> None:
    """Counts, filters and the tickets, each with its next step."""
    tickets = (
        make_ticket(),
        make_ticket(number=13, status=Status.CLAIMED),
        make_ticket(number=14, status=Status.RESOLVED),
    )
    counts = {Status.OPEN: 1000, Status.CLAIMED: 1}
    blocks = blocks_of(make_home(queue=TicketPage(tickets), counts=counts))
    assert list(blocks) == [
        *("doors", "queue", "counts", "filters", "row-12", "row-13", "row-14"),
        *("title", "none", "line", "help"),
    ]
    steps = [blocks[f"row-{number}"]["accessory"]["action_id"] for number in (12, 13, 14)]
    assert steps == ["ticket.claim", "ticket.resolve", "ticket.reopen"]
    assert blocks["row-13"]["accessory"]["value"] == "13"


def test_an_empty_queue() -> None:
    """It says so; without counts there are none."""
    blocks = blocks_of(make_home(queue=NOTHING))
    assert texts_of([blocks["nothing"]])["nothing"] == ["No matching tickets."]
    assert texts_of([blocks["counts"]])["counts"] == ["Open: *0* · Claimed: *0*"]


@pytest.mark.parametrize(("count", "expected"), [(98, "98"), (99, "99"), (100, "99+")])
def test_counts_have_two_digits(count: int, expected: str) -> None:
    """More are not counted."""
    counts = {Status.OPEN: count, Status.CLAIMED: 0}
    texts = texts_of(blocks_of(make_home(queue=NOTHING, counts=counts)).values())
    assert texts["counts"] == [f"Open: *{expected}* · Claimed: *0*"]


def options_of(menu: dict[str, Any]) -> list[dict[str, Any]]:
    """The options of a menu, in groups or not."""
    groups = menu.get("option_groups", [menu])
    return [option for group in groups for option in group["options"]]


def menus(home: AppHome, apps: list[str] = APPS) -> dict[str, tuple[list[str], str]]:
    """The options of each filter, and the chosen one."""
    return {
        menu["action_id"]: (
            [option["value"] for option in options_of(menu)],
            menu["initial_option"]["value"],
        )
        for menu in blocks_of(home, apps)["filters"]["elements"]
    }


def test_filters() -> None:
    """Five menus; the app's only where there are several."""
    every = menus(make_home(queue=NOTHING))
    assert list(every) == ["home.state", "home.app", "home.cause", "home.age", "home.whose"]
    assert every["home.state"] == (
        ["unresolved", "open", "claimed", "resolved", "all"],
        "unresolved",
    )
    assert every["home.app"] == (["all", "kids", "adults"], "all")
    assert (set(every["home.cause"][0]), every["home.cause"][1]) == (
        {"all", *RESOLUTION_TITLES},
        "all",
    )
    assert every["home.age"] == (["all", "1h", "1d", "7d", "30d"], "all")
    assert every["home.whose"] == (["all", "mine", "nobody"], "all")
    assert "home.app" not in menus(make_home(queue=NOTHING), ["kids"])


def test_causes_are_in_groups() -> None:
    """Any cause comes first, then those of the network, of devices and so on."""
    (menu,) = (
        each
        for each in blocks_of(make_home(queue=NOTHING))["filters"]["elements"]
        if each["action_id"] == "home.cause"
    )
    labels = [group["label"]["text"] for group in menu["option_groups"]]
    assert labels[:4] == ["All", "No cause", "Network", "Connection"]
    assert [option["value"] for option in menu["option_groups"][0]["options"]] == ["all"]


def test_chosen_filters() -> None:
    """A choice that no longer exists counts as any."""
    chosen = QueueFilter("open", "adults", "network.loss", "1d", "nobody")
    selected = [value for _, value in menus(make_home(queue=NOTHING, filter=chosen)).values()]
    assert selected == ["open", "adults", "network.loss", "1d", "nobody"]
    gone = QueueFilter(app="gone", cause="gone")
    selected = [value for _, value in menus(make_home(queue=NOTHING, filter=gone)).values()]
    assert selected == ["unresolved", "all", "all", "all", "all"]


def test_menus_take_a_hundred_options() -> None:
    """Slack's limit, with the one that does not filter."""
    options, _ = menus(make_home(queue=NOTHING), [f"app{n}" for n in range(150)])["home.app"]
    assert len(options) == 100
    assert options[-1] == "app98"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "kids"),
        ({"assignee": "U7"}, "kids · Claimed by <@U7>"),
        ({"escalated_at": NOW}, "kids · :rotating_light: escalated"),
        ({"is_live": True}, "kids · :red_circle: class in progress"),
        (
            {"assignee": "U7", "escalated_at": NOW, "is_live": True},
            (
                "kids · Claimed by <@U7> · :rotating_light: escalated · "
                ":red_circle: class in progress"
            ),
        ),
    ],
)
def test_a_row_of_the_queue(values: dict[str, Any], expected: str) -> None:
    """What distinguishes the ticket, under its line."""
    home = make_home(queue=TicketPage((make_ticket(**values),)))
    assert texts_of(blocks_of(home).values())["row-12"][1] == expected


def test_target_of_a_row() -> None:
    """When the next step is due, in the queue."""
    home = make_home(queue=TicketPage((make_ticket(),)))
    view = home_view(home, APPS, EN, Targets({"": 600.0}))
    (row,) = (block for block in view["blocks"] if block["block_id"] == "row-12")
    assert "kids · Target: claim by <!date^1795231800^" in row["text"]["text"]


TICKETS: tuple[Ticket, ...] = (make_ticket(),)
OLDER = ("home.more", "7", "More tickets")
FIRST = ("home.first", "first", "Back to the first page")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"mine": TicketPage(TICKETS)}, None),
        ({"mine": TicketPage(TICKETS, before=7)}, [OLDER]),
        ({"mine": TicketPage(TICKETS, before=7), "is_first": False}, [FIRST, OLDER]),
        ({"mine": TicketPage(TICKETS), "is_first": False}, [FIRST]),
        ({"queue": TicketPage(TICKETS, before=7)}, [OLDER]),
        ({"queue": TicketPage(TICKETS), "mine": TicketPage(TICKETS, before=7)}, None),
    ],
)
def test_pages(values: dict[str, Any], expected: list[tuple[str, str, str]] | None) -> None:
    """The longer list has pages: the queue's, for support."""
    blocks = blocks_of(make_home(**values))
    turns = blocks.get("turns")
    assert (buttons_of(turns) if turns else None) == expected


def test_a_home_in_chinese() -> None:
    """Every text is translated."""
    view = home_view(make_home(queue=NOTHING), APPS, ZH)
    titles = [block["text"]["text"] for block in view["blocks"] if block["type"] == "header"]
    assert titles == ["待办工单", "我的工单"]
