"""What people's sentences tell of a bad call, to prefill the form. Nothing is decided here."""

from bot.services.prefill.parser import PrefilledReport, parse_arguments, parse_sentence

__all__ = ["PrefilledReport", "parse_arguments", "parse_sentence"]
