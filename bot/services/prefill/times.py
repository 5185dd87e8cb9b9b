"""The moment of a problem, where a text names one and only one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from bot.i18n.traditional import to_simplified
from bot.services.prefill.cleaning import CleanText

_FLAGS: Final = re.IGNORECASE | re.ASCII
_HAN_DIGITS: Final = "零一二三四五六七八九"
_HAN: Final = "(?:[二三四五]?十[一二三四五六七八九]?|[零一二两三四五六七八九]{1,2})"
_HOURS_EN: Final = "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_HOUR_EN: Final = rf"(?:\d{{1,2}}|{_HOURS_EN})"
_PART_EN: Final = r"(?: in the (?:morning|afternoon|evening)| at night)\b"
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS_AGO: Final = {"昨": 1, "前": 2, "yesterday": 1, "last night": 1}
# A day; without a group it is one whose date is not certain, such as a weekday.
_DAY: Final = re.compile(
    r"(?P<ymd>20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2})(?!\d)[日号]?|(?P<md>\d{1,2}月\d{1,2})[日号]?"
    rf"|\b(?P<month>{_MONTHS})[a-z]{{0,6}}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"|(?P<ago>今|昨|(?<!大)前)(?:[天日]|(?=[晚早]))"
    r"|\b(?P<word>today|tonight|yesterday|last night|this (?:morning|afternoon|evening))\b"
    r"|大前天|[一二三四五六七八九十]月|明[天早晚]|后天|[上下]?(?:周|星期|礼拜)[一二三四五六日天末]|[上下]周|天[之以]?前"
    r"|(?P<slashed>(?<![\w:/.\-])\d{1,2}[/\-]\d{1,2}(?![\w:/.\-]))"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})"
    r"|\b(?:tomorrow|(?:days?|weeks?|half) ago|(?:last|next) \w+"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    _FLAGS,
)
_CLOCK: Final = re.compile(
    r"(?P<period>凌晨|清晨|[早晚][上晨间]?|[上中下]午|傍晚)? ?"
    rf"(?:(?<![\w.])(?<!\d:)(?P<hour>\d{{1,2}}|{_HAN}) ?(?:点|时(?![间候段]))"
    r"(?P<sure>钟|(?= ?左右))?"
    r"(?: ?(?P<fraction>半|[一三]刻|多)"
    rf"| ?(?P<minute>(?:\d\d|[零一二三四五十]{_HAN})(?!\d| ?[个人名位次秒岁])"
    rf"|(?:\d|{_HAN})(?= ?分(?!钟)))(?: ?分)?)?"
    r"|(?<![\w.\-/])(?<!\d:)(?P<h>\d{1,2})(?:[:h]|\.(?=\d\d ?[ap]\.?m\b))(?P<m>[0-5]\d)"
    r"(?::[0-5]\d)?(?![\d:])"
    r"|(?<=[早晚][上晨间])(?P<hhmm>\d{4})(?!\d)"
    rf"|\b(?P<past>(?:half|quarter|five|ten|twenty|\d{{1,2}}) past|quarter to)"
    rf" (?P<spoken>{_HOUR_EN})\b(?!:)"
    rf"|(?<![\w:.\-/])(?P<oclock>{_HOUR_EN})(?= ?(?:[ap]\.?m|o'?clock)\b|{_PART_EN})"
    rf"|(?:(?<=\bat )|(?<=\baround ))(?P<bare>{_HOUR_EN})"
    r"(?= ?(?:$|[,.;!?\n]|(?:last|the|my|i|and)\b))"
    rf")(?: ?o'?clock\b)?(?: ?(?P<half_day>[ap]\.?m)\b\.?|(?P<part>{_PART_EN}))?",
    _FLAGS,
)
_FRACTIONS: Final = {
    "半": 30,
    "一刻": 15,
    "三刻": 45,
    "half past": 30,
    "quarter past": 15,
    "quarter to": -15,
    "five past": 5,
    "ten past": 10,
    "twenty past": 20,
}
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
    "am": (0, 11),
    "pm": (12, 23),
    "morning": (4, 11),
    "afternoon": (12, 18),
    "evening": (16, 23),
    "night": (17, 23),
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
    r"|差(?:一刻|(?:\d|[一二三四五十]){1,3}分)钟?$"
    r"|(?:[\dm点半分] ?[到至~\-]|\b(?:for|to|until|till|before)) ?(?:about )?$"
    r"|\b(?:starts?|begins?|began|started|ends?|ended|scheduled|booked|due|lasted|recording|replay"
    r"|(?:class|lesson|course) time|(?:class|lesson|room)[\w\-]* (?:at|@))\b[^,;!?\n]{0,16}$",
    _FLAGS,
)
_NO_MOMENT_BEHIND: Final = re.compile(
    r" ?(?:左右)?(?:[的那这]?[节堂]?|正式)?(?:课|班|[上开下]课|开始上|结束|处|回放|录[像播])"
    r"| ?[-~到至][^,。;!?\n]{0,4}\d|(?:'s)? (?:(?!in\b)\w+ )?(?:class|lesson|session|course|slot)\b"
    r"| (?:(?:to|until|till) \d|(?:of|in|into) the (?:recording|replay|video))",
    _FLAGS,
)
_AGO: Final = re.compile(
    rf"(?<![课\d.\-~到至个])(?P<count>\d{{1,3}}(?:\.\d)?|{_HAN}|半|\ban?|\bhalf an) ?个?"
    r"(?:(?P<hours>小时|钟头|hours?|hrs?)|分钟|minutes?|mins?) ?(?:[之以]?前(?![的进])| ago\b)",
    _FLAGS,
)
_AMOUNTS: Final = {"半": 0.5, "half an": 0.5, "a": 1, "an": 1}
# As old as a time without a day may be: one of yesterday, one of the morning or of the evening.
_YESTERDAY: Final = dt.timedelta(hours=12)
_UNSURE: Final = dt.timedelta(hours=4)
_OLDEST: Final = dt.timedelta(days=60)
_SKEW: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NamedTime:
    """A moment, and the words that name it. Without a moment, what the text names is unclear."""

    moment: dt.datetime | None = None
    words: str = ""
    names_day: bool = False


def find_time(text: CleanText, written_at: dt.datetime) -> NamedTime | None:
    """Return the moment of a problem, None when the text names no time.

    `written_at` is in the writer's zone. Of an hour of the morning or of the evening, the one in
    the last four hours is meant. Weekdays, unknown zones, timetables and spans are unclear.
    """
    plain = to_simplified(text.plain)
    days = list(_DAY.finditer(plain))
    clocks = list(_clocks(plain, days, written_at))
    moments = {moment: words for moment, words in clocks if moment is not None}
    moments = moments or dict(_relative(plain, written_at))
    if len(moments) == 1:
        [(moment, words)] = moments.items()
        if written_at - _OLDEST <= moment <= written_at + _SKEW:
            names_day = _DAY.search(plain, words.start, words.stop) is not None
            return NamedTime(moment, text.readable[words].strip(), names_day)
    today = written_at.date()
    names_other_day = any(not day["slashed"] and _date(day, today) != today for day in days)
    return NamedTime() if clocks or moments or names_other_day else None


def _clocks(
    plain: str, days: list[re.Match[str]], written_at: dt.datetime
) -> Iterator[tuple[dt.datetime | None, slice]]:
    """Yield each time of day, None when it is unclear, with its words."""
    for clock in _CLOCK.finditer(plain):
        near = next((each for each in days if _belongs(plain, each, clock)), None)
        is_time = clock["period"] or clock["sure"] or clock["fraction"] or clock["minute"] or near
        if (clock["hour"] or clock["bare"]) and not is_time:
            continue  # 15点: points
        start, end = clock.span()
        if near is not None:
            start, end = min(start, near.start()), max(end, near.end())
        is_no_moment = _NO_MOMENT_AHEAD.search(plain, max(clock.start() - 40, 0), clock.start())
        zone = _zone(plain, start, end, written_at)
        is_far = bool(days) and near is None
        if is_no_moment or _NO_MOMENT_BEHIND.match(plain, end) or zone is None or is_far:
            yield None, slice(start, end)
        else:
            times = _times_of_day(clock, near)
            yield _latest(times, written_at.astimezone(zone), near), slice(start, end)


def _belongs(plain: str, day: re.Match[str], clock: re.Match[str]) -> bool:
    """Return whether a day is next to a time: yesterday at 8pm, 8pm yesterday."""
    first, second = sorted((day, clock), key=re.Match.start)
    return _BETWEEN_DAY_AND_TIME.fullmatch(plain, first.end(), second.start()) is not None


def _times_of_day(clock: re.Match[str], day: re.Match[str] | None) -> list[dt.time]:
    """Return what a clock may mean: two times when it may be of the morning or of the evening."""
    hhmm = clock["hhmm"] or ""
    hour_text = clock["hour"] or clock["h"] or clock["spoken"] or clock["oclock"]
    hour_text = hour_text or clock["bare"] or hhmm[:2]
    fraction = (clock["fraction"] or clock["past"] or "").lower()
    digits = clock["minute"] or clock["m"] or hhmm[2:] or "0"
    minute = _FRACTIONS.get(fraction, _HOUR) if fraction else _number(digits)
    if minute >= _HOUR:
        return []
    said = clock["half_day"] or clock["part"] or clock["period"] or (day["word"] if day else "")
    period = (said or "").lower().replace(".", "")
    first, last = next((hours for name, hours in _PERIODS.items() if name in period), _ALL_DAY)
    hour = _number(hour_text) - (minute < 0)
    is_24h = hour > _HALF_DAY or hour_text[0] == "0" or bool(day and day["ymd"] and not period)
    hours = (hour,) if is_24h else (hour % _HALF_DAY, hour % _HALF_DAY + _HALF_DAY)
    return [dt.time(each, minute % _HOUR) for each in hours if first <= each <= last]


def _number(text: str) -> int:
    """Return the value of digits, of an English number, or of a Chinese one below a hundred."""
    if text.isdigit():
        return int(text)
    if text.isascii():
        return _HOURS_EN.split("|").index(text.lower())
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


def _latest(
    times: list[dt.time], here: dt.datetime, day: re.Match[str] | None
) -> dt.datetime | None:
    """Return the time on the day that a text names, or else the last one, if not too old."""
    if day is not None:
        date = _date(day, here.date())
        if date is None or len(times) != 1:
            return None
        return dt.datetime.combine(date, times[0], here.tzinfo)
    for time in times:
        moment = dt.datetime.combine(here.date(), time, here.tzinfo)
        is_today = moment <= here + _SKEW
        latest = moment if is_today else moment - dt.timedelta(days=1)
        is_certain = len(times) == 1 and (is_today or here - latest <= _YESTERDAY)
        if is_certain or here - latest <= _UNSURE:
            return latest
    return None


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
        is_digits = count[0].isdigit()
        number = float(count) if is_digits else _AMOUNTS.get(count) or _number(count)
        unit = dt.timedelta(hours=1) if ago["hours"] else dt.timedelta(minutes=1)
        yield written_at - number * unit, slice(*ago.span())
