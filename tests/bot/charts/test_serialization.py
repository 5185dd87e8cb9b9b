from __future__ import annotations

import datetime as dt
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.call import Code, Direction, Media, Metric, Series, Unit
from bot.charts.serialization import deserialize_series, serialize_series
from bot.ports import Window
from tests.bot.charts.conftest import AT, MOMENT, MakeSeries

ALWAYS = Window(dt.datetime(1971, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC))
_texts = st.text(max_size=12)
_samples = st.lists(
    st.tuples(
        st.floats(4e7, 7e9).map(lambda at: round(at, 3)), st.floats(width=32, allow_nan=True)
    ),
    max_size=30,
)


@st.composite
def _series(draw: st.DrawFn) -> Series:
    samples = draw(_samples)
    return Series(
        uid=draw(_texts),
        sid=draw(_texts),
        metric=draw(st.sampled_from(Metric)),
        unit=draw(st.sampled_from(Unit)),
        times=np.array([at for at, _ in samples]),
        values=np.array([value for _, value in samples]),
        code=Code(draw(_texts), draw(_texts)),
        media=draw(st.none() | st.sampled_from(Media)),
        direction=draw(st.none() | st.sampled_from(Direction)),
        peer_uid=draw(st.none() | _texts),
    )


def _who(series: Series) -> tuple[object, ...]:
    kinds = (series.metric, series.unit, series.code, series.media, series.direction)
    return (series.uid, series.sid, series.peer_uid, *kinds)


@settings(max_examples=150, deadline=None)
@given(st.lists(_series(), max_size=5))
def test_round_trip(series: list[Series]) -> None:
    """All finite samples are restored, sorted by time."""
    back = deserialize_series(serialize_series(series, ALWAYS))

    assert [_who(one) for one in series] == [_who(one) for one in back]
    for before, after in zip(series, back, strict=True):
        finite = np.isfinite(before.values)
        order = np.argsort(before.times[finite], kind="stable")
        np.testing.assert_allclose(after.times, before.times[finite][order], atol=0.0006, rtol=0)
        np.testing.assert_array_equal(after.values, before.values[finite][order])
        assert np.isfinite(after.values).all()


def test_only_samples_in_the_window_are_stored(make_series: MakeSeries) -> None:
    """Both ends of the window belong to it."""
    window = Window.around(MOMENT, dt.timedelta(seconds=4))
    (back,) = deserialize_series(serialize_series([make_series(Metric.UPLINK_LOSS, 7.3)], window))

    assert (back.times - AT).tolist() == [-4, -2, 0, 2, 4]
    assert back.values.tolist() == pytest.approx([7.3] * 5, rel=1e-6)


def test_what_is_no_value_is_left_out(make_series: MakeSeries) -> None:
    """Values beyond float32 are left out, and a series without samples is still stored."""
    times, values = [AT, AT + 1, AT + 2, AT + 3], [np.nan, np.inf, 1e300, 4.0]
    odd = make_series(Metric.JITTER, times=times, values=values)
    none = make_series(Metric.LATENCY, times=[])
    back = deserialize_series(serialize_series([odd, none], ALWAYS))

    assert [one.values.tolist() for one in back] == [[4.0], []]


def test_round_trip_of_no_series() -> None:
    """No series make a small file and are restored as no series."""
    packed = serialize_series([], ALWAYS)

    assert deserialize_series(packed) == ()
    assert len(packed) < 40


def test_an_hour_of_two_people_is_small(make_series: MakeSeries) -> None:
    """Sixty noisy metrics of two people over an hour take less than half a megabyte."""
    dice = np.random.default_rng(7)
    times = AT + 2.0 * np.arange(1800) + (dice.random(1800) < 0.1)
    hour = Window(MOMENT, MOMENT + dt.timedelta(hours=1))
    series = [
        make_series(metric, uid=uid, times=times, values=dice.normal(400, 60, 1800).round())
        for uid in ("10001", "20002")
        for metric in list(Metric)[:30]
    ]
    raw = sum(one.times.nbytes + one.values.nbytes for one in series)
    packed = serialize_series(series, hour)

    assert len(packed) < 300_000
    assert raw > 6 * len(packed)


@pytest.fixture
def packed(make_series: MakeSeries) -> bytes:
    """Return a pack of two series."""
    return serialize_series(
        [make_series(Metric.UPLINK_LOSS, 7), make_series(Metric.JITTER, 8)], ALWAYS
    )


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_format_is_refused(packed: bytes, version: int) -> None:
    """A format of the future is named, not guessed at."""
    with pytest.raises(ValueError, match=f"format {version}"):
        deserialize_series(bytes([version]) + packed[1:])


def test_damaged_bytes_are_refused(packed: bytes) -> None:
    """Changing any byte never yields wrong samples."""
    for place in range(len(packed)):
        damaged = packed[:place] + bytes([packed[place] ^ 0x41]) + packed[place + 1 :]
        with pytest.raises(ValueError, match="packed series"):
            deserialize_series(damaged)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"\x01nonsense",
        b"\x01" + zlib.compress(b""),
        b"\x01" + zlib.compress((2**63).to_bytes(8, "little")),
        b"\x01" + zlib.compress(bytes(8) + b"[]"),
        b"\x01" + zlib.compress((2).to_bytes(8, "little") + b"[]" + bytes(12)),
        b"\x01" + zlib.compress((4).to_bytes(8, "little") + b"\xff\xfe\xfd\xfc"),
        b"\x01" + zlib.compress((9).to_bytes(8, "little") + b'[["a",2]]'),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    """Bytes that are no pack are a ValueError, whatever else is wrong with them."""
    with pytest.raises(ValueError, match="packed series"):
        deserialize_series(data)


def test_cut_and_lengthened_bytes_are_refused(packed: bytes) -> None:
    """A row cut short or with something behind it is refused."""
    for data in (packed[:-1], packed[: len(packed) // 2], packed + b"\x00"):
        with pytest.raises(ValueError, match="packed series"):
            deserialize_series(data)
