"""Native charts: titles, names and labels within Slack's limits, and worst values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.call import Unit
from bot.charts.alt_text import native_charts_caption
from bot.charts.native_charts import NativeChart, native_charts
from bot.charts.spec import ChartSpec, Curve, Panel
from bot.diagnosis.thresholds import LOSS
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from tests.bot.charts.conftest import AT, MakePicture

EN = Translator("en", "Asia/Shanghai")


def chart_of(chart_spec: ChartSpec) -> NativeChart:
    """The first chart."""
    return native_charts(chart_spec, EN)[0]


def test_a_whole_chart(make_picture: MakePicture) -> None:
    """Name, date and zone, unit, a label for each twelve seconds, and the limit as a line."""
    chart = chart_of(make_picture())
    assert chart.title == "Uplink packet loss, reported 10:27"
    assert (chart.x_label, chart.y_label) == ("2026-11-12 UTC+8", "%")
    assert (chart.labels[0], chart.labels[1], chart.labels[-1]) == (
        "10:25:00",
        "10:25:12",
        "10:28:48",
    )
    assert [(line.name, set(line.values)) for line in chart.series] == [
        ("Teacher", {50.0}),
        ("Student", {20.0}),
        ("limit", {5.0}),
    ]
    unlimited = replace(make_picture().panels[0], limit=None)
    chart = chart_of(replace(make_picture(), panels=(unlimited,), is_reported=False))
    assert chart.title == "Uplink packet loss, around 10:27"
    assert [line.name for line in chart.series] == ["Teacher", "Student"]


@pytest.mark.parametrize(
    ("length_s", "label"), [(240, "10:25:00"), (1890, "10:25:00"), (1896, "10:25"), (7200, "10:25")]
)
def test_labels_have_seconds_up_to_half_an_hour(
    make_picture: MakePicture, length_s: float, label: str
) -> None:
    """Longer charts have a point for each minute at least."""
    chart_spec = make_picture()
    panel = chart_spec.panels[0]
    times = np.linspace(AT - 120, AT - 120 + length_s, 500)
    curve = Curve(chart_spec.people[0], 0, times, np.ones(500))
    longer = replace(
        chart_spec, panels=(replace(panel, curves=(curve,)),), until=AT - 120 + length_s
    )
    assert chart_of(longer).labels[0] == label


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("N" * 34, "N" * 34 + ", reported 10:27"),
        ("N" * 35, "N" * 35 + ", 10:27"),
        ("N" * 43, "N" * 43 + ", 10:27"),
        ("N" * 44, "N" * 42 + "…, 10:27"),
        ("N" * 41 + " NNN", "N" * 41 + "…, 10:27"),
    ],
)
def test_a_long_title_is_cut_before_its_time(
    make_picture: MakePicture, name: str, title: str
) -> None:
    """Fifty characters at most."""
    panel = replace(make_picture().panels[0], name=message(name))
    assert chart_of(replace(make_picture(), panels=(panel,))).title == title


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("A" * 20, "B"), ["A" * 20, "B"]),
        (("A" * 21, "B"), ["A" * 19 + "…", "B"]),
        (("A", "A"), ["A", "A 2"]),
        (("A" * 20, "A" * 20), ["A" * 20, "A" * 17 + "… 2"]),
        (("limit", "limit"), ["limit", "limit 2"]),
    ],
)
def test_names_are_short_and_unique(
    make_picture: MakePicture, names: tuple[str, str], expected: list[str]
) -> None:
    """Twenty characters at most; the limit is a line like the others."""
    lines = [line.name for line in chart_of(make_picture(names=names)).series]
    assert lines[:2] == expected
    assert lines[2] == ("limit 3" if "limit" in names else "limit")


@pytest.mark.parametrize(
    ("unit", "worst"), [(Unit.PERCENT, 9.0), (Unit.MS, 9.0), (Unit.KBPS, 1.0), (Unit.FPS, 1.0)]
)
def test_a_point_is_the_worst_value(make_picture: MakePicture, unit: Unit, worst: float) -> None:
    """The highest, but the lowest of a bitrate; a sample belongs to the interval it begins."""
    people = make_picture().people
    times = np.arange(AT - 120, AT + 121, 4.0)  # three in each interval, one at the very end
    values = np.full(len(times), 5.0)
    values[3], values[4] = 9, 1
    values[-1] = worst
    panel = Panel(message("Metric"), unit, (Curve(people[0], 0, times, values),))
    (line,) = chart_of(replace(make_picture(), panels=(panel,))).series
    assert line.values == (5.0, worst, *[5.0] * 17, worst)


def test_values_have_a_decimal(make_picture: MakePicture) -> None:
    """More would not be readable."""
    chart_spec = make_picture()
    curve = replace(chart_spec.panels[0].curves[0], values=np.full(121, 12.3456))
    panel = Panel(message("Metric"), Unit.PERCENT, (curve,), LOSS)
    assert chart_of(replace(chart_spec, panels=(panel,))).series[0].values == (12.3,) * 20


def test_only_times_that_every_curve_has(make_picture: MakePicture) -> None:
    """A native chart needs a value for each label."""
    chart_spec = make_picture()
    first, second = chart_spec.panels[0].curves
    late = replace(second, times=second.times[30:], values=second.values[30:])
    panel = replace(chart_spec.panels[0], curves=(first, late))
    chart = chart_of(replace(chart_spec, panels=(panel,)))
    assert (len(chart.labels), chart.labels[0]) == (15, "10:26:00")
    assert [len(line.values) for line in chart.series] == [15] * 3


def test_a_single_point(make_picture: MakePicture) -> None:
    """One interval with samples is a chart."""
    chart_spec = make_picture()
    curve = Curve(chart_spec.people[0], 0, np.array([AT]), np.array([3.0]))
    panel = replace(chart_spec.panels[0], curves=(curve,))
    chart = chart_of(replace(chart_spec, panels=(panel,)))
    assert (chart.labels, chart.series[0].values) == (("10:27:00",), (3.0,))


def test_the_caption(make_picture: MakePicture) -> None:
    """What the charts cannot show: the complaint's time, a point's length, and freezes."""
    chart_spec = make_picture()
    point, freezes = [EN.translate(line) for line in native_charts_caption(chart_spec)]
    assert point == ("Reported 2026-11-12 10:27 UTC+8. Each point is the worst value within 12 s.")
    assert freezes == "Student: frozen once, for 30 s."
    asked = replace(chart_spec, is_reported=False, freezes=None)
    (line,) = native_charts_caption(asked)
    assert EN.translate(line) == "Each point is the worst value within 12 s."
