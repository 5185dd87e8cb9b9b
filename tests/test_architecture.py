from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")])
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
LONG_FUNCTION = 30


def name(path: Path) -> str:
    """A file's name within the project."""
    return path.relative_to(ROOT).as_posix()


@cache
def parse(path: Path) -> ast.Module:
    """Read a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_rooms_look_down() -> None:
    """Who may import whom: import-linter's contracts hold."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as l; l()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def module(path: Path) -> str:
    """A file's dotted module name; a package's `__init__` has the package's name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST, modules: frozenset[str]) -> set[str]:
    """Which of the modules a file imports, at the top, under TYPE_CHECKING or in a function."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                names.add(submodule if submodule in modules else node.module)
    return names & modules


def test_no_import_circles() -> None:
    """No file imports itself by way of others, under TYPE_CHECKING or in a function either."""
    paths = {module(path): path for path in CODE}
    known = frozenset(paths)
    graph = {one: imported(parse(path), known) - {one} for one, path in paths.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_functions_are_short() -> None:
    """No function has more than 60 lines, hardly any more than 30, and half fewer than 8."""
    lengths = {
        f"{name(path)}:{node.name}": length(node)
        for path in CODE
        if "migrations" not in path.parts  # lists of columns, one statement a table
        for node in functions(parse(path))
    }
    assert {where: lines for where, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert sum(lines > LONG_FUNCTION for lines in lengths.values()) / len(lengths) < 0.01
    assert sorted(lengths.values())[len(lengths) // 2] < 8


def test_files_are_short() -> None:
    """No file has more than 400 lines."""
    lengths = {
        name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in CODE
        if "migrations" not in path.parts
    }
    assert {where: lines for where, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_module_docstrings_describe_contents() -> None:
    """A module's first line is its docstring."""
    silent = [
        name(path)
        for path in CODE
        if path.read_text(encoding="utf-8").strip()
        and not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def reads_environment(path: Path) -> bool:
    """Return whether a module reads the environment."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and ("os", node.attr) in (("os", "environ"), ("os", "getenv"), ("os", "environb"))
        and node.value.id == "os"
        for node in ast.walk(parse(path))
    )


def test_environment_is_read_in_one_place() -> None:
    """`os.environ` is read in the settings and nowhere else."""
    assert [name(path) for path in CODE if reads_environment(path)] == ["bot/settings.py"]


def tracked() -> Iterator[Path]:
    """Every file that belongs to the project."""
    done = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git as everybody has it
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this is no checkout")
    for line in done.stdout.decode().split("\0"):
        if line and (ROOT / line).is_file():
            yield ROOT / line


def test_no_machine_and_no_index() -> None:
    """No file names a package index, or a path on a developer's machine."""
    index = rb"--(extra-)?index-url|--find-links|PIP_INDEX|pypi\.org/simple"
    home_path = rb"(?<![\w./:])/(root|home/\w+)/"
    hostile = re.compile(index + b"|" + home_path)
    guilty = {
        name(path): found[0]
        for path in tracked()
        if path != Path(__file__) and (found := hostile.search(path.read_bytes()))
    }
    assert guilty == {}


def test_every_ignored_rule_has_a_reason() -> None:
    """Every exemption from ruff has a reason, in the settings or beside the line."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if re.match(r'\s+"[A-Z]{1,4}[0-9]{3}",', line)]
    assert len(rules) > 10
    assert [line for line in rules if not re.search(r"# \w.{5}", line)] == []
    bare = [
        f"{name(path)}:{number}"
        for path in CODE
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"# noqa(?!: [A-Z0-9, ]+ - \w)", line)
    ]
    assert bare == []


def test_contracts_are_whole() -> None:
    """Import-linter has every package in its contracts."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = " ".join(contracts[0]["layers"])
    rooms = {f"bot.{path.stem}" for path in (ROOT / "bot").iterdir() if path.is_dir()}
    missing = {room for room in rooms if room not in layers}
    assert set() == missing - {"bot.__pycache__", "bot.migrations"}


def test_settings_of_a_workspace_are_resolved_in_one_place() -> None:
    """What a workspace may choose is read from `Workspaces`, else a second one gets the first's."""
    chosen = {"escalation_channel", "summary_channel", "support_group", "default_locale"}
    chosen |= {"timezone", "apps", "escalate_to"}
    of_operators = (
        *("bot/settings.py", "bot/services/workspaces/", "bot/cli/"),
        *("bot/clouds/", "bot/integrations/"),
    )
    exceptions = {
        "handlers/slack/install_pages.py",
        "bot/services/admin/healthcheck.py",
        "bot/escalation.py",
        "handlers/transports.py",
    }
    found = {
        name(path)
        for path in CODE
        if not name(path).startswith(of_operators)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute) and node.attr in chosen
        if "context.settings" in ast.unparse(node.value)
        or (ast.unparse(node.value) == "settings" and "bot.settings import" in path.read_text())
    }
    assert found - exceptions == set()


def test_typed_objects_are_read_in_one_place() -> None:
    """Several threads may read objects of a class that msgspec does not know yet."""
    typed = re.compile(r"msgspec\.(convert|json\.Decoder|json\.decode\([^)]*type=)")
    found = {name(path) for path in CODE if typed.search(path.read_text(encoding="utf-8"))}
    outside = {path for path in found if not path.startswith("bot/sandbox/")}
    assert outside == {"bot/decoding.py"}
