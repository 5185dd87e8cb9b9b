"""The check of the catalogs, on small checkouts of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import check_catalogs
from tests.check_catalogs import Tree

SOURCE = """\
from bot.i18n.messages import message, plural
from bot.setting_reader import N_

message("Room %(room)s is empty", room=room)
plural("%(count)s ticket", "%(count)s tickets", count=3)
N_("a value")
logger.info("not for people")
"""

ZH = {
    "Room %(room)s is empty": "房间 %(room)s 没有人",
    "a value": "一个值",
    "%(count)s ticket": "%(count)s 张工单",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A checkout with every message in every language."""
    monkeypatch.setattr(check_catalogs, "cause_codes", lambda: {"agora.factor_id.3"})
    tree = Tree(tmp_path)
    (tmp_path / "bot").mkdir()
    (tmp_path / "bot" / "story.py").write_text(SOURCE, encoding="utf-8")
    check_catalogs.write_catalogs(tree)
    for locale, text in {"zh": "连接异常", "en": "Connection failure"}.items():
        catalog = check_catalogs.read_catalog(tree.catalog(locale, "codes"), locale)
        catalog.add("agora.factor_id.3", string=text)
        rendered = check_catalogs.render(catalog, locale, "codes")
        tree.catalog(locale, "codes").write_text(rendered, encoding="utf-8")
    translate(tree, ZH)
    return tree


