"""Parses sentences and a command's arguments into hints for the report form."""

from __future__ import annotations

import datetime as dt
import re
import string
from dataclasses import dataclass, replace
from typing import Final

from bot.call import IssueType, Side
from bot.services.prefill.affected_side import find_affected_side, label_writer
from bot.services.prefill.cleaning import CleanText, clean, clean_name
from bot.services.prefill.labels import mark
from bot.services.prefill.names import CNAME_LENGTH, find_names
from bot.services.prefill.tables import parse_table
from bot.services.prefill.times import NamedTime, find_time
from bot.services.prefill.vocabulary import NOT_ROOM, ROOM, ROOM_ZH, STUDENT, TEACHER

COMMENT_LENGTH: Final = 1000
_LENGTH_READ: Final = 10_000
_LABELS: Final = (TEACHER, STUDENT, ROOM, ROOM_ZH)
_LENGTH_OF_TIMES: Final = 2000
_ISSUE_TYPES: Final = {
    IssueType.CLASS_SWITCHED: re.compile(r"切(?:课|\u8ab2)|class switch", re.IGNORECASE),
    IssueType.HELP: re.compile(r"求助|\bhelp request", re.IGNORECASE),
    IssueType.COMPLAINT: re.compile(r"(?<!不是)投[诉訴]|\bcomplain", re.IGNORECASE),
}
_NAME_SIGNS: Final = f"{string.ascii_letters}{string.digits}_.@+-"
# The arguments of /report: a name, quoted when it has blanks, then up to two uids.
_NAME: Final = re.compile(
    r"\s*(?:\"(?P<quoted>[^\"\n]{1,64})\"|'(?P<single>[^'\n]{1,64})'|`(?P<code>[^`\n]{1,64})`"
    r"|(?P<bare>[!-~]{1,80}))(?:\s*[,。、])?(?=\s|$)"
)
_UID: Final = re.compile(
    r"\s*#?([0-9]{1,20}|(?=[A-Za-z.\-]*[0-9_])[A-Za-z0-9_.@+\-]{1,64})[,.。、]?(?=\s|$)"
)
_GLUED: Final = re.compile(r",\d")  # class_77_1,10001,20002


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
    return _with_circumstances(_parse_names(cleaned), cleaned, written_at)


def _with_circumstances(
    report: PrefilledReport, text: CleanText, written_at: dt.datetime | None
) -> PrefilledReport:
    """Add the time and the issue type that a text names."""
    start = text.before(_LENGTH_OF_TIMES)
    types = [kind for kind, words in _ISSUE_TYPES.items() if words.search(start.plain)]
    return replace(
        report,
        issue_type=str(int(types[0])) if len(types) == 1 else "",
        time=find_time(start, written_at) if written_at else None,
    )


def _parse_names(cleaned: CleanText) -> PrefilledReport:
    plain = _limit(cleaned.plain)
    text = mark(plain)
    names = {**find_names(label_writer(text)), **parse_table(plain)}
    return PrefilledReport(
        cname=names["cname"],
        teacher_uid=names["teacher"],
        student_uid=names["student"],
        abnormal_side=_affected_side(text),
        comments=_comment(cleaned),
    )


def parse_arguments(text: str, written_at: dt.datetime | None = None) -> PrefilledReport:
    """Read `[cname] [teacher_uid] [student_uid] [comment...]`, or else a sentence."""
    cleaned = clean(text)
    report = _read_positions(cleaned) or _parse_names(cleaned)
    return _with_circumstances(report, cleaned, written_at)


def _read_positions(text: CleanText) -> PrefilledReport | None:
    """Read arguments by their position, None when they are in another order."""
    name = _NAME.match(text.plain)
    if name is None:
        return None
    cname = _name_of(name)
    rest = text.after(name.end())
    if not cname or not rest.plain.strip():
        return PrefilledReport(cname=cname) if cname else None
    uids, comment = _take_uids(rest)
    is_named = name["bare"] is None or not cname.isalpha() or len(uids) > 1
    if not uids or not is_named or (len(uids) == 1 and _starts_with_label(comment.plain)):
        return None
    return PrefilledReport(
        cname=cname,
        teacher_uid=uids[0],
        student_uid=uids[1] if len(uids) > 1 else "",
        abnormal_side=_affected_side(mark(comment.plain)),
        comments=_comment(comment),
    )


def _name_of(name: re.Match[str]) -> str:
    """Return the channel's name in the first argument, "" when that is something else."""
    bare = name["bare"]
    if bare is None:
        return (name["quoted"] or name["single"] or name["code"]).strip()
    bare = clean_name(bare)
    if len(bare) > CNAME_LENGTH or _GLUED.search(bare) or _starts_with_label(bare):
        return ""
    return bare


def _starts_with_label(plain: str) -> bool:
    return mark(plain[:COMMENT_LENGTH].lstrip())[:1] in _LABELS


def _take_uids(rest: CleanText) -> tuple[list[str], CleanText]:
    """Remove up to two uids from the start; two words are uids only together."""
    uids: list[str] = []
    comment = rest
    while len(uids) < len(Side) and (match := _UID.match(comment.plain)):
        if not _is_uid(match[1], comment.plain[match.start(1) :]):
            break
        uids.append(match[1])
        comment = comment.after(match.end())
    if len(uids) == 1 and not uids[0].isdigit():
        return [], rest
    return uids, comment


def _is_uid(word: str, plain: str) -> bool:
    is_name = word.isdigit() or not NOT_ROOM.fullmatch(word)
    return is_name and mark(plain[:COMMENT_LENGTH]).startswith(word)


def _limit(plain: str) -> str:
    """Return the start of a text, without a name cut in half at its end."""
    if len(plain) <= _LENGTH_READ:
        return plain
    return plain[:_LENGTH_READ].rstrip(_NAME_SIGNS)


def _comment(text: CleanText) -> str:
    return text.readable.strip()[:COMMENT_LENGTH].rstrip()


def _affected_side(text: str) -> str:
    side = find_affected_side(text)
    return "" if side is None else side.value
