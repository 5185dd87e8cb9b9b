"""Rendering as plain text, for readers outside Slack: nothing in it is mrkdwn."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.call import ERASED
from bot.i18n.messages import PersonId
from handlers.ui.renderer import Link, Renderer, mask_numbers, mask_uids

_MARKUP: Final = re.compile(r"\*(?=\S)|(?<=\S)\*|:[a-z_]+: ")  # bold and emoji


def without_markup(text: str) -> str:
    """Remove the marks of bold text, and emoji, from a text made for Slack."""
    return _MARKUP.sub("", text)


@dataclass(frozen=True, slots=True)
class PlainRenderer(Renderer):
    """Renders mrkdwn as plain text too; `names` are people's, by their ids."""

    names: Mapping[str, str] = field(default_factory=dict)

    def countdown(self, moment: dt.datetime) -> str:
        """Render a moment; nobody keeps a countdown up to date."""
        return self.translator.format_time(moment)

    def quote(self, text: str, uids: tuple[str, ...]) -> list[str]:
        """Return user text with uids masked, whole and unmarked."""
        return [mask_numbers(mask_uids(text, uids)) if self.mask else text] if text else []

    def _plain_text_value(self, value: object) -> str:
        if isinstance(value, PersonId) and value != ERASED:
            return self.names.get(value) or str(value)
        return Renderer._plain_text_value(self, value)  # noqa: SLF001 - a method of its base

    def _mrkdwn_value(self, value: object) -> str:
        label = self._plain_text_value(value)
        return f"{label} ({value.url})" if isinstance(value, Link) else label
