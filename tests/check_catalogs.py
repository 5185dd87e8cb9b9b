"""Check that every message of Lagdesk is in the catalogs, in every language.

`python tests/check_catalogs.py` prints one line per problem and exits 1 if there is any;
`--write` first brings the catalogs up to date: translations are kept, new sentences are added
without one, and unused ones are removed. Nothing is translated here.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message, TranslationError
from babel.messages.pofile import PoFileError, denormalize, read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.locales import LANGUAGES  # noqa: E402 - the path is set above

SOURCES: Final = ("bot", "handlers")
KEYWORDS: Final = {"message": 1, "plural": 2, "N_": 1}  # number of message arguments
TITLES: Final = {
    "messages": "What Lagdesk says. One word per idea: see GLOSSARY.md.",
    "codes": "What the clouds' codes mean. The msgid is the kind of the code and the code.",
}
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_STRAY_PERCENT: Final = re.compile(r"%%|%\(\w+\)s|(%)")
_MSGID: Final = re.compile(r'^msgid ((?:".*"\n)+)', re.MULTILINE)

_CJK: Final = "[\u4e00-\u9fff]"
STYLE: Final = {  # Chinese style as GLOSSARY.md requires it
    re.compile(rf"{_CJK}[,;:!?()]|[,;:!?()]{_CJK}"): "half-width punctuation beside Chinese",
    re.compile(rf"{_CJK}[A-Za-z0-9]|[A-Za-z0-9]{_CJK}"): "no space between Chinese and Latin",
    re.compile(
        r"[，。；：！？（）、] | [，。；：！？（）、]"
    ): "a space beside full-width punctuation",
    re.compile(
        "[您]|教师|客服|线程|举报|置信|证据|延迟|时延|评论|令牌"
    ): "a word the glossary replaces",
}

MsgId = str | tuple[str, ...]
Forms = str | tuple[str, ...] | list[str]


@dataclass(frozen=True)
class Tree:
    """A checkout: where its sources and its catalogs lie."""

    root: Path = ROOT

    @property
    def template(self) -> Path:
        """The file translators start from."""
        return self.root / "locales" / "messages.pot"

    def catalog(self, locale: str, domain: str) -> Path:
        """One language's catalog of one domain."""
        return self.root / "locales" / locale / "LC_MESSAGES" / f"{domain}.po"

    def sources(self) -> Iterator[Path]:
        """Every file that may contain messages."""
        for folder in SOURCES:
            yield from sorted((self.root / folder).rglob("*.py"))


# Reading the sources


@dataclass(frozen=True)
class MessageCall:
    """A call of `message`, `plural` or `N_`, with its file and line."""

    where: str
    call: ast.Call

    @property
    def name(self) -> str:
        """The name called."""
        return self.call.func.id if isinstance(self.call.func, ast.Name) else ""

    @property
    def sentences(self) -> list[ast.expr]:
        """The arguments that are sentences."""
        return self.call.args[: KEYWORDS[self.name]]


def message_calls(tree: Tree) -> Iterator[MessageCall]:
    """Find every such call in the sources.

    Babel's own reader would also take `workspace.message("id")` for a sentence.
    """
    for path in tree.sources():
        parsed = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for node in ast.walk(parsed):
            if isinstance(node, ast.Call):
                message_call = MessageCall(f"{path.relative_to(tree.root)}:{node.lineno}", node)
                if message_call.name in KEYWORDS:
                    yield message_call


