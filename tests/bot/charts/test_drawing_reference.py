"""Whole pictures, compared with those in `reference/`: a chart changes only on purpose.

After a deliberate change, delete the picture concerned: the next run draws it anew, and fails once
so that somebody looks at it.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image

from bot.call import Unit
from bot.charts.drawing import draw
from bot.charts.spec import ChartSpec, Curve, Freezes, Panel
from bot.diagnosis.thresholds import LOSS, SYSTEM_CPU
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from tests.bot.charts.conftest import AT

REFERENCE: Final = Path(__file__).parent / "reference"
CLEARLY: Final = 48  # of 255; another version of the font's renderer differs by less
PEOPLE: Final = (message("Teacher"), message("Student"))


def curve(end: int, values: list[float], since_s: float = -120, step_s: float = 2) -> Curve:
    """A curve of one end that repeats some values until two minutes after the complaint."""
    times = np.arange(AT + since_s, AT + 120.1, step_s)
    return Curve(PEOPLE[end], end, times, np.resize(np.array(values, dtype=float), len(times)))


def without(one: Curve, since_s: float, until_s: float) -> Curve:
    """Leave a gap, in seconds from the complaint."""
    kept = (one.times <= AT + since_s) | (one.times >= AT + until_s)
    return replace(one, times=one.times[kept], values=one.values[kept])


def frozen(*spans: tuple[float, float]) -> Freezes:
    """Freezes of the student, in seconds from the complaint."""
    intervals = tuple((AT + since, AT + until) for since, until in spans)
    return Freezes(PEOPLE[1], intervals, sum(until - since for since, until in spans))


LOSSES: Final = Panel(
    message("Uplink packet loss"),
    Unit.PERCENT,
    (curve(0, [4, 9, 30, 12, 8], step_s=6), without(curve(1, [1, 0, 2, 3]), -60, -20)),
    LOSS,
)
WAVE: Final = [20.0 if n == 3000 else 600 + 40 * np.sin(n / 500) for n in range(12_001)]
BITRATES: Final = Panel(
    message("Send bitrate"),
    Unit.KBPS,
    (curve(0, WAVE, step_s=0.02), without(curve(1, [300, 310, 290, 0], step_s=5), -119, -70)),
)
CPU: Final = Panel(
    message("System CPU"),
    Unit.PERCENT,
    (without(curve(1, [55, 60, 99], step_s=8), -110, 50),),
    SYSTEM_CPU,
)
LATENCY: Final = Panel(message("Latency"), Unit.MS, (curve(0, [12_000, 0, 90], step_s=30),))


def spec(title: str, *panels: Panel, freezes: Freezes | None = None, at_s: float = 0) -> ChartSpec:
    """A chart of these panels, four minutes long, with its mark so long after the middle."""
    since, until = AT - 120, AT + 120
    return ChartSpec(message(title), "class_77_2", panels, PEOPLE, since, until, AT + at_s, freezes)


LONG_NAMES: Final = (message("Teacher " * 9), message("Student " * 9))
PICTURES: Final = {
    "english": (
        "en",
        spec(
            "Packet loss",
            LOSSES,
            BITRATES,
            freezes=frozen((-200, -100), (-55, -54), (30, 60), (119, 150), (130, 140)),
        ),
    ),
    "chinese": ("zh", spec("Packet loss " * 9, CPU, at_s=-118, freezes=frozen())),
    "both": (
        "both",
        replace(
            spec("Packet loss", LATENCY, CPU, LOSSES, BITRATES, at_s=65, freezes=frozen((70, 90))),
            people=LONG_NAMES,
            is_reported=False,
        ),
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_as_they_were(name: str) -> None:
    """Hardly a pixel differs clearly."""
    locale, chart_spec = PICTURES[name]
    path = REFERENCE / f"{name}.png"
    drawn = draw(chart_spec, Translator(locale, "Asia/Shanghai"))
    if not path.is_file():
        path.write_bytes(drawn)
        pytest.fail(f"{path} was drawn anew: look at it")
    new, old = (_pixels(data) for data in (drawn, path.read_bytes()))
    assert new.shape == old.shape
    different = (np.abs(new - old) > CLEARLY).any(axis=2)
    assert int(different.sum()) < 20


def _pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), dtype=int)
