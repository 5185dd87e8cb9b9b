"""The moment of a problem, where a text names one and only one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bot.services.prefill.cleaning import CleanText
from bot.services.prefill.vocabulary import SIMPLIFIED

_FLAGS: Final = re.IGNORECASE | re.ASCII
_HAN_DIGITS: Final = "零一二三四五六七八九"
_HAN: Final = "(?:[二三四五]?十[一二三四五六七八九]?|[零一二两三四五六七八九]{1,2})"
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS_AGO: Final = {"昨": 1, "前": 2, "yesterday": 1, "last night": 1}
# A day; without a group it is one whose date is not certain, such as a weekday.
_DAY: Final = re.compile(
    r"(?P<ymd>20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2})(?!\d)[日号]?|(?P<md>\d{1,2}月\d{1,2})[日号]?"
    rf"|\b(?P<month>{_MONTHS})[a-z]{{0,6}}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"|(?P<ago>今|昨|(?<!大)前)(?:[天日]|(?=[晚早]))"
    r"|\b(?P<word>today|tonight|yesterday|last night|this (?:morning|afternoon|evening))\b"
    r"|大前天|[一二三四五六七八九十]月|明[天早晚]|后天|[上下]?(?:周|星期|礼拜)[一二三四五六日天末]|[上下]周|天[之以]?前"
    r"|(?<![\w:/.\-])\d{1,2}[/\-]\d{1,2}(?![\w:/.\-])"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})"
    r"|\b(?:tomorrow|days ago|(?:last|next) \w+|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    _FLAGS,
)
_CLOCK: Final = re.compile(
    r"(?P<period>凌晨|清晨|[早晚][上晨间]?|[上中下]午|傍晚)? ?"
    rf"(?:(?<![\w:.])(?P<hour>\d{{1,2}}|{_HAN})(?:点|时(?![间候段]))钟?(?:(?P<half>半)"
    rf"|(?P<minute>(?:\d\d|[零一二三四五十]{_HAN})(?![\d个人名位次秒岁])|(?:\d|{_HAN})(?=分(?!钟)))分?)?"
    r"|(?<![\w.\-/])(?<!\d:)(?P<h>\d{1,2})[:h](?P<m>[0-5]\d)(?::[0-5]\d)?(?![\d:])"
    r"|(?<=[早晚][上晨间])(?P<hhmm>\d{4})(?!\d)"
    r"|(?<![\w:.\-/])(?P<oclock>\d{1,2})(?= ?[ap]\.?m\b))(?: ?(?P<half_day>[ap])\.?m\b\.?)?",
    _FLAGS,
)
# The first and the last hour that a word can mean.
_PERIODS: Final = {
    "凌晨": (0, 5),
    "清晨": (4, 9),
    "早": (4, 11),
    "上午": (6, 12),
    "中午": (11, 14),
    "下午": (12, 19),
    "傍晚": (16, 20),
    "晚": (17, 23),
    "a": (0, 11),
    "p": (12, 23),
    "this morning": (4, 11),
    "this afternoon": (12, 18),
    "this evening": (16, 23),
    "tonight": (17, 23),
    "last night": (17, 23),
}
_ALL_DAY: Final = (0, 23)
_HALF_DAY: Final = 12
_HOUR: Final = 60
_BEIJING: Final = dt.timezone(dt.timedelta(hours=8))
# Without a group, a zone that is not certain: CST, local time.
_ZONE_AHEAD: Final = re.compile(
    r"(?:(?P<beijing>北京时间|beijing time)|(?:当地|美[东西])(?:时间)?|local time)\W{0,3}$", _FLAGS
)
_ZONE_BEHIND: Final = re.compile(
    r"[\s(]{0,2}(?:(?P<beijing>北京时间|beijing time)|(?:utc|gmt)(?P<offset>[+-]\d{1,2})(?![\d:])"
    r"|(?P<utc>z|utc|gmt)\b(?!\+)|(?-i:[A-Z]{1,3}T)\b|(?:\w+ ){0,2}time\b|当地|美[东西])",
    _FLAGS,
)
_BETWEEN_DAY_AND_TIME: Final = re.compile(
    r"(?:,|\n(?:时间|time)\W{1,3})?[^,。;!?\n\d]{0,16}", _FLAGS
)
# A time of the timetable, an end, a duration, or a position in a recording.
_NO_MOMENT_AHEAD: Final = re.compile(
    r"(?:[上开下]课|课程|排课|预[约定]|原定|计划|时长|持续|录[像播制]|回放|比[例分])[^,。;!?\n]{0,6}$"
    r"|(?:[\dm点半分] ?[到至~\-]|\b(?:for|to|until|till|before)) ?(?:about )?$"
    r"|\b(?:starts?|begins?|began|started|ends?|ended|scheduled|booked|due|lasted|recording|replay"
    r"|(?:class|lesson|course) time|(?:class|lesson|room)[\w\-]* (?:at|@))\b[^,;!?\n]{0,16}$",
    _FLAGS,
)
_NO_MOMENT_BEHIND: Final = re.compile(
    r" ?(?:左右)?(?:[的那这]?[节堂]?|正式)?(?:课|班|[上开下]课|开始上|结束|处|回放|录[像播])"
    r"| ?[-~到至][^,。;!?\n]{0,4}\d|(?:'s)? (?:\w+ )?(?:class|lesson|session|course|slot)\b"
    r"| (?:(?:to|until|till) \d|(?:of|in|into) the (?:recording|replay|video))",
    _FLAGS,
)
_AGO: Final = re.compile(
    rf"(?<![课\d.\-~到至个])(?P<count>\d{{1,3}}|{_HAN}|半|\ban?|\bhalf an) ?个?"
    r"(?:(?P<hours>小时|钟头|hours?|hrs?)|分钟|minutes?|mins?) ?(?:[之以]?前(?![的进])| ago\b)",
    _FLAGS,
)
_WITHOUT_DAY: Final = dt.timedelta(hours=12)  # as old as a time without a day may be
_OLDEST: Final = dt.timedelta(days=60)
_SKEW: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NamedTime:
    """A moment, and the words that name it."""

    moment: dt.datetime
    words: str


def find_time(text: CleanText, written_at: dt.datetime) -> NamedTime | None:
    """Return the moment of a problem, None for none or several.

    `written_at` is in the writer's zone. Hours that may be of the morning or of the evening,
    weekdays, times of other zones, timetables and durations are no moment.
    """
    plain = text.plain.translate(SIMPLIFIED)
    spans = dict(_clocks(plain, written_at)) or dict(_relative(plain, written_at))
    if len(spans) != 1:
        return None
    moment, words = spans.popitem()
    is_past = written_at - _OLDEST <= moment <= written_at + _SKEW
    return NamedTime(moment, text.readable[words].strip()) if is_past else None


def _clocks(plain: str, written_at: dt.datetime) -> Iterator[tuple[dt.datetime, slice]]:
    """Yield each time of day with its words."""
    days = list(_DAY.finditer(plain))
    for clock in _CLOCK.finditer(plain):
        near = next((each for each in days if _belongs(plain, each, clock)), None)
        start, end = clock.span()
        if near is not None:
            start, end = min(start, near.start()), max(end, near.end())
        is_no_moment = _NO_MOMENT_AHEAD.search(plain, max(clock.start() - 40, 0), clock.start())
        time = _time_of_day(clock, near)
        zone = _zone(plain, start, end, written_at)
        if is_no_moment or _NO_MOMENT_BEHIND.match(plain, end) or time is None or zone is None:
            continue
        if days and near is None:
            continue
        moment = _latest(time, written_at.astimezone(zone), near)
        if moment is not None:
            yield moment, slice(start, end)


def _belongs(plain: str, day: re.Match[str], clock: re.Match[str]) -> bool:
    """Return whether a day is next to a time: yesterday at 8pm, 8pm yesterday."""
    first, second = sorted((day, clock), key=re.Match.start)
    return _BETWEEN_DAY_AND_TIME.fullmatch(plain, first.end(), second.start()) is not None


def _time_of_day(clock: re.Match[str], day: re.Match[str] | None) -> dt.time | None:
    """Return a clock's time, None when it may be of the morning or of the evening."""
    hhmm = clock["hhmm"] or ""
    hour_text = clock["hour"] or clock["h"] or clock["oclock"] or hhmm[:2]
    minute_text = clock["minute"] or clock["m"] or hhmm[2:] or ("30" if clock["half"] else "")
    period = (clock["half_day"] or clock["period"] or (day["word"] if day else "") or "").lower()
    if clock["hour"] and not (period or minute_text or day):
        return None  # 15点: points
    hour, minute = _number(hour_text), _number(minute_text or "0")
    names = [name for name in _PERIODS if period.startswith(name)]
    first, last = _PERIODS[names[0]] if names else _ALL_DAY
    is_24h = hour > _HALF_DAY or hour_text[0] == "0" or bool(day and day["ymd"] and not period)
    hours = {hour} if is_24h else {hour % _HALF_DAY, hour % _HALF_DAY + _HALF_DAY}
    possible = [each for each in hours if first <= each <= last]
    return dt.time(possible[0], minute) if len(possible) == 1 and minute < _HOUR else None


