"""What people's sentences tell of a bad call, to prefill the form. Nothing is decided here."""

from bot.services.prefill.parser import Hints, read_arguments, read_sentence

__all__ = ["Hints", "read_arguments", "read_sentence"]
