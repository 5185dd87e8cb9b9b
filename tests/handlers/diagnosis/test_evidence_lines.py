"""Lines of evidence: who, what, how much, the limit and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.call import Media, Metric, Unit
from bot.diagnosis import Evidence
from handlers.diagnosis.evidence_lines import evidence_line, format_measurement, group_evidence
from tests.handlers.diagnosis.test_lines import LOSS, LOSS_TEXT, MINUTE, make_diagnosis
from tests.handlers.samples import EN, NOW, ZH

STUDENT = "• Student •••02"
AT = "2026-11-21 03:20 UTC"
FRAMES = ((15.0, "before"), (5.0, ""), (14.0, "after"))


def evidence(**values: Any) -> Evidence:
    """Evidence at the student."""
    return Evidence(values.pop("source", "agora"), NOW, "20002", **values)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            evidence(metric="uplink_loss", value=31.5, unit="%", threshold=5.0, media=Media.VIDEO),
            "• Student •••02: Uplink packet loss (video) 31.5% (limit 5%), 2026-11-21 03:20 UTC",
        ),
        (
            evidence(metric="latency", value=612.0, unit="ms", threshold=500.0),
            "• Student •••02: Latency 612 ms (limit 500 ms), 2026-11-21 03:20 UTC",
        ),
        (
            evidence(metric="app_cpu", value=99.0, unit="%", threshold=70.0, media=Media.VIDEO),
            "• Student •••02: App CPU 99% (limit 70%), 2026-11-21 03:20 UTC",
        ),
        *(
            (
                evidence(metric="system_cpu", value=45.0, unit="%", text=compared),
                f"• Student •••02: System CPU 45% {words}, 2026-11-21 03:20 UTC",
            )
            for compared, words in (
                *(("before", "before"), ("after", "afterwards")),
                ("", "at that time"),
            )
        ),
        (
            evidence(metric="receive_fps", value=4.9, unit="fps", threshold=7.5),
            (
                "• Student •••02: Receive frame rate 4.9 fps (below the limit of 7.5 fps), "
                "2026-11-21 03:20 UTC"
            ),
        ),
        (evidence(metric="network", text="WIFI"), "• Student •••02: network Wi-Fi"),
        (
            evidence(metric="bursts", value=4),
            "• Student •••02: bad in 4 bursts, from 2026-11-21 03:20 UTC on",
        ),
        (
            evidence(metric="absence", value=90.0, unit="s"),
            "• Student •••02: out of the call for 1 min 30 s from 2026-11-21 03:20 UTC",
        ),
        (
            evidence(metric="overlap", value=None, unit="s"),
            "• Student •••02: in the call twice for 0 s from 2026-11-21 03:20 UTC",
        ),
        *(
            (evidence(metric="others_affected", value=share, unit="%"), line)
            for share, line in (
                (0, "• None of the other participants received as badly at that time"),
                (67, "• Of the other participants, 67% received as badly then"),
                (100, "• All other participants received as badly at that time"),
            )
        ),
        (
            evidence(code=LOSS),
            f'• Student •••02: Agora reports "{LOSS_TEXT}", 2026-11-21 03:20 UTC',
        ),
        (
            evidence(code=LOSS, peer="10001", source="huawei"),
            (
                f'• Student •••02: Huawei Cloud reports "{LOSS_TEXT}" at Teacher •••01, '
                "2026-11-21 03:20 UTC"
            ),
        ),
        (
            evidence(code=LOSS, source="later"),
            f'• Student •••02: the cloud reports "{LOSS_TEXT}", 2026-11-21 03:20 UTC',
        ),
    ],
)
def test_evidence(item: Evidence, expected: str) -> None:
    """Who, what, how much, the limit and when."""
    assert EN.plain_text(evidence_line(make_diagnosis(), item)) == expected


def test_repeated_codes_are_one_line() -> None:
    """With first and last time and their number; other people and numbers stay apart."""
    number = evidence(metric="latency", value=612.0, unit="ms", threshold=500.0)
    codes = [replace(evidence(code=LOSS), at=NOW + n * MINUTE) for n in (1, 0, 2)]
    groups = group_evidence([codes[0], number, *codes[1:], evidence(code=LOSS, peer="10001")])
    assert [len(same) for same in groups] == [3, 1, 1]
    line = evidence_line(make_diagnosis(), *groups[0])
    assert EN.plain_text(line) == (
        f'• Student •••02: Agora reports "{LOSS_TEXT}", 2026-11-21 03:20–03:22 UTC, 3 times'
    )
    same_minute = evidence_line(make_diagnosis(), codes[0], codes[0])
    assert ZH.plain_text(same_minute).endswith("2026-11-21 03:21 UTC，共 2 次")


def test_a_value_is_in_one_line_with_what_it_is_compared_with() -> None:
    """Also where other evidence is between them; values with a limit stay apart."""
    rate = {"metric": "send_bitrate", "unit": "kbps", "media": Media.VIDEO}
    low = evidence(**rate, value=139.4, threshold=176.0)
    frames = [evidence(metric="send_fps", value=n, unit="fps", text=t) for n, t in FRAMES]
    items = [low, frames[0], evidence(**rate, value=618.0, text="before"), *frames[1:], low]
    other = replace(low, value=100.0)
    groups = group_evidence([*items, other])
    assert [len(same) for same in groups] == [3, 3, 1]
    lines = [evidence_line(make_diagnosis(), *same) for same in groups]
    assert [EN.plain_text(line).removesuffix(", " + AT) for line in lines[:2]] == [
        f"{STUDENT}: Send bitrate (video) 139 kbps (below the limit of 176 kbps, 618 kbps before)",
        f"{STUDENT}: Send frame rate 15 fps before, 5 fps at that time, 14 fps afterwards",
    ]
    assert [ZH.plain_text(line).removesuffix("，" + AT) for line in lines[:2]] == [
        "• 学生 •••02：发送码率（视频）为 139 kbps（低于阈值 176 kbps，此前为 618 kbps）",
        "• 学生 •••02：发送帧率此前为 15 fps、当时为 5 fps、此后为 14 fps",
    ]


def test_changed_networks_are_one_line() -> None:
    """One after the other, in each language."""
    names = [evidence(metric="network", text=name) for name in ("WIFI", "4g")]
    line = evidence_line(make_diagnosis(), *group_evidence(names)[0])
    assert EN.plain_text(line) == "• Student •••02: networks one after the other: Wi-Fi, 4G"
    assert ZH.plain_text(line) == "• 学生 •••02：先后使用的网络：Wi-Fi、4G"
    alone = evidence_line(make_diagnosis(), names[0])
    assert ZH.plain_text(alone) == "• 学生 •••02：所用网络：Wi-Fi"


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        *((5.0, "%", "5%"), (5.0, "", "5"), (5.0, Unit.MS, "5 ms"), (None, "%", "–%")),
        *((99.6, Unit.MS, "99.6 ms"), (139.4, Unit.KBPS, "139 kbps")),
    ],
)
def test_measurements(value: float | None, unit: str, expected: str) -> None:
    """A number with its unit, if it has one."""
    assert EN.translator.translate(format_measurement(value, unit)) == expected


def test_metrics_of_the_cpu_have_no_medium() -> None:
    """The other metrics name it."""
    for metric in (Metric.APP_CPU, Metric.SYSTEM_CPU, Metric.JITTER):
        line = EN.plain_text(
            evidence_line(make_diagnosis(), evidence(metric=metric, media=Media.AUDIO, value=1.0)),
        )
        assert ("(audio)" in line) is (metric is Metric.JITTER)
