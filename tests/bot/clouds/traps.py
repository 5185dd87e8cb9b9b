"""The traps of the clouds' documents, and the tests that cover them, one line each.

`id severity what | test, test` or, where no test can say more, `id severity what | - why not`.
Severities: H wrong results or a crash if ignored, M a likely bug, L good to know, - no mark.
S1 to S14 (section 0) are what the three clouds must agree on, in the order of the list of
conventions; A is Agora, V Volcengine, W Huawei; T1 to T15 (section 4) are today's Agora, in the order
of the documents; Q (section 5) is the table of limits; D1 to D5 (section 6) are what was decided
where the documents are silent. A test is named by its file, without `test_` and `.py` (of this
folder, or another with its name before it), and its name, without `test_`.
"""

from __future__ import annotations

from typing import Final

TRAPS: Final = """
S1 H the app's key has another name in each call | traps_documents:the_apps_name_at_agora, traps_documents:the_apps_name_at_volcengine, huawei_documents:the_apps_name_of_each_call
S2 - room, channel, RoomId, room_id are one thing | contract:calls_of_a_room_newest_first
S3 H uids are numbers here and text there | agora_traps:uids_are_text, agora_report:a37_reports_take_numeric_uids_only
S4 H the other end has four names, and 0 or "" is the own side | volcengine_calls:the_peer_is_the_senders, contract:peers_are_the_senders
S5 - times go in as seconds, RFC 3339 or UTC | volcengine_calls:plus_is_encoded
S6 H times come out as seconds, milliseconds, with and without a zone | volcengine_calls:times_of_points_are_milliseconds, volcengine_metrics:times_are_parsed
S7 H "not ended" is written in six ways | agora_traps:not_ended_is_none, agora_traps:finished_false_wins_over_a_time, huawei_traps:not_ended_is_none, contract:running_call_has_no_end
S8 H percent run to 1 here and to 100 there | agora_app_metrics:scales_are_the_same, agora_app_metrics:a_share_is_never_guessed, huawei_figures:w21_names_and_scale_of_a_day, contract:series_are_sane
S9 M each cloud counts freezes from another length | contract_app_metrics:metrics_have_definitions
S10 M "good transmission" means three things | contract_app_metrics:metrics_have_definitions
S11 M a uid in two channels is one user or two | contract_app_metrics:metrics_have_definitions
S12 H success stands in the body, in HTTP or in both | agora_errors:every_error_response_is_typed, volcengine_errors:v10_every_error_response_is_typed, huawei_traps:w7_w8_families_of_errors
S13 H booleans of a query are written small | agora_traps:a17_booleans_are_lower_case
S14 H a bare + in a query is a blank | volcengine_calls:plus_is_encoded, agora_traps:special_characters_of_a_channel_name
A1 M the text with the newer date is the older one | traps_documents:a1_the_older_date_is_the_contract
A2 L junk in the text | - a line of prose; nothing of it is read
A3 H a header in the text holds a real key | traps_documents:a3_no_key_was_copied
A4 L the secret was once called a certificate | - a name; the value is the same
A5 L dead links | - no link of the documents is followed or printed
A6 M the beta is enabled on request only | agora_against_fake:wrong_key_is_reported, agora_against_fake:plan_without_the_endpoint_is_reported
A7 H a call is listed minutes before it has details | agora_traps:a7_a16_running_call_is_fetched_up_to_150_seconds_ago, agora_traps:a7_no_request_before_publication, agora_limits:limits_are_the_documents
A8 H live data may be asked for once a minute | agora_events:a8_once_a_minute, agora_events:last_two_minutes_are_not_published, agora_limits:limits_are_the_documents
A9 H ten rows a minute for a whole app | agora_events:full_response_is_narrowed_until_complete, agora_events:ten_rows_in_a_minute_are_incomplete, agora_events:second_channel_takes_no_request
A10 H ten requests a day for days, which count at 08:00 UTC | agora_app_metrics:days_are_whole_and_published, agora_app_metrics:daily_limit_of_ten_is_never_reached, agora_app_metrics:day_is_published_at_eight
A11 M a table's columns are shifted | traps_documents:a11_the_shifted_row_is_not_used
A12 M over the limit is 300, 429 or a message | agora_errors:every_error_response_is_typed, agora_errors:retry_after_header_is_used
A13 M reports may be sent ten times a second | agora_limits:limits_are_the_documents
A14 H there is more, and no way to page | agora_traps:a14_has_more_is_followed_backwards, agora_traps:a14_stops_without_progress
A15 H ten users at most, and the teacher is cut off | agora_traps:a15_eleventh_user_is_cut_off, agora_traps:a15_nine_users_are_all, agora_against_fake:the_teacher_of_a_big_class
A16 M three hours a question, and running calls end 150 s ago | agora_traps:a16_long_calls_are_fetched_in_chunks, agora_traps:a7_a16_running_call_is_fetched_up_to_150_seconds_ago
A17 M recorders are hidden unless asked for | agora_traps:a17_booleans_are_lower_case
A18 M metrics may be absent | agora_traps:a18_metrics_may_be_absent
A19 M the samples break the limits | traps_documents:a19_samples_do_not_set_the_windows
A20 H the samples are no JSON | traps_documents:a20_the_samples_shapes_are_nonsense
A21 H points are pairs, with gaps | agora_traps:a21_points_are_pairs_with_gaps, agora_metrics:points_become_arrays, agora_metrics:other_shapes_are_invalid
A22 H metrics join users by sid, the peer is a uid | agora_traps:a22_series_belong_to_a_session
A23 M speaker means sends | agora_traps:a23_speaker_means_sending
A24 M the message tells nothing | agora_errors:a24_message_is_ignored
A25 L rows are open maps | agora_app_metrics:gaps_and_unexpected_rows
A26 M a factor may stand there twice | agora_traps:a26_a27_factors_are_kept_as_they_are
A27 H the sample has a factor no table has | agora_traps:a26_a27_factors_are_kept_as_they_are, agora_traps:unknown_metric_keeps_its_code
A28 H only three experiences are documented | agora_traps:a28_unknown_experiences_are_kept
A29 M metric ids have gaps and no units | agora_metrics:metric_ids_mean_what_their_generation_says
A30 H metric ids changed their meaning | agora_metrics:metric_ids_mean_what_their_generation_says, agora_traps:picture_size_without_a_peer_is_sent
A31 H two descriptions are swapped | agora_app_metrics:end_to_end_is_named_by_its_name
A32 M one rate has two names | traps_documents:a32_one_rate_of_two_names
A33 L a typo in a factor's text | - a code's Chinese is kept as the document has it
A34 M "banned" is not what happened | traps_documents:a34_who_was_removed_was_removed
A35 H reportV2 has its app in the address, the rest in the body | agora_report:a35_a36_fields_of_report_v2
A36 H reportV2 needs every field but the comment | agora_report:a35_a36_fields_of_report_v2, agora_report:a36_older_report_has_no_student, agora_against_fake:a_report_arrives_whole
A37 M reports take numeric uids only | agora_report:a37_reports_take_numeric_uids_only
A38 M a report has no id and cannot be repeated | agora_against_fake:a38_a_report_is_never_sent_twice, http:a_post_is_never_retried
A39 H reports are gone from today's API | agora_report:a39_reports_can_be_off, agora_report:a39_current_agora_has_no_reports
V1 H the sample is no JSON | volcengine_quality:v1_v2_the_documents_sample, volcengine_quality:v1_raw_sample_is_invalid
V2 H Timestamp or TimeStamp | volcengine_quality:v1_v2_the_documents_sample
V3 H one name requested, two names returned | volcengine_quality:v3_one_request_returns_two_series, volcengine_quality:v3_v4_v6_names_are_parsed, volcengine_quality:every_indicator_by_every_dimension
V4 M threshold and medium come in any order | volcengine_quality:v3_v4_v6_names_are_parsed
V5 H network_trans_delay is no delay | volcengine_quality:v5_on_time_is_a_share
V6 M a stall rate's text contradicts itself | volcengine_quality:v3_v4_v6_names_are_parsed
V7 M headers are misplaced | volcengine_metrics:v7_v17_no_table_is_parsed_from_the_documents
V8 M units are missing | volcengine_quality:v8_operations_keep_their_unit, volcengine_quality:returned_unit_is_kept
V9 H metrics have Chinese names and no field names | volcengine_metrics:v9_every_chinese_name_is_known, volcengine_metrics:v9_name_before_desc, volcengine_calls:v9_unknown_metric_keeps_its_code
V10 M the shape of a no is not in the document | volcengine_errors:v10_every_error_response_is_typed, volcengine_errors:v10_invalid_response_is_typed, volcengine_against_fake:v10_missing_right_is_reported
V11 M the address has no path | volcengine_signing:v11_v16_v19_the_vendors_vector
V12 M 2/s, 30 days, 7 days a question, 8 h late, the end day included | volcengine_limits:limits_are_the_documents, volcengine_quality:v12_end_day_is_left_out, volcengine_quality:v12_longer_spans_are_fetched_in_chunks, volcengine_quality:v12_unpublished_data_has_a_retry_time
V13 M one indicator here, a list there | volcengine_quality:v13_trends_take_several_indicators
V14 M browsers are silently absent | volcengine_quality:v14_browsers_are_requested_separately
V15 M places are Chinese names | volcengine_quality:every_indicator_by_every_dimension
V16 L the region of signing is not in the region table | volcengine_signing:v11_v16_v19_the_vendors_vector
V17 L odd code fences | volcengine_metrics:v7_v17_no_table_is_parsed_from_the_documents
V18 M two versions of one action | volcengine_calls:v18_calls_use_the_current_version
V19 M the exact bytes sent are signed | volcengine_signing:v11_v16_v19_the_vendors_vector, volcengine_signing:another_body_has_another_signature
W1 M one address, tokens of a project | huawei_traps:w5_every_request_has_project_and_signature, sandbox/fake_huawei:w1_a_domains_token_is_refused
W2 M 30 calls a minute for the whole chapter | huawei_limits:w2_chapter_13_shares_one_account, huawei_traps:w2_chapter_13_has_one_quota
W3 H the token comes in a header, with 201 | huawei_traps:w3_token_is_cached_and_renewed, huawei_traps:concurrent_requests_share_one_token
W4 L samples with comments | - no sample is read; comments on the wire are nonsense (A20)
W5 M headers differ from call to call | huawei_traps:w5_every_request_has_project_and_signature, huawei_signing:the_headers_a_key_pair_sends
W6 L X-Request-Id in three spellings | - no answer's request id is read; headers are looked up without case
W7 H four families of error codes | huawei_traps:w7_w8_families_of_errors
W8 M 429 is not in the table, and 503 says do not retry | huawei_traps:w7_w8_families_of_errors
W9 M two calls have no project in their path | huawei_traps:w5_every_request_has_project_and_signature
W10 M addresses and samples are broken by the page's edge | - no sample is read; paths stand in one table, and the twin knows no other
W11 M typos | traps_documents:w11_typos_stay_in_the_documents
W12 M lists with commas, or names repeated | huawei_figures:w12_values_may_be_repeated, huawei_figures:w21_names_and_scale_of_a_day
W13 M pages have no size and one has no total | huawei_traps:w13_pages_end_by_total_or_by_a_short_one
W14 M a room used again is one row | huawei_traps:w14_reused_room_is_found, huawei_against_fake:w14_reused_room
W15 M sessions come merged, regions as names or codes | huawei_traps:w15_sessions_are_requested, huawei_figures:w15_w18_regions_are_codes_or_names
W16 H samples leave out what is required | huawei_figures:w16_required_parameters_are_there
W17 M native and web are requested separately | huawei_app_metrics:native_and_web_are_separate, huawei_figures:w16_required_parameters_are_there
W18 M online_users is not only an audience | huawei_figures:w15_w18_regions_are_codes_or_names
W19 M a start that is required and optional | huawei_figures:w20_today_is_never_requested
W20 M today is never there | huawei_figures:w20_today_is_never_requested, huawei_app_metrics:days_end_with_yesterday
W21 H names change between question and answer | huawei_figures:w21_names_and_scale_of_a_day
W22 H vrtd is a misprint of vrtt | huawei_metrics:w22_the_right_names_are_sent, huawei_metrics:w22_misprint_in_a_response_is_parsed
W23 M five days back, a day a question, mid is never null | huawei_metrics:w22_the_right_names_are_sent, huawei_traps:w23_data_expires_after_five_days
W24 H "0" is the own side, and so is the own uid | huawei_metrics:w24_the_own_side, huawei_metrics:w24_what_was_received
W25 M points come unsorted, with impossible values | huawei_metrics:w25_points_are_sorted
W26 H flat in the table, nested in the sample | huawei_client_events:w26_w27_w28_either_shape
W27 H evnet_id | huawei_client_events:w26_w27_w28_either_shape
W28 H JSON within JSON, with addresses and names in it | huawei_client_events:w26_w27_w28_either_shape, huawei_client_events:w28_an_unreadable_info_leaves_the_event
W29 H an optional room that is required | huawei_client_events:w29_the_room_is_named_hour_by_hour
W30 H one object for a whole app, and null for a list | huawei_client_events:w30_w31_experiences_in_any_shape, huawei_client_events:w30_empty_or_wrong_time
W31 H numbers without any table | huawei_client_events:w30_w31_experiences_in_any_shape
W32 H factor numbers overlap by type | huawei_events:w32_w33_factors_by_type
W33 H eight digits here, seven there | huawei_events:w32_w33_factors_by_type, huawei_figures:w33_w36_users_by_type_and_factor
W34 M three factors share one text | huawei_events:w32_w33_factors_by_type
W35 M descriptions in a language nobody chose | huawei_documents:w35_descriptions_are_not_parsed
W36 M two dimensions without a separator, half rows | huawei_figures:w33_w36_users_by_type_and_factor
W37 M the fault may be seen from the peer | huawei_events:w37_whose_fault
W38 M 202 is not done, and 404 carries the code of 400 | huawei_control:w38_commands_are_accepted_without_a_body, huawei_control:w38_unknown_room_has_status_404
W39 L SX is not SN | traps_documents:w39_abbreviations_are_the_appendixs
W40 L a callback's event has two names | recordings:word_of_the_end_in_its_older_name
W41 M two calls have left the index | huawei_client_events:w41_missing_endpoint_is_requested_once_a_week
T1 - 0 is a yes in some samples, 200 in others | agora_today_traps:t1_t6_t8_t9_pages_of_today
T2 - times have two names | agora_today_traps:t2_names_of_times
T3 - sdk in the table, sdkVersion in the sample | agora_today_traps:t3_dimension_with_two_names
T4 - samples about quality call usage | agora_today_traps:t4_quality_has_its_own_paths
T5 - peakCurrentUsers or peakConcurrentUsers | - no peak is asked for or read; counts of users and channels are
T6 - the message is the word null | agora_today_traps:t1_t6_t8_t9_pages_of_today
T7 - days begin at midnight of UTC+8 in the samples | agora_today_traps:t7_midnight_of_either_zone, agora_app_metrics:days_are_fetched_in_chunks
T8 - a page's size goes with its number | agora_today_traps:t1_t6_t8_t9_pages_of_today
T9 - has_more is documented and not shown | agora_today_traps:t1_t6_t8_t9_pages_of_today
T10 - roles are text or an array | agora_today_traps:t10_roles_are_not_parsed
T11 - buckets are texts such as [0%,3%) | agora_current:rows_are_parsed_in_any_wrapping, agora_current:statistics_of_a_call
T12 - minutes come unsorted | agora_current:rows_are_parsed_in_any_wrapping, agora_current:statistics_of_a_call
T13 - values of dimensions in quotes | - no values are chosen: a whole dimension is asked for
T14 - a sample's host is another one | agora_today_traps:t14_the_host_is_a_setting
T15 - alert callbacks prove nothing and write numbers as text | - none is received: there is no address for them
Q - the limits of every call in one table | agora_limits:limits_are_the_documents, volcengine_limits:limits_are_the_documents, huawei_limits:limits_are_the_documents
D1 - Huawei's losses run to 100, "0" and the own uid are the own side | huawei_metrics:w24_the_own_side, contract:loss_is_on_the_right_side
D2 - one allowance of 30 a minute for Huawei's chapter 13 | huawei_limits:w2_chapter_13_shares_one_account
D3 - Agora says over limit with 300 in the body, or with HTTP 300 or 429 | agora_errors:every_error_response_is_typed
D4 - Volcengine's names come before its Chinese descriptions | volcengine_metrics:v9_name_before_desc
D5 - a cause named by several codes keeps the cloud's one | diagnosis/diagnose:a_stopped_sender_keeps_the_clouds_cause
"""
