"""Masking of uids, on surfaces and in data that more people see than the call's own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from bot.call import ERASED

_VISIBLE_CHARACTERS: Final = 2
_UID_FIELDS: Final = frozenset(
    ("teacher_uid", "student_uid", "abnormal_uid", "uid", "peer", "uids_in_call")
)
_SOMETIMES_UID: Final = "detail"  # of missing data; of a missing call it is the channel


def mask_uid(uid: str) -> str:
    """Mask a uid; of a longer one the last two characters stay, to tell two people apart."""
    return "•••" + (uid[-_VISIBLE_CHARACTERS:] if len(uid) > _VISIBLE_CHARACTERS + 1 else "")


def mask_uids_in(value: Any, known: Collection[str], field: str = "") -> Any:
    """Mask the uids in a ticket or a verdict as JSON; `known` are those of the ticket."""
    if isinstance(value, dict):
        return {name: mask_uids_in(each, known, name) for name, each in value.items()}
    if isinstance(value, list):
        return [mask_uids_in(each, known, field) for each in value]
    is_uid = field in _UID_FIELDS or (field == _SOMETIMES_UID and value in known)
    return mask_uid(value) if is_uid and value and value != ERASED else value
