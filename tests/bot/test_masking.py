from __future__ import annotations

import pytest

from bot.call import ERASED
from bot.masking import mask_uid, mask_uids_in


@pytest.mark.parametrize(
    ("uid", "expected"),
    [("10001", "•••01"), ("1234", "•••34"), ("123", "•••"), ("7", "•••"), ("", "•••")],
)
def test_mask(uid: str, expected: str) -> None:
    """The last two characters are visible, unless they are nearly all of it."""
    assert expected == mask_uid(uid)


def test_uids_of_a_ticket_as_json() -> None:
    """Uids are masked wherever they are; channels and numbers stay."""
    row = {
        "number": 12,
        "cname": "20002",
        "student_uid": "20002",
        "teacher_uid": ERASED,
        "verdict": {
            "uid": None,
            "evidence": [{"uid": "20002", "peer": "10001", "value": 20002}],
            "missing": [{"detail": "20002"}, {"detail": "class_77_1"}],
            "uids_in_call": ["30003"],
        },
    }
    assert mask_uids_in(row, {"20002"}) == {
        "number": 12,
        "cname": "20002",
        "student_uid": "•••02",
        "teacher_uid": ERASED,
        "verdict": {
            "uid": None,
            "evidence": [{"uid": "•••02", "peer": "•••01", "value": 20002}],
            "missing": [{"detail": "•••02"}, {"detail": "class_77_1"}],
            "uids_in_call": ["•••03"],
        },
    }
