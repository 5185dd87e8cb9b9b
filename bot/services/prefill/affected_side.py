"""The side with the problem, where a sentence names it clearly."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from bot.call import Side
from bot.services.prefill.tokens import TokenKind, Tokens

_REACH: Final = 60  # characters between a subject and its verb
_NEGATIONS: Final = (
    r"can ?not|can'?t|could ?n[o']t|couldnt|could not|unable to|not able to|(?:does|did|is|was) not"
    r"|(?:does|did|is|was)n'?t|no longer|never"
)
_TROUBLE: Final = re.compile(
    rf"\b(?:{_NEGATIONS})(?: \w{{1,12}}){{0,2}}? "
    r"(?:hear|see|view|watch|listen|join|enter|connect|log ?in|get in)\b"
    r"|\b(?:trouble|problems?|difficulty|difficulties)(?: in)? (?:hearing|seeing|joining)\b"
    r"|\b(?:hears?|heard|sees?|saw) "
    r"(?:nothing|no\b|only|(?:an? )?(?:echo|noise|black|frozen|blurry|choppy))"
    r"|[听聽看]不太?[到见清見着了]|没[有能]?[听看][到见清]|不能[听看]|无法[听看进加连登]|[进连登]不[去来了上]"
    r"|[听看][^\n。;!?,]{0,12}?(?:(?<!不)卡|断断续续|花屏|黑屏|模糊|杂音|延迟|延时)|掉线|断线|被踢",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[\n。;!?]|\.(?=\s|$)")
_BOTH: Final = re.compile(r"互相|双方|两边|都|\bboth\b|\beach other\b|\bneither\b", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"(?:abnormal|affected|suffering)[ _-]?(?:side|party|person)?|(?:异常|受影响)的?一?[方侧端]?",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(
    r"(?:'s)? (?:side|end)\b| ?(?:那边|这边|那头|端|一?侧|一方)", re.IGNORECASE
)
_OWNED: Final = re.compile(r" ?\d{0,20} ?(?:的|'s\b)(?! ?(?:side|end)\b)")
_BAD: Final = re.compile(
    r"卡|黑屏|花屏|听不|看不|没有?声|没有?画|断|延|慢|模糊|糊"
    r"|freez|froze|frozen|black|lag|choppy|stuck|blurr|drop|echo|no sound|no picture",
    re.IGNORECASE,
)
_GOOD: Final = re.compile(
    r"正常|没问题|不卡|很好|流畅|\b(?:fine|ok|okay|normal|good)\b", re.IGNORECASE
)


def find_affected_side(tokens: Tokens) -> Side | None:
    """Return the side that had the problem according to a text, None for none or both."""
    for read in (_named, _subjects, _ends):
        sides = read(tokens)
        if sides:
            return sides.pop() if len(sides) == 1 else None
    return None


def _named(tokens: Tokens) -> set[Side]:
    """Read "abnormal_side: student", "异常方是学生"."""
    sides: set[Side] = set()
    for label in _NAMED.finditer(tokens.plain):
        index = tokens.before(label.end())
        while (token := tokens.at(index)) is not None and token.kind is TokenKind.LINK:
            index += 1
        if token is not None and token.side is not None:
            sides.add(token.side)
    return sides


def _subjects(tokens: Tokens) -> set[Side]:
    """Read "student cannot hear", "老师看不到"; both sides when a subject is both of them."""
    sides: set[Side] = set()
    people = [
        index
        for index, token in enumerate(tokens.all)
        if token.kind is TokenKind.OTHER
        or (token.kind is TokenKind.ROLE and not _is_owner(tokens, index))
    ]
    starts = [tokens.all[index].start for index in people]
    for trouble in _TROUBLE.finditer(tokens.plain):
        nearest = bisect_left(starts, trouble.start()) - 1
        if nearest >= 0:
            sides |= _sides_of(tokens, people[nearest], trouble.start())
    return sides


def _sides_of(tokens: Tokens, subject: int, verb: int) -> set[Side]:
    """Return the sides that are the subject of a verb, from the last person named before it."""
    token = tokens.all[subject]
    if token.side is None or verb - token.start > _REACH:
        return set()
    between = tokens.plain[token.end : verb]
    if _SENTENCE_END.search(between):
        return set()
    is_both = _BOTH.search(between) or _is_one_of_both(tokens, subject)
    return set(Side) if is_both else {token.side}


def _is_owner(tokens: Tokens, index: int) -> bool:
    """Return whether a person is only a possessor: 老师的声音, student of teacher 10001."""
    before, token = tokens.at(index - 1), tokens.all[index]
    if before is not None and before.lower == "the":
        before = tokens.at(index - 2)
    is_of = before is not None and before.lower == "of"
    return is_of or _OWNED.match(tokens.plain, token.end) is not None


def _is_one_of_both(tokens: Tokens, index: int) -> bool:
    """Return whether the other side is named right before, joined by "and"."""
    side, has_and = tokens.all[index].side, False
    for step in range(1, 6):
        token = tokens.at(index - step)
        if token is None:
            return False
        if token.side is not None:
            return has_and and token.side is not side
        has_and = has_and or (token.kind is TokenKind.JOIN and token.text != ",")
        if token.kind not in (TokenKind.JOIN, TokenKind.LINK, TokenKind.ID, TokenKind.NUMBER):
            return False
    return False


def _ends(tokens: Tokens) -> set[Side]:
    """Read "freezes on the student's side", "学生那边卡"; nothing when all is well there."""
    sides: set[Side] = set()
    start = 0
    for end in [
        *(match.end() for match in _SENTENCE_END.finditer(tokens.plain)),
        len(tokens.plain),
    ]:
        sentence = tokens.plain[start:end]
        if _BAD.search(sentence) and not _GOOD.search(sentence):
            sides |= _ends_within(tokens, start, end)
        start = end
    return sides


def _ends_within(tokens: Tokens, start: int, end: int) -> set[Side]:
    sides: set[Side] = set()
    for index in range(tokens.before(start), tokens.before(end)):
        token, behind = tokens.all[index], tokens.at(index + 1)
        if token.side is None:
            continue
        is_number = behind is not None and behind.kind is TokenKind.NUMBER
        last = behind if behind is not None and is_number else token
        if _ENDS.match(tokens.plain, last.end):
            sides.add(token.side)
    return sides
