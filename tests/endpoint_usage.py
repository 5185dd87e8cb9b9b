"""How each endpoint is used and tested, for the table of docs/clouds.md.

For each endpoint: what the product uses it for, and the test that covers it (see
`suite_index.find_test`). Of Huawei's document also the endpoints that are not used.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Usage(NamedTuple):
    """What an endpoint is used for, and its test."""

    purpose: str
    test: str


_AGORA: Final = {
    "lists": Usage(
        "every diagnosis: finding the call; `doctor`", "contract:calls_of_a_room_newest_first"
    ),
    "details": Usage("every diagnosis: participants, metrics", "contract:record_has_both_users"),
    "sessions": Usage("every diagnosis: participants", "contract:record_has_both_users"),
    "metrics": Usage("every diagnosis: metrics", "contract:record_has_both_users"),
    "diagnosis": Usage(
        "every diagnosis: the causes Agora names; collected in the background",
        "contract:events_are_as_in_the_capabilities",
    ),
    "reportV2": Usage(
        "a new ticket: the line *Reported to Agora* on its card",
        "contract:reports_are_as_in_the_capabilities",
    ),
    "report": Usage(
        "the same with `AGORA_REPORT=report`", "agora_report:a36_older_report_has_no_student"
    ),
    "live_scale": Usage("`/quality live`, `scale`", "agora_app_metrics:the_last_hour"),
    "live_experience": Usage("`/quality live`, `experience`", "agora_app_metrics:the_last_hour"),
    "live_network": Usage("`/quality network`", "agora_app_metrics:the_last_hour"),
    "insight_usage": Usage("`/quality usage`", "agora_app_metrics:days_are_whole_and_published"),
    "insight_quality": Usage(
        "`/quality experience`, `trend`", "agora_app_metrics:days_are_fetched_in_chunks"
    ),
    "realtime_usage": Usage("`/quality live`, `scale`", "agora_app_metrics:the_last_hour"),
    "realtime_quality": Usage(
        "`/quality live`, `network`, `experience`", "agora_app_metrics:the_last_hour"
    ),
    "usage_spread": Usage("`/quality distribution`", "agora_current:rankings_of_now_and_of_a_day"),
    "quality_spread": Usage(
        "`/quality distribution`", "agora_current:rankings_of_now_and_of_a_day"
    ),
    "usage_ranking": Usage("`/quality distribution`", "agora_current:rankings_of_now_and_of_a_day"),
    "quality_ranking": Usage(
        "`/quality distribution`", "agora_current:rankings_of_now_and_of_a_day"
    ),
    "call_statistics": Usage(
        "a ticket's *Details*: time frozen by network",
        "agora_current:statistics_of_a_call",
    ),
    "call_minutes": Usage(
        "a ticket's *Details*: the worst minute, and how many froze in it",
        "agora_current:statistics_of_a_call",
    ),
    "freeze_buckets": Usage(
        "a ticket's *Details*: how many people froze how much",
        "agora_current:statistics_of_a_call",
    ),
}
_VOLCENGINE: Final = {
    "ListRoomInfo": Usage(
        "every diagnosis: finding the call; `doctor`", "contract:calls_of_a_room_newest_first"
    ),
    "ListUserInfo": Usage("every diagnosis: participants", "contract:record_has_both_users"),
    "ListCallDetail": Usage("every diagnosis: metrics", "contract:record_has_both_users"),
    "ListQualityDistribution": Usage(
        "`/quality distribution`", "volcengine_app_metrics:every_topic_has_figures"
    ),
    "ListQuality": Usage(
        "`/quality network`, `experience`, `trend`",
        "volcengine_quality:v13_trends_take_several_indicators",
    ),
    "ListOperationData": Usage(
        "`/quality usage`", "volcengine_app_metrics:every_topic_has_figures"
    ),
    "ListRealTimeQuality": Usage(
        "`/quality live`, `network`, `experience`", "volcengine_app_metrics:every_topic_has_figures"
    ),
    "ListRealTimeQualityDistribution": Usage(
        "`/quality distribution`", "volcengine_quality:every_indicator_by_every_dimension"
    ),
    "ListRealTimeOperationData": Usage(
        "`/quality live`, `scale`", "volcengine_app_metrics:every_topic_has_figures"
    ),
    "GetRoomOnlineUsers": Usage(
        "a ticket's menu: who is in the channel", "volcengine_quality:who_is_online"
    ),
}
_HUAWEI: Final = {
    "tokens": Usage(
        "every request, when an IAM user is set instead of a key pair",
        "huawei_traps:w3_token_is_cached_and_renewed",
    ),
    "apps": Usage("`doctor`", "huawei_control:check_returns_the_state_of_the_app"),
    "set_callback": Usage(
        "`lagdesk callback --url https://host`", "huawei_control:callback_address"
    ),
    "callback": Usage(
        "`callback`, `doctor`; recording: whether Huawei sends us its result",
        "huawei_control:callback_address",
    ),
    "start_job": Usage(
        "a ticket's menu: *Record this channel*", "huawei_control:a_recording_runs_and_stops"
    ),
    "job": Usage(
        "a ticket's thread: the state of its recording", "huawei_control:a_recording_runs_and_stops"
    ),
    "stop_job": Usage(
        "a ticket's menu: *Stop the recording*", "huawei_control:a_recording_runs_and_stops"
    ),
    "remove_users": Usage(
        "a ticket's menu: *Remove the student*, *the teacher*",
        "huawei_control:w38_commands_are_accepted_without_a_body",
    ),
    "dismiss": Usage(
        "a ticket's menu: *Close the channel*",
        "huawei_control:w38_commands_are_accepted_without_a_body",
    ),
    "rooms": Usage(
        "every diagnosis: finding the call; a ticket's menu",
        "contract:calls_of_a_room_newest_first",
    ),
    "users": Usage(
        "every diagnosis: participants; a ticket's menu: who is in the channel",
        "contract:record_has_both_users",
    ),
    "qos": Usage("every diagnosis: metrics", "contract:record_has_both_users"),
    "abnormal_events": Usage(
        "every diagnosis: the causes Huawei names", "contract:events_are_as_in_the_capabilities"
    ),
    "client_events": Usage(
        "every diagnosis: each person's network type",
        "huawei_client_events:networks_are_of_client_events",
    ),
    "client_abnormal": Usage(
        "a diagnosis for which `abnormal-events` returns nothing",
        "huawei_client_events:w30_w31_experiences_in_any_shape",
    ),
    "realtime_scale": Usage(
        "`/quality live`, `scale`", "huawei_app_metrics:every_topic_has_figures"
    ),
    "realtime_dimension": Usage(
        "`/quality distribution`", "huawei_app_metrics:every_topic_has_figures"
    ),
    "realtime_quality": Usage(
        "`/quality live`, `experience`", "huawei_app_metrics:every_topic_has_figures"
    ),
    "realtime_network": Usage("`/quality network`", "huawei_app_metrics:every_topic_has_figures"),
    "history_usage": Usage("`/quality usage`", "huawei_figures:usage_in_seconds"),
    "history_scale": Usage("`/quality usage`", "huawei_app_metrics:every_topic_has_figures"),
    "history_quality": Usage(
        "`/quality experience`, `trend`", "huawei_app_metrics:every_topic_has_figures"
    ),
    "abnormal_dimension": Usage(
        "`/quality distribution`", "huawei_app_metrics:every_topic_has_figures"
    ),
}
USAGE: Final = {
    (cloud, name): usage
    for cloud, endpoints in (("agora", _AGORA), ("volcengine", _VOLCENGINE), ("huawei", _HUAWEI))
    for name, usage in endpoints.items()
}

_SET_UP_ONCE: Final = "set up once, in Huawei's console"
_NO_MIXING: Final = "a complaint is about one person's stream"
_NEVER: Final = "a support bot must not"
UNUSED_HUAWEI: Final = {
    "5.1": ("creating an app", _SET_UP_ONCE),
    "5.3": ("one app's settings", "5.2 checks the key; this response contains the app's key"),
    "5.4": ("deleting an app", _NEVER),
    "5.5": ("enabling an app", _SET_UP_ONCE),
    "5.6": ("disabling an app", _NEVER),
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
    "10.4": ("changing a running recording", "it is stopped and started again"),
    "12.1": ("listing buckets", "files are fetched from the storage itself"),
    "12.2": ("listing a bucket's objects", "files are fetched from the storage itself"),
    "12.3": ("authorising a bucket", _SET_UP_ONCE),
}
