"""Which number or name belongs to the teacher, and which to the student."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.call import Side
from bot.services.prefill import vocabulary as words
from bot.services.prefill.rooms import is_candidate
from bot.services.prefill.tokens import UID_MAX, Token, TokenKind, Tokens, label_within

_REACH: Final = 8  # tokens between a label and its value
_BARE_LENGTH: Final = 4  # digits that count before a label without a sign: "10001 老师"
_STRING_UID: Final = re.compile(
    r"(?=[0-9.@+\-]*[A-Za-z_])(?=[^0-9_]*[0-9_])[A-Za-z0-9_.@+\-]{1,64}"
)
_LETTERS_UID: Final = re.compile(r"[A-Za-z][A-Za-z.\-]{0,63}")


@dataclass(frozen=True, slots=True)
class Binding:
    """A label and its value, as token indexes. `weak`: the value may be something else."""

    side: Side
    label: int
    value: int
    weak: bool = False


@dataclass(frozen=True, slots=True)
class ParsedParticipants:
    """The uid of each side, and the indexes of the tokens used for them."""

    uids: Mapping[Side, str]
    used: frozenset[int]
    weak: frozenset[int] = frozenset()


def find_participants(tokens: Tokens, *, with_weak: bool) -> ParsedParticipants:
    """Assign numbers to roles; a side with two different uids gets none."""
    ordered = _ordered(tokens)
    if ordered:
        return _resolve_bindings(tokens, ordered)
    listed = list(_listed(tokens))
    taken = {index for binding in listed for index in (binding.label, binding.value)}
    ahead = [each for each in _values_after_labels(tokens) if not taken & {each.label, each.value}]
    if not with_weak:
        ahead = [each for each in ahead if not each.weak]
    behind = [
        each for each in _values_before_labels(tokens) if not taken & {each.label, each.value}
    ]
    label_first, value_first = _match(ahead, behind), _match(behind, ahead)
    chosen = max(label_first, value_first, key=_count_sides)  # the first one if equal
    return _resolve_bindings(tokens, [*listed, *chosen])


def _ordered(tokens: Tokens) -> list[Binding]:
    """Read "class_77_1 10001 20002" without labels: channel, teacher, student."""
    if any(not each.weak for each in _values_after_labels(tokens)):
        return []
    for index, token in enumerate(tokens.all):
        if not (is_candidate(token) or _has_room(tokens, index)):
            continue
        first = _skip(tokens, index + 1, (TokenKind.JOIN,))
        second = _skip(tokens, first + 1, (TokenKind.JOIN,))
        third = _skip(tokens, second + 1, (TokenKind.JOIN,))
        are_uids = _is_short_uid(tokens, first) and _is_short_uid(tokens, second)
        if are_uids and not _is_short_uid(tokens, third):
            return [Binding(Side.TEACHER, index, first), Binding(Side.STUDENT, index, second)]
    return []


def _has_room(tokens: Tokens, index: int) -> bool:
    """Return whether a word or number follows a channel's label."""
    if tokens.all[index].kind not in (TokenKind.WORD, TokenKind.NUMBER):
        return False
    for label in range(index - 1, index - 5, -1):
        before = tokens.at(label)
        if before is None or before.kind not in (TokenKind.LINK, TokenKind.ID):
            return before is not None and before.kind is TokenKind.ROOM
    return False


def _match(first: list[Binding], second: list[Binding]) -> list[Binding]:
    """Return all of the first, and those of the second with other labels and values."""
    labels = {binding.label for binding in first}
    values = {binding.value for binding in first}
    return first + [
        each for each in second if each.label not in labels and each.value not in values
    ]


def _count_sides(bindings: list[Binding]) -> int:
    return len({binding.side for binding in bindings})


