from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from bot.call import Direction, Media, Metric, Series, Unit
from bot.charts.select_panels import select_panels
from bot.charts.spec import ChartSpec
from bot.diagnosis import Evidence, Verdict
from bot.i18n.messages import Message, message
from bot.ports import Window
from tests.bot.charts.conftest import AT, MOMENT, REPORT, MakeSeries, MakeVerdict

TITLE = message("Packet loss")
_UP, _DOWN = Direction.UP, Direction.DOWN
_A, _V = Media.AUDIO, Media.VIDEO
_SENT = (Metric.SEND_BITRATE, Metric.UPLINK_LOSS, Metric.UPLINK_LATENCY)
_GOT = (Metric.RECEIVE_BITRATE, Metric.END_TO_END_LOSS, Metric.DOWNLINK_LATENCY)
_VIDEO = (Metric.SEND_FPS, Metric.CAPTURE_FPS)
_DEVICE = (Metric.SYSTEM_CPU, Metric.APP_CPU, Metric.ROUTER_LATENCY)


@pytest.fixture
def all_series(make_series: MakeSeries) -> list[Series]:
    """Return every metric of both ends, as a generous cloud would."""
    series = []
    for uid, peer in (("10001", "20002"), ("20002", "10001")):
        for media in Media:
            series += [make_series(one, uid=uid, media=media, direction=_UP) for one in _SENT]
            series += [make_series(one, uid=uid, peer=peer, media=media) for one in _GOT]
            series.append(make_series(Metric.JITTER, uid=uid, media=media, direction=_UP))
            for metric in (Metric.JITTER, Metric.LATENCY):
                series.append(make_series(metric, uid=uid, peer=peer, media=media, direction=_DOWN))
        series += [make_series(one, uid=uid) for one in _VIDEO]
        series.append(make_series(Metric.RECEIVE_FPS, uid=uid, peer=peer))
        series.append(make_series(Metric.SEND_VOLUME, uid=uid, media=_A))
        series.append(make_series(Metric.PLAY_VOLUME, uid=uid, peer=peer, media=_A))
        series += [make_series(one, uid=uid, media=None) for one in _DEVICE]
    return series


def _choose(series: list[Series], verdict: Verdict) -> ChartSpec:
    return select_panels(REPORT, series, verdict, title=TITLE)


def _evidence(metric: Metric, media: Media | None, threshold: float = 5) -> Evidence:
    return Evidence(
        source="agora",
        at=MOMENT,
        uid="10001",
        media=media,
        direction=Direction.UP,
        metric=metric,
        value=30,
        unit="%",
        threshold=threshold,
    )


