"""What a browser sees at a ticket's address: the same for every number.

Whoever opens it is not known, so it says nothing about the ticket, not even whether there is one.
"""

from __future__ import annotations

from html import escape
from typing import Final

from aiohttp import web

from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.locales import BOTH

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:18px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34em;padding:0 1em}}
code{{background:#eee;padding:.1em .3em;border-radius:4px}}</style></head>
<body><h1>{title}</h1>{lines}</body></html>
"""


class TicketPage:
    """Answers whoever opens a ticket's address outside Slack."""

    def __init__(self, public_url: str) -> None:
        self._is_on = bool(public_url)

    async def get(self, request: web.Request) -> web.Response:
        """Say how the ticket is opened in Slack; 404 without PUBLIC_URL."""
        if not self._is_on:
            return web.Response(status=404)
        name = f"LD-{int(request.match_info['number'])}"
        text = message(
            "This ticket is in Slack. Open Slack and type: /tickets %(ticket)s", ticket=name
        )
        lines = Translator(BOTH).translate(text).splitlines()
        body = _PAGE.format(title=name, lines="".join(f"<p>{escape(line)}</p>" for line in lines))
        return web.Response(text=body, content_type="text/html", headers=_HEADERS)
