"""Section 5: the limits of every endpoint, as documented."""

from __future__ import annotations

from typing import Final

from bot.clouds.endpoint import RateLimit
from bot.clouds.endpoints import ENDPOINTS
from tests.bot.clouds.limit_lines import limits_in, limits_of, methods_of

# names generation plan | rate, a day, back, span in hours, rows, delay in s; - where there is none
LIMITS: Final = """
rooms,users - - | 30/60 - 2160 2160 100 300
realtime_scale,realtime_quality,realtime_network - - | 30/60 - - 24 - 300
history_scale,history_quality - - | 30/60 - 744 744 - 300
qos - - | 30/60 - 120 24 100 300
client_events,client_abnormal - - | 30/60 - 120 1 - 300
abnormal_events - - | 30/60 - - 24 100 300
abnormal_dimension - - | 30/60 - - 24 - 300
realtime_dimension,history_usage - - | 30/60 - - - - 300
remove_users,dismiss - - | 60/60 - - - - 0
apps,callback,set_callback - - | 60/60 - - - - 0
start_job,job,stop_job - - | 10/1 - - - - 0
"""


def test_limits_are_the_documents() -> None:
    """Each endpoint has its line; a stricter document wins where two differ."""
    assert limits_of("huawei") == limits_in(LIMITS)


def test_requests_that_are_no_get() -> None:
    """A GET is retried; commands are none."""
    assert methods_of("huawei") == {
        **dict.fromkeys(("tokens", "start_job", "remove_users", "dismiss"), "POST"),
        "set_callback": "PUT",
        "stop_job": "DELETE",
    }


def test_w2_chapter_13_shares_one_account() -> None:
    """W2: fourteen endpoints share a quota of thirty a minute per app."""
    rows = [
        row for row in ENDPOINTS if row.document.endswith(tuple(f", 13.{n}" for n in range(15)))
    ]
    assert len(rows) == 14
    assert {((RateLimit(30, 60),), "huawei.statistics.X")} == {
        (r.rates, r.bucket("X")) for r in rows
    }
