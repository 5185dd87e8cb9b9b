"""A diagnosis as plain text; for the terminal with unmasked uids."""

from __future__ import annotations

from collections.abc import Iterator

from bot.i18n.messages import Message
from bot.i18n.translator import Translator
from bot.ports import Diagnosis
from handlers.diagnosis import view as diagnosis_message
from handlers.ui.plain_renderer import without_markup
from handlers.ui.renderer import Renderer


def print_diagnosis(diagnosis: Diagnosis, translator: Translator) -> str:
    """Return the diagnosis as lines of plain text."""
    return diagnosis_text(diagnosis, Renderer(translator, mask=False))


def diagnosis_text(diagnosis: Diagnosis, renderer: Renderer) -> str:
    """Return the diagnosis as lines of plain text, for one reader."""
    return "\n".join(_line(renderer, msg) for msg in diagnosis_message.diagnosis_lines(diagnosis))


def print_text(msg: Message, translator: Translator) -> str:
    """Return a message of several lines as plain text."""
    return _line(Renderer(translator, mask=False), msg)


def print_message(msg: Message, translator: Translator) -> str:
    """Return a message as one line."""
    return " / ".join(translator.translate(msg).splitlines())


def _line(renderer: Renderer, msg: Message) -> str:
    return without_markup(renderer.plain_text(msg))


def print_failures(diagnosis: Diagnosis, translator: Translator) -> Iterator[str]:
    """Return the cloud's failures, a line each."""
    for failure in diagnosis.failures:
        yield print_message(failure, translator)
