"""Samples that the handlers' tests share: renderers in both languages, and a ticket."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.call import Side
from bot.i18n.translator import Translator
from bot.ticket import Status, Ticket
from handlers.ui.renderer import Renderer

NOW: Final = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
EN: Final = Renderer(Translator("en"))
ZH: Final = Renderer(Translator("zh"))
Block = Mapping[str, Any]


def make_ticket(**values: Any) -> Ticket:
    """An open ticket about a student in room class_77_1."""
    fields: dict[str, Any] = {
        "number": 12,
        "team": "T1",
        "origin": "V1",
        "status": Status.OPEN,
        "app": "kids",
        "cloud": "agora",
        "cname": "class_77_1",
        "teacher_uid": "10001",
        "student_uid": "20002",
        "abnormal_side": Side.STUDENT,
        "issue_type": 3,
        "occurred_at": NOW,
        "created_at": NOW,
        "reporter": "U1",
    }
    return Ticket(**(fields | values))


def without_dates(text: str) -> str:
    """A text with the readable half of each of Slack's date tokens."""
    return re.sub(r"<!date\^\d+\^[^|>]*\|([^>]*)>", r"\1", text)


def texts_of(blocks: Iterable[Block]) -> dict[str, list[str]]:
    """The lines of sections and contexts, by block id, with readable dates."""
    texts: dict[str, list[str]] = {}
    for block in blocks:
        is_section = block["type"] == "section" and "text" in block
        parts = [block["text"]] if is_section else block.get("elements", [])
        lines = [part["text"] for part in parts if isinstance(part.get("text"), str)]
        texts[block["block_id"]] = without_dates("\n".join(lines)).splitlines()
    return texts


def buttons_of(block: Block) -> list[tuple[str, str, str]]:
    """The action id, value and text of each button of an actions block."""
    return [(each["action_id"], each["value"], each["text"]["text"]) for each in block["elements"]]


def as_json(blocks: object) -> str:
    """Blocks as one string."""
    return json.dumps(blocks, ensure_ascii=False)
