"""Benchmark of a three-hour class: parse, diagnose and draw, beside a plain JSON parse.

Run it with `python -m tests.bench.bench_charts [people] [hours]`, on Linux. Every stage runs in a
process of its own, because memory that was used once is never given back; a stage's figures are
the best time of three and the highest memory above what its inputs took.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from bot.call import Call, Code, IssueType, Report, Series, Side, Unit
from bot.charts.drawing import draw
from bot.charts.select_panels import select_panels
from bot.charts.serialization import deserialize_series, serialize_series
from bot.clouds.agora.schemas import Details
from bot.clouds.agora.series import build_participants, build_series
from bot.clouds.endpoints import find_endpoint
from bot.diagnosis import Verdict
from bot.diagnosis.diagnosis import diagnose
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import Window
from bot.sandbox.scenario import Curve, build_simulated_call, curves_of

_MIDS: Final = range(20001, 20019)
_RECEIVED: Final = frozenset({20004, 20005, 20009, 20010, 20011, 20016, 20018})
_ROOT: Final = Path(__file__).parents[2]
_STARTED: Final = 1_600_936_000
_STEP_S: Final = 2
_TIMES: Final = 3
_WORDS: Final = Translator("zh", "Asia/Shanghai")


def answer(people: int, hours: float) -> bytes:
    """Return a call/details answer of Agora's 2020 contract: 18 metrics of each person."""
    rng = np.random.default_rng(77)
    count = int(hours * 3600 / _STEP_S)
    users, metrics = [], []
    for number in range(people):
        uid, sid = 10001 + number, f"{number:032x}"
        users.append({"sid": sid, "uid": uid, "join_ts": _STARTED, "leave_ts": _STARTED + 99999})
        data = [{"mid": mid, "kvs": _points(rng, count), **_peer(mid, uid)} for mid in _MIDS]
        metrics.append({"sid": sid, "data": data})
    return msgspec.json.encode({"code": 200, "call_info": users, "metrics": metrics})


def _points(rng: np.random.Generator, count: int) -> list[list[int]]:
    times = _STARTED + _STEP_S * np.arange(count) + (rng.random(count) < 0.1)
    values = rng.integers(0, 900, count)
    points: list[list[int]] = np.stack([times, values], axis=1).tolist()
    return points


def _peer(mid: int, uid: int) -> Mapping[str, int]:
    """Received media comes from the first user, or from the second when the first receives."""
    return {"peer_uid": 10002 if uid == 10001 else 10001} if mid in _RECEIVED else {}


@dataclass(frozen=True)
class CallCase:
    """The complaint in the middle of the class, and the whole class as a window."""

    report: Report
    call: Call
    window: Window

    @classmethod
    def of(cls, hours: float) -> CallCase:
        """Return a scenario with a class of this length."""
        began = dt.datetime.fromtimestamp(_STARTED, dt.UTC)
        ended = began + dt.timedelta(hours=hours)
        middle = began + (ended - began) / 2
        kind = IssueType.COMPLAINT
        report = Report("kids", "class_77", "10001", "10002", Side.STUDENT, kind, middle)
        return cls(
            report, Call("agora", "kids", "1", "class_77", began, ended), Window(began, ended)
        )


def read(body: bytes, call_case: CallCase) -> tuple[Series, ...]:
    """Read an answer the way the client of Agora does."""
    details = msgspec.json.decode(body, type=Details)
    row = find_endpoint("agora", "details", generation="seed")
    participants = build_participants(row, details.call_info or (), ())
    return build_series(row, details.metrics or (), participants, call_case.window, "seed")


def judge(series: Sequence[Series], call_case: CallCase) -> Verdict:
    """Examine what was read."""
    return diagnose(call_case.report, [call_case.call], series, ())


def paint(series: Sequence[Series], verdict: Verdict, window: Window, call_case: CallCase) -> bytes:
    """Choose panels and draw them."""
    title = message("Packet loss")
    chart_spec = select_panels(call_case.report, series, verdict, title=title, window=window)
    return draw(chart_spec, _WORDS)


