from __future__ import annotations

import datetime as dt
import io

import pytest
from PIL import Image

from bot.call import Call, Code, IssueType, Media, Report, Series, Unit
from bot.charts import Picture, alt_text, choose, draw, native_charts, pack, unpack
from bot.diagnosis import diagnose
from bot.i18n.messages import message
from bot.i18n.translator import Words
from bot.ports import Window
from bot.sandbox.scenario import KINDS, Lesson, curves_of, random_lesson

EMPTY = {"one_end_missing", "join_failed", "too_little"}


def _measured(lesson: Lesson) -> tuple[Series, ...]:
    """Return all that could be measured of a lesson around its complaint."""
    moment = lesson.complaint.at
    found = []
    for curve in curves_of(lesson):
        near = abs(curve.times - moment) <= 120
        peer = None if curve.peer_uid is None else str(curve.peer_uid)
        found.append(
            Series(
                str(curve.uid),
                str(curve.stay),
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
    return tuple(found)


def _report(lesson: Lesson) -> Report:
    return Report(
        lesson.app,
        lesson.cname,
        "10001",
        "20002",
        lesson.complaint.abnormal_side,
        IssueType.COMPLAINT,
        dt.datetime.fromtimestamp(lesson.complaint.at, dt.UTC),
    )


def _picture(lesson: Lesson, series: tuple[Series, ...]) -> Picture:
    report = _report(lesson)
    began, ended = (
        dt.datetime.fromtimestamp(at, dt.UTC) for at in (lesson.started_at, lesson.ended_at)
    )
    call = Call("agora", lesson.app, "1", lesson.cname, began, ended)
    verdict = diagnose(report, [call], series, ())
    return choose(report, series, verdict, title=message("Packet loss"))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - EMPTY))
def test_every_lesson_has_its_picture(kind: str) -> None:
    """Whatever went wrong in a lesson, there is a picture, a text and native data of it."""
    lesson = random_lesson(3, kind)
    picture = _picture(lesson, _measured(lesson))
    words = Words("both", "Asia/Shanghai")

    assert 2 <= len(picture.panels) <= 4
    assert (0, 1) == picture.ends
    assert 300 < len(alt_text(picture, words)) <= 2000
    assert 2 == len(native_charts(picture, words))
    with Image.open(io.BytesIO(draw(picture, words))) as image:
        assert ("PNG", 1200) == (image.format, image.width)


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
    lesson = random_lesson(3, kind)
    picture = _picture(lesson, _measured(lesson))

    assert panel in [str(one.name) for one in picture.panels]


def test_kept_evidence_makes_the_same_picture() -> None:
    """What a ticket keeps is enough to draw the same picture again."""
    lesson = random_lesson(3, "uplink_loss_video")
    series = _measured(lesson)
    window = Window.around(_report(lesson).occurred_at, dt.timedelta(minutes=2))
    kept = unpack(pack(series, window))
    words = Words("zh", "Asia/Shanghai")

    assert Media.VIDEO in {one.media for one in kept}
    assert draw(_picture(lesson, series), words) == draw(_picture(lesson, kept), words)
