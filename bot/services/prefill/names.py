"""Which name of a text is the channel's, and which are the teacher's and the student's uids.

Signs in patterns are those of `vocabulary.py` and of `_sign_of` in `tokens.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from bot.call import Side
from bot.services.prefill.tokens import TokenizedText
from bot.services.prefill.vocabulary import ROOM_STEM, SIDES

_LINK: Final = r"(?:[':in()loe\t]|l[IM]|,(?=i|9,))"
_LINKS: Final = _LINK + "{0,12}"
_SIGN: Final = _LINK + "{0,12}?[i:]" + _LINKS
_PERSON: Final = rf"(?:(?:A{{1,2}}|%[%~]{{0,2}}){_LINKS}(?=[09]))?"
# teacher 10001, 老师的 uid 是 10001, teacher Anna (10001), teacher_10001, teacher uid: anna
_AFTER: Final = re.compile(
    rf"(?P<label>(?<![TS]&)[TS]|[TS](?=[095]))(?:{_LINKS}{_PERSON}(?=[095])|(?=W)"
    rf"|{_SIGN}(?=[wud])|{_LINK}{{0,12}}?i{_LINK}{{0,12}}?:{_LINKS}(?=[aA]))(?P<uid>.)"
)
# 10001 (teacher), 10001 是老师, 10001 老师
_BEFORE: Final = re.compile(r"(?P<uid>(?<![aA])9|[09](?=['in()lo]))['in()lo]{0,6}(?P<label>[TS])")
# teacher and student: 10001, 20002
_LISTED: Final = re.compile(
    rf"(?P<label>[TS])[':in()lo&,]{{0,6}}(?P<other>[TS]){_LINKS}(?P<uid>9)[&,]?(?P<next>9)"
    r"(?!['in()lo]{0,4}[TSRZ])"
)
# class_77_1 10001 20002
_ORDERED: Final = re.compile(
    rf"(?P<label>w|[RZ]{_LINKS}[0956wa])[,\n\t]?(?P<uid>[09])[,\n\t]?(?P<next>[09])(?![,\n\t]?[09])"
)
_WEAK: Final = re.compile(rf"(?P<label>[TS]){_LINKS}(?P<uid>[wu])")  # it may be a channel
_SECOND: Final = re.compile(r"9[&,](9)(?!['l]?[TS]|i?[RZ])")
# I am 10001, my uid is 10001, 10001 is me
_OWN: Final = re.compile(
    r"(?<![TS]l)(?:I|(?<![aAH])M)'?(?:l|i+[l:]?)?[i:]*(?P<uid>9)"
    r"(?!i?'?[TSOF](?!9)|ll[TSOF]|,?l?[TSOF](?:$|[.,\n]))|(?P<after>9)l[MI](?![a~])"
)
_ROOM: Final = re.compile(
    rf"[RZ](?:{_LINK}{{0,12}}?[in:]{_LINKS}(?=[0956wudaA])|{_LINKS}(?=[0956w])"
    rf"|(?<=Z){_LINKS}(?=[wudaA](?:$|[\n,.TS\t])))(?P<name>.)"
)
_BEFORE_ROOM: Final = re.compile(r"(?P<name>[956w])[il']{0,2}[RZ]")
_LOOSE: Final = re.compile(r"(?<!i)(?<!i[:l])(?:w|(?:^|(?<=[pm]))u)")
_LINE: Final = re.compile(r"^(?![,\t]*$).+", re.MULTILINE)  # none of separators alone
_CELL: Final = {
    **{each: re.compile(f"(?:^|(?<={each}))[^{each}]*") for each in "\t,"},
    "": re.compile("[TSRZ][in]*|.", re.DOTALL),  # blanks
}
_VALUE: Final = re.compile(r"[(:]*(?:([0956])[^0956wud]*|([wudaA])\)?)")
_BLANKS_ROW: Final = re.compile("[0956wudaA]+")
_LABEL: Final = re.compile(r"[(:]*([TSRZ])[in'()l:]*")


def find_names(text: TokenizedText, writer: Side | None) -> tuple[str, str, str]:
    """Return the channel's name and the two uids of a text, "" for none or several.

    `writer` is the side of "I am 10001". Without another name, a word that may be a uid is the
    channel.
    """
    cells = dict(_read_tables(text.signs))
    own = {match.start(match.lastgroup or 0): writer for match in _OWN.finditer(text.signs)}
    in_table = {start: SIDES[label] for start, label in cells.items() if label in SIDES}
    for weak in ((_WEAK,), ()):
        bound = _bind(text.signs, {*own, *cells}, weak) | own
        sides = {start: side for start, side in bound.items() if side not in in_table.values()}
        sides |= in_table
        rooms = {start for start, label in cells.items() if label not in SIDES}
        cname = _only(text, rooms) if rooms else _find_cname(text, {*sides, *own})
        if cname:
            break
    teacher, student = (
        _only(text, (start for start, side in sides.items() if side is each)) for each in Side
    )
    return cname, teacher, student


def _only(text: TokenizedText, positions: Iterable[int]) -> str:
    names = {text.words[each] for each in positions}
    return names.pop() if len(names) == 1 else ""


def _bind(
    signs: str, taken: Collection[int], weak: Iterable[re.Pattern[str]]
) -> dict[int, Side | None]:
    """Return the sides of the uids in a text, by their positions."""
    if not _AFTER.search(signs) and _ORDERED.search(signs):
        return _read(signs, taken, [_ORDERED])
    rooms = {match.start("name") for match in _ROOM.finditer(signs)}
    orders = ([_LISTED, _AFTER, _BEFORE, *weak], [_LISTED, _BEFORE, _AFTER, *weak])
    readings = [_read(signs, {*taken, *rooms}, order) for order in orders]
    sides = max(readings, key=lambda reading: len(set(reading.values())))
    seconds = ((_SECOND.match(signs, start), side) for start, side in sides.items())
    return {match.start(1): side for match, side in seconds if match} | sides


def _read(
    signs: str, taken: Collection[int], patterns: Iterable[re.Pattern[str]]
) -> dict[int, Side | None]:
    """Return the uids that patterns find; what an earlier one has read is not read again."""
    sides: dict[int, Side | None] = {}
    used = set(taken)
    for match in itertools.chain.from_iterable(each.finditer(signs) for each in patterns):
        positions = set(map(match.start, match.groupdict()))
        if not used & positions:
            used |= positions
            side = SIDES.get(match["label"], Side.TEACHER)
            sides[match.start("uid")] = side
            if match.re in (_LISTED, _ORDERED):
                sides[match.start("next")] = side.other
    return sides


def _find_cname(text: TokenizedText, taken: Collection[int]) -> str:
    """Return the channel's name, "" for none or several. `taken`: values with another meaning."""
    for pattern in (_ROOM, _BEFORE_ROOM):
        rooms = [match.start("name") for match in pattern.finditer(text.signs)]
        if rooms := [each for each in rooms if each not in taken]:
            seconds = [each + 2 for each in rooms if text.signs.startswith("&w", each + 1)]
            return _only(text, rooms + seconds)
    names = [each.start() for each in _LOOSE.finditer(text.signs) if each.start() not in taken]
    inside = [each for each in names if text.signs[each - 1 : each] in ("p", "m")]
    likely = [each for each in names if ROOM_STEM.match(text.words[each])]
    return _only(text, names) or _only(text, inside) or _only(text, likely)


def _read_tables(signs: str) -> Iterator[tuple[int, str]]:
    """Yield the position of each value of tables, with the sign of the label above it."""
    header: list[str] = []
    separator = ""
    for line in _LINE.finditer(signs):
        cells = [*_CELL[separator].finditer(line[0])]
        is_row = len(cells) >= len(header) and (separator or _BLANKS_ROW.fullmatch(line[0]))
        if header and is_row and not any(_label(each[0]) for each in cells):
            for label, cell in zip(header, cells, strict=False):
                if label and (value := _VALUE.fullmatch(cell[0])):
                    yield line.start() + cell.start() + value.start(value.lastindex or 0), label
            continue
        separator = next(filter(line[0].count, "\t,"), "")
        header = [_label(each[0]) for each in _CELL[separator].finditer(line[0])]
        named = [*filter(None, header)]
        if len({*named}) < max(len(named), 2) or (not separator and len(named) < len(header)):
            header = []


def _label(cell: str) -> str:
    """Return the sign of a cell that is a label, "" for any other."""
    label = _LABEL.fullmatch(cell)
    return label[1].replace("Z", "R") if label else ""
