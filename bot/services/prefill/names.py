"""Which name of a text is the channel's, and which are the teacher's and the student's uids.

Patterns are over the kinds of words, those of `vocabulary.py` and of `_kind` in `tokens.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from bot.services.prefill.tokens import Words

_LABELS: Final = ("teacher", "student", "channel")
_VALUES: Final = ("number", "small", "name", "handle", "code")
_VALUE: Final = f"(?:{'|'.join(_VALUES)})"
_LINK: Final = r"(?:(?:'s|:|id|named|place|\(|\)|is|the|of|\|) |, (?=id |number , )){0,12}"
_SIGN: Final = f"{_LINK}?(?:id|named|:) {_LINK}"
_UID: Final = "number (?!(?:and|,) number (?!channel ))"  # of several, none is certain
_BREAK: Final = r"(?:[,|] |newline )?"
# teacher 10001, 老师的 uid 是 10001, teacher Anna (10001), teacher_10001, teacher uid: anna
_AFTER: Final = re.compile(
    r" (?<!teacher and )(?<!student and )(?<!teacher )(?<!student )(?P<label>teacher|student) "
    rf"(?:{_LINK}(?:(?:(?:Word ){{1,2}}|person ){_LINK})?(?={_UID})|(?=own )"
    rf"|{_SIGN}(?=(?!number ){_VALUE} )|{_LINK}?id {_LINK}?: {_LINK}(?=[wW]ord ))(?P<value>\S+)"
)
# 10001 (teacher), 10001 是老师, 10001 老师
_BEFORE: Final = re.compile(
    rf"(?<!number and)(?<!number ,) (?={_UID})(?P<value>number) "
    r"(?:(?:'s|id|\(|\)|is the|is|of) ){0,6}(?P<label>teacher|student)(?= )"
)
# class_77_1 10001 20002
_ORDERED: Final = re.compile(
    rf" (?:name|channel {_LINK}(?:{_VALUE}|word)) {_BREAK}(?P<value>number) "
    rf"{_BREAK}(?P<next>number) (?!{_BREAK}number )"
)
_ROOM: Final = re.compile(
    rf" channel (?:{_SIGN}(?=(?:{_VALUE}|[wW]ord) )|{_LINK}(?=(?:number|small|name|code) ))"
    r"(?!name and name )(?P<value>\S+)"
)
_BEFORE_ROOM: Final = re.compile(
    r"(?<! and) (?P<value>number|name) (?:(?:id|is|the|'s) ){0,2}channel "
)
_LOOSE: Final = re.compile(r" (?<! id )(?<! id : )(?<! id is )(?P<value>name)(?= )")


def find_names(text: Words) -> tuple[str, str, str]:
    """Return the channel's name and the two uids of a text, "" for none or several."""
    table = dict(_read_tables(text))
    bound = _bind(text, table).items()
    found = {each: label for each, label in bound if label not in table.values()} | table
    cname, teacher, student = (
        _only(text, [each for each, label in found.items() if label == kind])
        for kind in ("channel", "teacher", "student")
    )
    return cname or _find_cname(text, found), teacher, student


def _only(text: Words, indexes: Iterable[int]) -> str:
    names = {text.texts[each] for each in indexes}
    return names.pop() if len(names) == 1 else ""


def _bind(text: Words, taken: Collection[int]) -> dict[int, str]:
    """Return whose the uids in a text are, by their indexes."""
    if not _AFTER.search(text.kinds) and (match := _ORDERED.search(text.kinds)):
        first, second = (text.index_at(match.start(each)) for each in ("value", "next"))
        return {} if {first, second} & set(taken) else {first: "teacher", second: "student"}
    rooms = {text.index_at(match.start("value")) for match in _ROOM.finditer(text.kinds)}
    orders = ((_AFTER, _BEFORE), (_BEFORE, _AFTER))
    readings = [_read(text, {*taken, *rooms}, order) for order in orders]
    return max(readings, key=lambda reading: len(set(reading.values())))


def _read(
    text: Words, taken: Collection[int], patterns: Iterable[re.Pattern[str]]
) -> dict[int, str]:
    """Return what patterns find; a word that an earlier one has read is not read again."""
    sides: dict[int, str] = {}
    used = set(taken)
    for match in itertools.chain.from_iterable(each.finditer(text.kinds) for each in patterns):
        value, label = (text.index_at(match.start(each)) for each in ("value", "label"))
        if not used & {value, label}:
            used |= {value, label}
            sides[value] = match["label"]
    return sides


def _find_cname(text: Words, taken: Collection[int]) -> str:
    """Return the channel's name, "" for none or several. `taken`: values with another meaning."""
    for pattern in (_ROOM, _BEFORE_ROOM, _LOOSE):
        rooms = [text.index_at(each.start("value")) for each in pattern.finditer(text.kinds)]
        if rooms := [each for each in rooms if each not in taken]:
            return _only(text, rooms)
    return ""


def _read_tables(text: Words) -> Iterator[tuple[int, str]]:
    """Yield the index of each value of tables, with the label above it."""
    header: list[str] = []
    lines = itertools.groupby(enumerate(text.kinds.split()), lambda each: each[1] == "newline")
    for cells in (_cells(list(line)) for is_end, line in lines if not is_end):
        labels = [_label({kind for _, kind in cell}) for cell in cells]
        if not header or len(cells) < len(header) or any(labels):
            named = [*filter(None, labels)]
            header = labels if len({*named}) == len(named) > 1 else []
            continue
        for label, cell in zip(header, cells, strict=False):
            values = [each for each, kind in cell if kind in _VALUES]
            if label and len(values) == 1:
                yield values[0], label


def _cells(line: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    separator = "|" if any(kind == "|" for _, kind in line) else ","
    ends = [each for each, (_, kind) in enumerate(line) if kind == separator]
    pairs = itertools.pairwise([-1, *ends, len(line)])
    return [line[start + 1 : end] for start, end in pairs]


def _label(kinds: set[str]) -> str:
    """Return what a cell is a label of, "" for any other."""
    said = kinds - {"id", "named", "'s", "(", ")", ":", "is"}
    return said.pop() if len(said) == 1 and said & set(_LABELS) else ""
