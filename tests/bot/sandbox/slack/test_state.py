"""The small parts of the fake Slack's state: rate limits, pages, the installed app, side bars."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack import Workspace
from bot.sandbox.slack.channels import list_channels
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.outcomes import Outcome, SubmitOutcome
from bot.sandbox.slack.state.app import EVERY_SCOPE, SlackApp, read_manifest
from bot.sandbox.slack.state.broadcast import PageEvents
from bot.sandbox.slack.state.rate_limits import RateLimiter


@pytest.mark.parametrize(
    ("every_s", "burst", "times", "pauses"),
    [
        (1, 1, [0, 0.5, 0.9, 1], [0, 1, 1, 0]),
        (60, 1, [0, 1, 59.5, 60], [0, 59, 1, 0]),
        (1, 3, [0, 0, 0, 0], [0, 0, 0, 1]),
        (1, 2, [0, 0, 10, 10, 10], [0, 0, 0, 0, 1]),
        (10, 2, [0, 0, 5, 10], [0, 0, 5, 0]),
    ],
)
def test_rate_limits(every_s: float, burst: int, times: list[float], pauses: list[float]) -> None:
    """So many at once, then one whenever the time is up; Slack counts whole seconds."""
    clock = iter(times)
    limiter = RateLimiter(lambda: next(clock))
    found = []
    for _ in times:
        try:
            limiter.acquire("post", every_s=every_s, burst=burst)
            found.append(0)
        except WebApiError as error:
            found.append(int(error.headers["Retry-After"]))
    assert found == pauses


def test_pages_get_what_their_people_may_see() -> None:
    """Until they are closed."""
    events = PageEvents()
    lin, again, sam = (events.subscribe(name) for name in ("lin", "lin", "sam"))
    events.publish(["lin"], number=1)
    events.publish(None, number=2)
    events.unsubscribe(lin)
    assert events.subscribers == {"lin", "sam"}
    events.publish(["lin", "sam"], number=3)
    received = [
        [page.get_nowait()["number"] for _ in range(page.qsize())] for page in (lin, again, sam)
    ]
    assert received == [[1, 2], [1, 2, 3], [2, 3]]


def test_an_app_without_a_manifest_may_do_everything() -> None:
    """For tests that are about something else."""
    app = read_manifest(None)
    assert app == SlackApp()
    assert app.scopes == EVERY_SCOPE
    assert (app.knows_command("/x"), app.shortcut_kind("x")) == (True, "any")
    assert (app.is_subscribed("x"), app.unfurls("x.example")) == (True, True)
    assert (app.home_tab, app.messages_tab, app.messages_read_only) == (True, True, False)


def test_an_app_has_what_its_manifest_has() -> None:
    """Names, scopes, commands, shortcuts, events, domains and tabs."""
    manifest = {
        "display_information": {"name": "Desk"},
        "features": {
            "bot_user": {"display_name": "desk"},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "slash_commands": [{"command": "/one", "should_escape": True}, {"command": "/two"}],
            "shortcuts": [{"type": "global", "callback_id": "call"}],
            "unfurl_domains": ["desk.example"],
        },
        "oauth_config": {"scopes": {"bot": ["commands"], "bot_optional": ["users:read"]}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_mention"]},
            "token_rotation_enabled": True,
        },
    }
    app = read_manifest(manifest)
    assert (app.name, app.bot_name, app.scopes) == ("Desk", "desk", {"commands", "users:read"})
    assert [app.knows_command(name) for name in ("/one", "/two", "/three")] == [True, True, False]
    assert [app.escapes_arguments(name) for name in ("/one", "/two")] == [True, False]
    assert [app.shortcut_kind(name) for name in ("call", "other")] == ["global", None]
    assert [app.is_subscribed(name) for name in ("app_mention", "x")] == [True, False]
    hosts = ("desk.example", "a.desk.example", "adesk.example", "example")
    assert [app.unfurls(host) for host in hosts] == [True, True, False, False]
    assert (app.home_tab, app.messages_tab, app.messages_read_only) == (True, True, True)
    assert app.token_rotation


def test_an_empty_manifest_switches_everything_off() -> None:
    """Slack's defaults."""
    app = read_manifest({})
    assert (app.scopes, app.home_tab, app.messages_tab, app.token_rotation) == (
        set(),
        False,
        False,
        False,
    )
    assert not app.knows_command("/x")
    assert not app.unfurls("x.example")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(200), (True, False, "")),
        (Outcome(200, "hello"), (True, False, "hello")),
        (Outcome(200, '{"text": "hi"}'), (True, False, "hi")),
        (Outcome(200, "{}"), (True, False, "")),
        (Outcome(200, "[1]"), (True, False, "[1]")),
        (Outcome(0, error="operation_timeout"), (False, True, "")),
        (Outcome(404, error="dispatch_failed"), (False, False, "")),
    ],
)
def test_outcomes_of_actions(outcome: Outcome, expected: tuple[bool, bool, str]) -> None:
    """Whether it was accepted, whether it was late, and what the app said."""
    assert (outcome.ok, outcome.late, outcome.text) == expected


@pytest.mark.parametrize(
    ("outcome", "ok", "late"),
    [
        (SubmitOutcome(), True, False),
        (SubmitOutcome({"cname": "wrong"}), False, False),
        (SubmitOutcome(error="operation_timeout"), False, True),
    ],
)
def test_outcomes_of_forms(outcome: SubmitOutcome, *, ok: bool, late: bool) -> None:
    """A form with errors was not accepted either."""
    assert (outcome.ok, outcome.late) == (ok, late)


@pytest.mark.parametrize(
    ("text", "is_mention"),
    [
        ("hi", False),
        ("<@U07SAM00003> hi", True),
        ("<@U07LIN00001> hi", False),
        ("<!here> hi", True),
        ("<!channel>", True),
        ("<!everyone>", True),
        ("<!subteam^S07SUPPORT0>", True),
    ],
)
async def test_side_bars_count_what_is_unread(
    workspace: Workspace, text: str, *, is_mention: bool
) -> None:
    """Messages of others in one's own channels; mentions by name, group or for all stand out."""
    group = next(iter(workspace.usergroups.values()))
    text = text.replace("S07SUPPORT0", group.id)
    await workspace.person("lin").post_message("teachers", text)

    def unread_of(name: str) -> dict[str, Any]:
        user = workspace.person(name).user
        return next(row for row in list_channels(workspace, user) if row["name"] == "teachers")

    sam, lin = unread_of("sam"), unread_of("lin")
    assert (sam["unread"], sam["mention"]) == (1, is_mention)
    assert (lin["unread"], lin["mention"]) == (0, False)


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("lin", ["teachers", "escalations", "random"]),
        ("maya", ["teachers", "escalations", "leads", "random"]),
    ],
)
def test_private_channels_are_their_members(
    workspace: Workspace, person: str, names: list[str]
) -> None:
    """Public ones are listed for everybody, with who is a member."""
    rows = list_channels(workspace, workspace.person(person).user)
    channels = [row for row in rows if row["kind"] == "channel"]
    assert sorted(row["name"] for row in channels) == sorted(names)
    members = {row["name"]: row["member"] for row in channels}
    assert members["escalations"] is (person == "maya")