def translate(tree: Tree, translations: dict[str, str]) -> None:
    """Put Chinese beside English, as a person would."""
    path = tree.catalog("zh", "messages")
    catalog = check_catalogs.read_catalog(path, "zh")
    for key, entry in check_catalogs.sentences_of(catalog).items():
        text = translations.get(key, entry.string)
        entry.string = (str(text),) if isinstance(entry.id, tuple) else text
    path.write_text(check_catalogs.render(catalog, "zh", "messages"), encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    """Change a file's text, which must hold the old one."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_complete_checkout_has_no_problem(tree: Tree) -> None:
    """A complete checkout has no problems."""
    assert check_catalogs.find_problems(tree) == []


@pytest.mark.parametrize(
    ("expected", "call"),
    [
        (
            "bot/story.py:1: nothing fills %(room)s in 'Room %(room)s'",
            'message("Room %(room)s", rom=1)',
        ),
        (
            "bot/story.py:1: write a placeholder as %(name)s and a percent sign as %% in '5% of %(x)s'",
            'message("5% of %(x)s", x=1)',
        ),
        (
            "bot/story.py:1: write a placeholder as %(name)s and a percent sign as %% in '%(x)d'",
            'message("%(x)d", x=1)',
        ),
        (
            "bot/story.py:1: message() needs a literal; put what varies in a %(placeholder)s",
            'message(f"Room {room}")',
        ),
        (
            "bot/story.py:1: plural() needs a literal; put what varies in a %(placeholder)s",
            'plural("a", "b %s" % 3, count=3)',
        ),
    ],
)
def test_source_problem(expected: str, call: str, tree: Tree) -> None:
    """A message that cannot be collected or filled is reported with its line."""
    (tree.root / "bot" / "story.py").write_text(f"{call}\n", encoding="utf-8")
    assert [expected] == list(check_catalogs.source_problems(tree))


@pytest.mark.parametrize(
    "call",
    [
        "message(ready, **params)",
        'message("%(a)s", **params)',
        "message(error.expected)",
        'logger.message("%(a)s")',
        'TABLE = {1: message("%(a)s is for whoever looks it up")}',
    ],
)
def test_source_without_problem(call: str, tree: Tree) -> None:
    """Messages marked elsewhere and placeholders filled later are accepted."""
    (tree.root / "bot" / "story.py").write_text(call + "\n", encoding="utf-8")
    assert list(check_catalogs.source_problems(tree)) == []


@pytest.mark.parametrize(
    ("expected", "zh"),
    [
        ([], "一个值（例如 90s、15m）：好。"),
        (["half-width punctuation beside Chinese, '值:'"], "一个值: x"),
        (["half-width punctuation beside Chinese, '(一'"], "(一个值)"),
        (["no space between Chinese and Latin, '个v'"], "一个v"),
        (["a space beside full-width punctuation, '， '"], "一， 值"),
        (["a word the glossary replaces, '教师'"], "教师的值"),
        (["a word the glossary replaces, '令牌'"], "令牌的值"),
    ],
)
def test_chinese_style(expected: list[str], zh: str, tree: Tree) -> None:
    """Chinese sentences keep to the glossary's typography and words."""
    translate(tree, {"a value": zh})
    problems = check_catalogs.find_problems(tree)
    where = "locales/zh/LC_MESSAGES/messages.po: "
    assert [f"{where}{text}, in {zh!r} ('a value')" for text in expected] == problems


@pytest.mark.parametrize(
    ("expected", "file", "old", "new"),
    [
        (
            "locales/messages.pot: lacks 'a better value'; run with --write",
            "bot/story.py",
            "a value",
            "a better value",
        ),
        (
            "locales/messages.pot: no code has 'a value' any more; run with --write",
            "bot/story.py",
            'N_("a value")',
            "",
        ),
        (
            "locales/messages.pot: another plural than the code for '%(count)s ticket'; run with --write",
            "bot/story.py",
            "%(count)s tickets",
            "%(count)s sheets",
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: lacks 'a value'; run with --write",
            "locales/zh/LC_MESSAGES/messages.po",
            'msgid "a value"\nmsgstr "一个值"',
            "",
        ),
        (
            "locales/en/LC_MESSAGES/messages.po: no code has 'b value' any more; run with --write",
            "locales/en/LC_MESSAGES/messages.po",
            'msgid "a value"\nmsgstr "a value"',
            'msgid "b value"\nmsgstr "b value"',
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: no translation of 'a value'",
            "locales/zh/LC_MESSAGES/messages.po",
            '"一个值"',
            '""',
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: fuzzy 'a value'",
            "locales/zh/LC_MESSAGES/messages.po",
            'msgid "a value"',
            '#, fuzzy\nmsgid "a value"',
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: other placeholders than in English in 'Room %(room)s is empty'",
            "locales/zh/LC_MESSAGES/messages.po",
            "房间 %(room)s 没有人",
            "房间没有人",
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: unknown named placeholder 'rom' in 'Room %(room)s is empty'",
            "locales/zh/LC_MESSAGES/messages.po",
            "房间 %(room)s 没有人",
            "房间 %(rom)s 没有人",
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: other placeholders than in English in '%(count)s ticket'",
            "locales/zh/LC_MESSAGES/messages.po",
            "%(count)s 张工单",
            "几张工单",
        ),
        (
            "locales/en/LC_MESSAGES/messages.po: twice 'a value'",
            "locales/en/LC_MESSAGES/messages.po",
            'msgid "a value"',
            'msgid "a value"\nmsgstr "a value"\n\nmsgid "a value"',
        ),
        (
            "locales/en/LC_MESSAGES/codes.po: lacks 'agora.factor_id.3'; run with --write",
            "locales/en/LC_MESSAGES/codes.po",
            'msgid "agora.factor_id.3"\nmsgstr "Connection failure"',
            "",
        ),
        (
            "locales/en/LC_MESSAGES/codes.po: 'agora.factor_id.3' says nothing but its code",
            "locales/en/LC_MESSAGES/codes.po",
            "Connection failure",
            "agora.factor_id.3",
        ),
        (
            "locales/zh/LC_MESSAGES/codes.po: no translation of 'agora.factor_id.3'",
            "locales/zh/LC_MESSAGES/codes.po",
            "连接异常",
            "",
        ),
        (
            "locales/zh/LC_MESSAGES/messages.po: not in order; run with --write",
            "locales/zh/LC_MESSAGES/messages.po",
            'msgid "a value"',
            '#: somewhere:12\nmsgid "a value"',
        ),
    ],
)
def test_catalog_problem(expected: str, file: str, old: str, new: str, tree: Tree) -> None:
    """Each kind of gap between the sources and the catalogs is named."""
    replace(tree.root / file, old, new)
    assert expected in check_catalogs.find_problems(tree)


def test_unreadable_catalog(tree: Tree) -> None:
    """What is no catalog is a problem, not a traceback."""
    tree.catalog("zh", "codes").write_text('msgid "a\n', encoding="utf-8")
    assert [problem.split(":")[0] for problem in check_catalogs.run(tree, write=False)] == [
        "a catalog cannot be read"
    ]


@pytest.mark.parametrize("write", [True, False])
def test_unreadable_source(write: bool, tree: Tree) -> None:  # noqa: FBT001 - a table's column
    """A source that does not parse is named with its line."""
    path = tree.root / "bot" / "story.py"
    path.write_text("message(\n", encoding="utf-8")
    problems = check_catalogs.run(tree, write=write)
    assert [text.split("story.py:")[-1] for text in problems] == ["1: '(' was never closed"]


def test_only_plain_calls_are_collected(tree: Tree) -> None:
    """A method called message is no message for users."""
    replace(tree.root / "bot" / "story.py", "logger.info(", "workspace.message(")
    assert check_catalogs.find_problems(tree) == []


def test_write_keeps_translations_and_follows_the_code(tree: Tree) -> None:
    """Old translations are kept, new messages are added empty, stale ones removed."""
    replace(tree.root / "bot" / "story.py", "a value", "a better value")
    check_catalogs.write_catalogs(tree)
    assert (check_catalogs.find_problems(tree)) == [
        "locales/zh/LC_MESSAGES/messages.po: no translation of 'a better value'"
    ]
    written = tree.catalog("zh", "messages").read_text(encoding="utf-8")
    assert "房间 %(room)s 没有人" in written
    assert "一个值" not in written


def test_write_twice_changes_nothing(tree: Tree) -> None:
    """What --write writes does not depend on the day or the run."""
    files = [tree.template, *(tree.catalog(name, "messages") for name in ("zh", "en"))]
    before = [file.read_bytes() for file in files]
    check_catalogs.write_catalogs(tree)
    assert before == [file.read_bytes() for file in files]


@pytest.mark.parametrize(("expected", "source"), [(0, SOURCE), (1, 'message("New")\n')])
def test_exit_code(
    expected: int,
    source: str,
    tree: Tree,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The check fails with a line for each problem, and is silent without any."""
    monkeypatch.setattr(check_catalogs, "Tree", lambda: tree)
    (tree.root / "bot" / "story.py").write_text(source, encoding="utf-8")
    assert expected == check_catalogs.main([])
    assert bool(expected) == bool(capsys.readouterr().out)