@pytest.mark.parametrize(
    ("cause", "media", "panels"),
    [
        (
            "network.loss",
            _V,
            [
                "Uplink packet loss (video)",
                "End-to-end packet loss (video)",
                "Receive bitrate (video)",
                "Receive frame rate",
            ],
        ),
        (
            "network.loss",
            _A,
            [
                "Uplink packet loss (audio)",
                "End-to-end packet loss (audio)",
                "Receive bitrate (audio)",
                "Play volume",
            ],
        ),
        (
            "network.latency",
            _A,
            [
                "Latency (audio, downlink)",
                "Uplink latency (audio)",
                "Downlink latency (audio)",
                "Play volume",
            ],
        ),
        (
            "network.jitter",
            _V,
            [
                "Jitter (video, uplink)",
                "Jitter (video, downlink)",
                "Receive bitrate (video)",
                "Receive frame rate",
            ],
        ),
        (
            "network.wifi_weak",
            None,
            [
                "Latency to the router",
                "Uplink packet loss (video)",
                "End-to-end packet loss (video)",
                "Receive bitrate (video)",
            ],
        ),
        (
            "device.cpu_high",
            None,
            ["System CPU", "App CPU", "Send frame rate", "Receive frame rate"],
        ),
        (
            "device.busy",
            None,
            [
                "Capture frame rate",
                "Send bitrate (video)",
                "Receive bitrate (video)",
                "Receive frame rate",
            ],
        ),
        (
            "user_action.stopped_sending",
            _V,
            [
                "Send bitrate (video)",
                "Receive bitrate (video)",
                "Send frame rate",
                "Receive frame rate",
            ],
        ),
        (
            "user_action.module_off",
            _A,
            ["Send bitrate (audio)", "Receive bitrate (audio)", "Send volume", "Play volume"],
        ),
        *(
            (
                cause,
                None,
                [
                    "Send bitrate (video)",
                    "Receive bitrate (video)",
                    "End-to-end packet loss (video)",
                    "Receive frame rate",
                ],
            )
            for cause in ("session.removed", "reconnect.timeout", "connection.failed")
        ),
        (
            "media.concealed",
            _A,
            [
                "Receive bitrate (audio)",
                "Play volume",
                "Jitter (audio, downlink)",
                "End-to-end packet loss (audio)",
            ],
        ),
        (
            "reconnect.ip_changed",
            _V,
            [
                "Send bitrate (video)",
                "Receive bitrate (video)",
                "Uplink latency (video)",
                "End-to-end packet loss (video)",
            ],
        ),
        *(
            (
                cause,
                _V,
                [
                    "Send bitrate (video)",
                    "Receive bitrate (video)",
                    "Send frame rate",
                    "Receive frame rate",
                ],
            )
            for cause in ("media.peer_no_stream", "server.error")
        ),
        (
            "none",
            None,
            [
                "End-to-end packet loss (video)",
                "Latency (video, downlink)",
                "Receive frame rate",
                "System CPU",
            ],
        ),
        (
            "unknown",
            None,
            [
                "End-to-end packet loss (video)",
                "Latency (video, downlink)",
                "Receive frame rate",
                "System CPU",
            ],
        ),
        (
            "something.new",
            None,
            [
                "End-to-end packet loss (video)",
                "Latency (video, downlink)",
                "Receive frame rate",
                "System CPU",
            ],
        ),
    ],
)
def test_panels_explain_the_verdict(
    all_series: list[Series],
    make_verdict: MakeVerdict,
    cause: str,
    media: Media | None,
    panels: list[str],
) -> None:
    """Each cause shows what it is known by, at most four panels, both ends in each."""
    chart_spec = _choose(all_series, make_verdict(cause, media=media))

    assert panels == [str(panel.name) for panel in chart_spec.panels]
    assert all(tuple(curve.end for curve in panel.curves) == (0, 1) for panel in chart_spec.panels)


def test_evidence_leads(all_series: list[Series], make_verdict: MakeVerdict) -> None:
    """The evidence of the verdict comes first, with the threshold it was compared to."""
    evidence = (_evidence(Metric.JITTER, _V, 100),)
    chart_spec = _choose(all_series, make_verdict("device.cpu_high", evidence=evidence))

    assert str(chart_spec.panels[0].name) == "Jitter (video, uplink)"
    assert chart_spec.panels[0].limit is not None
    assert chart_spec.panels[0].limit.bound == 100
    assert len(chart_spec.panels) == 4


@pytest.mark.parametrize(
    ("metric", "unit", "bound", "below"),
    [
        (Metric.UPLINK_LOSS, Unit.PERCENT, 5, False),
        (Metric.SYSTEM_CPU, Unit.PERCENT, 80, False),
        (Metric.UPLINK_LATENCY, Unit.MS, 500, False),
        (Metric.CAPTURE_FPS, Unit.FPS, 3, True),
        (Metric.SEND_BITRATE, Unit.KBPS, None, True),
    ],
)
def test_units_and_limits(
    make_series: MakeSeries,
    make_verdict: MakeVerdict,
    *,
    metric: Metric,
    unit: Unit,
    bound: float | None,
    below: bool,
) -> None:
    """A panel has its unit, and the documented limit where there is one."""
    media = None if metric is Metric.SYSTEM_CPU else _V
    evidence = (_evidence(metric, media, bound or 1),)
    series = [make_series(metric, 40, media=media)]
    panel = _choose(series, make_verdict("network.loss", evidence=evidence)).panels[0]

    assert unit is panel.unit
    assert bound == (panel.limit.bound if panel.limit else None)
    assert below == panel.low_is_bad


