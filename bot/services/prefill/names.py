"""Which name of a text is the channel's, and which are the teacher's and the student's uids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from bot.call import Side
from bot.services.prefill.vocabulary import (
    ID,
    NAME,
    NO_NAMES,
    NOT_IN_NAMES,
    NOT_ROOM,
    NOT_ROOM_WORDS,
    ROLES_EN,
    ROOM,
    ROOM_STEM,
    ROOM_ZH,
    STUDENT,
    SURNAMES,
    TEACHER,
)

CNAME_LENGTH: Final = 64
_UID_MAX: Final = 2**32 - 1  # of a number that no label is directly before; others may be longer
_BARE_LENGTH: Final = 4  # digits that count before a label without a sign: "10001 老师"
_SIDES: Final = {TEACHER: Side.TEACHER, STUDENT: Side.STUDENT}

_ROLE: Final = f"[{TEACHER}{STUDENT}]"
_ROOM: Final = f"[{ROOM}{ROOM_ZH}]"
_BLANK: Final = r"[ \t\"'`*]"
_AND: Final = r"(?:,|、|/|&|\+|和|与|跟|及|以及|and\b)"
_LINK: Final = (
    rf"(?:'s\b|{_BLANK}|[:=#(\[{{>|→)\]}}{ID}{NAME}]|[\-=]>|- |的|是|为|分别|这个|该"
    rf"|,(?= ?{ID}| ?\d+ ?,)|(?:is|are|was|were|the|a|of|with|whose|has|having|as|respectively)\b)"
)
_LINKS: Final = f"{_LINK}{{0,12}}"
_END: Final = r"(?![\w@+]|[.\-]\w)"
_NUMBER: Final = rf"(?<![\w.@+\-])[0-9]{{1,20}}{_END}"
_WORD: Final = r"[A-Za-z0-9_](?:[\w.@+\-]*\w)?"
_CANDIDATE: Final = (
    r"(?<![\w/\\@.\-])(?=[\w.+\-]*\d)(?=[\w.+\-]*[A-Za-z])[A-Za-z0-9_](?:[\w.+\-]*\w)?(?!@)"
)
_PERSON: Final = (
    rf"(?:[A-Z][a-z]+(?: [A-Z][a-z]+)?|(?:[{SURNAMES}]|[小阿](?=[\u4e00-\u9fff]))"
    rf"(?:(?![{NOT_IN_NAMES}])[\u4e00-\u9fff]){{0,2}})"
)
_AFTER: Final = re.compile(
    rf"(?P<role>{_ROLE})(?P<link>{_LINKS})(?:(?P<person>{_PERSON}){_LINKS})?"
    rf"(?:(?P<uid>{_NUMBER})|(?P<word>{_WORD}))",
    re.ASCII,
)
_BEFORE: Final = re.compile(
    rf"(?P<uid>{_NUMBER})(?P<link>(?:(?![:=|#]){_LINK}){{0,6}})(?P<role>{_ROLE})", re.ASCII
)
_LISTED: Final = re.compile(
    rf"({_ROLE})(?:{_LINK}|{_AND}){{0,6}}({_ROLE}){_LINKS}(?P<uid>{_NUMBER})"
    rf"(?:{_BLANK}|{_AND}){{1,4}}(?P<next>{_NUMBER})(?!{_LINK}{{0,4}}(?:{_ROLE}|{_ROOM}))",
    re.ASCII,
)
_ORDERED: Final = re.compile(
    rf"(?:(?P<name>{_CANDIDATE})|{_ROOM}{_LINKS}{_WORD})[,、/|\s\"'`*]{{1,4}}(?P<uid>{_NUMBER})"
    rf"[,、/|\s\"'`*]{{1,4}}(?P<next>{_NUMBER})(?![,、/|\s\"'`*]{{0,4}}\d)",
    re.ASCII,
)
_SECOND: Final = re.compile(
    rf"{_BLANK}?{_AND}{_BLANK}?(?P<uid>{_NUMBER})(?!{_BLANK}?(?:{_ROLE}|{_ROOM}))", re.ASCII
)
_SHARED: Final = re.compile(rf"{_ROLE} ?{_AND} ?$", re.ASCII)
_COUNTED: Final = re.compile(r"[A-Za-z]{2,} $", re.ASCII)
_AFTER_ROOM: Final = re.compile(rf"{_ROOM}{_LINKS}$", re.ASCII)
_STRING_UID: Final = re.compile(r"(?=.*[A-Za-z_])(?=.*[0-9_]).{1,64}")
_OWN_LABEL: Final = re.compile(rf"(?:{ROLES_EN})_", re.IGNORECASE)
_LETTERS_UID: Final = re.compile(r"[A-Za-z][A-Za-z.\-]{0,63}")
_QUOTED: Final = re.compile(
    rf"{_ROOM}[ \t:=({{\[{ID}{NAME}是]{{0,6}}(?:is )?"
    r"(?P<quote>[\"'`*])(?P<name>\w[ -~]{0,63}?)(?P=quote)"
)
_NAMED_ROOM: Final = re.compile(
    rf"(?P<label>{_ROOM}(?:{_LINK}|(?<=[{ID}{NAME}:=]),| is,){{0,8}})"
    rf"(?P<name>[A-Za-z0-9_][\w!#$%+\-.=@^~:]*) ?(?P<ends>$|[\n,、。;|{TEACHER}{STUDENT}])?",
    re.ASCII,
)
_BEFORE_ROOM: Final = re.compile(
    rf"({_CANDIDATE}|(?<![\w.\-])\d{{4,64}}(?!\w))(?: ?(?:{ID}|这个|该|的)){{0,2}} ?{_ROOM}",
    re.ASCII,
)
_LOOSE: Final = re.compile(rf"{_CANDIDATE}|(?<![\w/\\@.\-])[A-Za-z0-9]+_\w+", re.ASCII)
_INSIDE: Final = re.compile(
    rf"(?:\b(?:in|at|from|inside) |[在于从进入] ?){_BLANK}?$", re.ASCII | re.IGNORECASE
)
_OTHER_ID: Final = re.compile(rf"{ID}[ :=]*$|slack {ROOM} $", re.IGNORECASE)
_SIGN: Final = re.compile(r"[:=→]|[\-=]>")
_DIGIT: Final = re.compile(r"\d")
_ROOM_LABEL: Final = re.compile(rf"(?<!slack ){_ROOM}", re.IGNORECASE)


class _Value(NamedTuple):
    """A value of a side, and its label, by their positions. `weak`: it may be something else."""

    side: Side
    label: int
    start: int
    uid: str
    weak: bool = False


def find_names(text: str) -> dict[str, str]:
    """Return `cname`, `teacher` and `student` of a marked text, "" for none or several.

    Without another name, a word that may be a uid is the channel.
    """
    values = _bind(text, with_weak=True)
    cname = _find_cname(text, {each.start for each in values})
    if not cname and any(each.weak for each in values):
        values = _bind(text, with_weak=False)
        cname = _find_cname(text, {each.start for each in values})
    uids = {side: {each.uid for each in values if each.side is side} for side in Side}
    sure = {side.value: each.pop() if len(each) == 1 else "" for side, each in uids.items()}
    return {"cname": cname, **sure}


def _bind(text: str, *, with_weak: bool) -> list[_Value]:
    """Assign the values of a text to the sides."""
    ahead = [each for each in _values_after_labels(text) if with_weak or not each.weak]
    behind = list(_values_before_labels(text))
    if all(each.weak for each in ahead):
        for match in _ORDERED.finditer(text):
            if not _is_no_room(match["name"]):
                return _pair(match, Side.TEACHER)
    listed = [each for match in _LISTED.finditer(text) for each in _pair(match, _SIDES[match[1]])]
    label_first, value_first = _merge(listed, ahead, behind), _merge(listed, behind, ahead)
    chosen = max(label_first, value_first, key=lambda some: len({each.side for each in some}))
    return [*chosen, *_second_values(text, chosen)]


def _pair(match: re.Match[str], first: Side) -> list[_Value]:
    """Read "teacher and student: 10001, 20002", and "class_77_1 10001 20002"."""
    return [
        _Value(side, match.start(label), match.start(value), match[value])
        for side, label, value in ((first, 1, "uid"), (first.other, 2, "next"))
    ]


def _merge(*groups: Iterable[_Value]) -> list[_Value]:
    """Return all values but those whose label or position an earlier group has."""
    merged: list[_Value] = []
    for group in groups:
        used = {position for each in merged for position in (each.label, each.start)}
        merged += [each for each in group if not used & {each.label, each.start}]
    return merged


def _values_after_labels(text: str) -> Iterator[_Value]:
    """Read "teacher 10001", "老师的 uid 是 10001", "teacher Anna (10001)"."""
    for match in _AFTER.finditer(text):
        is_shared = match["link"].strip() and _SHARED.search(text, 0, match.start())
        kind = "uid" if match["uid"] else "word"
        strength = _strength(match)
        if strength and not is_shared:
            label, start = match.start(), match.start(kind)
            yield _Value(_SIDES[match["role"]], label, start, match[kind], strength == "weak")


def _strength(match: re.Match[str]) -> str:
    """Return "sure" or "weak" when a value may be a uid, "" when it may not."""
    if match["uid"]:
        is_uid = int(match["uid"]) > 0 and (not match["person"] or int(match["uid"]) <= _UID_MAX)
        return "sure" if is_uid else ""
    word, link = match["word"], match["link"]
    if match["person"] or NO_NAMES.fullmatch(word):
        return ""
    has_id, has_sign = ID in link, _SIGN.search(link) is not None
    if _STRING_UID.fullmatch(word):
        if has_id or has_sign or _OWN_LABEL.match(word):
            return "sure"
        return "" if _is_no_room(word) else "weak"
    return "sure" if has_id and has_sign and _LETTERS_UID.fullmatch(word) else ""


def _values_before_labels(text: str) -> Iterator[_Value]:
    """Read "10001 (teacher)", "10001 是老师", "10001 老师"."""
    for match in _BEFORE.finditer(text):
        before = text[max(match.start() - 24, 0) : match.start()]
        is_uid = 0 < int(match["uid"]) <= _UID_MAX and not _AFTER_ROOM.search(before)
        is_long = len(match["uid"]) >= _BARE_LENGTH and not _COUNTED.search(before)
        if is_uid and (is_long or match["link"].strip()):
            yield _Value(_SIDES[match["role"]], match.start("role"), match.start(), match["uid"])


def _second_values(text: str, values: Iterable[_Value]) -> Iterator[_Value]:
    """Read the second uid of "students 20002 and 20003", which makes the side ambiguous."""
    used = {each.start for each in values}
    for first in values:
        second = _SECOND.match(text, first.start + len(first.uid))
        if second and second.start("uid") not in used:
            yield _Value(first.side, first.label, second.start("uid"), second["uid"])


def _find_cname(text: str, taken: set[int]) -> str:
    """Return the channel's name, "" for none or several. `taken`: values with another meaning."""
    labels = [each.start() for each in _ROOM_LABEL.finditer(text)]
    labelled = {_name_after(text, label, taken) for label in labels} - {""}
    if not labelled:
        named = [each for each in _BEFORE_ROOM.finditer(text) if each.start() not in taken]
        labelled = {each[1] for each in named if each[1].isdigit() or not _is_no_room(each[1])}
    if labelled:
        return labelled.pop() if len(labelled) == 1 else ""
    return _choose(text, [each for each in _LOOSE.finditer(text) if each.start() not in taken])


