"""Agora's current real-time metrics per twenty seconds: by channel, user or dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.clouds.agora import app_metric_totals
from bot.sandbox.clouds.agora.app_metrics import QUALITY_METRICS, USAGE_METRICS, of_product
from bot.sandbox.clouds.agora.dimensions import (
    DIMENSION_VALUES,
    CallParticipant,
    count_of,
    participants_of,
    share_of,
)
from bot.sandbox.clouds.agora.params import Params, bad_input, check_look_back
from bot.sandbox.clouds.agora.plans import PlanLimits
from bot.sandbox.clouds.server import Request, Response
from bot.sandbox.scenario import SimulatedCall

STEP_S: Final = 20
# The tables have `sdkVersion`, samples of the same requests `sdk`: both are accepted.
DIMENSIONS: Final = ("country", "region", "network", "sdkVersion", "sdk", "os", "device")
_MAX_UIDS: Final = 10
_PARAMS: Final = ("startTs", "endTs", "appid", "metric", "productType", "cname")
_DIMENSION_PARAMS: Final = ("dimension", "dimensionValues")


@dataclass(frozen=True, slots=True)
class RealtimeApi:
    """The two calls under one plan."""

    limits: PlanLimits

    def get_usage(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer realtime/usage/by_time_20sec."""
        params = Params(request.query)
        params.allow(*_PARAMS, *_DIMENSION_PARAMS)
        return self._get(params, request, sim_calls, USAGE_METRICS)

    def get_quality(self, request: Request, sim_calls: list[SimulatedCall]) -> Response:
        """Answer realtime/quality/by_time_20sec; shares are 0 to 1."""
        params = Params(request.query)
        params.allow(*_PARAMS, *_DIMENSION_PARAMS, "uids")
        return self._get(params, request, sim_calls, QUALITY_METRICS)

    def _get(
        self,
        params: Params,
        request: Request,
        sim_calls: list[SimulatedCall],
        known: tuple[str, ...],
    ) -> Response:
        window = params.window("startTs", "endTs")
        names = params.names("metric", known)
        uids = params.items("uids", _MAX_UIDS)
        if uids and "cname" not in params.query:
            raise bad_input("uids needs cname")
        dimension, dimension_values = _read_dimension(params)
        check_look_back(window, request.now, self.limits.realtime_look_back_s)
        until = min(window.end, int(request.now - request.delay(self.limits.realtime_delay_s)))
        # the interval of startTs is included, the one of endTs is not
        starts = range(window.start // STEP_S * STEP_S, until // STEP_S * STEP_S, STEP_S)
        cname = params.query.get("cname")
        selected = [
            sim_call
            for sim_call in of_product(request, params, sim_calls)
            if cname in {None, sim_call.cname}
        ]
        if uids:
            return _success(_by_uid(names, participants_of(selected), uids, starts))
        if dimension:
            return _success(
                _by_dimension(names, participants_of(selected), dimension, dimension_values, starts)
            )
        return _success(app_metric_totals.rows(names, selected, starts, 1))


def _read_dimension(params: Params) -> tuple[str, list[str]]:
    """Read a dimension and its values, which are in double quotes even in a URL."""
    if "dimension" not in params.query:
        if "dimensionValues" in params.query:
            raise bad_input("dimensionValues needs a dimension")
        return "", []
    (dimension,) = params.names("dimension", DIMENSIONS)[:1]
    values = params.text("dimensionValues").split(",")
    if not all(len(value) > 1 and value[0] == value[-1] == '"' for value in values):
        raise bad_input("dimensionValues must stand in double quotes")
    return dimension, [value[1:-1] for value in values]


def _metrics(
    names: Sequence[str], participants: Sequence[CallParticipant], start: int
) -> dict[str, Any]:
    end = start + STEP_S
    return {
        name: count_of(name, participants, start, end)
        if name in USAGE_METRICS
        else share_of(name, participants, start, end)[0]
        for name in names
    }


def _by_uid(
    names: Sequence[str],
    participants: Sequence[CallParticipant],
    uids: Sequence[str],
    starts: range,
) -> list[dict[str, Any]]:
    rows = []
    for uid in uids:
        own = [participant for participant in participants if str(participant.person.uid) == uid]
        values = [{"ts": start, **_metrics(names, own, start)} for start in starts]
        rows.append({"uid": int(uid), "values": values} if own else None)
    return [each for each in rows if each is not None]


def _by_dimension(
    names: Sequence[str],
    participants: Sequence[CallParticipant],
    dimension: str,
    dimension_values: Sequence[str],
    starts: range,
) -> list[dict[str, Any]]:
    """One row per interval and group; the samples return sdkVersion as sdk."""
    label = "sdk" if dimension == "sdkVersion" else dimension
    groups = {
        dimension_value: [
            participant
            for participant in participants
            if DIMENSION_VALUES[dimension](participant) == dimension_value
        ]
        for dimension_value in dimension_values
    }
    return [
        {**_metrics(names, group, start), label: dimension_value, "ts": start}
        for start in starts
        for dimension_value, group in groups.items()
        if group
    ]


def _success(data: list[dict[str, Any]]) -> Response:
    return Response({"code": 200, "message": "success", "data": data})
