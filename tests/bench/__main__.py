"""Runs the benchmarks: `python -m tests.bench [name ...] [word ...]`, by default all of them.

Words that name no benchmark are arguments of each that runs, such as `desk sqlite 1000 100000`.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def main(wanted: list[str]) -> None:
    """Run the wanted benchmarks one after another; each prints its own table."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    arguments = [word for word in wanted if word not in known]
    for name in [word for word in wanted if word in known] or known:
        print(f"== {name}", flush=True)  # noqa: T201 - a benchmark prints
        sys.argv = [str(known[name]), *arguments]
        with contextlib.suppress(SystemExit):  # each ends as a command does; the next one follows
            runpy.run_path(str(known[name]), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