def _number(text: str) -> int:
    """Return the value of digits, or of a Chinese number below a hundred."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.replace("两", "二").partition("十")
    digits = f"{tens or '一'}{ones or '零'}" if ten else tens
    return int("".join(str(_HAN_DIGITS.index(each)) for each in digits))


def _zone(plain: str, start: int, end: int, written_at: dt.datetime) -> dt.tzinfo | None:
    """Return the zone beside a time, by default the writer's; None when it is not certain."""
    ahead = _ZONE_AHEAD.search(plain, max(start - 20, 0), start)
    behind = _ZONE_BEHIND.match(plain, end)
    named = ahead or behind
    if named is None:
        return written_at.tzinfo
    if named["beijing"]:
        return _BEIJING
    if named is not behind or not (behind["offset"] or behind["utc"]):
        return None
    return dt.timezone(dt.timedelta(hours=int(behind["offset"] or 0)))


def _latest(time: dt.time, here: dt.datetime, day: re.Match[str] | None) -> dt.datetime | None:
    """Return a time on the day that a text names, or else the last one, if not too old."""
    if day is not None:
        date = _date(day, here.date())
        return dt.datetime.combine(date, time, here.tzinfo) if date else None
    moment = dt.datetime.combine(here.date(), time, here.tzinfo)
    if moment > here + _SKEW:
        moment -= dt.timedelta(days=1)
    return moment if here - moment <= _WITHOUT_DAY else None


def _date(day: re.Match[str], today: dt.date) -> dt.date | None:
    """Return a day's date, the last one if it has no year; None when it is not certain."""
    word = (day["ago"] or day["word"] or "").lower()
    if word:
        return today - dt.timedelta(days=_DAYS_AGO.get(word, 0))
    if day["month"]:
        numbers = [_MONTHS.split("|").index(day["month"].lower()) + 1, int(day["day"])]
    else:
        numbers = [int(each) for each in re.findall(r"\d+", day["ymd"] or day["md"] or "")]
    *year, month, day_of_month = numbers or (0, 0)
    for each in year or (today.year, today.year - 1):
        with suppress(ValueError):
            date = dt.date(each, month, day_of_month)
            if date <= today:
                return date
    return None


def _relative(plain: str, written_at: dt.datetime) -> Iterator[tuple[dt.datetime, slice]]:
    """Yield what is read from "10 minutes ago", with its words."""
    for ago in _AGO.finditer(plain):
        count = ago["count"].lower()
        number = (
            0.5 if count in ("半", "half an") else 1 if count in ("a", "an") else _number(count)
        )
        unit = dt.timedelta(hours=1) if ago["hours"] else dt.timedelta(minutes=1)
        yield written_at - number * unit, slice(*ago.span())
