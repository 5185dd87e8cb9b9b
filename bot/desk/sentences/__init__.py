"""What people's sentences tell of a bad call, to prefill the form. Nothing is decided here."""

from bot.desk.sentences.reading import Hints, read_arguments, read_sentence

__all__ = ["Hints", "read_arguments", "read_sentence"]
