"""A report form as it opens: what its text says, and what is known of its reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.i18n.messages import Message
from bot.services.tickets.recent_classes import RecentClass
from handlers.tickets.forms import ReportForm, with_note
from handlers.tickets.recent_classes import with_own_values, with_recent_classes
from handlers.tickets.time_source import TimeSource
from handlers.ui.block_kit import Block
from handlers.ui.renderer import Renderer


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader's language, default app and last classes, as they were read last."""

    renderer: Renderer = field(compare=False)
    locale: str
    app: str
    recent: Sequence[RecentClass]


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A form with what a text or a command says, and where its time is from.

    `is_own_text` when nobody but the reader wrote the text.
    """

    form: ReportForm
    source: TimeSource
    apps: Sequence[str]
    now: dt.datetime
    is_own_text: bool
    note: Message | None = None

    def fill_in(self, reader: Reader) -> ReportForm:
        """Return the form with what is known of its reader, where the text says nothing."""
        form = replace(self.form, app=self.form.app or reader.app)
        return with_own_values(form, reader.recent, is_own_text=self.is_own_text)

    def view(self, form: ReportForm, reader: Reader) -> Block:
        """Render the filled-in form; without a channel it offers the reader's last classes."""
        hint = self.source.hint(reader.renderer.translator, self.now)
        view = form.view(reader.renderer, self.apps, self.now, hint)
        if reader.recent and not self.form.cname:
            view = with_recent_classes(view, reader.recent, reader.renderer)
        return view if self.note is None else with_note(view, self.note, reader.renderer)
