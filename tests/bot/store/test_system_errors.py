"""What the system and databases say, in words of our own."""

from __future__ import annotations

import pytest

from bot.i18n.translator import Translator
from bot.store.system_errors import explain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No such file or directory", "所在文件夹不存在（No such file or directory）"),
        ("Permission denied", "没有权限（Permission denied）"),
        ("database or disk is full", "磁盘已满（database or disk is full）"),
        ("attempt to write a readonly database", "只读（attempt to write a readonly database）"),
        ('FATAL: role "x" does not exist', '服务器拒绝该用户（FATAL: role "x" does not exist）'),
        ('database "x" does not exist.', '服务器上没有这个数据库（database "x" does not exist）'),
        ("connection refused", "服务器没有响应（connection refused）"),
        ("odd", "意外错误（odd）"),
    ],
)
def test_reasons(text: str, expected: str) -> None:
    """The system's own text follows in parentheses."""
    assert Translator("zh").translate(explain(text)) == expected
