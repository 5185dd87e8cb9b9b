"""The side with the problem, where a text names it clearly.

People are replaced by signs, so that the grammar stays small: "the student (uid 20002) can't hear
me" is read as "the S can't hear M". A text is read clause by clause.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from bot.call import Side
from bot.services.prefill.vocabulary import FAMILY, ID, NOISE, OTHER, STUDENT, TEACHER

_T, _S, _O = TEACHER, STUDENT, OTHER
_I, _ME = "\ue010", "\ue011"  # the writer, as "I" and as "me"
_SIGNS: Final = {_T: Side.TEACHER, _S: Side.STUDENT}
_MORE_SIGNS: Final = {r"\bi\b|我": _I, r"\bm[ey]\b": _ME, FAMILY: _S}
_UID_BEHIND: Final = re.compile(
    rf"([{_T}{_S}{_O}])[ ([{ID}:=#,'\"]{{0,5}}\d{{2,20}}(?:[)\]\"]|'(?!s))?(?!\w)", re.ASCII
)
_REACH: Final = 60  # characters between a subject and its verb
_NOT: Final = (
    r"\b(?:can ?not|can'?t|could ?n[o']t|couldnt|could not|unable to|not able to|no longer|never"
    r"|(?:do|does|did|is|was|were) ?n[o']t|(?:do|does|did|is|was|were) not)"
)
_POOR: Final = r"nothing|no\b|only|(?:an? )?(?:echo|noise|black|frozen|freez|blurr|choppy)"
_PERCEIVES_BADLY: Final = re.compile(
    rf"{_NOT}(?: \w{{1,12}}){{0,2}}? (?:hear|see|view|watch|listen|understand)\b"
    r"|\bnot (?:hear|see)\b|\b(?:trouble|problems?|difficult(?:y|ies))(?: in)? (?:hearing|seeing)\b"
    r"|\b(?:hears?|heard|sees?|saw|has|had|gets?|got)"
    rf"(?: (?:[{_T}{_S}{_ME}]|\w{{1,12}})){{0,2}}? (?:{_POOR})"
    r"|(?:[听看]|hear|see)不太?[到见清着了懂]|没[有能]?[听看][到见清]|不能[听看]|无法[听看]"
    r"|[听看][^\n]{0,12}?(?:(?<!不)卡|断断续续|花屏|黑屏|模糊|杂音|回[声音]|噪音|延迟|延时)",
    re.IGNORECASE,
)
_IS_CUT_OFF: Final = re.compile(
    rf"{_NOT}(?: \w{{1,12}}){{0,2}}? (?:join|enter|connect|log ?in|get in(?:to)?|load)\b"
    r"|\b(?:trouble|problems?|difficult(?:y|ies))(?: in)? joining\b|\berror\b.{0,30}\bjoin"
    r"|\b(?:kicked|dropped from|los(?:t|es|ing) (?:the )?connection|disconnect(?:s|ed|ing)?)\b"
    r"|\b(?:keeps?|kept|was|got|gets|is) dropp(?:ing|ed)\b"
    r"|[进连登入]不[去来了上]|无法[进加连登]|加载不出|掉线|断线|被踢|闪退",
    re.IGNORECASE,
)
_UNHEARD_BY: Final = re.compile(
    rf"{_NOT} be (?:heard|seen)\b.{{0,20}}? by (?:the )?([{_T}{_S}{_I}])", re.IGNORECASE
)
_NOBODY: Final = re.compile(
    rf"\b(?:nobody|no one|none)\b.{{0,30}}? (?:hears?|sees?)\b.{{0,10}}?([{_T}{_S}])"
    rf"|没人.{{0,4}}?[听看].{{0,3}}?([{_T}{_S}])",
    re.IGNORECASE,
)
_EACH_OTHER: Final = re.compile(
    r"互相|双方|两边|\bboth\b|\beach other\b|\bneither\b", re.IGNORECASE
)
_PAIR: Final = re.compile(
    rf"[{_T}{_S}]\W{{0,2}}(?:and(?: the)?|和|与|跟|及|&|/)\W?[{_T}{_S}][^{_T}{_S}]*$"
    rf"|[{_T}{_S}]\W?[{_T}{_S}]\W?都$",
    re.IGNORECASE,
)
_WRITER: Final = re.compile(
    rf"(?:{_I}(?:'m| am|是)|\bthis is)(?: the| an?|一?[名个位])?\s?([{_T}{_S}])"
    rf"|^[\s>]*([{_T}{_S}]): ?{_I}",
    re.IGNORECASE,
)
_PEOPLE: Final = f"[{_T}{_S}{_O}{FAMILY}]"
_WRITER_UID: Final = re.compile(
    rf"(?:\bi am|\bi'm|我是|(?:\bmy|我的?) ?{ID}+(?: ?(?:is\b|[:=是为]))?)[ {ID}:=#]{{0,4}}"
    r"(?<![\w.\-])(?P<uid>\d{4,10})(?![\w\-]|\.\w)"
    rf"(?! ?(?:{ID}|的|'s|is an?|is the){{0,2}} ?{_PEOPLE}"
    rf"|,? ?(?:an?|the)? ?{_PEOPLE} ?(?:$|[,.;。、\n]))",
    re.IGNORECASE | re.ASCII,
)
_GREETED: Final = re.compile(
    rf"[{_T}{_S}] ?[您你]?好|\b(?:hi|hello|dear) [{_T}{_S}]", re.IGNORECASE
)
_THIRD_PERSON: Final = re.compile(r"[他她]|\b(?:s?he|they|him|her|them)\b", re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(r"\([^()]{0,40}(?:\)|$)")
_OWNED: Final = re.compile(
    r" ?(?:(?:的|'s\b)(?! ?(?:side|end|mom|mother|dad|father|parents?)\b)"
    r"|声音|画面|视频|图像|麦克风|摄像头|网络|屏幕|课件)"
)
_OF: Final = re.compile(r"\bof (?:the )?$", re.IGNORECASE)
_REPORTS: Final = re.compile(
    r"说|反映|反馈|表示|投诉|\b(?:says?|said|report(?:s|ed)|complain(?:s|ed))\b", re.IGNORECASE
)
# Sound of poor quality, which a reporter may only know from others.
_POOR_SOUND: Final = re.compile(
    r"(?<!没)(?<!没有)声音|[杂噪回]音|回声|(?<!no )\b(?:audio|sound|voice|mic|echo)", re.IGNORECASE
)
_FOR: Final = re.compile(rf"\bfor (?:the )?([{_T}{_S}])", re.IGNORECASE)
_END: Final = re.compile(
    rf"([{_T}{_S}])(?:'s)? ?(?:那边|这边|那头|端|一?侧|一方|side\b|end\b)", re.IGNORECASE
)
_LABEL: Final = re.compile(
    r"(?:(?:abnormal|affected|suffering)[ _-]?(?:side|party|person)?"
    r"|(?:异常|受影响)的?一?[方侧端]?)"
    rf"\W{{0,4}}(?:is |was |the |是|为)*([{_T}{_S}])",
    re.IGNORECASE,
)
_BAD: Final = re.compile(
    r"卡|黑屏|花屏|听不|看不|没有?声|没有?画|断|延|慢|模糊|糊|声音.{0,3}小|定格"
    r"|freez|froze|black|lag|choppy|stuck|blurr|drop|echo|robotic|disappear|cut"
    r"|no (?:sound|audio|picture|video)",
    re.IGNORECASE,
)
_GOOD: Final = re.compile(
    r"正常|没问题|不卡|很好|流畅|\b(?:fine|ok|okay|normal|good)\b", re.IGNORECASE
)
_DENIED: Final = re.compile(r"不是|\bnot the\b", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[\n。;!?]|\.(?=\s|$)")
_CLAUSE_END: Final = re.compile(r"[,、]|\bbut\b|但是?", re.IGNORECASE)


Sentences = list[list[str]]


def find_affected_side(text: str) -> Side | None:
    """Return the side that had the problem according to a text, None for none or both."""
    sentences = _sentences(text)
    for read in (_labelled, _subjects, _hearers, _places, _contrast):
        sides = read(sentences)
        if sides:
            return sides.pop() if len(sides) == 1 else None
    return None


def label_writer(text: str) -> str:
    """Replace "I am 10001" by "teacher 10001" or "student 10001"; remove it when unclear.

    It is clear from what the writers say of themselves, or whom they greet, cannot hear or see,
    when they report nobody else's words and are no others, such as parents.
    """
    uids = {match["uid"] for match in _WRITER_UID.finditer(text)}
    clauses = [each for each in itertools.chain(*_sentences(text)) if _is_of_writer(each)]
    is_clear = len(uids) == 1 and not {_O, FAMILY} & set(text) and not _REPORTS.search(text)
    writer = _find_writer([clauses]) if is_clear else None
    sign = next((sign for sign, side in _SIGNS.items() if side is writer), "")
    return _WRITER_UID.sub(rf"{sign} \g<uid>, " if sign else NOISE, text)


def _is_of_writer(clause: str) -> bool:
    bad = _PERCEIVES_BADLY.search(clause)
    has_no_subject = bad is not None and not set(clause[: bad.start()]) & set(_SIGNS)
    return has_no_subject or bool({_I, _ME} & set(clause) or _GREETED.search(clause))


def _sentences(text: str) -> Sentences:
    return [_split(_CLAUSE_END, each) for each in _split(_SENTENCE_END, _with_signs(text))]


def _with_signs(text: str) -> str:
    """Replace the writer and who speaks for the student, and leave out the uids of people."""
    for pattern, sign in _MORE_SIGNS.items():
        text = re.sub(pattern, sign, text, flags=re.IGNORECASE)
    return _UID_BEHIND.sub(r"\1", text)


def _split(ends: re.Pattern[str], text: str) -> list[str]:
    return [part for part in ends.split(text) if part.strip()]


def _labelled(sentences: Sentences) -> set[Side]:
    """Read "abnormal_side: student", "异常方是学生"."""
    text = "\n".join(itertools.chain.from_iterable(sentences))
    return {_SIGNS[label[1]] for label in _LABEL.finditer(text)}


def _subjects(sentences: Sentences) -> set[Side]:
    """Read "the student cannot hear", "老师掉线了"; both sides when a subject is both of them."""
    writer = _find_writer(sentences)
    sides: set[Side] = set()
    for clauses in sentences:
        subject = owner = ""
        pairs = itertools.pairwise(each.strip() for each in clauses)
        are_listed = any({*pair} == {_T, _S} for pair in pairs)
        for clause in clauses:
            sides |= _who_is_not_heard(clause, writer) or _who_suffers(
                clause, subject, owner, writer
            )
            if not are_listed:
                subject = _subject(clause) or subject
                owner = _subject(clause, owner_counts=True) or owner
    return sides


def _find_writer(sentences: Sentences) -> Side | None:
    """Return the writer's side: as they say, or the other one of whom they write about."""
    clauses = [_IN_BRACKETS.sub("", each) for each in itertools.chain.from_iterable(sentences)]
    for clause in clauses:
        if named := _WRITER.search(clause):
            return _SIGNS[named[1] or named[2]]
    if not any(map(_THIRD_PERSON.search, clauses)):  # a name alone may be the writer's own
        clauses = [clause for clause in clauses if clause.strip() not in _SIGNS]
    said = [set(clause) for clause in clauses]
    about = [signs & set(_SIGNS) for signs in said if {_I, _ME} & signs]
    for signs in [*about, set().union(*said) & set(_SIGNS)]:
        if len(signs) == 1:
            return _SIGNS[signs.pop()].other
    return None


