"""Check that the README's tables of the clouds' calls are those of the code.

`python tests/check_readme.py` prints what is stale and exits 1; `--write` writes it anew. The
calls, their limits and where they appear come from `bot/clouds/endpoints.py`; which test holds
each call, and which calls of the documents there are besides, stand here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.clouds.endpoint import Endpoint  # noqa: E402 - the path is set above
from bot.clouds.endpoints import ENDPOINTS  # noqa: E402 - likewise
from tests.endpoint_usage import ENDPOINT_USAGE  # noqa: E402 - likewise
from tests.suite_index import Test, find_test  # noqa: E402 - likewise

README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- calls: written by tests/check_readme.py --write -->"
END: Final = "<!-- calls: end -->"

_RECORD: Final = "contract:a_record_has_both_people"
_FIND: Final = "contract:calls_of_a_room_come_newest_first"
_EVENTS: Final = "contract:events_are_told_or_said_not_to_be"
_REPORT: Final = "contract:a_report_is_taken_or_said_not_to_be"
_TOPICS: Final = "contract_app_metrics:every_topic_is_told_or_said_not_to_be"
_LIVE: Final = "agora_app_metrics:the_last_hour"
_FIGURES: Final = "huawei_app_metrics:every_topic_has_figures"
_VOLCENGINE: Final = "volcengine_app_metrics:every_topic_has_figures"
_JOBS: Final = "huawei_control:a_recording_runs_and_stops"
_COMMANDS: Final = "huawei_control:w38_commands_are_taken_without_a_body"

TESTED: Final = {
    ("agora", "lists"): _FIND,
    ("agora", "details"): _RECORD,
    ("agora", "sessions"): _RECORD,
    ("agora", "metrics"): _RECORD,
    ("agora", "diagnosis"): _EVENTS,
    ("agora", "reportV2"): _REPORT,
    ("agora", "report"): "agora_report:a36_the_older_report_has_no_student",
    ("agora", "live_scale"): _LIVE,
    ("agora", "live_experience"): _LIVE,
    ("agora", "live_network"): _LIVE,
    ("agora", "insight_usage"): "agora_app_metrics:days_are_whole_and_counted",
    ("agora", "insight_quality"): "agora_app_metrics:days_of_today_come_in_pieces",
    ("agora", "realtime_usage"): _LIVE,
    ("agora", "realtime_quality"): _LIVE,
    ("agora", "usage_spread"): "agora_current:rankings_of_now_and_of_a_day",
    ("agora", "quality_spread"): "agora_current:rankings_of_now_and_of_a_day",
    ("agora", "usage_ranking"): "agora_current:rankings_of_now_and_of_a_day",
    ("agora", "quality_ranking"): "agora_current:rankings_of_now_and_of_a_day",
    ("agora", "call_statistics"): "agora_current:how_everybody_in_a_call_fared",
    ("agora", "call_minutes"): "agora_current:how_everybody_in_a_call_fared",
    ("agora", "freeze_buckets"): "agora_current:how_everybody_in_a_call_fared",
    ("volcengine", "ListRoomInfo"): _FIND,
    ("volcengine", "ListUserInfo"): _RECORD,
    ("volcengine", "ListCallDetail"): _RECORD,
    ("volcengine", "ListQualityDistribution"): _VOLCENGINE,
    ("volcengine", "ListQuality"): "volcengine_quality:v13_trends_take_several_indicators",
    ("volcengine", "ListOperationData"): _VOLCENGINE,
    ("volcengine", "ListRealTimeQuality"): _VOLCENGINE,
    ("volcengine", "ListRealTimeQualityDistribution"): (
        "volcengine_quality:every_indicator_by_every_dimension"
    ),
    ("volcengine", "ListRealTimeOperationData"): _VOLCENGINE,
    ("volcengine", "GetRoomOnlineUsers"): "volcengine_quality:who_is_online",
    ("huawei", "tokens"): "huawei_traps:w3_a_token_is_kept_and_renewed",
    ("huawei", "apps"): "huawei_control:check_tells_the_apps_state",
    ("huawei", "set_callback"): "huawei_control:callback_address",
    ("huawei", "callback"): "huawei_control:callback_address",
    ("huawei", "start_job"): _JOBS,
    ("huawei", "job"): _JOBS,
    ("huawei", "stop_job"): _JOBS,
    ("huawei", "remove_users"): _COMMANDS,
    ("huawei", "dismiss"): _COMMANDS,
    ("huawei", "rooms"): _FIND,
    ("huawei", "users"): _RECORD,
    ("huawei", "qos"): _RECORD,
    ("huawei", "abnormal_events"): _EVENTS,
    ("huawei", "client_events"): "huawei_client_events:networks_come_from_what_clients_told",
    ("huawei", "client_abnormal"): "huawei_client_events:w30_w31_troubles_in_any_shape",
    ("huawei", "realtime_scale"): _FIGURES,
    ("huawei", "realtime_dimension"): _FIGURES,
    ("huawei", "realtime_quality"): _FIGURES,
    ("huawei", "realtime_network"): _FIGURES,
    ("huawei", "history_usage"): "huawei_figures:usage_in_seconds",
    ("huawei", "history_scale"): _FIGURES,
    ("huawei", "history_quality"): _FIGURES,
    ("huawei", "abnormal_dimension"): _FIGURES,
}

_SET_UP_ONCE: Final = "set up once, in Huawei's console"
_NO_MIXING: Final = "one person's stream is what a complaint is about"
NOT_BUILT: Final = {
    "5.1": ("creating an app", _SET_UP_ONCE),
    "5.3": ("one app's settings", "5.2 proves the key; the answer holds the app's key"),
    "5.4": ("deleting an app", "a desk must not"),
    "5.5": ("enabling an app", _SET_UP_ONCE),
    "5.6": ("disabling an app", "a desk must not"),
    "6.1": ("creating a recording rule", _SET_UP_ONCE),
    "6.2": ("listing recording rules", _SET_UP_ONCE),
    "6.3": ("reading a recording rule", _SET_UP_ONCE),
    "6.4": ("changing a recording rule", _SET_UP_ONCE),
    "6.5": ("deleting a recording rule", _SET_UP_ONCE),
    "7.1": ("setting automatic recording", _SET_UP_ONCE),
    "7.2": ("reading automatic recording", _SET_UP_ONCE),
    "9.1": ("starting a mixed stream with its layout", _NO_MIXING),
    "9.2": ("a mixed stream's state", _NO_MIXING),
    "9.3": ("changing a mixed stream's layout", _NO_MIXING),
    "9.4": ("stopping a mixed stream", _NO_MIXING),
    "10.4": ("changing a running recording", "it is stopped and started anew"),
    "12.1": ("listing buckets", "files are fetched from the storage itself"),
    "12.2": ("listing a bucket's objects", "files are fetched from the storage itself"),
    "12.3": ("authorising a bucket", _SET_UP_ONCE),
}
_CHAPTERS: Final = {5: 6, 6: 5, 7: 2, 8: 2, 9: 4, 10: 4, 11: 2, 12: 3, 13: 14}
_UNITS: Final = {1: "s", 60: "min"}
_BUDGETS: Final = {
    "statistics": "all of chapter 13 together",
    "management": "5.2, 8.1 and 8.2 together",
    "jobs": "10.1 to 10.3 together",
    "room_management": "11.1 and 11.2 together",
}


def render() -> str:
    """Write the tables, one for each document, and the list of what is not built."""
    parts = [_folded(title) for title in _titles()]
    built = sorted({_chapter(row) for row in ENDPOINTS if row.cloud == "huawei"}, key=_order)
    parts += [
        f"Of SparkRTC's document these are built: {', '.join(built)}. These are not:",
        "\n".join(f"- {number} {what}: {why}." for number, (what, why) in NOT_BUILT.items()),
    ]
    return "\n\n".join(parts)


def _folded(title: str) -> str:
    """Fold a document's table away, for it is long."""
    count = len({(row.name, row.document) for row in ENDPOINTS if _title(row) == title})
    head = f"<summary>{title}: {count} calls</summary>"
    return f"<details>{head}\n\n{_table(title)}\n\n</details>"


