"""Parsing sentences about a bad call, to prefill the form."""

from bot.services.prefill.parser import PrefilledReport, parse_arguments, parse_sentence
from bot.services.prefill.times import NamedTime

__all__ = ["NamedTime", "PrefilledReport", "parse_arguments", "parse_sentence"]
