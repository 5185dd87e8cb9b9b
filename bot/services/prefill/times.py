"""The moment of a problem, where a text names one and only one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from bot.i18n.traditional import to_simplified
from bot.services.prefill.cleaning import CleanText
from bot.services.prefill.vocabulary import FLAGS

# 二十点零五 is read as 2十点05.
_DIGITS: Final = str.maketrans("零一二两三四五六七八九", "01223456789")
_NUMBER: Final = r"(?:[2-5]?十\d?|\d{1,2})"
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS_AGO: Final = {"昨": 1, "前": 2, "yesterday": 1, "last night": 1}
# A day; without a group it is one whose date is not certain, such as a weekday.
_DAY: Final = re.compile(
    r"(?P<ymd>20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2})(?!\d)[日号]?"
    r"|(?<![\d十])(?P<md>\d{1,2}月\d{1,2})(?![\d十])[日号]?"
    rf"|\b(?P<month>{_MONTHS})[a-z]{{0,6}}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"|(?P<ago>今|昨|(?<!大)前)(?:[天日]|(?=[晚早]))"
    r"|\b(?P<word>today|tonight|yesterday|last night|this (?:morning|afternoon|evening))\b"
    r"|大前天|明[天早晚]|后天|[上下]?(?:周|星期|礼拜)[1-6日天末]|[上下]周|天[之以]?前|月[\d十]+[日号]"
    r"|(?P<slashed>(?<![\w:/.\-])\d{1,2}[/\-]\d{1,2}(?![\w:/.\-]))"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})"
    r"|\b(?:tomorrow|(?:days?|weeks?|half) ago|(?:last|next) \w+"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    FLAGS,
)
_CLOCK: Final = re.compile(
    r"(?P<period>凌晨|清晨|[早晚][上晨间]?|[上中下]午|傍晚)? ?(?:"
    # 8点半, 下午3点20
    rf"(?<![\w.])(?<!\d:)(?P<hour_zh>{_NUMBER}) ?(?:点|时(?![间候段]))(?P<sure>钟|(?= ?左右))?"
    r"(?: ?(?P<minute_zh>半|[13]刻|多|(?:\d\d|[2-5]?十\d?)(?!\d| ?[个人名位次秒岁])"
    rf"|{_NUMBER}(?= ?分(?!钟)))(?: ?分)?)?"
    # 20:05, 20h05, 7.40pm; 晚上1930; 8pm
    r"|(?<![\w.\-/])(?<!\d:)(?P<hour>\d{1,2})(?:[:h]|\.(?=\d\d ?[ap]\.?m\b))(?P<minute>[0-5]\d)"
    r"(?::[0-5]\d)?(?![\d:])|(?<=[早晚][上晨间])(?P<hour_4>\d\d)(?P<minute_4>\d\d)(?!\d)"
    r"|(?<![\w:.\-/])(?P<hour_only>\d{1,2})(?= ?[ap]\.?m\b))(?: ?(?P<half_day>[ap]\.?m)\b\.?"
    r"|(?P<part> in the (?:morning|afternoon|evening)| at night)\b)?",
    FLAGS,
)
_HOUR_LENGTH: Final = 60
_MINUTES: Final = {"半": 30, "1刻": 15, "3刻": 45, "多": _HOUR_LENGTH}
# The hours that a word can mean.
_PERIODS: Final = {
    "凌晨": range(6),
    "[早清]|上午|morning": range(4, 13),
    "中午": range(11, 15),
    "下午|afternoon": range(12, 20),
    "[晚傍]|evening|night": range(17, 24),
    "a.?m": range(12),
    "p.?m": range(12, 24),
}
_HALF_DAY: Final = 12
_BETWEEN_DAY_AND_TIME: Final = re.compile(
    r"(?:,|\n(?:时间|time)\W{1,3})?[^,。;!?\n\d]{0,16}", FLAGS
)
# A time of the timetable, in a zone, an end, a duration, or a position in a recording.
_NO_MOMENT_AHEAD: Final = re.compile(
    r"(?:[上开下]课|课[程是]|排课|预[约定]|原定|计划|时长|持续|录[像播制]|回放|比[例分])[^,。;!?\n]{0,6}$"
    r"|(?:(?:北京|当地|美[东西])(?:时间)?|(?:beijing|local) time)\W{0,3}$"
    r"|差(?:1刻|\d{1,2}分|[2-5]?十\d?分)钟?$"
    r"|(?:[\dm点半分] ?[到至~\-]|\b(?:for|to|past|until|till|before)) ?(?:about )?$"
    r"|\b(?:starts?|begins?|(?:class|lesson|course|it) (?:began|started)|ends?|ended|scheduled"
    r"|booked|due|lasted|recording|replay|(?:class|lesson|course) time"
    r"|(?:class|lesson|room)[\w\-]* (?:at|@))\b[^,;!?\n]{0,16}$",
    FLAGS,
)
_NO_MOMENT_BEHIND: Final = re.compile(
    r" ?(?:左右)?(?:[的那这]?[节堂]?|正式)?(?:课|班|[上开下]课|开始上|结束|处|回放|录[像播])"
    r"| ?[-~到至][^,。;!?\n]{0,4}\d|(?:'s)? (?:(?!in\b)\w+ )?(?:class|lesson|session|course|slot)\b"
    r"|[\s(]{0,2}(?:(?:z|utc|gmt)\b|(?-i:[A-Z]{1,3}T)\b|(?:\w+ ){0,2}time\b|北京|当地|美[东西])"
    r"| (?:(?:to|until|till) \d|(?:of|in|into) the (?:recording|replay|video))",
    FLAGS,
)
_AGO: Final = re.compile(
    rf"(?<![课\d.\-~到至个])(?P<count>\d{{3}}|{_NUMBER}|半|\ban?) ?个?"
    r"(?:(?P<hours>小时|钟头|hours?|hrs?)|分钟|minutes?|mins?) ?(?:[之以]?前(?![的进])| ago\b)",
    FLAGS,
)
_AMOUNTS: Final = {"半": 0.5, "a": 1, "an": 1}
_DAY_LENGTH: Final = dt.timedelta(days=1)
_RECENT: Final = dt.timedelta(hours=4)
_TODAY: Final = dt.timedelta(hours=12)  # as old as a time without a day may be
_OLDEST: Final = dt.timedelta(days=60)
_SKEW: Final = dt.timedelta(minutes=1)
# When lessons are: of 2:20 in the night and in the afternoon, the latter is meant.
_LESSONS: Final = range(7, 23)


@dataclass(frozen=True, slots=True)
class NamedTime:
    """A moment, and the words that name it. Without a moment, what the text names is unclear.

    `is_assumed`: the words do not say whether it was before or after noon.
    """

    moment: dt.datetime | None = None
    words: str = ""
    names_day: bool = False
    is_assumed: bool = False


class _Found(NamedTuple):
    """A moment, None when it is unclear, and where the text names it."""

    moment: dt.datetime | None
    words: slice
    is_assumed: bool = False


def find_time(text: CleanText, written_at: dt.datetime) -> NamedTime | None:
    """Return the moment of a problem, None when the text names no time.

    `written_at` is in the writer's zone. Of an hour before and after noon, the one in the last
    four hours is meant, or else the one when lessons are. Weekdays, zones, timetables and spans
    are unclear.
    """
    plain = to_simplified(text.plain).translate(_DIGITS)
    days = list(_DAY.finditer(plain))
    clocks = list(_clocks(plain, days, written_at))
    found = [each for each in clocks if each.moment] or list(_relative(plain, written_at))
    if len({each.moment for each in found}) == 1:
        moment, words, is_assumed = found[-1]
        if moment and written_at - _OLDEST <= moment <= written_at + _SKEW:
            names_day = _DAY.search(plain, words.start, words.stop) is not None
            return NamedTime(moment, text.readable[words].strip(), names_day, is_assumed)
    today = written_at.date()
    names_other_day = any(not day["slashed"] and _date(day, today) != today for day in days)
    return NamedTime() if clocks or found or names_other_day else None


def _clocks(plain: str, days: list[re.Match[str]], written_at: dt.datetime) -> Iterator[_Found]:
    """Yield each time of day, None when it is unclear, with its words, and if it is assumed."""
    for clock in _CLOCK.finditer(plain):
        near = next((each for each in days if _belongs(plain, each, clock)), None)
        is_points = clock["hour_zh"] and not clock["minute_zh"] and not clock["sure"]  # 15点
        if is_points and not clock["period"] and near is None:
            continue
        start, end = clock.span()
        if near is not None:
            start, end = min(start, near.start()), max(end, near.end())
        is_no_moment = _NO_MOMENT_AHEAD.search(plain, max(clock.start() - 40, 0), clock.start())
        is_far = bool(days) and near is None
        if is_no_moment or _NO_MOMENT_BEHIND.match(plain, end) or is_far:
            yield _Found(None, slice(start, end))
        else:
            times = _times_of_day(clock, near)
            moment = _past(times, written_at, near)
            yield _Found(moment, slice(start, end), is_assumed=len(times) > 1)


def _belongs(plain: str, day: re.Match[str], clock: re.Match[str]) -> bool:
    """Return whether a day is next to a time: yesterday at 8pm, 8pm yesterday."""
    first, second = sorted((day, clock), key=re.Match.start)
    return _BETWEEN_DAY_AND_TIME.fullmatch(plain, first.end(), second.start()) is not None


def _times_of_day(clock: re.Match[str], day: re.Match[str] | None) -> list[dt.time]:
    """Return what a clock may mean: two times when it may be before and after noon."""
    hour_text, minute_text = _text(clock, "hour"), _text(clock, "minute") or "0"
    said = clock["half_day"] or clock["part"] or clock["period"] or (day["word"] if day else "")
    period = (said or "").lower()
    hour, minute = _number(hour_text), _MINUTES.get(minute_text) or _number(minute_text)
    is_24h = hour > _HALF_DAY or hour_text[0] == "0" or bool(day and day["ymd"] and not period)
    hours = (hour,) if is_24h else (hour % _HALF_DAY, hour % _HALF_DAY + _HALF_DAY)
    possible = next(
        (span for words, span in _PERIODS.items() if re.search(words, period)), range(24)
    )
    return [dt.time(each, minute) for each in hours if each in possible and minute < _HOUR_LENGTH]


def _text(clock: re.Match[str], kind: str) -> str:
    """Return what a clock says of its hour, or of its minute."""
    texts = (text for name, text in clock.groupdict().items() if text and name.startswith(kind))
    return next(texts, "")


def _number(text: str) -> int:
    """Return the value of digits, or of a Chinese number such as 2十5."""
    tens, is_chinese, ones = text.partition("十")
    return int(tens or 1) * 10 + int(ones or 0) if is_chinese else int(text)


def _past(times: list[dt.time], here: dt.datetime, day: re.Match[str] | None) -> dt.datetime | None:
    """Return the moment of a time, on the day that a text names or else the last one.

    Of two times, the one in the last hours is meant, or else the only one when lessons are.
    """
    date = _date(day, here.date()) if day else here.date()
    if date is None:
        return None
    moments = [dt.datetime.combine(date, time, here.tzinfo) for time in times]
    if day is None:  # not today, therefore yesterday
        moments = [each - _DAY_LENGTH * (each > here + _SKEW) for each in moments]
        moments = [each for each in moments if each.date() == date or here - each <= _TODAY]
    past = [each for each in moments if each <= here + _SKEW]
    recent = [each for each in past if here - each <= _RECENT]
    in_lessons = [each for each in past if each.hour in _LESSONS]
    likely = past if len(times) == 1 else recent if len(recent) == 1 else in_lessons
    return likely[0] if len(likely) == 1 else None


def _date(day: re.Match[str], today: dt.date) -> dt.date | None:
    """Return a day's date, the last one if it has no year; None when it is not certain."""
    word = (day["ago"] or day["word"] or "").lower()
    if word:
        return today - _DAY_LENGTH * _DAYS_AGO.get(word, 0)
    numbers = [int(each) for each in re.findall(r"\d+", day["ymd"] or day["md"] or "")]
    if day["month"]:
        numbers = [_MONTHS.split("|").index(day["month"].lower()) + 1, int(day["day"])]
    *year, month, day_of_month = numbers or (0, 0)
    for each in year or (today.year, today.year - 1):
        with suppress(ValueError):
            date = dt.date(each, month, day_of_month)
            if date <= today:
                return date
    return None


def _relative(plain: str, written_at: dt.datetime) -> Iterator[_Found]:
    """Yield what is read from "10 minutes ago", with its words."""
    for ago in _AGO.finditer(plain):
        number = _AMOUNTS.get(ago["count"].lower()) or _number(ago["count"])
        unit = dt.timedelta(hours=1) if ago["hours"] else dt.timedelta(minutes=1)
        yield _Found(written_at - number * unit, slice(*ago.span()))
