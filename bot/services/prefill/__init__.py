"""Parsing sentences about a bad call, to prefill the form."""

from bot.services.prefill.parser import PrefilledReport, parse_arguments, parse_sentence

__all__ = ["PrefilledReport", "parse_arguments", "parse_sentence"]
