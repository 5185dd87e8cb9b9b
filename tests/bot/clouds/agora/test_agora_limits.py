"""Section 5: the limits of every endpoint, as documented."""

from __future__ import annotations

from typing import Final

from tests.bot.clouds.limit_lines import limits_in, limits_of, methods_of

# names generation plan | rate, a day, back, span in hours, rows, delay in s; - where there is none
LIMITS: Final = """
lists seed - | 3/1 1000 72 - 10 20
details seed - | 1/1 1000 72 3 10 150
insight_usage seed - | 1/60 10 168 - - 28800
live_scale,live_experience,live_network seed - | 1/60 1000 1 1 - 120
diagnosis seed - | 1/60 1000 1 1 10 120
report,reportV2 - - | 10/1 - - - - 0
lists current standard | 1/1 1000 24 8 100 60
lists current premium | 3/1 2000 168 16 100 20
lists current enterprise | 10/1 10000 360 24 100 20
sessions current standard | 1/1 1000 24 1 100 300
sessions current premium | 3/1 2000 168 3 100 150
sessions current enterprise | 10/1 10000 360 6 100 100
metrics current standard | 1/1 1000 24 1 20 300
metrics current premium | 3/1 2000 168 3 20 150
metrics current enterprise | 10/1 10000 360 6 20 100
insight_quality current premium | 3/60 40 336 72 - 21600
insight_usage current premium | 3/60 40 336 72 - 43200
insight_quality,insight_usage current enterprise | 10/60 60 720 168 - 21600
realtime_usage,realtime_quality current premium | 3/60 480 2/3 2/3 - 40
realtime_usage,realtime_quality current enterprise | 10/60 1440 1 1 - 20
call_statistics,call_minutes,freeze_buckets current standard | 1/1 1000 24 1 - 300
call_statistics,call_minutes,freeze_buckets current premium | 3/1 2000 168 3 - 150
call_statistics,call_minutes,freeze_buckets current enterprise | 10/1 10000 360 6 - 100
usage_spread current premium | 3/60 40 336 72 20 43200
quality_spread current premium | 3/60 40 336 72 20 21600
usage_spread,quality_spread current enterprise | 10/60 60 720 168 20 21600
usage_ranking,quality_ranking current premium | 3/60 480 2/3 - 20 40
usage_ranking,quality_ranking current enterprise | 10/60 1440 1 - 20 20
"""


def test_limits_are_the_documents() -> None:
    """Each endpoint has its line; a stricter document wins where two differ."""
    assert limits_of("agora") == limits_in(LIMITS)


def test_requests_that_are_no_get() -> None:
    """A GET is retried; a report and a ranking of a day are sent once."""
    assert methods_of("agora") == dict.fromkeys(
        ("report", "reportV2", "usage_spread", "quality_spread"), "POST"
    )
