"""A request for everything that the table of routes has, as anybody in any workspace sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from handlers.commands import COMMANDS
from tests.handlers.raw_http import action, command, event, option, shortcut, submission

Json = dict[str, Any]
CNAME: Final = "class_77_1"
_MENU: Final = ("hand_over", "snooze", "link", "correct", "room")
_CHOICES: Final = ("reveal", "record", "dismiss")
_TEXTS: Final = {
    "/report": (CNAME,),
    "/diagnose": (CNAME,),
    "/quality": ("app=kids usage", "trend"),
    "/tickets": ("LD-1", "all", CNAME),
}
# The value of a button that is not a ticket's number, and the chosen option of a menu.
_VALUES: Final = {
    "summary.csv": "2026-W46",
    "tickets.more": '{"which":"all","words":[],"before":99}',
    "tickets.share": '{"which":"all","words":[],"before":99}',
    "report.again": "1:0",
    "report.arrived": "1:0",
    "diagnose.use_call": f'["kids", "{CNAME}"]',
    "reaction.report": '{"channel":"C1","ts":"1.1"}',
}
_OPTIONS: Final = {"verdict.true_cause": "1:network.loss"}
_STATES: Final[dict[str, Json]] = {
    "resolve": {"cause": "network.loss", "resolution": "Changed the cable."},
    "hand_over": {"person": "U07ZHOU0004"},
    "snooze": {"until": "1794366000"},
    "link": {"ticket": "2"},
    "correct": {"cname": "class_77_8"},
    "room": {"choice": "reveal"},
    "access_token": {"label": "Dashboard"},
    "preferences": {"language": "en", "app": "-"},
}
_EVENTS: Final[dict[str, Json]] = {
    "app_home_opened": {"tab": "home"},
    "message": {"text": f"LD-1 {CNAME}"},
    "reaction_added": {
        "reaction": "ticket",
        "item": {"type": "message", "channel": "C1", "ts": "1"},
    },
    "user_change": {"user": {"id": "U07SAM00003"}},
    "link_shared": {
        "links": [{"domain": "lagdesk.example", "url": "https://lagdesk.example/t/1"}],
        "message_ts": "1.1",
        "channel": "C1",
    },
    "entity_details_requested": {
        "entity_url": "https://lagdesk.example/t/1",
        "external_ref": {"id": "LD-1", "type": "ticket"},
        "trigger_id": "1.1.x",
    },
    "function_executed": {
        "function": {"callback_id": "report_call_problem"},
        "function_execution_id": "Fx1",
        "inputs": {"channel_name": CNAME, "reporter": "U07SAM00003"},
    },
}


def requests(kind: str, name: str) -> Iterator[tuple[str, Json]]:
    """Yield requests of a route about ticket 1, each with a name of its own."""
    match kind:
        case "command":
            for text in _texts_of(name):
                yield f"{name} {text}".strip(), command(command=name, text=text)
        case "action":
            yield from _actions(name)
        case "view":
            yield name, _view(name)
            if name == "hand_over":
                yield f"{name} jira", _view(name, target="jira")
        case "options":
            yield name, {**_view("link"), "type": "block_suggestion", "block_id": name, "value": ""}
        case "shortcut":
            is_message = name == "report_message"
            yield name, {**shortcut("message_action" if is_message else "shortcut")}
        case "event":
            yield name, event(type=name, **_EVENTS.get(name, {}))


def _texts_of(name: str) -> tuple[str, ...]:
    examples = next(each.examples for each in COMMANDS if each.name == name)
    texts = ("", *(str(each.arguments).replace("LD-12", "LD-1") for each in examples))
    return _TEXTS.get(name, texts)


def _actions(name: str) -> Iterator[tuple[str, Json]]:
    chosen = [f"1:{choice}" for choice in _MENU] if name == "card.menu" else []
    chosen = chosen or [_OPTIONS.get(name, "all")]
    for value in chosen:
        body = action(name, _VALUES.get(name, "1"))
        body["actions"][0]["selected_option"] = option(value)
        yield (f"{name} {value}" if len(chosen) > 1 else name), body


def _view(name: str, **more: str) -> Json:
    """Return a submitted form about ticket 1: of every field type at once, as forged ones are."""
    body = submission()
    values = {
        field: {
            "value": {
                "type": "plain_text_input",
                "value": value,
                "selected_option": option(value),
                "selected_user": value,
            }
        }
        for field, value in {**_STATES.get(name, {}), **more}.items()
    }
    state = body["view"]["state"]["values"] | values if name in ("report", "correct") else values
    metadata = json.dumps({"number": 1, "choice": "dismiss", "channel": "C1"})
    blocks = [{"type": "input", "block_id": field, "element": {}} for field in (*state, "last")]
    view = {**body["view"], "callback_id": name, "private_metadata": metadata, "blocks": blocks}
    return {**body, "view": {**view, "state": {"values": state}}}


def sent_by(payload: Json, team: str, person: str, number: int) -> Json:
    """Return a request as a person of a workspace sends it; `number` makes its ids unique."""
    sent: Json = json.loads(json.dumps(payload))
    sent["team_id"] = team
    if "command" in sent:
        return {**sent, "user_id": person, "trigger_id": f"{number}.1.x"}
    if sent["type"] == "event_callback":
        sent["event_id"] = f"Ev{number}"
        sent["authorizations"][0]["team_id"] = team
        if isinstance(sent["event"].get("user"), str):
            sent["event"]["user"] = person
        sent["event"]["ts"] = f"{number}.2"
        return sent
    sent |= {"team": {"id": team}, "user": {"id": person, "team_id": team}}
    sent["trigger_id"] = f"{number}.1.x"
    if "view" in sent:
        sent["view"] |= {"id": f"V{number}", "team_id": team, "app_installed_team_id": team}
    return sent
