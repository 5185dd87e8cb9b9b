"""Time zones as people write them."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones


def find_zone(text: str) -> str:
    """Return the zone of this name, or the one that ends in it (`shanghai`); "" for none."""
    wanted = text.strip().replace(" ", "_").casefold()
    exact, by_city = _names()
    return exact.get(wanted) or by_city.get(wanted, "")


@cache
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Return the zones by name, and by city where only one zone has that."""
    exact = {zone.casefold(): zone for zone in available_timezones()}
    by_city: dict[str, list[str]] = {}
    for name, zone in exact.items():
        by_city.setdefault(name.rpartition("/")[2], []).append(zone)
    return exact, {city: zones[0] for city, zones in by_city.items() if len(zones) == 1}
