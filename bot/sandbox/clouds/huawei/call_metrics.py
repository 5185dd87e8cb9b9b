"""Huawei's call metrics (13.10), with the document's peculiarities (W22 to W25)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from bot.sandbox.clouds.huawei.codes import FREEZES, MIDS, OWN_MIDS, RECEIVED_MIDS, SELF_PEERED
from bot.sandbox.clouds.huawei.params import DAY_S, Params, Span, check_look_back, invalid, stamps
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import Curve, SimulatedCall, curves_of

Json = dict[str, Any]
IsWanted = Callable[[str, str], bool]  # of the uids of a row
METRICS_DELAY_S: Final = 300  # the console: up to five minutes
LOOK_BACK_S: Final = 5 * DAY_S
_STEP_MS: Final = 2000.0


def get_qos(params: Params, sim_calls: Iterable[SimulatedCall]) -> Response:
    """Answer 13.10: metrics of a room. There is no total; pages end with one that is not full."""
    params.allow(
        *("domain", "app_id", "room_id", "user_id", "peer_id", "stream_id", "direction", "mid"),
        *("start_time", "end_time", "time_type", "limit", "offset"),
    )
    room_id = params.text("room_id")
    mids = params.several("mid")
    mids = list(MIDS) if mids == ["all"] else params.choices("mid", MIDS)
    span = params.span(max_s=DAY_S, required=True)
    check_look_back(params.request, span, LOOK_BACK_S)
    if params.optional("time_type") not in ("", "stime"):
        raise invalid("time_type")
    limit, offset = params.page(default=100)
    until = params.request.now - params.request.delay(METRICS_DELAY_S)
    selected = [sim_call for sim_call in sim_calls if sim_call.cname == room_id]
    rows = list(_rows(selected, mids, Span(span.start, min(span.end, until)), _filter(params)))
    return Response({"room_id": room_id, "data": rows[offset : offset + limit]})


def _filter(params: Params) -> IsWanted:
    """Filter by who measured (`user_id`) and whose stream it was (`peer_id`)."""
    user_id, peer_id = params.optional("user_id"), params.optional("peer_id")
    direction = params.optional("direction")

    def is_wanted(uid: str, peer: str) -> bool:
        way = "uplink" if peer in ("0", uid) else "downlink"
        return user_id in ("", uid) and peer_id in ("", peer) and direction in ("", way)

    return is_wanted


def _rows(
    sim_calls: Iterable[SimulatedCall], mids: Sequence[str], span: Span, is_wanted: IsWanted
) -> Iterator[Json]:
    """One row per metric and pair of people; a person's sessions are merged."""
    for sim_call in sim_calls:
        rows: dict[tuple[str, str, str], Json] = {}
        for curve in curves_of(sim_call):
            for mid in mids:
                uid, peer = _people(curve, mid)
                if _measures(curve, mid) and is_wanted(uid, peer):
                    new = {"uid": uid, "peerid": peer, "mid": mid, "data": []}
                    row = rows.setdefault((uid, peer, mid), new)
                    row["data"] += _points(curve, mid, span)
        yield from (row for row in rows.values() if row["data"])


def _measures(curve: Curve, mid: str) -> bool:
    table = OWN_MIDS if curve.peer_uid is None else RECEIVED_MIDS
    return table.get(mid) == (curve.metric, curve.media)


def _people(curve: Curve, mid: str) -> tuple[str, str]:
    """Return who measured and whose stream it was."""
    uid = str(curve.uid)
    if curve.peer_uid is None:
        return uid, uid if mid in SELF_PEERED else "0"
    return uid, str(curve.peer_uid)


def _points(curve: Curve, mid: str, span: Span) -> list[Json]:
    """Return the points within the stretch, the later half first (W25)."""
    seen = (curve.times >= span.start) & (curve.times <= span.end)
    values = curve.values[seen]
    if mid in FREEZES:
        values = (100 * values / _STEP_MS).clip(0, 100).round(1)
    pairs = zip(stamps(curve.times[seen]), values.tolist(), strict=True)
    points = [{"time": at, "value": value} for at, value in pairs]
    half = len(points) // 2
    return points[half:] + points[:half]
