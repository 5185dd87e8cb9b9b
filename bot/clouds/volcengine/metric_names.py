"""What Volcengine's indicators are called, asked and answered, and what they mean. Asks nothing."""

from __future__ import annotations

import re
from typing import Final

from bot.call import Code, Media, MetricDefinition

# 002, "Indicators of quality", "of offline operations", "of realtime operations"; 003, Dimension.
QUALITY: Final = (
    "join_room_success_rate",
    "stall_rate",
    "first_frame_send_success_rate",
    "first_frame_recv_success_rate",
    "network_trans_delay",
)
OPERATIONS: Final = (
    "user_count",
    "session_count",
    "peak_concurrent_user",
    "room_count",
    "high_concurrency_room",
    "peak_concurrent_room",
    "avg_call_count",
    "per_call_time",
    "avg_call_time",
    "total_online_time",
    "avg_online_time",
    "avg_user_count",
)
REALTIME_OPERATIONS: Final = ("online_user_count", "online_room_count")
DIMENSIONS: Final = ("Province", "Country", "OS", "Access")
PRODUCTS: Final = ("native", "web")

_PREFIXED: Final = re.compile(
    r"(?:(?:(?P<within>\d{1,6})(?P<unit>ms|s)|(?P<media>audio|video))_)*(?P<base>.+)"
)
_MS: Final = {"ms": 1, "s": 1000}
# `network_trans_delay` is no delay but the share of time within the target (contract trap V5).
_HIGHER_IS_BETTER: Final = {
    "join_room_success_rate": True,
    "stall_rate": False,
    "first_frame_send_success_rate": True,
    "first_frame_recv_success_rate": True,
    "network_trans_delay": True,
}


def products_for(dimension: str | None) -> tuple[str, ...]:
    """Both products; a browser has neither system nor network to be sorted by."""
    return PRODUCTS[:1] if dimension in {"OS", "Access"} else PRODUCTS


def quality_metric(name: str, product: str) -> MetricDefinition:
    """Read a returned name such as `80ms_audio_stall_rate`; an unknown one stays whole.

    The threshold and the medium stand before the name, in either order, or not at all.
    """
    match = _PREFIXED.fullmatch(name)
    if match is None or match["base"] not in _HIGHER_IS_BETTER:
        return MetricDefinition(Code("volcengine.quality", name), part=part_of(product))
    base, media = match["base"], match["media"]
    within = match["within"]
    return MetricDefinition(
        name=Code("volcengine.quality", f"{media}_{base}" if media else base),
        media=Media(media) if media else None,
        within_ms=int(within) * _MS[match["unit"]] if within else None,
        higher_is_better=_HIGHER_IS_BETTER[base],
        part=part_of(product),
    )


def operation_metric(name: str, kind: str) -> MetricDefinition:
    """A count: neither more nor less of it is good or bad."""
    return MetricDefinition(Code(kind, name))


def part_of(product: str) -> Code:
    """Name whom a figure counts: those on `native` or those on `web`."""
    return Code("volcengine.product_type", product)
