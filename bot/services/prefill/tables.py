"""Tables in a text: a line of labels, and the values in the line below."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Final

from bot.services.prefill.labels import mark
from bot.services.prefill.vocabulary import ID, NAME, ROOM, ROOM_ZH, STUDENT, TEACHER

_SEPARATORS: Final = ("|", "\t", ",", None)  # None: any blanks
_RULE: Final = re.compile(r"[\s|:\-+=]*")
_VALUE: Final = re.compile(r"[!-~](?:[ -~]{0,62}[!-~])?")
_UID: Final = re.compile(r"[A-Za-z0-9_.@+\-]{1,64}")
_LABEL: Final = re.compile(f"([{ROOM}{ROOM_ZH}{TEACHER}{STUDENT}])[ {ID}{NAME}的:()]*")
_FIELDS: Final = {ROOM: "cname", ROOM_ZH: "cname", TEACHER: "teacher", STUDENT: "student"}
_HEADER_LENGTH: Final = 200
_FEWEST_LABELS: Final = 2


def parse_table(plain: str) -> Mapping[str, str]:
    """Return the first table's values of `cname`, `teacher` and `student`, where it has them."""
    lines = [line.strip() for line in plain.split("\n")]
    lines = [line for line in lines if line and not _RULE.fullmatch(line)]
    for header, row in itertools.pairwise(lines):
        for separator in _SEPARATORS:
            table_values = _read_rows(header, row, separator)
            if table_values:
                return table_values
    return {}


def _read_rows(header: str, row: str, separator: str | None) -> Mapping[str, str]:
    if len(header) > _HEADER_LENGTH or (separator and separator not in header):
        return {}
    labels = [_label(cell) for cell in _cells(header, separator)]
    named = [label for label in labels if label]
    values = _cells(row, separator)
    is_header = len(named) >= _FEWEST_LABELS and len(set(named)) == len(named)
    if not is_header or len(values) < len(labels) or any(map(_label, values)):
        return {}
    if separator is None and len(named) < len(labels):
        return {}
    return {
        label: value
        for label, value in zip(labels, values, strict=False)
        if label and (_VALUE if label == "cname" else _UID).fullmatch(value)
    }


def _cells(line: str, separator: str | None) -> list[str]:
    inner = line.strip("|") if separator == "|" else line
    return [cell.strip(" \t\"'`*") for cell in inner.split(separator)]


def _label(cell: str) -> str:
    """Return what a header cell labels, "" when it is no label."""
    label = _LABEL.fullmatch(mark(cell[:40]))
    return _FIELDS[label[1]] if label else ""
