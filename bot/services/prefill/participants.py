"""Which number or name belongs to the teacher, and which to the student."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.call import Side
from bot.services.prefill import vocabulary as words
from bot.services.prefill.rooms import is_candidate
from bot.services.prefill.tokens import UID_MAX, Kind, Token, Tokens

UID_LENGTH: Final = 64
_REACH: Final = 8  # tokens between a label and its value
_BARE_LENGTH: Final = 4  # digits that may stand before a label without more ado: "10001 老师"
_STRING_UID: Final = re.compile(
    r"(?=[0-9.@+\-]*[A-Za-z_])(?=[^0-9_]*[0-9_])[A-Za-z0-9_.@+\-]{1,64}"
)
_LETTERS_UID: Final = re.compile(r"[A-Za-z][A-Za-z.\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Binding:
    """A label and its value, as places among the tokens. `weak`: it may be something else."""

    side: Side
    label: int
    value: int
    weak: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """Who has which uid, and the places of the tokens that say so."""

    uids: Mapping[Side, str]
    used: frozenset[int]
    weak: frozenset[int] = frozenset()


def find_people(tokens: Tokens, *, with_weak: bool) -> People:
    """Bind numbers to roles; a side with two different uids has none."""
    ordered = _ordered(tokens)
    if ordered:
        return _settle(tokens, ordered)
    listed = list(_listed(tokens))
    taken = {place for binding in listed for place in (binding.label, binding.value)}
    ahead = [found for found in _ahead(tokens) if not taken & {found.label, found.value}]
    if not with_weak:
        ahead = [found for found in ahead if not found.weak]
    behind = [found for found in _behind(tokens) if not taken & {found.label, found.value}]
    label_first, value_first = _match(ahead, behind), _match(behind, ahead)
    chosen = max(label_first, value_first, key=_count_sides)  # the first one of equals
    return _settle(tokens, [*listed, *chosen])


def _ordered(tokens: Tokens) -> list[Binding]:
    """Read "class_77_1 10001 20002" where no label says otherwise: channel, teacher, student."""
    if any(not found.weak for found in _ahead(tokens)):
        return []
    for place, token in enumerate(tokens.all):
        if not (is_candidate(token) or _has_room(tokens, place)):
            continue
        first = _skip(tokens, place + 1, (Kind.JOIN,))
        second = _skip(tokens, first + 1, (Kind.JOIN,))
        third = _skip(tokens, second + 1, (Kind.JOIN,))
        are_uids = _is_short_uid(tokens, first) and _is_short_uid(tokens, second)
        if are_uids and not _is_short_uid(tokens, third):
            return [Binding(Side.TEACHER, place, first), Binding(Side.STUDENT, place, second)]
    return []


def _has_room(tokens: Tokens, place: int) -> bool:
    """Tell whether a word or number stands behind a channel's label."""
    if tokens.all[place].kind not in (Kind.WORD, Kind.NUMBER):
        return False
    for label in range(place - 1, place - 5, -1):
        before = tokens.at(label)
        if before is None or before.kind not in (Kind.LINK, Kind.ID):
            return before is not None and before.kind is Kind.ROOM
    return False


def _match(first: list[Binding], second: list[Binding]) -> list[Binding]:
    """Take all of the first, and of the second what uses neither its labels nor its values."""
    labels = {binding.label for binding in first}
    values = {binding.value for binding in first}
    return first + [
        found for found in second if found.label not in labels and found.value not in values
    ]


def _count_sides(bindings: list[Binding]) -> int:
    return len({binding.side for binding in bindings})


def _settle(tokens: Tokens, bindings: list[Binding]) -> People:
    known: dict[Side, set[str]] = {Side.TEACHER: set(), Side.STUDENT: set()}
    used = {binding.value for binding in bindings}
    for binding in bindings:
        known[binding.side].add(tokens.all[binding.value].text)
        further = _further(tokens, binding.value)
        if further is not None and further not in used:
            known[binding.side].add(tokens.all[further].text)
            used.add(further)
    uids = {side: next(iter(found)) for side, found in known.items() if len(found) == 1}
    weak = {binding.value for binding in bindings if binding.weak}
    return People(uids, frozenset(used), frozenset(weak))


def _further(tokens: Tokens, value: int) -> int | None:
    """The second uid of "students 20002 and 20003", which makes it unclear who is meant."""
    joint, place = tokens.at(value + 1), value + 2
    if joint is None or joint.kind is not Kind.JOIN or not _is_short_uid(tokens, place):
        return None
    behind = tokens.at(place + 1)
    return None if behind is not None and behind.kind in (Kind.ROLE, Kind.ROOM) else place


def _listed(tokens: Tokens) -> Iterator[Binding]:
    """Read "teacher and student: 10001, 20002"."""
    for place, token in enumerate(tokens.all):
        if token.side is None:
            continue
        other = _skip(tokens, place + 1, (Kind.ID, Kind.LINK, Kind.JOIN))
        second = tokens.at(other)
        if second is None or second.side is not token.side.other:
            continue
        value = _skip(tokens, other + 1, (Kind.ID, Kind.LINK))
        next_value = _skip(tokens, value + 1, (Kind.JOIN,))
        if _is_short_uid(tokens, value) and _is_short_uid(tokens, next_value):
            if _is_labelled(tokens, next_value):
                continue
            yield Binding(token.side, place, value)
            yield Binding(second.side, other, next_value)


