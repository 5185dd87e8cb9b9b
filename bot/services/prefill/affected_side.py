"""The side with the problem, where a text names it clearly.

It is read clause by clause from the signs of its words (`vocabulary.py`): "the student (uid 20002)
can't hear me" is "S()hM".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Final

from bot.call import Side
from bot.services.prefill.vocabulary import SIDES

# Labels, numbers and names say nothing of sides; who speaks for the student stands for them.
_PLAIN: Final = str.maketrans("F\t%", "S,~", "i0956wudxnW")
_SPEAKER: Final = re.compile("O[~%aA]{0,4}:")  # 班主任小李：
_CALLED: Final = re.compile("^([TS]),(?=[IM])")  # 老师，我 ...
_SENTENCE_END: Final = re.compile(r"[.\n]")
_BAD: Final = frozenset("bBchj")
_WRITER: Final = re.compile(r"(?:Il|~~l)l?~?([TS])|^\)?([TS]):I")  # 我是老师; student: I ...
_GREETED: Final = re.compile("[TS]y|y[TS]")  # 老师你好
_IN_BRACKETS: Final = re.compile(r"\([^()]*(?:\)|$)")
_LABEL: Final = re.compile(r"E[eaA:l]{0,4}([TS])(?![sQ'])")  # 异常方：学生
# Nobody can hear the teacher, no audio from the teacher; the teacher cannot be heard by the student
_UNHEARD: Final = re.compile(r"(?:z[^HhTS]*[Hh][^TSIM]*|[bB]ml?)([TS])(?!.*M)")
_UNHEARD_BY: Final = re.compile(r"K.*?k[la]?([TSMI])")
_PERCEIVES_BADLY: Final = re.compile(r"h|H[^b]{0,12}?[bcB]")  # 听不到, 听...断断续续
_CUT_OFF: Final = re.compile(r"j|r.*J|J.*r")  # 掉线, error 110 when joining
_PAIR: Final = re.compile(r"[TS]l?&l?[TS][^TS]*$")  # the teacher and the student
_OWNED: Final = re.compile(r"'(?![eS])|[sQ]")  # behind an owner: 老师的, 老师声音
_OF: Final = re.compile("ol?$")  # the internet of the student
_FOR: Final = re.compile(r"(?:f[la]{0,2}(?=[TS])|(?<=[bc])f(?=M))(.)")  # frozen for the student
_PLACE: Final = re.compile(r"([TSIM])'?e(?!.*[TS])")  # 学生那边
_LOOSE_SOUND: Final = re.compile(r"(?:^|[^TSM'])s")  # a sound that is nobody's
_OTHER: Final = {"T": "S", "S": "T"}

Sentences = list[list[str]]


def find_affected_side(signs: str) -> str:
    """Return the side that had the problem according to a text, "" for none or both."""
    sentences = _sentences(signs)
    writer = _find_writer(sentences)
    clauses = [*itertools.chain.from_iterable(sentences)]
    places = [each for each in clauses if set("bchj") & set(each) and not set("gN") & set(each)]
    places = [each for each in places if not _LOOSE_SOUND.search(each)]
    readings = (
        _named(_LABEL, clauses, writer),
        _subjects(sentences, writer),
        _reporters(sentences),
        _named(_PLACE, places, writer),
        _contrast(sentences),
    )
    sides = next(filter(None, readings), set())
    return sides.pop().value if len(sides) == 1 else ""


def find_writer(signs: str) -> Side | None:
    """Return the side of who says "I am 10001", None when it is unclear.

    It is clear from what the writers say of themselves, or whom they greet, cannot hear or see,
    when they report nobody else's words and are no others, such as parents.
    """
    clauses = [each for each in itertools.chain(*_sentences(signs)) if _is_of_writer(each)]
    return None if set("OFv") & set(signs) else _find_writer([clauses])


def _is_of_writer(clause: str) -> bool:
    bad = _PERCEIVES_BADLY.search(clause)
    has_no_subject = bad is not None and not set(clause[: bad.start()]) & set(SIDES)
    return has_no_subject or bool(set("IM") & set(clause) or _GREETED.search(clause))


def _sentences(signs: str) -> Sentences:
    plain = _SPEAKER.sub("", _CALLED.sub(r"\1y,", signs)).translate(_PLAIN)
    return [list(filter(None, each.split(","))) for each in _SENTENCE_END.split(plain) if each]


def _find_writer(sentences: Sentences) -> Side | None:
    """Return the writer's side: as they say, or the other one of whom they write about."""
    clauses = [_IN_BRACKETS.sub("", each) for each in itertools.chain.from_iterable(sentences)]
    for named in filter(None, map(_WRITER.search, clauses)):
        return SIDES[named[1] or named[2]]
    if not any("Y" in clause for clause in clauses):  # a name alone may be the writer's own
        clauses = [clause for clause in clauses if clause not in SIDES]
    about = [set(clause) & {*SIDES} for clause in clauses if set("IM") & set(clause)]
    for signs in [*about, set("".join(clauses)) & {*SIDES}]:
        if len(signs) == 1:
            return SIDES[signs.pop()].other
    return None


