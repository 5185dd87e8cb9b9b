"""Tables in a text: a line of labels, and the values in the lines below."""

from __future__ import annotations

from typing import Final

import pytest

from bot.services.prefill import parse_sentence

CALL: Final = ("class_77", "10001", "20002")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cname | teacher | student\nclass_77 | 10001 | 20002", CALL),
        ("| cname | teacher | student |\n|---|---|---|\n| class_77 | 10001 | 20002 |", CALL),
        ("cname,teacher,student\nclass_77,10001,20002", CALL),
        ("cname\tteacher\tstudent\nclass_77\t10001\t20002", CALL),
        ("cname teacher student\nclass_77 10001 20002", CALL),
        ("student | teacher | cname\n20002 | 10001 | class_77", CALL),
        ("hello\ncname,teacher,student\n\nclass_77,10001,20002\nbye", CALL),
        ("room,teacher\n`class_77`,'10001'", ("class_77", "10001", "")),
        ("cname,time,teacher\nclass_77,noon,10001", ("class_77", "10001", "")),
        ("学生|老师|备注\n20002 (Leo)|10001|卡，很卡", ("", "10001", "20002")),
        ("学生|老师\n|10001", ("", "10001", "")),
        ("cname,teacher\nmy class,1 2", ("", "", "")),
        ("cname,teacher\nclass_77,10001,more", ("class_77", "10001", "")),
        # Several calls: which one is unclear
        ("cname|teacher|student\nclass_77|10001|20002\nclass_78|10001|20003", ("", "10001", "")),
        ("teacher,student\nteacher,student", ("", "", "")),
        ("老师 学生\n听不到 10001", ("", "", "")),
        ("teacher\tteacher\n10001\t20002", ("", "", "")),
    ],
)
def test_table(text: str, expected: tuple[str, str, str]) -> None:
    """At least two different labels in a line, and the values below."""
    hints = parse_sentence(text)
    assert (hints.cname, hints.teacher_uid, hints.student_uid) == expected