def _resolve_bindings(tokens: Tokens, bindings: list[Binding]) -> ParsedParticipants:
    known: dict[Side, set[str]] = {Side.TEACHER: set(), Side.STUDENT: set()}
    used = {binding.value for binding in bindings}
    for binding in bindings:
        known[binding.side].add(tokens.all[binding.value].text)
        second_uid = _second_uid(tokens, binding.value)
        if second_uid is not None and second_uid not in used:
            known[binding.side].add(tokens.all[second_uid].text)
            used.add(second_uid)
    uids = {side: next(iter(values)) for side, values in known.items() if len(values) == 1}
    weak = {binding.value for binding in bindings if binding.weak}
    return ParsedParticipants(uids, frozenset(used), frozenset(weak))


def _second_uid(tokens: Tokens, value: int) -> int | None:
    """Return the second uid of "students 20002 and 20003", which makes the side ambiguous."""
    conjunction, index = tokens.at(value + 1), value + 2
    if (
        conjunction is None
        or conjunction.kind is not TokenKind.JOIN
        or not _is_short_uid(tokens, index)
    ):
        return None
    behind = tokens.at(index + 1)
    return None if behind is not None and behind.kind in (TokenKind.ROLE, TokenKind.ROOM) else index


def _listed(tokens: Tokens) -> Iterator[Binding]:
    """Read "teacher and student: 10001, 20002"."""
    for index, token in enumerate(tokens.all):
        if token.side is None:
            continue
        other = _skip(tokens, index + 1, (TokenKind.ID, TokenKind.LINK, TokenKind.JOIN))
        second = tokens.at(other)
        if second is None or second.side is not token.side.other:
            continue
        value = _skip(tokens, other + 1, (TokenKind.ID, TokenKind.LINK))
        next_value = _skip(tokens, value + 1, (TokenKind.JOIN,))
        if _is_short_uid(tokens, value) and _is_short_uid(tokens, next_value):
            if _is_labelled(tokens, next_value):
                continue
            yield Binding(token.side, index, value)
            yield Binding(second.side, other, next_value)


def _is_labelled(tokens: Tokens, index: int) -> bool:
    """Return whether a number is followed by a label of its own."""
    behind = tokens.at(_skip(tokens, index + 1, (TokenKind.LINK,)))
    return behind is not None and behind.kind in (TokenKind.ROLE, TokenKind.ROOM)


def _skip(tokens: Tokens, index: int, kinds: tuple[TokenKind, ...]) -> int:
    """Return the index of the next token of another kind, within reach."""
    for reached in range(index, index + _REACH):
        token = tokens.at(reached)
        if token is None or token.kind not in kinds:
            return reached
    return index + _REACH


def _values_after_labels(tokens: Tokens) -> Iterator[Binding]:
    """Read "teacher 10001", "老师的 uid 是 10001", "teacher Anna (10001)"."""
    for index, token in enumerate(tokens.all):
        if token.side is None or _is_shared(tokens, index):
            continue
        value = _value_after(tokens, index, token)
        if value is not None:
            yield Binding(token.side, index, *value)


def _is_shared(tokens: Tokens, label: int) -> bool:
    """Return whether the value may be the other side's too: "teacher and student uid 10001"."""
    conjunction, other, behind = (tokens.at(label + step) for step in (-1, -2, 1))
    if conjunction is None or other is None or conjunction.text not in words.CONJUNCTIONS:
        return False
    return other.side is not None and behind is not None and behind.kind is not TokenKind.NUMBER


def _value_after(tokens: Tokens, label: int, role: Token) -> tuple[int, bool] | None:
    """Return the index of a label's value, and whether it is weak; None without a value."""
    has_id, has_sign = role.asks_name, False
    index, names = label + 1, 0
    while index <= label + _REACH and (token := tokens.at(index)) is not None:
        if token.kind is TokenKind.NUMBER:
            fits = tokens.is_uid(index) and (names == 0 or _is_short_uid(tokens, index))
            return (index, False) if fits else None
        if (
            token.kind is TokenKind.WORD
            and names == 0
            and (strength := _uid_strength(token, has_id=has_id, has_sign=has_sign))
        ):
            return index, strength == "weak"
        if token.kind is TokenKind.ID:
            has_id = has_id or token.lower not in words.NAMES
        elif token.text == "," and _announces_uid(tokens, index + 1):
            has_id = True
        elif token.kind is TokenKind.LINK:
            has_sign = has_sign or token.text in (":", "=", "->", "=>", "→")
        elif not _is_alone(tokens, label, index):
            length = _name_length(tokens, index) if names == 0 else 0
            if not length:
                return None
            names, index = 1, index + length - 1
        index += 1
    return None


