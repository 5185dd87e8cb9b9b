"""Recorded links as calls: what was measured replaces what the simulator would compute.

The file is not part of the project. It is a list of recordings, each with `name` and either
`columns` and `rows` (WebRTC statistics by second, or pings) or `by_second` (a browser's dump).
The right verdicts follow from the numbers near the complaint, by limits that vendors publish.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from bot.call import Direction, Media, Metric, Side
from bot.sandbox.scenario import STUDENT_UID, TEACHER_UID
from tests.bench.call_draft import CallDraft
from tests.bench.expectation import CONNECTION, HEALTHY, Expectation, expect
from tests.bench.labelled_calls import Half, LabelledCall, Maker

if TYPE_CHECKING:
    from bot.call import FloatArray

_UP, _DOWN = Direction.UP, Direction.DOWN
_AUDIO, _VIDEO = Media.AUDIO, Media.VIDEO
_SINCE: Final = -124  # seconds from the complaint; recordings are repeated from there
_SECONDS: Final = 250
_NEAR: Final = slice(64, 134)  # seconds of them that a complaint is likely to be about
_JUDGED: Final = slice(0, 154)  # seconds of them that it can be about
_SMALL_SHARE: Final = 0.2
_A_QUARTER: Final = 0.25
_SEEDS_A_PLACEMENT: Final = 1000
_ALL_LOST: Final = 90


@dataclass(frozen=True, slots=True)
class Link:
    """One person's link by second: loss in percent, round trip and jitter in ms.

    Rates in kbps and frames a second, where recorded. NaN: nothing was measured.
    """

    loss: FloatArray
    rtt: FloatArray
    jitter: FloatArray
    sent_kbps: FloatArray | None = None
    received_kbps: FloatArray | None = None
    sent_fps: FloatArray | None = None
    received_fps: FloatArray | None = None

    def shifted(self, seconds: int) -> Link:
        """Return the link from another second on; what is cut off follows at the end."""
        loss, rtt, jitter = (np.roll(one, -seconds) for one in (self.loss, self.rtt, self.jitter))
        optional = (self.sent_kbps, self.received_kbps, self.sent_fps, self.received_fps)
        rates = (None if one is None else np.roll(one, -seconds) for one in optional)
        return Link(loss, rtt, jitter, *rates)


def recorded_calls(half: Half, path: Path, placement: int = 0) -> Iterator[Maker]:
    """Yield each recording as calls in which the link is the teacher's or the student's.

    Placement 0 takes recordings from their beginning; each other one draws who has the link,
    who complains, and which second of the recording is complained about.
    """
    recordings = msgspec.json.decode(path.read_bytes())
    for number, recording in enumerate(recordings):
        if (number % 2 == 0) == (half == "tune"):
            for name, link, roles in _links(recording):
                rng = np.random.default_rng([placement, number])
                shift = int(rng.integers(_SECONDS))
                for role in roles if not placement else rng.choice(list(_ROLES), 2, replace=False):
                    placed = link.shifted(shift) if placement else link
                    seed = number + _SEEDS_A_PLACEMENT * placement
                    yield _maker(f"{name}/{role}", placed, _ROLES[role], seed)


@dataclass(frozen=True, slots=True)
class _Role:
    """Whose link it is, in which direction (None: both), and who complains."""

    uid: int
    direction: Direction | None
    complains: Side

    @property
    def side(self) -> Side:
        return Side.TEACHER if self.uid == TEACHER_UID else Side.STUDENT


_ROLES: Final = {
    "teacher-up": _Role(TEACHER_UID, _UP, Side.STUDENT),
    "student-down": _Role(STUDENT_UID, _DOWN, Side.STUDENT),
    "student-up": _Role(STUDENT_UID, _UP, Side.TEACHER),
    "teacher-down": _Role(TEACHER_UID, _DOWN, Side.TEACHER),
    "teacher": _Role(TEACHER_UID, None, Side.STUDENT),
    "student": _Role(STUDENT_UID, None, Side.STUDENT),
    "student-watched": _Role(STUDENT_UID, None, Side.TEACHER),
}
# The seconds of browser dumps that are complained about: an ordinary one, and after an event.
_MOMENTS: Final = {
    "k:wifi-university": {"calm": 100, "event": 130},
    "k:lan-to-lte": {"calm": 110, "event": 150},
    "k:teams-two-lte": {"calm": 250},
}


def _links(recording: dict[str, Any]) -> Iterator[tuple[str, Link, tuple[str, ...]]]:
    name = recording["name"]
    if "by_second" in recording:
        for when, second in _MOMENTS.get(name, {}).items():
            yield f"{name}/{when}", _dumped(recording["by_second"], second), ("teacher", "student")
    elif "ping_loss%" in recording["columns"]:
        yield name, _pinged(recording["rows"]), ("teacher", "student")
    else:
        yield name, _sampled(recording["rows"]), ("teacher-up", "student-down", "student-up")


def _sampled(rows: list[list[float | None]]) -> Link:
    """Read WebRTC statistics, one row a second, repeated until the call ends."""
    columns = np.array(rows, dtype=np.float64).T
    _, loss, rtt, jitter, sent, received, sent_fps, received_fps, _ = (
        np.resize(column, _SECONDS) for column in columns
    )
    return Link(loss, rtt, jitter, sent.clip(0), received.clip(0), sent_fps, received_fps)


def _pinged(rows: list[list[float | None]]) -> Link:
    """Read five pings every thirteen seconds: each row lasts until the next one."""
    table = np.array(rows, dtype=np.float64)
    seconds = np.arange(_SECONDS) % (table[-1, 0] + 13)
    index = np.searchsorted(table[:, 0], seconds, side="right") - 1
    _, loss, rtt, deviation = table[index].T
    return Link(loss, rtt, deviation)


def _dumped(by_second: dict[str, dict[str, float | None]], second: int) -> Link:
    """Read a browser's statistics of what it sent, around one second."""

    def read(key: str) -> FloatArray:
        seconds = range(second + _SINCE, second + _SINCE + _SECONDS)
        values = [by_second[key].get(str(each)) for each in seconds]
        return np.array(values, dtype=np.float64)

    loss = np.fmax(read("a_up_loss"), read("a_down_loss"))
    jitter = np.fmax(read("a_up_jit"), read("a_down_jit"))
    sent, fps = read("v_send").clip(0), read("v_send_fps")
    return Link(loss, read("a_up_rtt"), jitter, sent, sent, fps, fps)


