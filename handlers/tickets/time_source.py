"""The time that a report form is prefilled with, and the hint that says why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bot.i18n.messages import Message, message
from bot.i18n.translator import Translator
from bot.services.prefill import NamedTime


@dataclass(frozen=True, slots=True)
class TimeSource:
    """The time that a text names, and when and where its message was written.

    `written_at` is None for a command, `timezone` the author's, "" when it is unknown.
    """

    named: NamedTime | None
    written_at: dt.datetime | None
    timezone: str

    @property
    def moment(self) -> dt.datetime | None:
        """The moment for the form, None for now. Without a zone the text's time is not certain."""
        named = self.named.moment if self.named and self.timezone else None
        return named or self.written_at

    def hint(self, reader: Translator, now: dt.datetime) -> Message | None:
        """Return why the form has this time, None when it is now and the text names none."""
        if self.named is None:
            return message("When the message was written") if self.written_at else None
        if self.named.moment is None:
            return message("The text names a time that is unclear; please check")
        if not self.timezone:
            return message(
                "When the message was written. The text names a time, but its author's time zone "
                "is unknown; please check."
            )
        return self._words(self.named, self.named.moment, reader, now)

    def _words(
        self, named: NamedTime, moment: dt.datetime, reader: Translator, now: dt.datetime
    ) -> Message:
        """Return the text's words, with what they leave open, another clock, or another day."""
        author = Translator(reader.locale, self.timezone)
        if named.is_assumed:
            return message(
                "As the text says: “%(words)s”, without a.m. or p.m.; %(when)s is more likely, "
                "please check",
                words=named.words,
                when=author.format_time(moment),
            )
        here = reader.local_time(moment)
        if author.local_time(moment).utcoffset() != here.utcoffset():
            return message(
                "As the text says: “%(words)s”, %(when)s on its author's clock",
                words=named.words,
                when=author.format_time(moment),
            )
        if not named.names_day and (reader.local_time(now).date() - here.date()).days == 1:
            return message("As the text says: “%(words)s”, yesterday", words=named.words)
        return message("As the text says: “%(words)s”", words=named.words)
