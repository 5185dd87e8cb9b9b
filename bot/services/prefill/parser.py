"""Parses sentences and a command's arguments into hints for the report form."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from string import ascii_letters, digits
from typing import Final

from bot.call import IssueType
from bot.services.prefill.affected_side import find_affected_side
from bot.services.prefill.cleaning import CleanText, clean, clean_name
from bot.services.prefill.names import find_names
from bot.services.prefill.times import NamedTime, find_time
from bot.services.prefill.tokens import CNAME_LENGTH, Words, tokenize
from bot.services.prefill.vocabulary import UNITS

COMMENT_LENGTH: Final = 1000
_LENGTH_READ: Final = 10_000
_LENGTH_OF_TIMES: Final = 2000
_ISSUE_TYPES: Final = {
    IssueType.CLASS_SWITCHED: re.compile(r"切(?:课|\u8ab2)|class switch", re.IGNORECASE),
    IssueType.HELP: re.compile(r"求助|\bhelp request", re.IGNORECASE),
    IssueType.COMPLAINT: re.compile(r"(?<!不是)投[诉訴]|\bcomplain", re.IGNORECASE),
}
# The arguments of /report: a name, quoted when it has blanks, then up to two uids.
_END: Final = r"[,.。、]?(?=\s|$)"
_UID: Final = r"-\d{7,10}|\d{1,20}|\w{0,32}_\w{1,32}"
_NO_UNIT: Final = rf"{_END}(?!{UNITS})"
_ARGUMENTS: Final = re.compile(
    rf"\s*(?:([\"'`])(?P<quoted>[^\"'`\n]{{1,64}})\1|(?P<bare>[!-+\--~]{{1,80}}?)){_END}"
    rf"(?:\s+#?(?P<teacher>{_UID}){_NO_UNIT}(?:\s+#?(?P<student>{_UID}){_NO_UNIT})?|\s*$)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PrefilledReport:
    """Values for the report form; "" for what a text does not give, or not clearly.

    `abnormal_side` is `teacher` or `student`, `issue_type` the number of an `IssueType`.
    `time` is None when the text names none. `comments` are at most 1000 characters, without a
    chat's entities.
    """

    cname: str = ""
    teacher_uid: str = ""
    student_uid: str = ""
    abnormal_side: str = ""
    comments: str = ""
    time: NamedTime | None = None
    issue_type: str = ""


def parse_sentence(text: str, written_at: dt.datetime | None = None) -> PrefilledReport:
    """Parse a message in ordinary English or Chinese; ambiguous fields are empty.

    `written_at` is in the writer's zone. Names are searched in the first ten thousand
    characters, to limit the time.
    """
    cleaned = clean(text)
    return _with_circumstances(_read_sentence(cleaned), cleaned, written_at)


def parse_arguments(text: str, written_at: dt.datetime | None = None) -> PrefilledReport:
    """Read `[cname] [teacher_uid] [student_uid] [comment...]`, or else a sentence."""
    cleaned = clean(text)
    report, rest = _read_positions(cleaned) or (_read_sentence(cleaned), cleaned)
    return _with_circumstances(report, rest, written_at)


def _with_circumstances(
    report: PrefilledReport, text: CleanText, written_at: dt.datetime | None
) -> PrefilledReport:
    """Add the time and the issue type that a text names."""
    if not text.plain:
        return report
    start = text.before(_LENGTH_OF_TIMES)
    types = [kind for kind, words in _ISSUE_TYPES.items() if words.search(start.plain)]
    return replace(
        report,
        issue_type=str(int(types[0])) if len(types) == 1 else "",
        time=find_time(start, written_at) if written_at else None,
    )


def _read_sentence(cleaned: CleanText) -> PrefilledReport:
    text = tokenize(_start(cleaned.plain))
    return PrefilledReport(*find_names(text), find_affected_side(text.kinds), _comment(cleaned))


def _read_positions(text: CleanText) -> tuple[PrefilledReport, CleanText] | None:
    """Read arguments by their position, and return the rest; None when the order is another."""
    match = _ARGUMENTS.match(text.plain)
    if match is None:
        return None
    cname = clean_name(match["quoted"] or match["bare"])
    teacher_uid, student_uid = match["teacher"] or "", match["student"] or ""
    comment = text.after(match.end())
    words = tokenize(_start(comment.plain))
    # class_77_1 20002 学生听不到: one uid alone may be the student's
    is_order = student_uid or not teacher_uid or (teacher_uid.isdigit() and not cname.isalpha())
    is_label = (_starts_with_label(words) and not student_uid) or _starts_with_label(
        tokenize(cname)
    )
    if not is_order or is_label or not 0 < len(cname) <= CNAME_LENGTH:
        return None
    side = find_affected_side(words.kinds)
    return PrefilledReport(cname, teacher_uid, student_uid, side, _comment(comment)), comment


def _starts_with_label(words: Words) -> bool:
    return words.kinds.startswith((" newline teacher ", " newline student ", " newline channel "))


def _start(plain: str) -> str:
    """Return the start of a text, without a name cut in half at its end."""
    is_long = len(plain) > _LENGTH_READ
    return plain[:_LENGTH_READ].rstrip(ascii_letters + digits + "_.@+-") if is_long else plain


def _comment(text: CleanText) -> str:
    return text.readable.strip()[:COMMENT_LENGTH].rstrip()