def _announces_uid(tokens: Tokens, index: int) -> bool:
    """Return whether a comma only sets a uid apart: "Karen, uid 10001", "the teacher, 10001, "."""
    token, behind = tokens.at(index), tokens.at(index + 1)
    if token is None or token.kind is TokenKind.ID:
        return token is not None
    return behind is not None and behind.text == "," and _is_short_uid(tokens, index)


def _uid_strength(token: Token, *, has_id: bool, has_sign: bool) -> str:
    """Return "sure" or "weak" when a word may be a uid, "" when it may not."""
    text = token.text
    if token.lower in words.NO_NAMES:
        return ""
    if label_within(text):
        return "sure"
    if _STRING_UID.fullmatch(text):
        if has_id or has_sign:
            return "sure"
        return "" if words.NOT_ROOM.fullmatch(text) else "weak"
    return "sure" if has_sign and has_id and _LETTERS_UID.fullmatch(text) else ""


def _is_alone(tokens: Tokens, label: int, index: int) -> bool:
    """Return whether a label is alone on its line."""
    before = tokens.at(label - 1)
    has_line = before is None or before.kind is TokenKind.LINE
    return tokens.all[index].kind is TokenKind.LINE and has_line


def _name_length(tokens: Tokens, index: int) -> int:
    """Return how many tokens are a person's name: Anna Smith, 李华; 0 when it is none."""
    token = tokens.all[index]
    if token.kind is TokenKind.WORD:
        behind = tokens.at(index + 1)
        return int(_is_name(token)) + int(
            behind is not None and _is_name(token) and _is_name(behind)
        )
    if (
        token.kind is TokenKind.HAN
        and token.text in "小阿"
        and _is_given_name(tokens.at(index + 1))
    ):
        return 2
    if token.kind is not TokenKind.HAN or token.text not in words.SURNAMES:
        return 0
    length = 1
    while length < 3 and _is_given_name(tokens.at(index + length)):  # noqa: PLR2004 - names have three characters
        length += 1
    return length


def _is_name(token: Token) -> bool:
    is_word = token.kind is TokenKind.WORD and token.text.isalpha() and token.text.istitle()
    return is_word and token.lower not in words.NO_CAPITALS


def _is_given_name(token: Token | None) -> bool:
    return (
        token is not None and token.kind is TokenKind.HAN and token.text not in words.NOT_IN_NAMES
    )


def _values_before_labels(tokens: Tokens) -> Iterator[Binding]:
    """Read "10001 (teacher)", "10001 是老师", "10001 老师"."""
    for index, token in enumerate(tokens.all):
        if not _is_short_uid(tokens, index) or _has_room(tokens, index):
            continue
        label = index + 1
        while (
            label <= index + 3 and (link := tokens.at(label)) is not None and _links_backward(link)
        ):
            label += 1
        role = tokens.at(label)
        if role is None or role.side is None or role.lower in words.PLURALS:
            continue
        is_long = len(token.text) >= _BARE_LENGTH and not _is_counted(tokens.at(index - 1))
        if label > index + 1 or is_long:
            yield Binding(role.side, label, index)


def _is_counted(before: Token | None) -> bool:
    """Return whether a number belongs to the word before it: "error 1101 teacher"."""
    return before is not None and before.kind is TokenKind.WORD and not is_candidate(before)


def _links_backward(link: Token) -> bool:
    return link.text == "号" or (
        link.kind is TokenKind.LINK and link.text not in (":", "=", "|", "#")
    )


def _is_short_uid(tokens: Tokens, index: int) -> bool:
    return tokens.is_uid(index) and int(tokens.all[index].text) <= UID_MAX