def find_gaps() -> list[str]:
    """Return what the tables leave out, or name and there is not."""
    rows = {(row.cloud, row.name) for row in ENDPOINTS}
    gaps = [f"no test is named for {cloud} {name}" for cloud, name in sorted(rows - set(TESTED))]
    gaps += [f"there is no call {cloud} {name}" for cloud, name in sorted(set(TESTED) - rows)]
    gaps += [f"there is no test {short}" for short in sorted(_all_short()) if not find_test(short)]
    gaps += [
        f"{row.cloud} {row.name} appears nowhere"
        for row in ENDPOINTS
        if (row.cloud, row.name) not in ENDPOINT_USAGE
    ]
    wanted = {f"{n}.{part}" for n, count in _CHAPTERS.items() for part in range(1, count + 1)}
    built = {_chapter(row) for row in ENDPOINTS if row.cloud == "huawei"}
    gaps += [
        f"chapter {each} is neither built nor listed" for each in wanted - built - set(NOT_BUILT)
    ]
    gaps += [f"chapter {each} is both built and listed" for each in built & set(NOT_BUILT)]
    return gaps


def _all_short() -> set[str]:
    return set(TESTED.values())


def _titles() -> list[str]:
    return list(dict.fromkeys(_title(row) for row in ENDPOINTS))