def _name_after(text: str, label: int, taken: set[int]) -> str:
    """Read "channel name is abc123", "频道：math-3b", "room lesson-9"."""
    if quoted := _QUOTED.match(text, label):
        return quoted["name"].strip()
    match = _NAMED_ROOM.match(text, label)
    if match is None or match.start("name") in taken:
        return ""
    name = match["name"].rstrip("!.:=-")
    if len(name) > CNAME_LENGTH or NO_NAMES.fullmatch(name):
        return ""
    is_announced = _SIGN.search(match["label"]) or {ID, NAME} & set(match["label"])
    is_chinese = text[label] == ROOM_ZH and not NOT_ROOM_WORDS.fullmatch(name)
    ends = match["ends"] is not None and is_chinese
    looks_like_name = name.isdigit() or (_LOOSE.fullmatch(name) and not _is_no_room(name))
    return name if is_announced or ends or looks_like_name else ""


def _is_no_room(name: str | None) -> bool:
    return name is not None and NOT_ROOM.fullmatch(name) is not None


def _choose(text: str, candidates: Sequence[re.Match[str]]) -> str:
    """Return the only candidate, or the only one that looks like a channel."""
    ahead = {each: text[max(each.start() - 12, 0) : each.start()] for each in candidates}
    names = [
        each
        for each in candidates
        if len(each[0]) <= CNAME_LENGTH
        and not _is_no_room(each[0])
        and not _OTHER_ID.search(ahead[each])
        and (_DIGIT.search(each[0]) or not each.start() or _INSIDE.search(ahead[each]))
    ]
    rules: tuple[Callable[[re.Match[str]], object], ...] = (
        lambda _each: True,
        lambda each: _INSIDE.search(ahead[each]),
        lambda each: ahead[each][-1:] in tuple("\"'`*"),
        lambda each: ROOM_STEM.match(each[0]),
    )
    for rule in rules:
        chosen = {each[0] for each in names if rule(each)}
        if len(chosen) == 1:
            return chosen.pop()
    return ""
