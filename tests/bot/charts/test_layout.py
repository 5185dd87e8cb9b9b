"""Layout: nothing overlaps or leaves the picture, whatever the names, languages and values."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from bot.call import Unit
from bot.charts.font import HEADLINE_PX, SMALL_PX, TITLE_PX, text_width
from bot.charts.layout import HEIGHT, MARGIN, SAMPLE, WIDTH, Layout, Text, build_layout
from bot.charts.spec import ChartSpec, Curve, Panel
from bot.diagnosis.thresholds import LOSS
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from tests.bot.charts.conftest import AT, MakePicture

EN = Translator("en", "Asia/Shanghai")
BOTH = Translator("both", "Asia/Shanghai")
LONG = ("Teacher of the third class", "Student with a long name " * 3)


def texts_of(layout: Layout) -> list[Text]:
    """Every text of a chart."""
    texts = [*layout.texts, layout.mark, *(item.label for item in layout.legend)]
    for placed in layout.panels:
        texts += [*placed.texts, *([placed.limit] if placed.limit else [])]
    return texts


def extent(text: Text) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a text; letters are about as high as three quarters."""
    width = text_width(text.text, text.size_px)
    left = text.x - {"l": 0, "m": width / 2, "r": width}[text.anchor[0]]
    half = 0.375 * text.size_px
    return left, text.y - half, left + width, text.y + half


def overlap(one: Text, two: Text) -> bool:
    """Return whether two texts share a pixel."""
    a, b = extent(one), extent(two)
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize("translator", [EN, BOTH, Translator("zh")], ids=["en", "both", "zh"])
@pytest.mark.parametrize("panels", [1, 2, 3, 4])
@pytest.mark.parametrize("names", [("Teacher", "Student"), LONG], ids=["short", "long"])
def test_nothing_overlaps(
    make_picture: MakePicture, translator: Translator, panels: int, names: tuple[str, str]
) -> None:
    """No text covers another, and all are within the picture."""
    layout = build_layout(make_picture("Packet loss " * 8, panels=panels, names=names), translator)
    texts = texts_of(layout)
    assert [
        (one.text, two.text) for one, two in itertools.combinations(texts, 2) if overlap(one, two)
    ] == []
    for text in texts:
        left, top, right, bottom = extent(text)
        assert left >= MARGIN - 1 or text.anchor == "mm", text.text
        assert (left > 0, top > 0, right < WIDTH, bottom < layout.height) == (True,) * 4, text.text


@pytest.mark.parametrize(("panels", "height"), [(1, HEIGHT), (2, HEIGHT), (3, HEIGHT)])
def test_plots_share_the_height(make_picture: MakePicture, panels: int, height: int) -> None:
    """They are equally high, on one time axis, each below the other."""
    layout = build_layout(make_picture(panels=panels), EN)
    boxes = [placed.frame.box for placed in layout.panels]
    assert layout.height == height
    assert len({(box.left, box.right, round(box.bottom - box.top, 6)) for box in boxes}) == 1
    assert boxes[0].right == WIDTH - MARGIN
    distances = [two.top - one.bottom for one, two in itertools.pairwise(boxes)]
    assert all(distance >= TITLE_PX * 1.5 for distance in distances)
    assert len({round(distance, 6) for distance in distances}) <= 1
    assert {(placed.frame.since, placed.frame.until) for placed in layout.panels} == {
        (AT - 120, AT + 120)
    }


def test_many_panels_make_the_picture_higher(make_picture: MakePicture) -> None:
    """A plot is never too low to read."""
    layout = build_layout(make_picture(panels=4, names=LONG), BOTH)
    heights = [placed.frame.box.bottom - placed.frame.box.top for placed in layout.panels]
    assert layout.height > HEIGHT
    assert all(round(height) == 112 for height in heights)