def _literal(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def msgids_in(tree: Tree) -> dict[str, MsgId]:
    """Collect every sentence of the sources: by its msgid, with its plural where it has one."""
    problems: dict[str, MsgId] = {}
    for message_call in message_calls(tree):
        texts = tuple(filter(None, map(_literal, message_call.sentences)))
        if texts and (texts[0] not in problems or len(texts) > 1):
            problems[texts[0]] = texts if len(texts) > 1 else texts[0]
    return problems


def _key(msgid: Forms) -> str:
    return msgid if isinstance(msgid, str) else msgid[0]


def source_problems(tree: Tree) -> Iterator[str]:
    """Find calls whose message cannot be collected, or whose placeholders have no argument."""
    for message_call in message_calls(tree):
        yield from (f"{message_call.where}: {problem}" for problem in _call_problems(message_call))


def _call_problems(message_call: MessageCall) -> Iterator[str]:
    given = {keyword.arg for keyword in message_call.call.keywords}
    fills = (
        message_call.name != "N_" and None not in given
    )  # None: **params, whose names are unknown
    for sentence in message_call.sentences:
        text = _literal(sentence)
        if text is not None and fills:
            yield from _placeholder_problems(text, given)
        elif isinstance(sentence, ast.JoinedStr | ast.BinOp | ast.Call):
            yield f"{message_call.name}() needs a literal; put what varies in a %(placeholder)s"


def _placeholder_problems(sentence: str, given: set[str | None]) -> Iterator[str]:
    if not given:  # the caller of a table's message fills its placeholders
        return
    for name in sorted(set(_PLACEHOLDER.findall(sentence)) - given):
        yield f"nothing fills %({name})s in {sentence!r}"
    if any(match[1] for match in _STRAY_PERCENT.finditer(sentence)):
        yield f"write a placeholder as %(name)s and a percent sign as %% in {sentence!r}"


# Reading and writing catalogs


def read_catalog(path: Path, locale: str | None) -> Catalog:
    """Read a catalog; an absent one is empty. Raises PoFileError for what is no catalog."""
    if not path.is_file():
        return Catalog(locale=locale)
    with path.open("rb") as source:
        return read_po(source, locale=locale, abort_invalid=True)


def _msgid(entry: Message) -> MsgId:
    return entry.id if isinstance(entry.id, str) else tuple(entry.id)


def sentences_of(catalog: Catalog) -> dict[str, Message]:
    """A catalog's entries by msgid, without its header."""
    return {_key(entry.id): entry for entry in catalog if entry.id}


def render(catalog: Catalog, locale: str, domain: str) -> str:
    """Write a catalog as text: sorted, one line a message, and reproducible."""
    body = io.BytesIO()
    write_po(body, catalog, width=0, no_location=True, omit_header=True, sort_output=True)
    header = [
        f"# {TITLES[domain]}",
        'msgid ""',
        'msgstr ""',
        r'"Project-Id-Version: Lagdesk\n"',
        *([rf'"Language: {locale}\n"'] if locale else []),  # the template has no language yet
        r'"MIME-Version: 1.0\n"',
        r'"Content-Type: text/plain; charset=utf-8\n"',
        r'"Content-Transfer-Encoding: 8bit\n"',
        *([rf'"Plural-Forms: {Catalog(locale).plural_forms}\n"'] if locale else []),
    ]
    return "\n".join(header) + "\n\n" + body.getvalue().decode().strip() + "\n"


def updated_template(msgids: dict[str, MsgId]) -> Catalog:
    """Build the template: every sentence, no translation."""
    template = Catalog(locale=None)
    for msgid in msgids.values():
        template.add(msgid)
    return template


def updated_messages(old: Catalog, msgids: dict[str, MsgId], locale: str) -> Catalog:
    """Build a language's catalog: old translations, new sentences empty, English as itself."""
    known = sentences_of(old)
    updated = Catalog(locale=locale)
    for key, msgid in msgids.items():
        entry = known.get(key)
        same = entry is not None and entry.id == msgid
        kept = entry.string if same and entry is not None else ""
        updated.add(
            msgid,
            string=msgid if locale == "en" and not _is_filled(kept) else kept,
            flags=entry.flags if same and entry is not None else (),
            user_comments=entry.user_comments if entry is not None else (),
        )
    return updated


def _forms(string: Forms | None) -> list[str]:
    """A translation's forms: one, or one for each number that a language distinguishes."""
    return [string] if isinstance(string, str) else list(string or ())


def _is_filled(string: Forms | None) -> bool:
    return bool(_forms(string)) and all(_forms(string))


def write_catalogs(tree: Tree) -> None:
    """Bring every catalog up to date and into order."""
    msgids = msgids_in(tree)
    texts = {tree.template: render(updated_template(msgids), "", "messages")}
    for locale in LANGUAGES:
        path = tree.catalog(locale, "messages")
        updated = updated_messages(read_catalog(path, locale), msgids, locale)
        texts[path] = render(updated, locale, "messages")
        path = tree.catalog(locale, "codes")
        texts[path] = render(read_catalog(path, locale), locale, "codes")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# Checking


def catalog_problems(tree: Tree) -> Iterator[str]:
    """Find what is missing, stale or wrong in any catalog."""
    template = read_catalog(tree.template, None)
    yield from _entry_problems(tree, tree.template, template, msgids_in(tree))
    msgids: dict[str, MsgId] = {key: _msgid(entry) for key, entry in sentences_of(template).items()}
    for locale in LANGUAGES:
        path = tree.catalog(locale, "messages")
        catalog = read_catalog(path, locale)
        yield from _entry_problems(tree, path, catalog, msgids)
        yield from _translation_problems(tree, path, catalog)
        if locale == "zh":
            yield from _style_problems(tree, path, catalog)
    codes = {locale: read_catalog(tree.catalog(locale, "codes"), locale) for locale in LANGUAGES}
    wanted = {key: key for catalog in codes.values() for key in sentences_of(catalog)}
    wanted |= {key: key for key in cause_codes()}
    for locale, catalog in codes.items():
        path = tree.catalog(locale, "codes")
        yield from _entry_problems(tree, path, catalog, dict(wanted))
        yield from _translation_problems(tree, path, catalog)
        yield from _untold_codes(tree, path, catalog)


def cause_codes() -> set[str]:
    """The msgids of every code in our table of causes."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    table = importlib.import_module("bot.cause_codes").CAUSES_BY_CODE
    return {f"{kind}.{code}" for kind, codes in table.items() for code in codes}


def _entry_problems(
    tree: Tree, path: Path, catalog: Catalog, wanted: dict[str, MsgId]
) -> Iterator[str]:
    where = path.relative_to(tree.root)
    if not path.is_file():
        yield f"{where}: missing; run with --write"
        return
    known = sentences_of(catalog)
    for key in sorted(wanted.keys() - known.keys()):
        yield f"{where}: lacks {key!r}; run with --write"
    for key in sorted(known.keys() - wanted.keys()):
        yield f"{where}: no code has {key!r} any more; run with --write"
    for key in sorted(wanted.keys() & known.keys()):
        if known[key].id != wanted[key]:
            yield f"{where}: another plural than the code for {key!r}; run with --write"
    yield from (f"{where}: twice {key!r}" for key in _twice(path.read_text(encoding="utf-8")))


def _twice(text: str) -> list[str]:
    problems = Counter(denormalize(match[1]) for match in _MSGID.finditer(text))
    return sorted(key for key, times in problems.items() if times > 1)


def _translation_problems(tree: Tree, path: Path, catalog: Catalog) -> Iterator[str]:
    where = path.relative_to(tree.root)
    for key, entry in sorted(sentences_of(catalog).items()):
        if entry.fuzzy:
            yield f"{where}: fuzzy {key!r}"
        if not _is_filled(entry.string):
            yield f"{where}: no translation of {key!r}"
        elif isinstance(entry.id, tuple):
            yield from (f"{where}: {problem}" for problem in _plural_problems(catalog, entry))
        else:
            yield from (f"{where}: {error} in {key!r}" for error in _format_errors(catalog, entry))


def _format_errors(catalog: Catalog, entry: Message) -> Iterator[str]:
    errors: list[TranslationError] = entry.check(catalog)
    yield from (str(error) for error in errors)
    if not errors and _placeholders(str(entry.id)) != _placeholders(str(entry.string)):
        yield "other placeholders than in English"


def _plural_problems(catalog: Catalog, entry: Message) -> Iterator[str]:
    """Compare each form with its English: Chinese has one, for any number."""
    english = entry.id[-catalog.num_plurals :]
    forms = _forms(entry.string)
    if len(english) != len(forms):
        yield f"{len(forms)} plural forms, not {len(english)}, for {entry.id[0]!r}"
        return
    for ours, theirs in zip(english, forms, strict=True):
        if _placeholders(ours) != _placeholders(theirs):
            yield f"other placeholders than in English in {entry.id[0]!r}"


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def _style_problems(tree: Tree, path: Path, catalog: Catalog) -> Iterator[str]:
    for key, entry in sorted(sentences_of(catalog).items()):
        for form in _forms(entry.string):
            for pattern, complaint in STYLE.items():
                if problems := pattern.search(_PLACEHOLDER.sub("\ufffc", form)):
                    where = path.relative_to(tree.root)
                    yield f"{where}: {complaint}, {problems[0]!r}, in {form!r} ({key!r})"


def _untold_codes(tree: Tree, path: Path, catalog: Catalog) -> Iterator[str]:
    for key, entry in sorted(sentences_of(catalog).items()):
        if entry.string == key:
            yield f"{path.relative_to(tree.root)}: {key!r} says nothing but its code"


def order_problems(tree: Tree) -> Iterator[str]:
    """Find catalogs that `--write` would write differently, such as unsorted ones."""
    for locale in LANGUAGES:
        for domain in TITLES:
            path = tree.catalog(locale, domain)
            text = render(read_catalog(path, locale), locale, domain)
            if text != path.read_text(encoding="utf-8"):
                yield f"{path.relative_to(tree.root)}: not in order; run with --write"


def find_problems(tree: Tree) -> list[str]:
    """All there is to complain about, one line each."""
    problems = [*source_problems(tree), *catalog_problems(tree)]
    return problems or list(order_problems(tree))


def run(tree: Tree, *, write: bool) -> list[str]:
    """Write if requested, then check; an unreadable file is a problem too."""
    try:
        if write:
            write_catalogs(tree)
        return find_problems(tree)
    except PoFileError as error:
        return [f"a catalog cannot be read: {error}"]
    except SyntaxError as error:
        return [f"{error.filename}:{error.lineno}: {error.msg}"]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; the answer is the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="bring the catalogs up to date first")
    problems = run(Tree(), write=parser.parse_args(arguments).write)
    for problem in problems:
        print(problem)  # noqa: T201 - this is what the script is for
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
