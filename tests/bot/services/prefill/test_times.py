"""The moment that a text names, in the writer's zone, and the times that are none."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from bot.services.prefill.cleaning import clean
from bot.services.prefill.times import NamedTime, find_time

CHINA: Final = ZoneInfo("Asia/Shanghai")
WRITTEN_AT: Final = dt.datetime(2026, 11, 21, 20, 30, tzinfo=CHINA)

# Each row: text, the moment in China, the words that name it.
MOMENTS = [
    ("昨晚8点半学生卡", "11-20 20:30", "昨晚8点半"),
    ("昨晚八點半", "11-20 20:30", "昨晚八點半"),
    ("昨天晚上八点二十分左右", "11-20 20:20", "昨天晚上八点二十分"),
    ("前天20:05", "11-19 20:05", "前天20:05"),
    ("下午3点20看不到老师", "11-21 15:20", "下午3点20"),
    ("今早9点黑屏", "11-21 09:00", "今早9点"),
    ("中午12点半", "11-21 12:30", "中午12点半"),
    ("中午1点", "11-21 13:00", "中午1点"),
    ("晚上1930学生掉线了", "11-21 19:30", "晚上1930"),
    ("时间：下午 3 点 20 分 看不到", "11-21 15:20", "下午 3 点 20 分"),
    ("昨晚 8 点半", "11-20 20:30", "昨晚 8 点半"),
    ("晚上 8 点 20 个人掉线", "11-21 20:00", "晚上 8 点"),
    ("15点20分，看不到", "11-21 15:20", "15点20分"),
    ("二十点十五分", "11-21 20:15", "二十点十五分"),
    ("晚上8点20个人掉线", "11-21 20:00", "晚上8点"),
    ("２０：０５卡", "11-21 20:05", "２０：０５"),
    ("学生20:15进来，20:15掉线", "11-21 20:15", "20:15"),
    ("11月20日19:35左右", "11-20 19:35", "11月20日19:35"),
    ("日期：11月20日\n时间：20:05", "11-20 20:05", "11月20日\n时间：20:05"),
    ("around 3:20pm the video froze", "11-21 15:20", "3:20pm"),
    ("at 7:40 p.m. the sound went", "11-21 19:40", "7:40 p.m."),
    ("8:30pm yesterday", "11-20 20:30", "8:30pm yesterday"),
    ("last night at 8:30", "11-20 20:30", "last night at 8:30"),
    ("this morning at 9:15", "11-21 09:15", "this morning at 9:15"),
    ("Nov 3rd - 17:54", "11-03 17:54", "Nov 3rd - 17:54"),
    ("lost connection at 20h15 in lesson-9", "11-21 20:15", "20h15"),
    ("凌晨两点一刻没声音", "11-21 02:15", "凌晨两点一刻"),
    ("昨晚8点三刻", "11-20 20:45", "昨晚8点三刻"),
    ("at 3.20pm", "11-21 15:20", "3.20pm"),
    ("2:20 in the afternoon", "11-21 14:20", "2:20 in the afternoon"),
    ("Started around 7.40pm", "11-21 19:40", "7.40pm"),
    ("十分钟前学生掉线", "11-21 20:20", "十分钟前"),
    ("半小时前听不到", "11-21 20:00", "半小时前"),
    ("about an hour ago", "11-21 19:30", "an hour ago"),
]

# Before or after noon: the one in the last four hours, or else the only one when lessons are.
ASSUMED = [
    ("时间：7点40分", "11-21 19:40", "7点40分"),
    ("课是晚上7点的，7点25分开始卡", "11-21 19:25", "7点25分"),
    ("7点40分左右卡", "11-21 19:40", "7点40分"),
    ("8点左右卡，8点钟", "11-21 20:00", "8点钟"),
    ("froze at 4:30", "11-21 16:30", "4:30"),
    ("2点20分左右", "11-21 14:20", "2点20分"),
    ("today at 2:20", "11-21 14:20", "today at 2:20"),
    ("yesterday at 2:20", "11-20 14:20", "yesterday at 2:20"),
]

# Timetables, spans, durations; hours, days and zones that are not certain.
UNCLEAR = [
    *("昨晚8点半的课，学生掉线", "今晚八点的课", "上课时间：今晚8点", "时长20:15", "比例16:09", "25:10"),
    *("my 8pm lesson", "my 8pm-9pm class", "the class started at 8pm", "class_20 at 7pm: dropped"),
    *("19:30-20:20卡", "晚上8点到9点", "20:05和20:15都卡", "at 20:05 of the recording"),
    *("晚上12点", "晚上1点", "23:30 卡", "明天20:05", "大前天20:05", "周五晚上8点半", "Dec 24, 8:05 PM"),
    *("昨天好好的，20:05卡", "12/3 20:05", "2 days ago at 20:05", "2026-13-20 20:05"),
    *("20:05 IST", "20:05 her time", "local time 20:05", "2天前", "昨天学生卡", "last week it froze"),
    *("昨天8点半", "yesterday at 8:30", "昨晚8点多", "昨晚差一刻9点", "two thirty minute lessons at 25:30"),
    *("last night at half past eight", "quarter past 8pm", "11/20 19:40", "十一月二十日 20:05"),
    *("8:05pm Beijing time", "北京时间20:05", "3:20pm (UTC+7)", "2026-11-21 12:03 UTC"),
]  # fmt: skip

NO_TIMES = [
    *("上课20分钟", "上课10分钟前", "1920:1080", "给了15点积分", "3点建议", "9岁", "rated 4:5", "rated 3/5"),
    *("app 5.12.30", "刚才卡了", "it froze today", "at 8, at 10 fps", "今天学生卡", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "moment", "words", "is_assumed"),
    [*((*row, False) for row in MOMENTS), *((*row, True) for row in ASSUMED)],
)
def test_moment(text: str, moment: str, words: str, is_assumed: bool) -> None:  # noqa: FBT001 - a row of the table
    """A text gives the one moment that is certain or likely, with the words that name it."""
    named = find_time(clean(text), WRITTEN_AT)
    assert named is not None
    assert named.moment is not None
    assert named.is_assumed is is_assumed
    assert (f"{named.moment.astimezone(CHINA):%m-%d %H:%M}", named.words) == (moment, words)


@pytest.mark.parametrize(
    ("text", "named"),
    [*((text, NamedTime()) for text in UNCLEAR), *((text, None) for text in NO_TIMES)],
)
def test_no_moment(text: str, named: NamedTime | None) -> None:
    """A time that is not certain is not taken; the caller knows that there is one."""
    assert find_time(clean(text), WRITTEN_AT) == named


@pytest.mark.parametrize(
    ("hour", "moment"),
    [
        (3, "02:20"),  # twenty past two is forty minutes ago
        (13, ""),  # neither at night nor in the future
        (16, "14:20"),
    ],
)
def test_before_or_after_noon(hour: int, moment: str) -> None:
    """An hour without a.m. or p.m. is recent, or when lessons are; else it is unclear."""
    named = find_time(clean("at 2:20 it froze"), WRITTEN_AT.replace(hour=hour, minute=0))
    assert named is not None
    assert (f"{named.moment:%H:%M}" if named.moment else "") == moment
