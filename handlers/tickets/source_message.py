"""The message that a ticket is made from: its text, time and permalink."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from typing import Any, Final, TypeGuard

from handlers.slack.request import Body

_PARTS: Final = (
    *("pretext", "title", "text", "fields", "elements", "blocks"),
    *("attachments", "message_blocks", "message"),  # the last two: a forwarded message
)
_WITHOUT_TEXT: Final = frozenset(("actions", "input", "image", "file", "video"))
_LINES: Final = frozenset(("rich_text_section", "rich_text_quote", "rich_text_preformatted"))
_TS: Final = re.compile(r"[0-9]{10}\.[0-9]{6}", re.ASCII)
_DOMAIN: Final = re.compile(r"[a-z0-9\-]{1,80}")
_CHANNEL: Final = re.compile(r"[A-Z0-9]{1,20}")
_PERMALINK: Final = re.compile(
    r"https://[a-z0-9\-]{1,80}\.slack\.com/archives/[A-Z0-9]{1,20}/p[0-9]{16}[?&=\w.]{0,80}",
    re.ASCII,
)


def message_text(slack_message: object) -> str:
    """Return a message's text, and what its blocks, attachments and forwarded messages add."""
    lines: list[str] = []
    known = ""
    for line in _lines(slack_message):
        letters = re.sub(r"\W+", "", line)
        if letters and letters not in known:
            lines.append(line)
            known += letters
    return "\n".join(lines)


def message_time(slack_message: object) -> dt.datetime | None:
    """Return when a message was written; None when it is malformed."""
    ts = _string(slack_message, "ts")
    return dt.datetime.fromtimestamp(float(ts), dt.UTC) if _TS.fullmatch(ts) else None


def message_author(slack_message: object) -> str:
    """Return who wrote a message; "" for nobody, or when it forwards a message of another."""
    attachments = slack_message.get("attachments") if isinstance(slack_message, dict) else None
    parts = [slack_message, *(attachments if isinstance(attachments, list) else [])]
    authors = {_string(part, key) for part in parts for key in ("user", "author_id")} - {""}
    return authors.pop() if len(authors) == 1 else ""


def message_permalink(body: Body) -> str:
    """Build the permalink of a message shortcut's message; "" when the request is malformed."""
    slack_message = body.get("message")
    domain, channel = _string(body.get("team"), "domain"), _string(body.get("channel"), "id")
    ts, thread_ts = _string(slack_message, "ts"), _string(slack_message, "thread_ts")
    if not (_DOMAIN.fullmatch(domain) and _CHANNEL.fullmatch(channel) and _TS.fullmatch(ts)):
        return ""
    permalink = f"https://{domain}.slack.com/archives/{channel}/p{ts.replace('.', '')}"
    is_reply = _TS.fullmatch(thread_ts) and thread_ts != ts
    return f"{permalink}?thread_ts={thread_ts}&cid={channel}" if is_reply else permalink


def is_permalink(value: object) -> TypeGuard[str]:
    """Return whether a value is an address that `message_permalink` can have built."""
    return isinstance(value, str) and _PERMALINK.fullmatch(value) is not None


def _lines(node: object) -> Iterator[str]:
    """Yield the texts in a message, a block or an attachment, a line or paragraph each."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        for each in node:
            yield from _lines(each)
    elif isinstance(node, dict) and node.get("type") not in _WITHOUT_TEXT:
        if node.get("type") in _LINES:
            yield "".join(map(_inline, node.get("elements") or []))
        elif node.get("type") == "table":  # a pasted spreadsheet (Block Kit, "Table block")
            for row in node.get("rows") or []:
                yield " | ".join(" ".join(_lines(cell)) for cell in row)
        elif "value" in node:  # a field of an attachment
            yield f"{_string(node, 'title')}: {_string(node, 'value')}"
        else:
            for part in _PARTS:
                yield from _lines(node.get(part))


def _inline(element: Any) -> str:
    """Return an element of rich text as Slack writes it in a message's text."""
    match _string(element, "type"):
        case "user":
            return f"<@{_string(element, 'user_id')}>"
        case "channel":
            return f"<#{_string(element, 'channel_id')}>"
        case "link":
            return f"<{_string(element, 'url')}|{_string(element, 'text')}>"
        case "emoji":
            return f":{_string(element, 'name')}:"
    return html.escape(_string(element, "text"), quote=False)


def _string(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
