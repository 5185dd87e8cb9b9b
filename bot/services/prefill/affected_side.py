"""The side with the problem, where a text names it clearly.

It is read clause by clause from the kinds of words (`vocabulary.py`): "the student (uid 20002)
can't hear my voice" is " student cannot me-sound ".
"""

from __future__ import annotations

import re
from typing import Final

from bot.call import Side

_BOTH: Final = frozenset(each.value for each in Side)
_VALUES: Final = re.compile(  # labels with their values, and what says nothing of sides
    r"(?<= )(?:(?:teacher|student) (?:id )*: (?:number|own) "
    r"|(?:id|named|number|small|name|handle|code|own|word|other|person|channel|the) )"
)
_SOUND: Final = re.compile(r"(?<= )(?:(teacher|student|they)|m[ey]) (?:'s )?(?:sound )+")
_CALLED: Final = re.compile("^ teacher , (?=m[ey] )")  # 老师，我 ...
_WRITER: Final = re.compile(
    r" me is (?:is )?(teacher|student) | (teacher|student) is me |^ (teacher|student) : me "
)
_NAMES: Final = re.compile(
    r"(?<= )(?:staff : |my (?:'s )?|is |Word (?!cannot )"
    r"|(?:(?<=teacher )|(?<=student ))(?:Word|of (?:teacher|student)) )"
)
_GAP: Final = r"(?:(?!(?:bad|fine|cannot|says|teacher|student|me)\b|,)\S+ )*"
_WHO: Final = r"(teacher|student)"
# Who suffers, as a sentence says it: 异常方：学生; unheard by the student; frozen for the student;
# 学生那边卡; black screen on the student's side; 学生卡，老师正常
_AFFECTED: Final = tuple(
    re.compile(each)
    for each in (
        rf" affected (?:: )?{_WHO} (?!')",
        rf" unheard {_GAP}by {_WHO} ",
        rf" (?:bad|cut) (?:place )?for {_WHO} ",
        rf"^(?!.* (?:says|sound) ).* {_WHO} (?:'s )?place {_GAP}bad ",
        rf"^(?!.* (?:says|sound) ).* bad {_GAP}{_WHO} (?:'s )?place ",
        rf"^(?!.* (?:says|hears) ).* {_WHO}\S* bad , (?:.* )?(?!\1)(?:{_WHO}\S* fine|not {_WHO}) ",
    )
)
# Cannot hear; cut off; nobody hears; 听...断断续续; says the student's video is bad;
# a student who names nobody reports what they saw
_SUFFERS: Final = re.compile(
    rf" (?:cannot|cut|nobody (?!.* not ){_GAP}(?:hears|cannot)"
    rf"|hears (?:(?!bad|fine|cannot)\S+ ){{0,3}}bad"
    rf"|says {_GAP}(?:teacher|student|me)\S* {_GAP}(?:bad|silent)"
    r"|(?<=student )says (?:bad|silent))(?= )"
)
_SUBJECT: Final = re.compile(r" (teacher|student|me|staff|Word)(?= )")
_ROLE: Final = re.compile(r" (teacher|student)(?=[ '\-])")
_PAIR: Final = re.compile(" (?:both|teacher and student|student and teacher) ")


def find_affected_side(kinds: str) -> str:
    """Return the side that had the problem according to a text, "" for none or both."""
    sentences = _sentences(kinds.replace(" parent ", " student "))
    sides = {side for sentence in sentences for side in _affected(sentence)}
    return sides.pop() if len(sides) == 1 else ""


def _sentences(kinds: str) -> list[str]:
    """Return the sentences, with sides instead of "I", and of "they" whom the writer means."""
    plain = _VALUES.sub("", kinds).replace(" ( ) ", " ")
    plain = _SOUND.sub(lambda match: f"{match[1] or 'me'}-sound ", re.sub(r"[|()]", ",", plain))
    plain = plain.replace(" my place ", " me place ")
    texts = [f" {each.strip()} " for each in re.split(r"\.|newline", plain)]
    sentences = [_CALLED.sub(" teacher ", each) for each in texts]
    writer = _find_writer([clause for each in sentences for clause in _clauses(each)])
    text = "\n".join(_NAMES.sub("", each) for each in sentences)
    if writer:
        text = re.sub(r"\bme\b", writer, re.sub(r"\bthey\b", Side(writer).other.value, text))
    return text.split("\n")


def _clauses(sentence: str) -> list[str]:
    return [f" {each.strip()} " for each in sentence.split(",")]


def _find_writer(clauses: list[str]) -> str:
    """Return the writer's side: as they say, or the other one of whom they write about."""
    for match in filter(None, map(_WRITER.search, clauses)):
        return match[match.lastindex or 0]
    if not any(" they" in each for each in clauses):  # a label alone may be of the writer
        clauses = [each for each in clauses if each.strip() not in _BOTH]
    about = [set(_ROLE.findall(each)) for each in clauses if re.search(r"\bm[ey]\b", each)]
    for roles in [*about, set(_ROLE.findall("".join(clauses)))]:
        if len(roles) == 1:
            return Side(roles.pop()).other.value
    return ""


def _affected(sentence: str) -> set[str]:
    """Read who cannot hear, see, join or stay; both sides when both are the subject."""
    sides = {match[1] for each in _AFFECTED for match in each.finditer(sentence)}
    if sides:
        return sides
    labels: set[str] = set()
    subject = mentioned = ""
    for clause in _clauses(sentence):
        sides |= _who(clause, subject, mentioned)
        subject = _actor(clause) or subject
        mentioned = ["", *_ROLE.findall(clause)][-1] or mentioned
        labels |= {clause.strip()} & _BOTH
        # "Teacher 10001, student 20002, cannot hear"; "the teacher says the student is muted, ..."
        is_reported = " says " in clause and set(_ROLE.findall(clause)) == _BOTH
        if labels == _BOTH or is_reported:
            subject = mentioned = ""
    return sides


def _who(clause: str, subject: str, mentioned: str) -> set[str]:
    """Return who cannot hear, see, join or stay.

    Without a subject, of who cannot hear, it is the other side of whom they cannot.
    """
    sides: set[str] = set()
    for match in _SUFFERS.finditer(clause):
        before = clause[: match.start() + 1]
        subjects = _SUBJECT.findall(before)
        if " not " in before:
            continue
        if _PAIR.search(before) or " both " in clause:
            return set(_BOTH)
        if subjects:
            sides.add(subjects[-1])
        elif " you " in clause and subject == Side.TEACHER:  # 老师，听不到你
            continue
        elif match[0] == " cut":
            sides.add(subject or mentioned)
        elif heard := _ROLE.search(clause, match.start()):
            sides.add(Side(heard[1]).other.value)
        elif not _ROLE.search(before):  # 老师的声音听不到
            sides.add(subject)
    return sides & _BOTH


def _actor(clause: str) -> str:
    """Return who hears or sees, or else the last person."""
    verb = re.search(" (?:hears|cannot) ", clause)
    before = _SUBJECT.findall(clause[: verb.start() + 1]) if verb else []
    if verb and not before and (heard := _ROLE.search(clause, verb.start())):
        return Side(heard[1]).other.value
    subjects: list[str] = before or _SUBJECT.findall(clause)
    return subjects[-1] if subjects else ""
