"""Series and pictures with known values, for the tests of charts and alt texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from bot.call import Code, Direction, IssueType, Media, Metric, Report, Series, Side, Unit
from bot.charts.spec import ChartSpec, Curve, Freezes, Panel
from bot.diagnosis import Verdict
from bot.diagnosis.thresholds import LOSS
from bot.i18n.messages import message

MOMENT = dt.datetime(2026, 11, 12, 2, 27, tzinfo=dt.UTC)
AT = MOMENT.timestamp()
REPORT = Report("kids", "class_77_2", "10001", "20002", Side.STUDENT, IssueType.COMPLAINT, MOMENT)
MakeSeries = Callable[..., Series]
MakePicture = Callable[..., ChartSpec]
MakeVerdict = Callable[..., Verdict]


@pytest.fixture
def make_series() -> MakeSeries:
    """Return a builder of series: a constant value each two seconds around the complaint."""

    def build(
        metric: Metric,
        value: float = 1.0,
        *,
        uid: str = "10001",
        peer: str | None = None,
        media: Media | None = Media.VIDEO,
        direction: Direction | None = None,
        times: object = None,
        values: object = None,
    ) -> Series:
        at = np.arange(AT - 120, AT + 121, 2.0) if times is None else np.asarray(times, float)
        samples = np.full(len(at), value) if values is None else np.asarray(values, float)
        code = Code("agora.metric", "1")
        return Series(
            uid, f"{uid}-0", metric, Unit.NUMBER, at, samples, code, media, direction, peer
        )

    return build


@pytest.fixture
def make_verdict() -> MakeVerdict:
    """Return a builder of verdicts about the four minutes around the complaint."""

    def build(cause: str = "none", **parts: object) -> Verdict:
        around = dt.timedelta(minutes=2)
        return Verdict(cause, MOMENT - around, MOMENT + around, **parts)  # type: ignore[arg-type]

    return build


@pytest.fixture
def make_picture() -> MakePicture:
    """Return a builder of pictures: loss of 50 % at the teacher, 20 % at the student."""

    def build(
        title: str = "Packet loss",
        *,
        panels: int = 1,
        freezes: tuple[tuple[float, float], ...] = ((AT + 30, AT + 60),),
        hole: tuple[float, float] | None = None,
        names: tuple[str, str] = ("Teacher", "Student"),
    ) -> ChartSpec:
        people = (message(names[0]), message(names[1]))
        times = np.arange(AT - 120, AT + 121, 2.0)
        if hole is not None:
            times = times[(times < hole[0]) | (times > hole[1])]
        curves = tuple(
            Curve(people[end], end, times, np.full(len(times), value))
            for end, value in enumerate((50.0, 20.0))
        )
        panel = Panel(message("Uplink packet loss"), Unit.PERCENT, curves, LOSS)
        frozen = Freezes(people[1], freezes, sum(end - start for start, end in freezes))
        return ChartSpec(
            message(title),
            "class_77_2",
            (panel,) * panels,
            people,
            AT - 120,
            AT + 120,
            AT,
            frozen,
        )

    return build