def _is_labelled(tokens: Tokens, place: int) -> bool:
    """Tell whether a label of its own stands behind a number."""
    behind = tokens.at(_skip(tokens, place + 1, (Kind.LINK,)))
    return behind is not None and behind.kind in (Kind.ROLE, Kind.ROOM)


def _skip(tokens: Tokens, place: int, kinds: tuple[Kind, ...]) -> int:
    """The first place from here on with a token of another kind, within reach."""
    for reached in range(place, place + _REACH):
        token = tokens.at(reached)
        if token is None or token.kind not in kinds:
            return reached
    return place + _REACH


def _ahead(tokens: Tokens) -> Iterator[Binding]:
    """Read "teacher 10001", "老师的 uid 是 10001", "teacher Anna (10001)"."""
    for place, token in enumerate(tokens.all):
        if token.side is None or _is_shared(tokens, place):
            continue
        found = _value_ahead(tokens, place, token)
        if found is not None:
            yield Binding(token.side, place, *found)


def _is_shared(tokens: Tokens, label: int) -> bool:
    """Tell whether what follows may be the other side's too: "teacher and student uid 10001"."""
    joint, other, behind = (tokens.at(label + step) for step in (-1, -2, 1))
    if joint is None or other is None or joint.text not in words.CONJUNCTIONS:
        return False
    return other.side is not None and behind is not None and behind.kind is not Kind.NUMBER


def _value_ahead(tokens: Tokens, label: int, role: Token) -> tuple[int, bool] | None:
    """Where a label's value stands, and whether that is weak; None when it has none."""
    has_id, has_sign = role.asks_name, False
    place, names = label + 1, 0
    while place <= label + _REACH and (token := tokens.at(place)) is not None:
        if token.kind is Kind.NUMBER:
            fits = tokens.is_uid(place) and (names == 0 or _is_short_uid(tokens, place))
            return (place, False) if fits else None
        if (
            token.kind is Kind.WORD
            and names == 0
            and (strength := _judge_string(token, has_id=has_id, has_sign=has_sign))
        ):
            return place, strength == "weak"
        if token.kind is Kind.ID:
            has_id = has_id or token.lower not in words.NAMES
        elif token.kind is Kind.LINK:
            has_sign = has_sign or token.text in (":", "=", "->", "=>", "→")
        elif not _is_alone(tokens, label, place):
            length = _name_length(tokens, place) if names == 0 else 0
            if not length:
                return None
            names, place = 1, place + length - 1
        place += 1
    return None


def _judge_string(token: Token, *, has_id: bool, has_sign: bool) -> str:
    """Say "sure" or "weak" when a word may be somebody's uid, "" when it may not."""
    text = token.text
    if token.lower in words.NO_NAMES or len(text) > UID_LENGTH:
        return ""
    if _STRING_UID.fullmatch(text):
        if has_id or has_sign:
            return "sure"
        return "" if words.NOT_ROOM.fullmatch(text) else "weak"
    return "sure" if has_sign and has_id and _LETTERS_UID.fullmatch(text) else ""


def _is_alone(tokens: Tokens, label: int, place: int) -> bool:
    """Tell whether a line ends right behind a label that has the line to itself."""
    before = tokens.at(label - 1)
    has_line = before is None or before.kind is Kind.LINE
    return tokens.all[place].kind is Kind.LINE and has_line


def _name_length(tokens: Tokens, place: int) -> int:
    """How many tokens somebody's name takes: Anna Smith, 李华; 0 when it is no name."""
    token = tokens.all[place]
    if token.kind is Kind.WORD:
        behind = tokens.at(place + 1)
        return int(_is_name(token)) + int(
            behind is not None and _is_name(token) and _is_name(behind)
        )
    if token.kind is not Kind.HAN or token.text not in words.SURNAMES:
        return 0
    length = 1
    while length < 3 and _is_given_name(tokens.at(place + length)):  # noqa: PLR2004 - names have three characters
        length += 1
    return length


def _is_name(token: Token) -> bool:
    return token.kind is Kind.WORD and token.text.isalpha() and token.text.istitle()


def _is_given_name(token: Token | None) -> bool:
    return token is not None and token.kind is Kind.HAN and token.text not in words.NOT_IN_NAMES


def _behind(tokens: Tokens) -> Iterator[Binding]:
    """Read "10001 (teacher)", "10001 是老师", "10001 老师"."""
    for place, token in enumerate(tokens.all):
        if token.kind is not Kind.NUMBER or not _is_short_uid(tokens, place):
            continue
        if _has_room(tokens, place):
            continue
        label = place + 1
        while label <= place + 3 and (link := tokens.at(label)) is not None and _leads_back(link):
            label += 1
        role = tokens.at(label)
        if role is None or role.side is None or role.lower in words.PLURALS:
            continue
        is_long = len(token.text) >= _BARE_LENGTH and not _is_counted(tokens.at(place - 1))
        if label > place + 1 or is_long:
            yield Binding(role.side, label, place)


def _is_counted(before: Token | None) -> bool:
    """Tell whether a word before a number claims it: "error 1101 teacher"."""
    return before is not None and before.kind is Kind.WORD and not is_candidate(before)


def _leads_back(link: Token) -> bool:
    return link.text == "号" or (link.kind is Kind.LINK and link.text not in (":", "=", "|", "#"))


def _is_short_uid(tokens: Tokens, place: int) -> bool:
    return tokens.is_uid(place) and int(tokens.all[place].text) <= UID_MAX