def test_a_panel(make_picture: MakePicture) -> None:
    """Its name and unit are above its plot, the limit at their right, numbers at their ticks."""
    (placed,) = build_layout(make_picture(), EN).panels
    title, *numbers = placed.texts
    box = placed.frame.box
    assert (title.text, title.x, title.strong, title.size_px) == (
        "Uplink packet loss · %",
        box.left,
        True,
        TITLE_PX,
    )
    assert title.y < box.top
    assert placed.limit is not None
    assert (placed.limit.text, placed.limit.x, placed.limit.y) == ("limit 5", box.right, title.y)
    assert [(text.text, text.y, text.anchor) for text in numbers] == [
        (f"{tick:.0f}", placed.frame.y(tick), "rm") for tick in placed.ticks
    ]
    assert all(text.x < box.left and text.faint for text in numbers)
    assert placed.frame.y(placed.ticks[-1]) > box.top  # the highest line is not the frame
    assert placed.frame.y(0) == box.bottom


def with_panel(chart_spec: ChartSpec, panel: Panel, count: int = 1) -> ChartSpec:
    """A chart of one panel, some times."""
    return replace(chart_spec, panels=(panel,) * count)


def test_a_panel_without_unit_and_limit(make_picture: MakePicture) -> None:
    """Neither is named."""
    curve = make_picture().panels[0].curves[0]
    panel = Panel(message("Count"), Unit.NUMBER, (curve,))
    (placed,) = build_layout(with_panel(make_picture(), panel), EN).panels
    assert (placed.texts[0].text, placed.limit) == ("Count", None)


@pytest.mark.parametrize(
    ("name", "is_cut"), [("Name " * 6, False), ("Name " * 30, True), ("字" * 60, True)]
)
def test_a_long_name_of_a_panel_ends_before_its_limit(
    make_picture: MakePicture, name: str, *, is_cut: bool
) -> None:
    """The unit stays."""
    panel = Panel(message(name), Unit.PERCENT, make_picture().panels[0].curves, LOSS)
    (placed,) = build_layout(with_panel(make_picture(), panel), EN).panels
    title = placed.texts[0]
    assert title.text.endswith(" · %")
    assert ("…" in title.text) is is_cut
    assert placed.limit is not None
    assert extent(title)[2] < extent(placed.limit)[0] - SAMPLE - 20


def test_both_languages_of_a_name_where_there_is_room(make_picture: MakePicture) -> None:
    """In smaller letters; else the first language alone."""
    layout = build_layout(make_picture(), BOTH)
    title = layout.panels[0].texts[0]
    assert title.size_px == SMALL_PX
    assert " / Uplink packet loss" in title.text
    panel = Panel(message("End-to-end packet loss"), Unit.PERCENT, ())
    wide = replace(panel, name=message("%(metric)s (%(media)s)", metric=panel.name, media="x" * 30))
    (placed,) = build_layout(with_panel(make_picture(), wide), BOTH).panels
    assert placed.texts[0].text.startswith("端到端丢包率")
    assert " / " not in placed.texts[0].text


def test_close_numbers_are_left_out(make_picture: MakePicture) -> None:
    """The first and the last stay where all would overlap."""
    curve = Curve(message("Teacher"), 0, np.array([AT, AT + 2]), np.array([0.0, 99]))
    panel = Panel(message("Latency"), Unit.MS, (curve,))
    roomy = build_layout(with_panel(make_picture(), panel), EN).panels[0]
    dense = build_layout(with_panel(make_picture(names=LONG), panel, 4), BOTH).panels[0]
    assert [text.text for text in roomy.texts[1:]] == ["0", "50", "100", "150"]
    shown = [text.text for text in dense.texts[1:]]
    assert (shown[0], shown[-1], dense.ticks) == ("0", "150", roomy.ticks)


