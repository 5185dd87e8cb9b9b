"""Huawei's call metrics (13.10), with the document's peculiarities (W22 to W25)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from bot.sandbox.clouds.huawei.codes import FREEZES, MIDS, OWN_MIDS, RECEIVED_MIDS, SELF_PEERED
from bot.sandbox.clouds.huawei.params import DAY_S, Params, Span, check_look_back, invalid, stamp
from bot.sandbox.clouds.server import Response
from bot.sandbox.scenario import Curve, SimulatedCall, curves_of

Json = dict[str, Any]
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
    rows = [row for row in _rows(selected, mids, span, until) if _is_wanted(row, params)]
    return Response({"room_id": room_id, "data": rows[offset : offset + limit]})


def _is_wanted(row: Json, params: Params) -> bool:
    """Filter by who measured (`user_id`) and whose stream it was (`peer_id`)."""
    user_id, peer_id = params.optional("user_id"), params.optional("peer_id")
    direction = params.optional("direction")
    own = row["peerid"] in ("0", row["uid"])
    return (
        user_id in ("", row["uid"])
        and peer_id in ("", row["peerid"])
        and direction in ("", "uplink" if own else "downlink")
    )


def _rows(
    sim_calls: Iterable[SimulatedCall], mids: Iterable[str], span: Span, until: float
) -> Iterator[Json]:
    """One row per metric and pair of people; a person's sessions are merged."""
    mid_list = list(mids)
    for sim_call in sim_calls:
        rows: dict[tuple[str, str, str], Json] = {}
        for curve in curves_of(sim_call):
            for mid in mid_list:
                if _measures(curve, mid):
                    _add(rows, curve, mid, _points(curve, mid, span, until))
        yield from (row for row in rows.values() if row["data"])


def _measures(curve: Curve, mid: str) -> bool:
    table = OWN_MIDS if curve.peer_uid is None else RECEIVED_MIDS
    return table.get(mid) == (curve.metric, curve.media)


def _add(
    rows: dict[tuple[str, str, str], Json], curve: Curve, mid: str, points: list[Json]
) -> None:
    uid, peer = str(curve.uid), str(curve.peer_uid or 0)
    peer = uid if curve.peer_uid is None and mid in SELF_PEERED else peer
    row = rows.setdefault((uid, peer, mid), {"uid": uid, "peerid": peer, "mid": mid, "data": []})
    row["data"] += points


def _points(curve: Curve, mid: str, span: Span, until: float) -> list[Json]:
    """Return the points within the stretch, the later half first (W25)."""
    seen = (curve.times >= span.start) & (curve.times <= min(span.end, until))
    values = curve.values[seen]
    if mid in FREEZES:
        values = (100 * values / _STEP_MS).clip(0, 100).round(1)
    pairs = zip(curve.times[seen].tolist(), values.tolist(), strict=True)
    points = [{"time": stamp(at), "value": value} for at, value in pairs]
    half = len(points) // 2
    return points[half:] + points[:half]