def stages(body: bytes, call_case: CallCase) -> Mapping[str, Callable[[], Callable[[], object]]]:
    """Return each step: its preparation, then the work that is measured."""
    near = Window.around(call_case.report.occurred_at, dt.timedelta(minutes=2))

    def drawing(window: Window) -> Callable[[], object]:
        series = read(body, call_case)
        verdict = judge(series, call_case)
        return lambda: paint(series, verdict, window, call_case)

    def all_series() -> bytes:
        series = read(body, call_case)
        return paint(series, judge(series, call_case), near, call_case)

    def examining() -> Callable[[], object]:
        series = read(body, call_case)
        return lambda: judge(series, call_case)

    def packing() -> Callable[[], object]:
        series = read(body, call_case)
        return lambda: serialize_series(series, call_case.window)

    def unpacking() -> Callable[[], object]:
        packed = serialize_series(read(body, call_case), call_case.window)
        return lambda: deserialize_series(packed)

    return {
        "json.loads": lambda: lambda: json.loads(body),
        "msgspec, untyped": lambda: lambda: msgspec.json.decode(body),
        "msgspec, points left raw": lambda: lambda: msgspec.json.decode(body, type=Details),
        "read": lambda: lambda: read(body, call_case),
        "examine": examining,
        "draw, 4 minutes": lambda: drawing(near),
        "draw, the whole class": lambda: drawing(call_case.window),
        "read + examine + draw": lambda: all_series,
        "pack": packing,
        "unpack": unpacking,
    }


def _memory_kb(name: str) -> int:
    """Return a line of /proc/self/status: VmRSS is the current memory, VmHWM the peak."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def measure(name: str, body: bytes, call_case: CallCase) -> tuple[float, float]:
    """Return the best time of a step in seconds, and its memory in MB without its inputs."""
    work = stages(body, call_case)[name]()
    _ = work() if name.startswith("draw") else None  # the font and Pillow are loaded once
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most begins anew
    before, best = _memory_kb("VmRSS"), float("inf")
    for _ in range(_TIMES):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best, (_memory_kb("VmHWM") - before) / 1024


def packed_hour() -> tuple[int, int, int]:
    """Return series, points and packed bytes of an hour of the sandbox's class of two."""
    sim_call = build_simulated_call(
        "wifi_weak_student", "class_77", seed=7, started_at=float(_STARTED), length_s=3600
    )
    series = [_as_series(curve) for curve in curves_of(sim_call)]
    window = CallCase.of(1.01).window
    return len(series), sum(len(one.times) for one in series), len(serialize_series(series, window))


def _as_series(curve: Curve) -> Series:
    code, peer = Code("sandbox", curve.metric), curve.peer_uid
    return Series(
        uid=str(curve.uid),
        sid=f"{curve.uid}-{curve.session}",
        metric=curve.metric,
        unit=Unit.NUMBER,
        times=curve.times,
        values=curve.values,
        code=code,
        media=curve.media,
        direction=curve.direction,
        peer_uid=None if peer is None else str(peer),
    )


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark, or one step of it in a child process."""
    if arguments[:1] == ["--stage"]:
        return _be_child(*arguments[1:4])
    people = int(arguments[0]) if arguments else 10
    hours = float(arguments[1]) if len(arguments) > 1 else 3.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "details.json"
        path.write_bytes(answer(people, hours))
        points = people * len(_MIDS) * int(hours * 3600 / _STEP_S)
        size_mb = path.stat().st_size / 1e6
        print(f"{people} people, {hours:g} h: {points:,} points, {size_mb:.1f} MB of JSON")  # noqa: T201
        show({name: _in_child(name, path, hours) for name in stages(b"", CallCase.of(hours))})
    count, points, size = packed_hour()
    print(f"an hour of two people: {count} series, {points:,} points, packed {size / 1000:.0f} kB")  # noqa: T201
    return 0


def _be_child(name: str, path: str, hours: str) -> int:
    print(*measure(name, Path(path).read_bytes(), CallCase.of(float(hours))))  # noqa: T201
    return 0


def _in_child(name: str, path: Path, hours: float) -> tuple[float, float]:
    module = ["-m", "tests.bench.bench_charts"]
    command = [sys.executable, *module, "--stage", name, str(path), str(hours)]
    finished = subprocess.run(command, check=True, capture_output=True, text=True, cwd=_ROOT)  # noqa: S603
    seconds, megabytes = finished.stdout.split()
    return float(seconds), float(megabytes)


def show(measured: Mapping[str, tuple[float, float]]) -> None:
    """Print the table; shares are of reading, examining and drawing together."""
    parts = ("read", "examine", "draw, 4 minutes")
    whole = sum(measured[name][0] for name in parts)
    print(f"{'stage':28} {'ms':>8} {'MB':>7} {'share':>7}")  # noqa: T201
    for name, (seconds, megabytes) in measured.items():
        share = f"{seconds / whole:7.0%}" if name in parts else ""
        print(f"{name:28} {1000 * seconds:8.1f} {megabytes:7.1f} {share}")  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
