"""A diagnosis for the terminal, in the words of the cards. Uids are not masked here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.i18n.messages import Message
from bot.i18n.translator import Words
from bot.ports import Diagnosis
from handlers.diagnosis import verdict_message as diagnosis_message
from handlers.ui.renderer import Voice

_MARKUP: Final = re.compile(r"\*(?=\S)|(?<=\S)\*|:[a-z_]+: ")  # bold and marks of the cards


def print_diagnosis(diagnosis: Diagnosis, words: Words) -> str:
    """The diagnosis as lines of plain text."""
    voice = Voice(words, mask=False)
    return "\n".join(_line(voice, spoken) for spoken in diagnosis_message.tell(diagnosis))


def print_message(spoken: Message, words: Words) -> str:
    """A message as one line."""
    return " / ".join(words.say(spoken).splitlines())


def _line(voice: Voice, spoken: Message) -> str:
    return _MARKUP.sub("", voice.plain(spoken))


def print_failures(diagnosis: Diagnosis, words: Words) -> Iterator[str]:
    """What went wrong between us and the cloud, a line each."""
    for failure in diagnosis.failures:
        yield print_message(failure, words)
