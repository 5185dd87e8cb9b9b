"""Section 5: the limits of every endpoint, as documented."""

from __future__ import annotations

from typing import Final

from tests.bot.clouds.limit_lines import limits_in, limits_of, methods_of

# names generation plan | rate, a day, back, span in hours, rows, delay in s; - where there is none
LIMITS: Final = """
ListQualityDistribution 2020-12-01 - | 2/1 - 720 168 - 28800
ListQuality,ListQualityDistribution 2023-11-01 - | 2/1 - 720 168 - 28800
ListRealTimeQuality,ListRealTimeQualityDistribution 2023-11-01 - | 2/1 - 1 1 - 60
ListOperationData 2023-11-01 - | 2/1 - 720 168 - 28800
ListRealTimeOperationData 2023-11-01 - | 2/1 - 1 1 - 60
GetRoomOnlineUsers 2023-11-01 - | 40/1 - - - - 0
ListRoomInfo 2023-11-01 - | 10/1 - 336 24 100 20
ListUserInfo 2023-11-01 - | 10/1 - 336 6 100 100
ListCallDetail 2023-11-01 - | 10/1 - 144 1 20 100
"""


def test_limits_are_the_documents() -> None:
    """Each endpoint has its line; a stricter document wins where two differ."""
    assert limits_of("volcengine") == limits_in(LIMITS)


def test_requests_that_are_no_get() -> None:
    """A GET is retried; metrics of whole apps are a POST."""
    metrics = ("Quality", "QualityDistribution", "OperationData")
    names = [f"List{kind}{name}" for kind in ("", "RealTime") for name in metrics]
    assert methods_of("volcengine") == dict.fromkeys(names, "POST")
