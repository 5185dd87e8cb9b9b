"""The rich_text block: sections, lists, preformatted text and quotes, and their elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.sandbox.slack.block_kit.objects import ID
from bot.sandbox.slack.block_kit.schema import Array, Boolean, Number, Object, Schema, String, Typed

_TYPE: Final = String()
_TEXT_STYLE: Final = Object(
    {name: Boolean() for name in ("bold", "italic", "strike", "code", "underline")}
)
_MENTION_STYLE: Final = Object(
    {
        name: Boolean()
        for name in (
            "bold",
            "italic",
            "strike",
            "code",
            "underline",
            "highlight",
            "client_highlight",
            "unlink",
        )
    }
)


def _part(
    required: dict[str, Schema], style: Schema, optional: dict[str, Schema] | None = None
) -> Object:
    fields = {"type": _TYPE, **required, **(optional or {}), "style": style}
    return Object(fields, required=("type", *required))


_WORD: Final = String(min_length=1)
PARTS: Final = Typed(
    {
        "text": _part({"text": _WORD}, _TEXT_STYLE),
        "link": _part({"url": _WORD}, _TEXT_STYLE, {"text": String(), "unsafe": Boolean()}),
        "user": _part({"user_id": _WORD}, _MENTION_STYLE),
        "usergroup": _part({"usergroup_id": _WORD}, _MENTION_STYLE),
        "channel": _part({"channel_id": _WORD}, _MENTION_STYLE),
        "team": _part({"team_id": _WORD}, _MENTION_STYLE),
        "emoji": _part(
            {"name": _WORD},
            _TEXT_STYLE,
            {"unicode": String(), "skin_tone": Number(1, 6, whole=True), "url": String()},
        ),
        "date": _part(
            {"timestamp": Number(whole=True), "format": _WORD},
            _TEXT_STYLE,
            {"url": String(), "fallback": String()},
        ),
        "broadcast": _part({"range": String(enum=("here", "channel", "everyone"))}, _MENTION_STYLE),
        "color": _part({"value": String(pattern="^#[0-9A-Fa-f]{6}$")}, _TEXT_STYLE),
    }
)
_BORDER: Final = Number(0, 1, whole=True)
_PARTS: Final[Mapping[str, Schema]] = {"type": _TYPE, "elements": Array(PARTS)}
_NEEDED: Final = ("type", "elements")
_SECTION: Final = Object(_PARTS, _NEEDED)
_LIST: Final = Object(
    {
        "type": _TYPE,
        "style": String(enum=("bullet", "ordered")),
        "elements": Array(Typed({"rich_text_section": _SECTION}), minimum=1),
        "indent": Number(0, 8, whole=True),
        "offset": Number(0, whole=True),
        "border": _BORDER,
    },
    ("type", "style", "elements"),
)
CONTAINERS: Final = Typed(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": _LIST,
        "rich_text_preformatted": Object(
            {**_PARTS, "border": _BORDER, "language": String()}, _NEEDED
        ),
        "rich_text_quote": Object({**_PARTS, "border": _BORDER}, _NEEDED),
    }
)


def rich_text(maximum: int | None = None) -> Object:
    """Describe a rich_text block of one to `maximum` sections, lists, quotes or code blocks."""
    return Object(
        {
            "type": String(enum=("rich_text",)),
            "block_id": ID,
            "elements": Array(CONTAINERS, maximum, 1),
        },
        ("type", "elements"),
    )


RICH_TEXT: Final = rich_text()
