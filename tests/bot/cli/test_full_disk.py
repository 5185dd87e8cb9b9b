"""A small file system that is full while Lagdesk runs; needs the right to mount one."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from bot.store import Store
from tests.bot.cli.test_server_processes import Fleet, count_posts, open_fleet
from tests.scenario_helpers import FORM

SIZE: Final = "4m"
NOT_SAVED: Final = "Not saved: the database is unavailable. Try again in a minute."


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - our words
        pytest.skip("only root may mount a file system")
    yield tmp_path
    unmount = ["umount", "--lazy", str(tmp_path)]
    subprocess.run(unmount, check=True)  # noqa: S603 - likewise


@pytest.fixture
async def fleet(disk: Path) -> AsyncIterator[Fleet]:
    """No process yet; the database is on the small disk."""
    async with open_fleet(disk) as opened:
        yield opened


def fill_disk(file: Path) -> None:
    """Write a file until nothing fits any more."""
    with file.open("wb", buffering=0) as opened, suppress(OSError):
        while True:
            opened.write(b"x" * 4096)


async def fetch_status(url: str) -> int:
    """Return the status of a page."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_reports_while_the_disk_is_full(fleet: Fleet) -> None:
    """They are refused, /healthz says why; once there is space the same form makes one ticket."""
    process = await fleet.start("serve", "--port", "0")
    connection = fleet.workspace.connect_http(f"{process.url}/slack/events")
    await fleet.report("before")
    sam, filler = fleet.workspace.person("sam"), fleet.cli.folder / "filler"
    await sam.command("/report", "during")
    form = await sam.wait_for_view("report")
    fill_disk(filler)
    outcome = await sam.submit(form, {**FORM, "cname": "during"})
    assert list(outcome.errors.values()) == [NOT_SAVED]
    assert await fetch_status(f"{process.url}/healthz") == 503
    filler.unlink()
    assert (await sam.submit(form)).ok
    assert await fetch_status(f"{process.url}/healthz") == 200
    cnames = ("before", "during")
    await fleet.workspace.until(lambda: count_posts(fleet, cnames) == [(1, 1, 1)] * 2, 60)
    await process.stop()
    await connection.close()
    assert len([line for line in process.lines if "the database fails" in line]) == 1
    store = Store(fleet.environment["DATABASE_URL"])
    assert await store.find_fault() == ""
    store.close()
