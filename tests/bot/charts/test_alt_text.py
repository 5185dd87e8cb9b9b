from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.call import Unit
from bot.charts.alt_text import alt_text
from bot.charts.labels import write_number
from bot.charts.native_charts import native_charts
from bot.charts.spec import ChartSpec, Curve, Panel
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from tests.bot.charts.conftest import AT, MakePicture

EN = Translator("en", "Asia/Shanghai")
ZH = Translator("zh", "Asia/Shanghai")
BOTH = Translator("both", "Asia/Shanghai")


def _with_values(
    chart_spec: ChartSpec, values: list[float], unit: Unit = Unit.PERCENT
) -> ChartSpec:
    times = AT + 2.0 * np.arange(len(values), dtype=np.float64)
    curve = Curve(chart_spec.people[0], 0, times, np.array(values))
    limit = chart_spec.panels[0].limit if unit is Unit.PERCENT else None
    return replace(chart_spec, panels=(Panel(chart_spec.panels[0].name, unit, (curve,), limit),))


def test_whole_text(make_picture: MakePicture) -> None:
    """Who, what, the worst value and when, what is usual, the limit, and the freezes."""
    expected = (
        "Packet loss. Channel class_77_2, 2026-11-12 10:25–10:29 UTC+8; problem at 10:27:00."
        " Uplink packet loss: Teacher highest 50% at 10:25:00, usually 50%,"
        " Student highest 20% at 10:25:00, usually 20%, limit 5%."
        " Student: frozen once, for 30 s."
    )

    assert expected == alt_text(make_picture(), EN)


def test_chinese_text(make_picture: MakePicture) -> None:
    """The same text in Chinese, complete."""
    text = alt_text(make_picture(), ZH)

    for part in ("网络丢包", "class_77_2", "上行丢包率", "老师", "50%", "学生", "20%", "10:27:00"):
        assert part in text


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        (Unit.PERCENT, [1, 2, 34.6, 2, 1], "Teacher highest 35% at 10:27:04, usually 2%"),
        (Unit.PERCENT, [0.1, 0.44, 0.2], "Teacher highest 0.4% at 10:27:02, usually 0.2%"),
        (Unit.KBPS, [600, 600, 0, 600], "Teacher lowest 0 kbps at 10:27:04, usually 600 kbps"),
        (Unit.MS, [20, 20, 900], "Teacher highest 900 ms at 10:27:04, usually 20 ms"),
    ],
)
def test_worst_is_the_worst(
    make_picture: MakePicture, unit: Unit, values: list[float], expected: str
) -> None:
    """The worst value is the highest, but the lowest for bitrate and frame rate."""
    assert expected in alt_text(_with_values(make_picture(), values, unit), EN)


@pytest.mark.parametrize(
    ("freezes", "expected"),
    [
        ((), "Student: no freezes."),
        (((AT, AT + 2),), "Student: frozen once, for 2 s."),
        (((AT, AT + 2), (AT + 9, AT + 11)), "Student: frozen 2 times, for 4 s in all."),
    ],
)
def test_freezes_are_counted(
    make_picture: MakePicture, freezes: tuple[tuple[float, float], ...], expected: str
) -> None:
    """None, one and several freezes have their own sentences."""
    assert alt_text(make_picture(freezes=freezes), EN).endswith(expected)


def test_unmeasured_freezes_are_not_mentioned(make_picture: MakePicture) -> None:
    """Where freezes were not measured, the text does not mention them."""
    assert "freez" not in alt_text(replace(make_picture(), freezes=None), EN)


@pytest.mark.parametrize("translator", [EN, ZH, BOTH], ids=["en", "zh", "both"])
@pytest.mark.parametrize("most", [2000, 1000, 120])
def test_text_is_never_too_long(
    make_picture: MakePicture, translator: Translator, most: int
) -> None:
    """Whole sentences are left out rather than cut."""
    chart_spec = make_picture(panels=4, names=("T" * 60, "S" * 60))
    text = alt_text(chart_spec, translator, most)

    assert 0 < len(text) <= most
    assert all(line[-1] in ".。" for line in text.split("\n"))


def test_both_languages_are_in_the_text(make_picture: MakePicture) -> None:
    """For the locale `both` the text is in both languages."""
    chinese, english = alt_text(make_picture(), BOTH).split("\n")

    assert alt_text(make_picture(), ZH) == chinese
    assert alt_text(make_picture(), EN) == english


@pytest.mark.parametrize("translator", [EN, ZH, BOTH], ids=["en", "zh", "both"])
@pytest.mark.parametrize("names", [("Teacher", "Student"), ("A" * 40, "A" * 40), ("老师", "老师")])
def test_native_charts_keep_the_limits(
    make_picture: MakePicture, translator: Translator, names: tuple[str, str]
) -> None:
    """Two charts, twenty points, short and different names, a value for every label."""
    charts = native_charts(make_picture(panels=4, names=names), translator)

    assert len(charts) == 2
    for chart in charts:
        assert 1 <= len(chart.title) <= 50
        assert 20 == len(chart.labels) == len(set(chart.labels))
        assert all(1 <= len(label) <= 20 for label in chart.labels)
        assert max(len(chart.x_label), len(chart.y_label)) <= 50
        assert 3 == len(chart.series) == len({series.name for series in chart.series})
        assert all(1 <= len(series.name) <= 20 for series in chart.series)
        assert all(len(series.values) == 20 for series in chart.series)


def test_native_points_are_the_worst_of_their_time(make_picture: MakePicture) -> None:
    """A peak of one sample is a peak in the chart; a mean would hide it."""
    values = [1.0] * 59 + [88.88]
    chart_spec = replace(_with_values(make_picture(), values), since=AT, until=AT + 120)
    (chart,) = native_charts(chart_spec, EN)

    assert chart.labels[0] == "10:27:00"
    assert (chart.series[0].name, *chart.series[0].values[-2:]) == ("Teacher", 1.0, 88.9)
    assert (chart.series[1].name, set(chart.series[1].values)) == ("limit", {5.0})


def test_native_skips_times_without_samples(make_picture: MakePicture) -> None:
    """Where a user was not measured there is no point, rather than an invented one."""
    (chart,) = native_charts(make_picture(hole=(AT - 60, AT)), EN)

    assert len(chart.labels) == 15
    assert "10:26:24" not in chart.labels


def test_native_with_people_never_measured_together(make_picture: MakePicture) -> None:
    """Two series without a common time cannot share a chart; the one with more samples is used."""
    chart_spec = make_picture()
    first, second = chart_spec.panels[0].curves
    early = Curve(first.who, 0, first.times[:20], first.values[:20])
    late = Curve(second.who, 1, second.times[40:], second.values[40:])
    panel = Panel(message("Jitter"), Unit.MS, (early, late))
    (chart,) = native_charts(replace(chart_spec, panels=(panel,)), EN)

    assert [series.name for series in chart.series] == ["Student"]


def test_native_without_panels(make_picture: MakePicture) -> None:
    """No panels, no charts."""
    assert native_charts(make_picture(panels=0), EN) == ()


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (0.04, "0"), (0.44, "0.4"), (9.5, "9.5"), (5.0, "5"), (12.4, "12"), (2e6, "2e+06")],
)
def test_numbers_are_short(value: float, written: str) -> None:
    """A number has the digits that count and no more."""
    assert written == write_number(value)