def test_the_medium_of_a_chart(make_series: MakeSeries, make_verdict: MakeVerdict) -> None:
    """The verdict's, else its evidence's, else video where anybody sent or received any."""
    both = [make_series(Metric.UPLINK_LOSS, 0, media=media) for media in Media]
    sent = make_series(Metric.SEND_BITRATE, 600)
    silent = make_series(Metric.SEND_BITRATE, 0)

    def first(series: list[Series], **parts: object) -> str:
        verdict = make_verdict("network.loss", **parts)
        return str(_choose(series, verdict).panels[0].name)

    assert first([*both, sent]) == "Uplink packet loss (video)"
    assert first([*both, silent]) == "Uplink packet loss (audio)"
    assert first([*both, sent], media=_A) == "Uplink packet loss (audio)"
    evidence = (_evidence(Metric.SYSTEM_CPU, None), _evidence(Metric.OTHER, _A))
    assert first([*both, sent], evidence=evidence) == "Uplink packet loss (audio)"


def test_the_limit_of_evidence_is_that_of_its_medium(
    make_series: MakeSeries, make_verdict: MakeVerdict
) -> None:
    """Evidence of the other medium, and a metric without a limit, keep the documented one."""
    series = [make_series(Metric.UPLINK_LOSS, 9, media=media) for media in Media]

    def bound(evidence: Evidence, media: Media = _V) -> float | None:
        verdict = make_verdict("network.loss", media=media, evidence=(evidence,))
        panels = {str(one.name): one for one in _choose(series, verdict).panels}
        limit = panels[f"Uplink packet loss ({media.value})"].limit
        return limit.bound if limit else None

    assert bound(_evidence(Metric.UPLINK_LOSS, _V, 20)) == 20
    assert bound(_evidence(Metric.UPLINK_LOSS, None, 20)) == 20
    assert bound(_evidence(Metric.UPLINK_LOSS, _A, 20)) == 5
    assert bound(_evidence(Metric.JITTER, _V, 20)) == 5


def test_freezes_are_the_worse_ones_of_both_media(
    make_series: MakeSeries, make_verdict: MakeVerdict
) -> None:
    """Their time is that of the medium that froze more; a late sample is no gap."""
    times = AT + np.array([0, 2, 4.4, 6.4, 20])
    audio = make_series(
        Metric.FREEZE_TIME, uid="20002", media=_A, times=times, values=[0, 900, 900, 0, 0]
    )
    video = make_series(
        Metric.FREEZE_TIME, uid="20002", media=_V, times=times, values=[0, 0, 0, 300, 300]
    )
    freezes = _choose([audio, video], make_verdict()).freezes
    assert freezes is not None
    assert freezes.total_s == pytest.approx(1.8)
    spans = [(since - AT, until - AT) for since, until in freezes.intervals]
    assert [since for since, _ in spans] == pytest.approx([-0.2, 17.8], abs=0.3)
    assert [until for _, until in spans] == pytest.approx([6.4, 20])


def test_others_are_left_out(make_series: MakeSeries, make_verdict: MakeVerdict) -> None:
    """Series of a third user, and those received from one, are left out."""
    series = [
        make_series(Metric.RECEIVE_BITRATE, 9, uid="30003"),
        make_series(Metric.RECEIVE_BITRATE, 9, uid="10001", peer="30003"),
        make_series(Metric.RECEIVE_BITRATE, 7, uid="20002", peer="10001"),
    ]
    (panel,) = _choose(series, make_verdict("network.loss")).panels

    assert [(curve.end, float(curve.values.max())) for curve in panel.curves] == [(1, 7.0)]


