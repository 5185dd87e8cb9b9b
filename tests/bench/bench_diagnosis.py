"""Benchmark of the diagnosis' accuracy on calls whose right verdicts are known.

Run it with `python -m tests.bench diagnosis [tune|held] [calls per kind] [cloud ...] [set ...]`.
Every call goes over HTTP through a simulated cloud, its client, its own events and the rules.
Sets: `simulated`, `hard`, and `recorded` where LAGDESK_RECORDED_LINKS names the file of
recorded links. The wrong verdicts are listed, except of the half that is held back.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.diagnosis import UNKNOWN, Verdict
from tests.bench.accounts import AGORA_2020, AGORA_TODAY, HUAWEI, VOLCENGINE, Account, open_product
from tests.bench.labelled_calls import Half, LabelledCall, Maker, hard_calls, simulated_calls
from tests.bench.recorded_links import recorded_calls

_SURE: Final = 0.7
_SETS: Final = ("simulated", "hard", "recorded")
_EACH: Final = {"simulated": 10, "hard": 2}
_ACCOUNTS: Final = (AGORA_2020, AGORA_TODAY, VOLCENGINE, HUAWEI)
_BANDS: Final = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01))


@dataclass(slots=True)
class Tally:
    """Results of one cloud. `guesses` are (confidence, is right) of each verdict with one.

    A fault that the cloud cannot see does not count as right or wrong, only as a guess.
    """

    right: int = 0
    total: int = 0
    guesses: list[tuple[float, bool]] = field(default_factory=list)
    confusion: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: list[str] = field(default_factory=list)

    def add(self, account: Account, call: LabelledCall, verdict: Verdict) -> None:
        """Count one verdict."""
        right = call.expectation.accepts(verdict)
        if verdict.confidence is not None:
            self.guesses.append((verdict.confidence, right))
        if call.expectation.is_visible(account):
            self.total += 1
            self.right += right
            self.confusion[call.kind]["right" if right else _name(verdict)] += 1
        if not right and (call.expectation.is_visible(account) or is_sure(verdict)):
            self.wrong.append(f"{call.kind}, {call.variant}: {_name(verdict)} {verdict.confidence}")

    def lines(self, name: str, *, wrong: bool) -> Iterator[str]:
        """Write the numbers: accuracy, calibration, confusion."""
        brier = sum((sure - right) ** 2 for sure, right in self.guesses) / len(self.guesses)
        sure_wrong = sum(sure >= _SURE and not right for sure, right in self.guesses)
        share = f"{self.right} of {self.total} = {self.right / self.total:.1%}"
        sure = f"sure (from {_SURE}) and wrong {sure_wrong} of {len(self.guesses)}"
        yield f"{name}: right {share}, {sure}, Brier {brier:.3f}"
        yield "  " + ", ".join(self._calibration())
        for kind, verdicts in sorted(self.confusion.items()):
            others = [f"{cause} {count}" for cause, count in verdicts.items() if cause != "right"]
            if others:
                yield f"  {kind:38} {verdicts['right']}/{verdicts.total()}  {', '.join(others)}"
        if wrong:
            yield from (f"    {line}" for line in sorted(self.wrong))

    def _calibration(self) -> Iterator[str]:
        for low, high in _BANDS:
            inside = [right for sure, right in self.guesses if low <= sure < high]
            if inside:
                yield f"verdicts {low:.1f}-{min(high, 1):.1f}: {sum(inside)}/{len(inside)} right"


def is_sure(verdict: Verdict) -> bool:
    """Return whether a verdict is said with confidence."""
    return (verdict.confidence or 0) >= _SURE


def _name(verdict: Verdict) -> str:
    if verdict.cause == UNKNOWN:
        return verdict.cause
    return " ".join(filter(None, (verdict.cause, verdict.side, verdict.direction)))


async def measure(account: Account, makers: Iterable[Maker]) -> Tally:
    """Diagnose every call with the data of one cloud."""
    tally = Tally()
    async with open_product(account) as product:
        for make in makers:
            call = make(product.clock())
            tally.add(account, call, await product.diagnose(call.sim_call))
    return tally


def _makers(name: str, half: Half, each: int | None) -> list[Maker]:
    if name == "recorded":
        path = os.environ.get("LAGDESK_RECORDED_LINKS")
        return list(recorded_calls(half, Path(path))) if path else []
    calls = simulated_calls if name == "simulated" else hard_calls
    return list(calls(half, each or _EACH[name]))


def main(words: Sequence[str]) -> None:
    """Run the benchmark."""
    half: Half = "tune" if "tune" in words else "held"
    each = next((int(word) for word in words if word.isdigit()), None)
    accounts = [account for account in _ACCOUNTS if account.name in words] or _ACCOUNTS
    for name in [name for name in _SETS if name in words] or _SETS:
        makers = _makers(name, half, each)
        for account in accounts if makers else ():
            _report(f"{name}, {half}, {account.name}", account, makers, half)


def _report(name: str, account: Account, makers: Sequence[Maker], half: Half) -> None:
    began = time.perf_counter()
    tally = asyncio.run(measure(account, makers))
    lines = tally.lines(f"{name} ({time.perf_counter() - began:.0f} s)", wrong=half == "tune")
    print("\n".join(lines), flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    main(sys.argv[1:])