@pytest.mark.parametrize(("after_s", "side"), [(-119, "left"), (0, None), (119, "right")])
def test_the_mark_is_below_its_time(
    make_picture: MakePicture, after_s: float, side: str | None
) -> None:
    """At the edges it stays within the margin; the time it covers is left out."""
    layout = build_layout(replace(make_picture(), moment=AT + after_s), EN)
    frame, mark = layout.panels[-1].frame, layout.mark
    left, _, right, _ = extent(mark)
    if side is None:
        assert mark.x == frame.x(AT)
        assert "10:27" not in [text.text for text in layout.texts]
    else:
        assert (left - 20 == MARGIN) == (side == "left")
        assert (right + 20 == WIDTH - MARGIN) == (side == "right")
    assert mark.y - 23 > frame.box.bottom + SMALL_PX
    assert layout.height - mark.y - 23 >= MARGIN / 2 - 1
    times = [text for text in layout.texts if text.anchor == "mm"]
    assert all(abs(text.x - frame.x(AT + after_s)) > 10 for text in times)
    assert {round(text.y) for text in times} == {round(times[0].y)}
    assert all(frame.box.bottom < extent(text)[1] for text in times)


def test_the_axis_has_round_times(make_picture: MakePicture) -> None:
    """A line for each, also for the one whose text is left out."""
    layout = build_layout(make_picture(), EN)
    assert [at - AT for at in layout.times] == [-120, -60, 0, 60, 120]
    labels = [text.text for text in layout.texts if text.anchor == "mm"]
    assert labels == ["10:25", "10:26", "10:28", "10:29"]


def test_the_head(make_picture: MakePicture) -> None:
    """The title large, in the second language smaller; then channel, date and zone."""
    english = build_layout(make_picture("Packet loss " * 12), EN).texts
    heads = [text for text in english if text.anchor == "lm"]
    assert [(text.size_px, text.strong, text.faint) for text in heads] == [
        (HEADLINE_PX, True, False),
        (HEADLINE_PX, True, False),
        (30, False, True),
    ]
    assert heads[1].text.endswith("…")
    assert heads[-1].text == "class_77_2 · 2026-11-12 · UTC+8"
    both = [text for text in build_layout(make_picture(), BOTH).texts if text.anchor == "lm"]
    assert [(text.text, text.size_px, text.strong) for text in both[:2]] == [
        ("网络丢包", HEADLINE_PX, True),
        ("Packet loss", TITLE_PX, False),
    ]
    assert {text.x for text in (*heads, *both)} == {MARGIN}


def test_the_legend(make_picture: MakePicture) -> None:
    """A sample and a name for each end and the freezes; in as many rows as needed."""
    layout = build_layout(make_picture(), EN)
    assert [(item.kind, item.label.text) for item in layout.legend] == [
        (0, "Teacher"),
        (1, "Student"),
        ("freeze", "Freezes: Student"),
    ]
    assert len({item.y for item in layout.legend}) == 1
    assert layout.legend[0].x == MARGIN
    for one, two in itertools.pairwise(layout.legend):
        assert 30 < two.x - extent(one.label)[2] < 50
    for item in layout.legend:
        assert item.label.x > item.x + SAMPLE
        assert item.label.y == item.y
    rows = build_layout(make_picture(names=("A" * 30, "B" * 30)), EN).legend
    assert [item.x == MARGIN for item in rows] == [True, True, True]
    assert rows[0].y < rows[1].y < rows[2].y
    assert build_layout(make_picture(freezes=()), EN).legend[-1].kind == 1
    assert build_layout(replace(make_picture(), freezes=None), EN).legend[-1].kind == 1


def test_plots_begin_right_of_the_widest_number(make_picture: MakePicture) -> None:
    """Of all panels, so that their times are below each other."""
    narrow = make_picture().panels[0]
    times = np.array([AT, AT + 2])
    wide = Panel(
        message("Bitrate"),
        Unit.KBPS,
        (Curve(message("Teacher"), 0, times, np.array([0.0, 70_000])),),
    )
    layout = build_layout(replace(make_picture(), panels=(narrow, wide)), EN)
    left = {placed.frame.box.left for placed in layout.panels}
    assert left == {MARGIN + text_width("80000", SMALL_PX) + 14}
    alone = build_layout(replace(make_picture(), panels=(narrow,)), EN).panels[0]
    assert alone.frame.box.left < left.pop()
