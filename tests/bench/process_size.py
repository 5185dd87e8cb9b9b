"""What a process uses, read from /proc."""

from __future__ import annotations

from pathlib import Path


def memory_mb(pid: int) -> float:
    """Return the resident memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) / 1024


def open_files(pid: int) -> int:
    """Return how many files and sockets are open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def cpu_seconds(pid: int) -> float:
    """Return user and system time so far."""
    ticks = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, ticks)) / 100
