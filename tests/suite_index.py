"""Which tests there are, read from their source without running any."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Test:
    """One test function; `text` is its name and its docstring."""

    __test__ = False

    path: Path
    name: str
    text: str


@cache
def read_tests(path: Path) -> dict[str, Test]:
    """Return the tests of a file by name; {} when there is no such file."""
    if not path.is_file():
        return {}
    return {test.name: test for test in _find(path)}


def _find(path: Path) -> Iterator[Test]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("test_"):
            yield Test(path, node.name, f"{node.name} {ast.get_docstring(node) or ''}")


@cache
def _paths() -> dict[str, list[Path]]:
    """Return the files of tests by their names."""
    paths: dict[str, list[Path]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        paths.setdefault(path.name, []).append(path)
    return paths


def find_test(short: str, root: Path = TESTS / "bot") -> Test | None:
    """Find `agora_traps:a_name`, or `sandbox/fake_huawei:a_name`; None when there is none.

    `root` has the folders that a name may begin with.
    """
    file, _, name = short.partition(":")
    folder, _, file = file.rpartition("/")
    top = root / folder if folder else TESTS
    paths = [path for path in _paths().get(f"test_{file}.py", []) if path.is_relative_to(top)]
    tests = [read_tests(path).get(f"test_{name}") for path in paths]
    return next((test for test in tests if test is not None), None)
