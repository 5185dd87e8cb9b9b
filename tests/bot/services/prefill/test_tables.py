"""Tables in a text."""

from __future__ import annotations

from typing import Any, Final

import pytest

from bot.services.prefill.tables import parse_table

CALL: Final = {"cname": "class_77", "teacher": "10001", "student": "20002"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cname | teacher | student\nclass_77 | 10001 | 20002", CALL),
        ("| cname | teacher | student |\n|---|---|---|\n| class_77 | 10001 | 20002 |", CALL),
        ("cname,teacher,student\nclass_77,10001,20002", CALL),
        ("cname\tteacher\tstudent\nclass_77\t10001\t20002", CALL),
        ("cname teacher student\nclass_77 10001 20002", CALL),
        ("hello\ncname,teacher,student\n\nclass_77,10001,20002\nbye", CALL),
        ("room,teacher\n`class_77`,'10001'", {"cname": "class_77", "teacher": "10001"}),
        ("cname,time,teacher\nclass_77,noon,10001", {"cname": "class_77", "teacher": "10001"}),
        ("cname time teacher\nclass_77 noon 10001", {}),
        ("cname,teacher\nmy class,1 2", {"cname": "my class"}),
        ("cname,teacher\nclass_77", {}),
        ("cname,teacher\nclass_77,10001,more", {"cname": "class_77", "teacher": "10001"}),
        ("teacher,teacher\n10001,20002", {}),
        ("teacher\n10001", {}),
        ("teacher,student\nteacher,student", {}),
        ("nothing here", {}),
        ("", {}),
        (f"cname,teacher{' ' * 200},x\nclass_77,10001,1", {}),
        (f"cname,teacher,{'x' * 186}\nclass_77,10001,1", {"cname": "class_77", "teacher": "10001"}),
        (f"cname,teacher,{'x' * 187}\nclass_77,10001,1", {}),
    ],
)
def test_first_table_of_a_text(text: str, expected: dict[str, Any]) -> None:
    """At least two different labels in a line of two hundred characters, and the values below."""
    assert parse_table(text) == expected