def _maker(name: str, link: Link, role: _Role, seed: int) -> Maker:
    def make(now: float) -> LabelledCall:
        draft = CallDraft(seed, now)
        draft.complaint_of(role.complains)
        _apply(draft, link, role)
        variant = name.rsplit("/", 1)[-1]
        return LabelledCall(name, variant, draft.build(), _expectation(link, role))

    return make


def _apply(draft: CallDraft, link: Link, role: _Role) -> None:
    """Put the recorded link in the place of a simulated one."""
    until = _SINCE + _SECONDS
    draft.lose(role.uid, np.nan_to_num(link.loss), _SINCE, until, role.direction)
    draft.delay(role.uid, link.rtt, _SINCE, until, role.direction)
    draft.shake(role.uid, link.jitter, _SINCE, until, role.direction)
    other = STUDENT_UID if role.uid == TEACHER_UID else TEACHER_UID
    sender, receiver = (other, role.uid) if role.direction is _DOWN else (role.uid, other)
    rates = (
        (sender, Metric.SEND_BITRATE, link.sent_kbps),
        (sender, Metric.SEND_BITRATE_LOW, _share(link.sent_kbps)),
        (receiver, Metric.RECEIVE_BITRATE, link.received_kbps),
        (sender, Metric.CAPTURE_FPS, link.sent_fps),
        (sender, Metric.SEND_FPS, link.sent_fps),
        (receiver, Metric.RECEIVE_FPS, link.received_fps),
    )
    for uid, metric, values in rates:
        if values is not None:
            draft.measure(uid, metric, values, _VIDEO, _SINCE, until)
    if link.received_fps is not None and link.sent_fps is not None:
        is_frozen = link.received_fps < link.sent_fps / 3
        for media in (_AUDIO, _VIDEO):
            freezes = np.where(is_frozen & (media is _VIDEO), 1200.0, 0.0)
            draft.measure(receiver, Metric.FREEZE_TIME, freezes, media, _SINCE, until)


def _share(main: FloatArray | None) -> FloatArray | None:
    """Return the bitrate of the small stream beside a main one."""
    return None if main is None else _SMALL_SHARE * main


def _expectation(link: Link, role: _Role) -> Expectation:
    """Say what is wrong near the complaint; what is near a limit may be named or not."""
    causes = set(_bad(link, _NEAR))
    near = set(_nearly_bad(link, _JUDGED)) - causes
    if near:
        near.add("network.wifi_weak")
    limits = dict.fromkeys(near, 0.69)
    if _is_interrupted(link):
        limits["user_action.peer_stopped_receiving"] = 0.5
        return expect(*CONNECTION, "network.loss", "network.bandwidth", *limits, limits=limits)
    if not causes:
        return expect(*HEALTHY, *near, side=role.side, limits=limits | {"none": 0.69})
    extra = {"network.wifi_weak", "network.bandwidth", *near}
    if (link.loss[_NEAR] >= _ALL_LOST).any():
        extra.update(CONNECTION)
    return expect(*causes, *extra, side=role.side, needs=_needs(causes))


def _bad(link: Link, when: slice) -> Iterator[str]:
    if (link.loss[when] >= 8).sum() >= 6:
        yield "network.loss"
    if (link.rtt[when] >= 400).mean() > _A_QUARTER:
        yield "network.latency"
    if (link.jitter[when] >= 100).mean() > _A_QUARTER:
        yield "network.jitter"


def _nearly_bad(link: Link, when: slice) -> Iterator[str]:
    if (link.loss[when] >= 3).any():
        yield "network.loss"
    if (link.rtt[when] >= 250).any():
        yield "network.latency"
    if (link.jitter[when] >= 45).any():
        yield "network.jitter"


def _is_interrupted(link: Link) -> bool:
    """Return whether nothing arrived for some seconds of what was sent."""
    sent, received = link.sent_kbps, link.received_kbps
    if sent is None or received is None:
        return False
    return bool(((sent >= 1) & (received < 1))[_JUDGED].sum() >= 3)


def _needs(causes: set[str]) -> frozenset[Metric] | None:
    if causes == {"network.jitter"}:
        return frozenset({Metric.JITTER})
    if "network.loss" in causes or not causes:
        return None
    return frozenset({Metric.UPLINK_LATENCY, Metric.DOWNLINK_LATENCY})