def _title(row: Endpoint) -> str:
    return row.document.partition(", ")[0]


def _section(row: Endpoint) -> str:
    return row.document.partition(", ")[2]


def _chapter(row: Endpoint) -> str:
    return row.document.rpartition(", ")[2]


def _order(chapter: str) -> tuple[int, ...]:
    return tuple(int(part) for part in chapter.split("."))


def _table(title: str) -> str:
    groups: dict[tuple[str, str, str], list[Endpoint]] = {}
    for row in ENDPOINTS:
        if _title(row) == title:
            groups.setdefault((row.name, row.generation, row.document), []).append(row)
    head = "| call | document | in the product | limits | tested |\n|---|---|---|---|---|"
    return "\n".join([head, *(_line(rows) for rows in groups.values())])


def _line(rows: list[Endpoint]) -> str:
    first = rows[0]
    limits = [_limits(row) for row in rows]
    if first.plan:
        named = zip(rows, limits, strict=True)
        limits = [f"{(row.plan or '').title()}: {each}" for row, each in named]
    cells = [
        _call(first),
        _section(first),
        ENDPOINT_USAGE[first.cloud, first.name],
        "<br>".join(limits),
        _tested(first),
    ]
    return f"| {' | '.join(cells)} |"


def _call(row: Endpoint) -> str:
    path = row.name if row.cloud == "volcengine" else row.path.removeprefix("/beta/")
    return f"`{row.method} {path}`"


def _tested(row: Endpoint) -> str:
    test = find_test(TESTED.get((row.cloud, row.name), ""))
    return f"[{_name(test)}]({test.path.relative_to(ROOT).as_posix()})" if test else ""


def _name(test: Test) -> str:
    return test.path.stem.removeprefix("test_").replace("_", " ")


def _limits(row: Endpoint) -> str:
    return ", ".join(_each_limit(row)) or "none documented"


def _each_limit(row: Endpoint) -> Iterator[str]:
    for rate in row.rates:
        shared = f" ({_BUDGETS[row.quota_group]})" if row.quota_group else ""
        yield f"{rate.calls}/{_UNITS[int(rate.period_s)]}{shared}"
    if row.daily_limit is not None:
        yield f"{row.daily_limit}/day"
    if row.look_back is not None:
        yield f"{_span(row.look_back.total_seconds())} back"
    if row.max_span is not None:
        yield f"{_span(row.max_span.total_seconds())} a question"
    if row.max_rows is not None:
        yield f"{row.max_rows} rows"
    if row.delay_s:
        yield f"{_span(row.delay_s)} late"


def _span(seconds: float) -> str:
    """Write a stretch of time in the largest unit that fits it whole."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def split(text: str) -> tuple[str, str, str]:
    """Part a README into what stands before, between and after the marks. Raises ValueError."""
    before, begin, rest = text.partition(BEGIN)
    between, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(BEGIN)
    return before, between.strip(), after


def check(readme: Path, *, write: bool = False) -> list[str]:
    """Return what is wrong with a README; with `write`, bring it up to date first."""
    before, between, after = split(readme.read_text(encoding="utf-8"))
    wanted = render()
    if write and between != wanted:
        readme.write_text(f"{before}{BEGIN}\n\n{wanted}\n\n{END}{after}", encoding="utf-8")
        between = wanted
    stale = [] if between == wanted else ["README.md: the tables of calls are stale (--write)"]
    return [*stale, *find_gaps()]


def main(argv: Iterable[str] | None = None) -> int:
    """Print what is wrong; returns 1 when anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables anew")
    options = parser.parse_args(None if argv is None else list(argv))
    problems = check(README, write=options.write)
    for problem in problems:
        print(problem)  # noqa: T201 - what the command is for
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
