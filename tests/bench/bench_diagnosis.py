"""Benchmark of the diagnosis' accuracy: labelled classes of the sandbox, split by seed.

Run it with `python -m tests.bench.bench_diagnosis [tune|held] [classes per kind] [--wrong]`.
`--wrong` names each class with a wrong verdict; it is refused for the half that is held back.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.call import Direction
from bot.diagnosis import Verdict
from bot.sandbox.scenario import SimulatedCall
from tests.bench.labelled import VARIANTS, CloudVariant, diagnose_class, sim_calls

_SURE: Final = 0.7
_EACH: Final = 10
_STOPPED: Final = "user_action.stopped_sending"
_ALIKE: Final = {
    # Causes that no metric distinguishes; only a cloud's own finding does.
    "user_action.module_off": _STOPPED,
    "reconnect.ip_changed": "reconnect.network_down",
}
_ALIKE_WITH_EVENTS: Final = {
    "user_action.module_off": _STOPPED,
    "device.app_cpu_high": "device.cpu_high",  # Agora has one number for both
}
_BANDS: Final = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01))

Label = tuple[str, str, str]  # cause, side, direction


@dataclass(slots=True)
class Tally:
    """Results of one kind of evidence. `guesses` are (confidence, is right) of each named cause.

    `parts` counts how often cause, side and direction were right, each for itself.
    """

    right: int = 0
    total: int = 0
    unknown_right: int = 0
    unknown_total: int = 0
    parts: list[int] = field(default_factory=lambda: [0, 0, 0])
    guesses: list[tuple[float, bool]] = field(default_factory=list)
    confusion: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    perturbations: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    sure_and_wrong: list[str] = field(default_factory=list)


def label(verdict: Verdict, alike: dict[str, str]) -> Label:
    """Return cause, side and direction of a verdict."""
    cause = alike.get(verdict.cause, verdict.cause)
    direction = Direction.UP if cause == _STOPPED else verdict.direction
    return cause, str(verdict.side or ""), str(direction or "")


def truth(kind: str, sim_call: SimulatedCall, alike: dict[str, str]) -> Label:
    """Return the expected cause; a user who never joined has no metrics, so there is none."""
    if kind == "join_failed":
        return "unknown", "", ""
    expected = sim_call.expected
    cause = alike.get(expected.cause, expected.cause)
    direction = Direction.UP if cause == _STOPPED else expected.direction
    return cause, str(expected.side or ""), str(direction or "")


def judge(
    kind: str, perturbation: str, sim_call: SimulatedCall, variant: CloudVariant, tally: Tally
) -> None:
    """Diagnose one class and record the result."""
    verdict = diagnose_class(sim_call, variant)
    alike = _ALIKE_WITH_EVENTS if variant.has_events else _ALIKE
    wanted, got = truth(kind, sim_call, alike), label(verdict, alike)
    if wanted[0] == "unknown":
        tally.unknown_total += 1
        tally.unknown_right += got[0] == "unknown" and verdict.confidence is None
        return
    right = wanted == got
    line = f"{kind} seed {sim_call.seed}, {perturbation}: {got} {verdict.confidence}, not {wanted}"
    if verdict.confidence is not None:
        tally.guesses.append((verdict.confidence, right))
        if not right and verdict.confidence >= _SURE:
            tally.sure_and_wrong.append(line)
    if kind in variant.unseen:
        return
    _count(tally, perturbation, wanted, got)
    if not right:
        tally.wrong.append(line)


def _count(tally: Tally, perturbation: str, wanted: Label, got: Label) -> None:
    tally.total += 1
    tally.right += wanted == got
    tally.perturbations[perturbation].append(wanted == got)
    for number, (one, other) in enumerate(zip(wanted, got, strict=True)):
        tally.parts[number] += one == other
    tally.confusion[wanted[0]][got[0]] += 1


def show(variant: CloudVariant, tally: Tally, *, wrong: bool) -> None:
    """Print one flavour's numbers: accuracy, calibration, confusion."""
    shares = [f"{count / tally.total:.1%}" for count in (tally.right, *tally.parts)]
    brier = sum((sure - right) ** 2 for sure, right in tally.guesses) / len(tally.guesses)
    lines = [
        "",
        f"{variant.name}: right {tally.right} of {tally.total} = {shares[0]}",
        f"  cause {shares[1]}, side {shares[2]}, direction {shares[3]}, Brier {brier:.3f}",
        f"  unknown where data is missing {tally.unknown_right} of {tally.unknown_total}",
        f"  sure (from {_SURE}) and wrong {len(tally.sure_and_wrong)} of {len(tally.guesses)}",
        "  " + ", ".join(_by_perturbation(tally)),
        "  " + ", ".join(_calibration(tally)),
        *_confusion(tally),
    ]
    lines += [f"  {line}" for line in sorted({*tally.wrong, *tally.sure_and_wrong}) if wrong]
    print("\n".join(lines))  # noqa: T201 - a benchmark prints


def _by_perturbation(tally: Tally) -> Iterator[str]:
    for perturbation, rights in tally.perturbations.items():
        yield f"{perturbation} {sum(rights)}/{len(rights)}"


def _calibration(tally: Tally) -> Iterator[str]:
    for low, high in _BANDS:
        inside = [right for sure, right in tally.guesses if low <= sure < high]
        if inside:
            yield f"verdicts {low:.1f}-{min(high, 1):.1f}: {sum(inside)}/{len(inside)} right"


def _confusion(tally: Tally) -> Iterator[str]:
    """Print each true cause with the diagnosed causes, the right one first."""
    yield f"  {'true cause':38} {'right':>7}  verdicts instead"
    for cause, verdicts in sorted(tally.confusion.items()):
        others = [f"{other} {count}" for other, count in verdicts.most_common() if other != cause]
        share = f"{verdicts[cause]}/{verdicts.total()}"
        yield f"  {cause:38} {share:>7}  {', '.join(others) or '-'}"


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark."""
    words = [argument for argument in arguments if not argument.startswith("-")]
    half = words[0] if words else "held"
    each = int(words[1]) if len(words) > 1 else _EACH
    tallies = {variant.name: Tally() for variant in VARIANTS}
    began, count = time.perf_counter(), 0
    for kind, perturbation, sim_call in sim_calls(half, each):
        count += 1
        for variant in VARIANTS:
            judge(kind, perturbation, sim_call, variant, tallies[variant.name])
    print(f"{count} classes ({half}) in {time.perf_counter() - began:.1f} s")  # noqa: T201
    for variant in VARIANTS:
        show(variant, tallies[variant.name], wrong="--wrong" in arguments and half == "tune")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
