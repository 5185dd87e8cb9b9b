from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from bot.charts.drawing import draw
from bot.charts.font import SMALL_PX
from bot.charts.layout import PlacedPanel, build_layout
from bot.charts.pen import CURVES, FREEZE, FREEZE_EDGE, INK, LIMIT, PAPER
from bot.charts.spec import ChartSpec
from bot.i18n.translator import Translator
from tests.bot.charts.conftest import AT, MakePicture

if TYPE_CHECKING:
    from bot.call import FloatArray

WORDS = {name: Translator(name, "Asia/Shanghai") for name in ("zh", "en", "both")}
_CLOSE = 60.0


def _pixels(chart_spec: ChartSpec, translator: Translator) -> FloatArray:
    with Image.open(io.BytesIO(draw(chart_spec, translator))) as image:
        return np.asarray(image.convert("RGB"), dtype=float)


def _has(pixels: FloatArray, x: float, y: float, colour: tuple[int, int, int], reach: int) -> bool:
    """Return whether a colour (or nearly) is within some pixels of a position."""
    left, top = round(x) - reach, round(y) - reach
    part = pixels[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    distances = np.linalg.norm(part - np.array(colour), axis=2)
    return bool((distances < _CLOSE).any())


def _placed(chart_spec: ChartSpec, translator: Translator) -> PlacedPanel:
    return build_layout(chart_spec, translator).panels[0]


def test_curves_are_drawn_at_their_values(make_picture: MakePicture) -> None:
    """Each curve's colour is at its value, and nowhere halfway between the two."""
    chart_spec = make_picture()
    pixels, frame = _pixels(chart_spec, WORDS["en"]), _placed(chart_spec, WORDS["en"]).frame

    for at in np.arange(AT - 110, AT + 111, 20):
        x = frame.x(float(at))
        assert _has(pixels, x, frame.y(50), CURVES[0], 2)
        assert _has(pixels, x, frame.y(20) - 3, CURVES[1], 2)
        assert not _has(pixels, x, frame.y(35), CURVES[0], 2)
        assert not _has(pixels, x, frame.y(35), CURVES[1], 2)


def test_lines_differ_without_colour(make_picture: MakePicture) -> None:
    """The student's line is hollow, the teacher's solid: not only the colour differs."""
    chart_spec = make_picture(freezes=())
    pixels, frame = _pixels(chart_spec, WORDS["en"]), _placed(chart_spec, WORDS["en"]).frame
    x = round(frame.x(AT - 100) + 12)

    assert _has(pixels, x, frame.y(20), PAPER, 0)
    assert _has(pixels, x, frame.y(50), CURVES[0], 0)


def test_gaps_are_not_drawn(make_picture: MakePicture) -> None:
    """A hole in the data is a hole in the curve."""
    chart_spec = make_picture(hole=(AT - 90, AT - 30))
    pixels, frame = _pixels(chart_spec, WORDS["en"]), _placed(chart_spec, WORDS["en"]).frame

    assert not _has(pixels, frame.x(AT - 60), frame.y(50), CURVES[0], 20)
    assert _has(pixels, frame.x(AT - 100), frame.y(50), CURVES[0], 2)


def test_freezes_are_shaded(make_picture: MakePicture) -> None:
    """The stretch of a freeze is shaded from its beginning to its end, and only that."""
    chart_spec = make_picture()
    pixels, frame = _pixels(chart_spec, WORDS["en"]), _placed(chart_spec, WORDS["en"]).frame

    for at, shaded in ((27, False), (32, True), (47, True), (58, True), (63, False)):
        x = frame.x(AT + at)
        assert shaded == _has(pixels, x, frame.y(8), FREEZE, 1)
        assert shaded == _has(pixels, x, frame.box.top - 3, FREEZE_EDGE, 1)


def test_limit_is_drawn(make_picture: MakePicture) -> None:
    """The limit is a dashed line at its value."""
    chart_spec = make_picture(freezes=())
    pixels, frame = _pixels(chart_spec, WORDS["en"]), _placed(chart_spec, WORDS["en"]).frame
    row = pixels[round(frame.y(5)), round(frame.box.left) + 2 : round(frame.box.right) - 2]
    dashes = np.linalg.norm(row - np.array(LIMIT), axis=1) < _CLOSE

    assert 0.4 < dashes.mean() < 0.8


def test_time_complained_about_is_marked(make_picture: MakePicture) -> None:
    """Every panel has a dark line at the time of the complaint."""
    chart_spec = make_picture(panels=3)
    layout, pixels = build_layout(chart_spec, WORDS["en"]), _pixels(chart_spec, WORDS["en"])

    for placed in layout.panels:
        assert _has(pixels, placed.frame.x(AT), placed.frame.y(35), INK, 1)
        assert not _has(pixels, placed.frame.x(AT + 12), placed.frame.y(35), INK, 1)
    assert layout.mark.text == "Problem at 10:27:00"


def test_chinese_is_drawn_as_chinese(make_picture: MakePicture) -> None:
    """Two Chinese headlines are two different pictures, and neither is a row of boxes."""
    heads = [
        _pixels(make_picture(title), WORDS["zh"])[20:90, 20:400]
        for title in ("Packet loss", "Latency", "\ue000\ue001\ue002\ue003")
    ]

    assert all((head < 128).any() for head in heads)
    assert not np.array_equal(heads[0], heads[1])
    assert not np.array_equal(heads[0], heads[2])


@pytest.mark.parametrize("locale", ["zh", "en", "both"])
@pytest.mark.parametrize(("panels", "height"), [(1, 900), (2, 900), (3, 900), (4, 1100)])
def test_size_suits_a_phone(
    make_picture: MakePicture, locale: str, panels: int, height: int
) -> None:
    """The picture is 1,200 wide, hardly higher than 900, and no letter is too small."""
    chart_spec = make_picture(panels=panels)
    layout = build_layout(chart_spec, WORDS[locale])
    letters = [*layout.texts, layout.mark, *(item.label for item in layout.legend)]
    letters += [text for placed in layout.panels for text in placed.texts]
    pixels = _pixels(chart_spec, WORDS[locale])

    assert pixels.shape[1] == 1200
    assert 900 <= pixels.shape[0] <= height
    assert min(text.size_px for text in letters) >= SMALL_PX
    assert all(len(text.text) > 0 for text in letters)


def test_png_is_small(make_picture: MakePicture) -> None:
    """Four panels are a hundred kilobytes at most: a phone loads them at once."""
    assert len(draw(make_picture(panels=4), WORDS["zh"])) < 100_000


def test_long_names_are_truncated(make_picture: MakePicture) -> None:
    """Names and titles longer than the picture are truncated; nothing is drawn over the margin."""
    chart_spec = make_picture("Packet loss " * 40, names=("T" * 90, "学" * 90))
    layout = build_layout(chart_spec, WORDS["both"])
    pixels = _pixels(chart_spec, WORDS["both"])

    assert (pixels[:, -5:] > 240).all()
    assert layout.height < 1100


def test_thousands_of_points_keep_their_peaks(make_picture: MakePicture) -> None:
    """Where many points share a pixel, the highest is still drawn."""
    chart_spec = make_picture(freezes=())
    curve = chart_spec.panels[0].curves[0]
    times = np.linspace(AT - 120, AT + 120, 50_001)
    values = np.full(len(times), 10.0)
    values[12_500] = 55.0  # one sample of fifty thousand, a minute before the complaint
    object.__setattr__(curve, "times", times)
    object.__setattr__(curve, "values", values)
    pixels, frame = _pixels(chart_spec, WORDS["en"]), _placed(chart_spec, WORDS["en"]).frame

    assert _has(pixels, frame.x(AT - 60), frame.y(53), CURVES[0], 2)
    assert not _has(pixels, frame.x(AT - 50), frame.y(53), CURVES[0], 2)


def test_picture_without_panels_is_refused(make_picture: MakePicture) -> None:
    """Without a panel there is no picture."""
    with pytest.raises(ValueError, match="needs a panel"):
        draw(make_picture(panels=0), WORDS["en"])


@pytest.mark.parametrize("value", [0.0, 1e-9, 1e9, 1e300, 1.7e308, -5.0])
def test_odd_values_are_drawn(make_picture: MakePicture, value: float) -> None:
    """A value that cannot be true makes an odd picture, not an error, and leaves room to plot."""
    chart_spec = make_picture()
    chart_spec.panels[0].curves[0].values[:] = value
    box = _placed(chart_spec, WORDS["en"]).frame.box

    assert _pixels(chart_spec, WORDS["en"]).shape[1] == 1200
    assert box.right - box.left > 900


def test_threads_draw_alike(make_picture: MakePicture) -> None:
    """Several threads at once draw what one would."""
    chart_spec = make_picture(panels=2)
    with ThreadPoolExecutor(4) as pool:
        drawn = set(pool.map(lambda _: draw(chart_spec, WORDS["both"]), range(8)))

    assert {draw(chart_spec, WORDS["both"])} == drawn
