"""Benchmark of the diagnosis' accuracy on calls whose right verdicts are known.

Run it with `python -m tests.bench diagnosis [tune|held] [calls per kind] [cloud ...] [set ...]`.
Every call goes over HTTP through a simulated cloud, its client, its own events and the rules.
Sets: `simulated`, `hard` to `hard-4`, and `recorded` to `recorded-3` where LAGDESK_RECORDED_LINKS
names the file of recorded links. The wrong verdicts are listed, except of the half that is held
back. `diagnosis fit` fits the confidences to the half `tune` of the hard and recorded sets and
prints the table of `bot/diagnosis/calibration.py`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bot.diagnosis import HEALTHY, UNKNOWN, Verdict
from bot.diagnosis.calibration import SURE, Scored, Steps, fit, is_fitted
from bot.diagnosis.diagnosis import MOST_WHEN_BLIND
from tests.bench.accounts import (
    AGORA_2020,
    AGORA_TODAY,
    HUAWEI,
    VOLCENGINE,
    Account,
    open_product,
    score,
)
from tests.bench.expectation import Expectation
from tests.bench.hard_calls import HARD_KINDS
from tests.bench.labelled_calls import Half, LabelledCall, Maker, hard_calls, simulated_calls
from tests.bench.recorded_links import recorded_calls

_RECORDED: Final = {"recorded": 0, "recorded-2": 1, "recorded-3": 2}  # and their placements
_FITTED_SETS: Final = ("hard", "hard-2", "recorded", "recorded-2")
_SETS: Final = ("simulated", *HARD_KINDS, *_RECORDED)
_EACH_SIMULATED: Final = 10
_EACH_HARD: Final = 2
_ACCOUNTS: Final = (AGORA_2020, AGORA_TODAY, VOLCENGINE, HUAWEI)
_BANDS: Final = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01))


@dataclass(slots=True)
class Tally:
    """Results of one cloud. `guesses` are (confidence, is right) of each verdict with one.

    A fault that the cloud cannot see does not count as right or wrong, only as a guess. `healthy`
    counts the calls that were rightly called so, which is said with 0.6 at most.
    """

    right: int = 0
    total: int = 0
    guesses: list[tuple[float, bool]] = field(default_factory=list)
    healthy: int = 0
    confusion: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: list[str] = field(default_factory=list)

    def add(self, account: Account, call: LabelledCall, verdict: Verdict) -> None:
        """Count one verdict."""
        right = call.expectation.accepts(verdict)
        if verdict.confidence is not None:
            self.guesses.append((verdict.confidence, right))
            self.healthy += right and verdict.cause == HEALTHY
        if call.expectation.is_visible(account):
            self.total += 1
            self.right += right
            self.confusion[call.kind]["right" if right else _name(verdict)] += 1
        if not right and (call.expectation.is_visible(account) or is_sure(verdict)):
            self.wrong.append(f"{call.kind}, {call.variant}: {_name(verdict)} {verdict.confidence}")

    def lines(self, name: str, *, wrong: bool) -> Iterator[str]:
        """Write the numbers: accuracy, calibration, confusion."""
        brier = sum((sure - right) ** 2 for sure, right in self.guesses) / len(self.guesses)
        sure_wrong = sum(sure >= SURE and not right for sure, right in self.guesses)
        share = f"{self.right} of {self.total} = {self.right / self.total:.1%}"
        sure = f"sure (from {SURE}) and wrong {sure_wrong} of {len(self.guesses)}"
        least = self.healthy * (1 - MOST_WHEN_BLIND) ** 2 / len(self.guesses)
        yield f"{name}: right {share}, {sure}, Brier {brier:.3f} (healthy calls alone {least:.3f})"
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
    return (verdict.confidence or 0) >= SURE


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
    if name in _RECORDED:
        path = os.environ.get("LAGDESK_RECORDED_LINKS")
        return list(recorded_calls(half, Path(path), _RECORDED[name])) if path else []
    if name in HARD_KINDS:
        return list(hard_calls(HARD_KINDS[name], half, each or _EACH_HARD))
    return list(simulated_calls(half, each or _EACH_SIMULATED))


async def _fitted(accounts: Iterable[Account], makers: Sequence[Maker]) -> Steps:
    """Fit the steps of the calibration to what the rules say with all clouds."""
    scored: list[Scored] = []
    for account in accounts:
        async with open_product(account) as product:
            for make in makers:
                call = make(product.clock())
                verdict = score(await product.examine(call.sim_call))
                if is_fitted(verdict.cause):
                    scored.append(_scored(verdict, call.expectation))
    return fit(scored)


def _scored(verdict: Verdict, expectation: Expectation) -> Scored:
    sure = replace(verdict, confidence=max(verdict.confidence or 0, SURE))
    return Scored(
        verdict.confidence or 0,
        right=expectation.accepts(verdict),
        right_when_sure=expectation.accepts(sure),
    )


def main(words: Sequence[str]) -> None:
    """Run the benchmark."""
    half: Half = "tune" if {"tune", "fit"} & set(words) else "held"
    each = next((int(word) for word in words if word.isdigit()), None)
    accounts = [account for account in _ACCOUNTS if account.name in words] or _ACCOUNTS
    sets = [name for name in _SETS if name in words] or _SETS
    if "fit" in words:
        makers = [make for name in _FITTED_SETS for make in _makers(name, half, each)]
        print(asyncio.run(_fitted(accounts, makers)))  # noqa: T201 - a benchmark prints
        return
    for name in sets:
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
