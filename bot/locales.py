"""The languages of the product, one row each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Language:
    """How a language is named and written.

    `name` is in the language itself, `babel` is its locale for numbers and dates; `space` is
    written between sentences, `list_comma` between the items of a list.
    """

    name: str
    babel: str
    space: str
    list_comma: str


LANGUAGES: Final[Mapping[str, Language]] = {
    "zh": Language("中文", "zh_Hans_CN", space="", list_comma="、"),
    "en": Language("English", "en_US", space=" ", list_comma=", "),
}
DEFAULT_LANGUAGE: Final = "zh"
BOTH: Final = "both"  # every language, one after another
LOCALES: Final = (*LANGUAGES, BOTH)


def language_of(locale: str, default: str) -> str:
    """Return the language of a locale such as `zh-CN` or `en_US.UTF-8`, or the default."""
    language = re.split("[-_.]", locale.lower())[0]
    return language if language in LANGUAGES else default