def _who_is_not_heard(clause: str, writer: Side | None) -> set[Side]:
    """Read "nobody can hear the teacher", "the student cannot be heard by me"."""
    if nobody := _NOBODY.search(clause):
        return {_SIGNS[nobody[1] or nobody[2]].other}
    passive = _UNHEARD_BY.search(clause)
    return _sides(passive[1], writer) if passive else set()


def _who_suffers(clause: str, subject: str, owner: str, writer: Side | None) -> set[Side]:
    """Return who cannot hear, see, join or stay; `subject` and `owner` are of clauses before.

    Without a subject, it is the other side of whom they cannot hear, or a device's owner.
    """
    hears_badly = _PERCEIVES_BADLY.search(clause)
    match = hears_badly or _IS_CUT_OFF.search(clause)
    if match is None:
        return set()
    before = clause[: match.start()]
    if _EACH_OTHER.search(clause) or _PAIR.search(before):
        return set(Side)
    if hears_badly is None:
        owner = _subject(clause[: match.end()], owner_counts=True) or subject or owner
        return _sides(owner, writer)
    heard = [_SIGNS[sign] for sign in clause[match.end() :] if sign in _SIGNS]
    named = _subject(before)
    if heard and not named:
        return {heard[0].other}
    is_owned = not named and set(before) & set(_SIGNS)  # 老师的声音听不到
    return set() if is_owned else _sides(named or subject, writer)


