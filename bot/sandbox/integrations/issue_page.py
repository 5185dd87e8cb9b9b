"""The page of an issue in a simulated tracker, for people who try the demo."""

from __future__ import annotations

import html
import re
from typing import Final

from aiohttp import web

_URL: Final = re.compile(r"https?://[^\s<]+")
_STYLE: Final = "font:15px/1.6 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em"


def issue_page(tracker: str, title: str, text: str) -> web.Response:
    """Build a page with an issue's title and text, in which addresses are links."""
    safe_text = _URL.sub(
        lambda match: f'<a href="{match[0]}">{match[0]}</a>', html.escape(text, quote=False)
    )
    safe_title = html.escape(title)
    page = (
        f'<!doctype html><meta charset="utf-8"><title>{safe_title}</title>'
        f'<body style="{_STYLE}"><p>{tracker}</p><h1 style="font-size:1.3em">{safe_title}</h1>'
        f'<div style="white-space:pre-wrap">{safe_text}</div></body>'
    )
    return web.Response(text=page, content_type="text/html")
