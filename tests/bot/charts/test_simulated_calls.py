from __future__ import annotations

import datetime as dt
import io

import pytest
from PIL import Image

from bot.call import Call, Code, IssueType, Media, Report, Series, Unit
from bot.charts.alt_text import alt_text
from bot.charts.drawing import draw
from bot.charts.native_charts import native_charts
from bot.charts.select_panels import select_panels
from bot.charts.serialization import deserialize_series, serialize_series
from bot.charts.spec import ChartSpec
from bot.diagnosis.diagnosis import diagnose
from bot.i18n.messages import message
from bot.i18n.translator import Translator
from bot.ports import Window
from bot.sandbox.scenario import KINDS, SimulatedCall, curves_of, random_simulated_call

EMPTY = {"one_end_missing", "join_failed", "too_little"}


def _measured(sim_call: SimulatedCall) -> tuple[Series, ...]:
    """Return all series of a simulated class around its complaint."""
    moment = sim_call.complaint.at
    series = []
    for curve in curves_of(sim_call):
        near = abs(curve.times - moment) <= 120
        peer = None if curve.peer_uid is None else str(curve.peer_uid)
        series.append(
            Series(
                str(curve.uid),
                str(curve.session),
                curve.metric,
                Unit.NUMBER,
                curve.times[near],
                curve.values[near],
                Code("sandbox", curve.metric),
                curve.media,
                curve.direction,
                peer,
            )
        )
    return tuple(series)


def _report(sim_call: SimulatedCall) -> Report:
    return Report(
        sim_call.app,
        sim_call.cname,
        "10001",
        "20002",
        sim_call.complaint.abnormal_side,
        IssueType.COMPLAINT,
        dt.datetime.fromtimestamp(sim_call.complaint.at, dt.UTC),
    )


def _picture(sim_call: SimulatedCall, series: tuple[Series, ...]) -> ChartSpec:
    report = _report(sim_call)
    began, ended = (
        dt.datetime.fromtimestamp(at, dt.UTC) for at in (sim_call.started_at, sim_call.ended_at)
    )
    call = Call("agora", sim_call.app, "1", sim_call.cname, began, ended)
    verdict = diagnose(report, [call], series, ())
    return select_panels(report, series, verdict, title=message("Packet loss"))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - EMPTY))
def test_every_class_has_a_picture(kind: str) -> None:
    """Every kind of class gives a picture, an alt text and native chart data."""
    sim_call = random_simulated_call(3, kind)
    chart_spec = _picture(sim_call, _measured(sim_call))
    translator = Translator("both", "Asia/Shanghai")

    assert 2 <= len(chart_spec.panels) <= 4
    assert chart_spec.ends == (0, 1)
    assert 300 < len(alt_text(chart_spec, translator)) <= 2000
    assert len(native_charts(chart_spec, translator)) == 2
    with Image.open(io.BytesIO(draw(chart_spec, translator))) as image:
        assert (image.format, image.width) == ("PNG", 1200)


@pytest.mark.parametrize(
    ("kind", "panel"),
    [
        ("uplink_loss_video", "Uplink packet loss (video)"),
        ("downlink_loss_audio", "End-to-end packet loss (audio)"),
        ("cpu_high_student", "System CPU"),
        ("stopped_video_teacher", "Send bitrate (video)"),
        ("stopped_audio_teacher", "Send bitrate (audio)"),
        ("latency_down_audio", "Latency (audio, downlink)"),
        ("jitter_down_video", "Jitter (video, downlink)"),
        ("capture_low_teacher", "Capture frame rate"),
    ],
)
def test_the_fault_is_in_the_picture(kind: str, panel: str) -> None:
    """The panel in which the fault can be seen is among those that were chosen."""
    sim_call = random_simulated_call(3, kind)
    chart_spec = _picture(sim_call, _measured(sim_call))

    assert panel in [str(one.name) for one in chart_spec.panels]


def test_stored_series_give_the_same_picture() -> None:
    """The series stored with a ticket are enough to draw the same picture again."""
    sim_call = random_simulated_call(3, "uplink_loss_video")
    series = _measured(sim_call)
    window = Window.around(_report(sim_call).occurred_at, dt.timedelta(minutes=2))
    stored = deserialize_series(serialize_series(series, window))
    translator = Translator("zh", "Asia/Shanghai")

    assert Media.VIDEO in {one.media for one in stored}
    assert draw(_picture(sim_call, series), translator) == draw(
        _picture(sim_call, stored), translator
    )
