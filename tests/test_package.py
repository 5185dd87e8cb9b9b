"""The package: what is in its wheel, the command it installs, and the files that deploy it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import sysconfig
import zipfile
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from bot import __version__
from bot.cli.main import parse
from bot.store.schema import known_revisions
from handlers.slack.manifest import build_manifest
from tests.cli_helpers import ROOT

PACKAGES = ("bot", "handlers", "locales")
FILES = ("pyproject.toml", "README.md", "LICENSE")
FOR_DEVELOPERS = {".md", ".pot", ".mako"}
LIMIT_S = 60


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, with what is installed here."""
    folder = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, folder)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", ".", cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(
    scope="module",
    params=[
        "libraries of the tests",
        pytest.param(
            "requirements.txt",
            marks=pytest.mark.skipif(
                "LAGDESK_HAS_INDEX" not in os.environ, reason="needs a package index"
            ),
        ),
    ],
)
def lagdesk(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Install the wheel into a new environment, beside these libraries; return its command."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", ".", cwd=folder)
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))
    if request.param == "requirements.txt":
        requirements = str(ROOT / "requirements.txt")
        run(*pip, "install", "--no-compile", "--require-hashes", "-r", requirements, cwd=folder)
    else:
        (site_packages,) = folder.glob("lib/python*/site-packages")
        (site_packages / "tests.pth").write_text(sysconfig.get_path("purelib"))
    run(*pip, "install", "--no-compile", "--no-deps", "--no-index", str(wheel), cwd=folder)
    run(*pip, "check", cwd=folder)
    return folder / "bin" / "lagdesk"


def run(*command: str, cwd: Path) -> str:
    """Run a command in a folder, without this process's settings; return what it prints."""
    kept = {name: text for name, text in os.environ.items() if name.startswith(("PATH", "PIP_"))}
    ended = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=cwd, env=kept, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_file_is_in_the_wheel(wheel: Path) -> None:
    """Catalogs, fonts, the page and migrations as well as modules."""
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*.*") if path.is_file()]
    needed = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.suffix not in FOR_DEVELOPERS and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        assert needed - {*archive.namelist()} == set()


def test_version(lagdesk: Path, wheel: Path, tmp_path: Path) -> None:
    """The package and the command have the same version, and the help the command's name."""
    assert wheel.name.startswith(f"lagdesk-{__version__}-")
    assert run(str(lagdesk), "--version", cwd=tmp_path) == f"Lagdesk {__version__}\n"
    assert run(str(lagdesk), "--help", cwd=tmp_path).startswith("usage: lagdesk ")


def test_manifest(lagdesk: Path, tmp_path: Path) -> None:
    """It is the checkout's."""
    assert json.loads(run(str(lagdesk), "manifest", cwd=tmp_path)) == build_manifest("")


def test_migrate(lagdesk: Path, tmp_path: Path) -> None:
    """A database at the newest revision is made in the working directory."""
    run(str(lagdesk), "migrate", cwd=tmp_path)
    with closing(sqlite3.connect(tmp_path / "lagdesk.db")) as database:
        rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
    assert rows == [(known_revisions()[-1],)]


async def test_demo(lagdesk: Path, tmp_path: Path) -> None:
    """It says in Chinese where its page is, serves it, and stops."""
    process = await asyncio.create_subprocess_exec(
        *(str(lagdesk), "demo", "--no-browser", "--port", "0", "--locale", "zh"),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONUTF8": "1"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), LIMIT_S)).decode()
        assert line.startswith("演示")
        with urlopen(line.split()[-1]) as page:  # noqa: S310, ASYNC210 - the demo's own address
            assert b"app.js" in page.read()
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), LIMIT_S) == 0


@pytest.mark.parametrize(
    ("file", "pattern", "commands"),
    [
        ("Procfile", r": python -m bot (.+)", ["migrate", "serve", "worker"]),
        ("compose.yaml", r" command: (.+)", ["migrate", "serve", "worker"]),
        ("Dockerfile", r'^CMD \["(\w+)"\]', ["serve"]),
        ("deploy/lagdesk.service", r"^ExecStart=/opt/lagdesk/bin/lagdesk (.+)", ["serve"]),
    ],
)
def test_deployed_commands(file: str, pattern: str, commands: list[str]) -> None:
    """The command line accepts what each file runs, with its options."""
    lines = re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert [parse(line.split()).command for line in lines] == commands


def test_image_has_the_sources() -> None:
    """`.dockerignore` leaves what the wheel is built from, and nothing else."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert allowed == {*PACKAGES, *FILES, "requirements.txt"}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_dependencies_are_pinned(file: str) -> None:
    """Each has its version and hashes; every installation of ours requires them."""
    packages = re.split(r"\n(?=[a-z])", (ROOT / file).read_text())
    assert len(packages) > 30
    assert [
        each for each in packages if not re.match(r"[\w.-]+==[\w.]+ .*--hash=", each, re.DOTALL)
    ] == []
    for installer in ("Dockerfile", "Makefile"):
        assert "--require-hashes" in (ROOT / installer).read_text()


def test_containers_have_few_rights() -> None:
    """No root, no capabilities, a file system that is only read."""
    assert re.search("^USER lagdesk$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    compose = (ROOT / "compose.yaml").read_text()
    for line in ("read_only: true", "cap_drop: [ALL]", '"no-new-privileges:true"'):
        assert line in compose
    unit = (ROOT / "deploy" / "lagdesk.service").read_text()
    assert {"User=lagdesk", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(unit.splitlines())