def _sides(sign: str, writer: Side | None) -> set[Side]:
    side = writer if sign in ("I", "M") else SIDES.get(sign)
    return {side} if side else set()


def _named(pattern: re.Pattern[str], clauses: Iterable[str], writer: Side | None) -> set[Side]:
    found = itertools.chain.from_iterable(map(pattern.finditer, clauses))
    return {side for match in found for side in _sides(match[1], writer)}


def _subjects(sentences: Sentences, writer: Side | None) -> set[Side]:
    """Read "the student cannot hear", "老师掉线了"; both sides when a subject is both of them."""
    other = next((sign for sign, side in SIDES.items() if writer and side is writer.other), "")
    sides: set[Side] = set()
    for sentence in sentences:
        subject = owner = ""
        are_listed = any({*pair} == {*SIDES} for pair in itertools.pairwise(sentence))
        for clause in [each.replace("Y", other) for each in sentence]:
            named = {side.other for side in _named(_UNHEARD, [clause], writer)}
            named |= _named(_UNHEARD_BY, [clause], writer)
            named |= _named(_FOR, [clause] if _BAD & set(clause) else [], writer)
            sides |= named or _who_suffers(clause, subject, owner, writer)
            if not are_listed:
                subject = _actor(clause) or subject
                owner = _subject(clause, owner_counts=True) or owner
    return sides


def _who_suffers(clause: str, subject: str, owner: str, writer: Side | None) -> set[Side]:
    """Return who cannot hear, see, join or stay; `subject` and `owner` are of clauses before."""
    sides: set[Side] = set()
    for pattern in (_PERCEIVES_BADLY, _CUT_OFF):
        match = pattern.search(clause)
        if match is None or "N" in clause[: match.start()]:
            continue
        before, after = clause[: match.start()], clause[match.end() :]
        if "P" in clause or _PAIR.search(before):
            return set(SIDES.values())
        if pattern is _PERCEIVES_BADLY:
            sides |= _who_perceives_badly(before, after, subject, writer)
        elif not re.search("[sQ][^TSI]*$", before):
            until = _subject(clause[: match.end()], owner_counts=True)
            sides |= _sides(until or subject or owner, writer)
    return sides


def _who_perceives_badly(before: str, after: str, subject: str, writer: Side | None) -> set[Side]:
    """Return who cannot hear or see: without a subject, the other side of whom they cannot."""
    heard = [SIDES[sign] for sign in after if sign in SIDES]
    named = _subject(before)
    if heard and not named:
        return {heard[0].other}
    # 老师的声音听不到, Lily can't hear
    is_other = not named and {*SIDES, "A"} & set(before)
    return set() if is_other else _sides(named or subject, writer)


def _subject(clause: str, *, owner_counts: bool = False) -> str:
    """Return the sign of the last person who is no mere owner (老师的声音), "" for nobody."""
    for index in reversed(range(len(clause))):
        is_owner = _OWNED.match(clause, index + 1) and not owner_counts
        if clause[index] in "TSOI" and not is_owner and not _OF.search(clause[:index]):
            return clause[index]
    return ""


def _actor(clause: str) -> str:
    """Return the sign of who hears or sees, or else of the last person."""
    verb = re.search("[Hh]", clause)
    actor = _subject(clause[: verb.start()]) if verb else ""
    heard = re.search("[TS]", clause[verb.start() :]) if verb and not actor else None
    return _OTHER[heard[0]] if heard else actor or _subject(clause)


def _reporters(sentences: Sentences) -> set[Side]:
    """Read "the student says the teacher's video is blurry", "学生说画面卡".

    A student who names nobody reports what they saw; a teacher may report for the student.
    """
    sides: set[Side] = set()
    for sentence in sentences:
        subject = ""
        for clause in sentence:
            for report in re.finditer("v", clause if _BAD & set(clause) else ""):
                side = SIDES.get(_subject(clause[: report.start()]) or subject)
                said = set(clause[report.end() :])
                others = said & {*SIDES, "I", "M"}
                is_own = side is Side.STUDENT and not others and not set("scgY") & said
                sides |= {side} if side and (is_own or len(others) == 1) else set()
            subject = _subject(clause) or subject
    return sides


def _contrast(sentences: Sentences) -> set[Side]:
    """Read "学生老是卡，老师正常"."""
    for clauses in sentences:
        well = [each for each in clauses if set("gN") & set(each)]
        ill = [each for each in clauses if _BAD & set(each) and each not in well]
        good, bad = (set("".join(some)) & {*SIDES} for some in (well, ill))
        if len(bad) == len(good) == 1 and bad != good and "v" not in "".join(clauses):
            return {SIDES[bad.pop()]}
    return set()
