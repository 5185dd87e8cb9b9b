"""Parses sentences and a command's arguments into hints for the report form."""

from __future__ import annotations

import datetime as dt
import re
import string
from dataclasses import dataclass, replace
from typing import Final

from bot.call import IssueType
from bot.services.prefill.affected_side import find_affected_side, find_writer
from bot.services.prefill.cleaning import CleanText, clean, clean_name
from bot.services.prefill.names import find_names
from bot.services.prefill.times import NamedTime, find_time
from bot.services.prefill.tokens import tokenize
from bot.services.prefill.vocabulary import CNAME_LENGTH

COMMENT_LENGTH: Final = 1000
_LENGTH_READ: Final = 10_000
_LENGTH_OF_TIMES: Final = 2000
_ISSUE_TYPES: Final = {
    IssueType.CLASS_SWITCHED: re.compile(r"切(?:课|\u8ab2)|class switch", re.IGNORECASE),
    IssueType.HELP: re.compile(r"求助|\bhelp request", re.IGNORECASE),
    IssueType.COMPLAINT: re.compile(r"(?<!不是)投[诉訴]|\bcomplain", re.IGNORECASE),
}
_NAME_SIGNS: Final = f"{string.ascii_letters}{string.digits}_.@+-"
# The arguments of /report: a name, quoted when it has blanks, then up to two uids.
_UID: Final = r"(?:[0-9]{1,20}|(?=[A-Za-z.\-]*[0-9_])[A-Za-z0-9_.@+\-]{1,64}?)"
_END: Final = r"[,.。、]?(?=\s|$)"
_ARGUMENTS: Final = re.compile(
    r"\s*(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\n]{1,64})(?P=quote)|(?P<bare>[!-~]{1,80}))"
    rf"(?:\s*[,。、])?(?:\s+#?(?P<uid>{_UID}){_END}(?:\s+#?(?P<next>{_UID}){_END})?|\s*$)"
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
    return _with_circumstances(_read_sentence(cleaned), cleaned, written_at)


def parse_arguments(text: str, written_at: dt.datetime | None = None) -> PrefilledReport:
    """Read `[cname] [teacher_uid] [student_uid] [comment...]`, or else a sentence."""
    cleaned = clean(text)
    report = _read_positions(cleaned) or _read_sentence(cleaned)
    return _with_circumstances(report, cleaned, written_at)


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


def _read_sentence(cleaned: CleanText) -> PrefilledReport:
    text = tokenize(_start(cleaned.plain))
    cname, teacher_uid, student_uid = find_names(text, find_writer(text.signs))
    side = find_affected_side(text.signs)
    return PrefilledReport(cname, teacher_uid, student_uid, side, _comment(cleaned))


def _read_positions(text: CleanText) -> PrefilledReport | None:
    """Read arguments by their position, None when they are in another order."""
    match = _ARGUMENTS.match(text.plain)
    if match is None:
        return None
    bare = clean_name(match["bare"] or "")
    cname = bare or (match["quoted"] or "").strip()
    if not cname or len(bare) > CNAME_LENGTH or _GLUED.search(bare) or _starts_with_label(bare):
        return None
    uids = _uids(match, text.plain)
    comment = text.after(match.start("next") if len(uids) == 1 and match["next"] else match.end())
    is_name = bare == "" or not bare.isalpha() or len(uids) > 1 or not match["uid"]
    is_uid = len(uids) != 1 or (uids[0].isdigit() and not _starts_with_label(comment.plain))
    if not is_name or not is_uid or (match["uid"] and not uids):
        return None
    teacher_uid, student_uid, *_ = *uids, "", ""
    side = find_affected_side(tokenize(_start(comment.plain)).signs)
    return PrefilledReport(cname, teacher_uid, student_uid, side, _comment(comment))


def _starts_with_label(plain: str) -> bool:
    return tokenize(plain[:COMMENT_LENGTH]).signs[:1] in tuple("TSRZ")


def _uids(match: re.Match[str], plain: str) -> list[str]:
    """Return the arguments after the name as long as they are uids, and not "20 minutes"."""
    words = tokenize(plain[match.start("uid") :][:COMMENT_LENGTH])
    uids = [uid for uid in (match["uid"], match["next"]) if uid]
    read = [each for each in zip(words.words, words.signs, strict=True) if each[1] not in ",.\t"]
    pairs = zip(uids, read, strict=False)
    return [uid for uid, (word, sign) in pairs if uid == word and sign in "0956wu"]


def _start(plain: str) -> str:
    """Return the start of a text, without a name cut in half at its end."""
    if len(plain) <= _LENGTH_READ:
        return plain
    return plain[:_LENGTH_READ].rstrip(_NAME_SIGNS)


def _comment(text: CleanText) -> str:
    return text.readable.strip()[:COMMENT_LENGTH].rstrip()