def _subject(text: str, *, owner_counts: bool = False) -> str:
    """Return the sign of the last person who is no mere owner (老师的声音), "" for nobody."""
    for index in range(len(text) - 1, max(len(text) - _REACH, 0) - 1, -1):
        is_owner = _OWNED.match(text, index + 1) is not None and not owner_counts
        if text[index] in (_T, _S, _O, _I) and not is_owner and not _OF.search(text[:index]):
            return text[index]
    return ""


def _sides(sign: str, writer: Side | None) -> set[Side]:
    side = writer if sign == _I else _SIGNS.get(sign)
    return set() if side is None else {side}


def _hearers(sentences: Sentences) -> set[Side]:
    """Read "the student says the teacher's video is blurry", "frozen for the student".

    A student who names nobody, as in "学生说画面卡", reports what they saw; a teacher may report
    for the student.
    """
    sides: set[Side] = set()
    for clause in itertools.chain.from_iterable(sentences):
        if not _BAD.search(clause):
            continue
        sides |= {_SIGNS[match[1]] for match in _FOR.finditer(clause)}
        for report in _REPORTS.finditer(clause):
            reporter = _SIGNS.get(_subject(clause[: report.start()]))
            said = clause[report.end() :]
            others = set(said) & {*_SIGNS, _I, _ME}
            unclear = any(each.search(said) for each in (_POOR_SOUND, _GOOD, _THIRD_PERSON))
            is_own = reporter is Side.STUDENT and not others and not unclear
            sides |= {reporter} if reporter and (is_own or len(others) == 1) else set()
    return sides


def _places(sentences: Sentences) -> set[Side]:
    """Read "freezes on the student's side", "学生那边卡"; nothing when all is well there."""
    return {
        _SIGNS[end[1]]
        for clause in itertools.chain.from_iterable(sentences)
        if _BAD.search(clause) and not _GOOD.search(clause) and not _DENIED.search(clause)
        for end in _END.finditer(clause)
    }


def _contrast(sentences: Sentences) -> set[Side]:
    """Read "学生老是卡，老师正常"."""
    for clauses in sentences:
        if any(map(_REPORTS.search, clauses)):
            continue
        well = [each for each in clauses if _GOOD.search(each)]
        ill = [each for each in clauses if _BAD.search(each) and each not in well]
        good, bad = (set("".join(some)) & set(_SIGNS) for some in (well, ill))
        if len(bad) == len(good) == 1 and bad != good:
            return {_SIGNS[bad.pop()]}
    return set()