def test_sessions_are_joined_in_order(make_series: MakeSeries, make_verdict: MakeVerdict) -> None:
    """Who rejoined has one curve with a hole, without what is no number."""
    later = make_series(
        Metric.UPLINK_LOSS, times=[AT + 60, AT + 62, AT + 64], values=[1, np.nan, 3]
    )
    sooner = make_series(Metric.UPLINK_LOSS, times=[AT - 4, AT - 2, AT], values=[5, 6, 7])
    (panel,) = _choose([later, sooner], make_verdict("network.loss")).panels
    (curve,) = panel.curves

    assert curve.values.tolist() == [5, 6, 7, 1, 3]
    assert [len(curve.values[piece]) for piece in curve.pieces()] == [3, 2]


def test_end_to_end_loss_belongs_to_who_receives(
    make_series: MakeSeries, make_verdict: MakeVerdict
) -> None:
    """Loss reported at the sender is drawn as the receiver's, as in the diagnosis."""
    sender_loss = make_series(Metric.END_TO_END_LOSS, 30, uid="10001", direction=_UP)
    (panel,) = _choose([sender_loss], make_verdict("network.loss")).panels

    assert [curve.end for curve in panel.curves] == [1]


@pytest.mark.parametrize(
    ("metric", "values", "intervals", "total_s"),
    [
        (Metric.FREEZE_TIME, [0, 900, 1200, 0, 600], [(-2, 2), (6, 8)], 2.7),
        (Metric.FREEZE_RATE, [0, 50, 100, 0, 25], [(-2, 2), (6, 8)], 3.5),
        (Metric.FREEZE_TIME, [0, 0, 0, 0, 0], [], 0),
    ],
)
def test_freezes_of_who_suffered(
    make_series: MakeSeries,
    make_verdict: MakeVerdict,
    *,
    metric: Metric,
    values: list[float],
    intervals: list[tuple[float, float]],
    total_s: float,
) -> None:
    """A sample covers the two seconds before it; adjacent samples are one stretch."""
    times = AT + np.array([-2.0, 0, 2, 4, 8])
    frozen = make_series(metric, uid="20002", peer="10001", times=times, values=values)
    other = make_series(metric, 900, uid="10001", peer="20002")
    freezes = _choose([frozen, other], make_verdict()).freezes

    assert freezes is not None
    assert intervals == [(start - AT, end - AT) for start, end in freezes.intervals]
    assert total_s == pytest.approx(freezes.total_s)
    assert str(freezes.who) == "Student"


def test_unmeasured_freezes_are_not_none_at_all(
    make_series: MakeSeries, make_verdict: MakeVerdict
) -> None:
    """Without a freeze metric, the panel does not claim that there were no freezes."""
    assert _choose([make_series(Metric.UPLINK_LOSS)], make_verdict()).freezes is None


def test_names_and_window_are_the_callers(
    make_series: MakeSeries, make_verdict: MakeVerdict
) -> None:
    """Users have the names the caller gives them; the axis is as long as requested."""
    names = {"10001": Message("User •••01"), "20002": Message("User •••02")}
    window = Window.around(MOMENT, dt.timedelta(seconds=10))
    series = [make_series(Metric.UPLINK_LOSS, 3)]
    chart_spec = select_panels(
        REPORT, series, make_verdict(), title=TITLE, names=names, window=window
    )

    assert [str(name) for name in chart_spec.people] == ["User •••01", "User •••02"]
    assert (chart_spec.since, chart_spec.until) == (AT - 10, AT + 10)
    assert len(chart_spec.panels[0].curves[0].times) == 11


def test_no_panel_without_series(make_verdict: MakeVerdict) -> None:
    """Without series there are no panels."""
    assert _choose([], make_verdict("unknown")).panels == ()


def test_sound_in_pieces_where_little_is_measured(
    all_series: list[Series], make_verdict: MakeVerdict
) -> None:
    """A cloud without volume and jitter shows the load of the device, which is the other reason."""
    unmeasured = {Metric.PLAY_VOLUME, Metric.JITTER}
    series = [one for one in all_series if one.metric not in unmeasured]
    panels = _choose(series, make_verdict("media.concealed", media=_A)).panels
    assert [str(panel.name) for panel in panels] == [
        *("Receive bitrate (audio)", "End-to-end packet loss (audio)", "System CPU"),
    ]
