"""The words people use for channels, people and quantities, in English and Chinese."""

from __future__ import annotations

import re
from typing import Final

from bot.call import Side

# Traditional characters of complaints about calls, for a vocabulary in simplified ones.
SIMPLIFIED: Final = str.maketrans(
    "聽見進頻間學師號線斷畫聲視麥連稱課員長開關無網電腦這邊說與兩對錯遲傳為側臺機頭點時鐘後週禮",
    "听见进频间学师号线断画声视麦连称课员长开关无网电脑这边说与两对错迟传为侧台机头点时钟后周礼",
)

_TEACHER_EN = ("teacher", "tutor", "instructor", "lecturer", "host")
_STUDENT_EN = ("student", "pupil", "learner", "trainee", "kid", "child", "audience")
_TEACHER_ZH = (
    "主讲老师",
    "授课老师",
    "任课老师",
    "老师",
    "教师",
    "讲师",
    "导师",
    "主讲",
    "外教",
    "主播",
)
_STUDENT_ZH = ("学生", "学员", "小朋友", "同学", "孩子", "观众")


def _with_ids(names: tuple[str, ...]) -> set[str]:
    """A label's spellings without hyphens and underscores: teacher, teachers, teacheruid ..."""
    endings = ("", "s", "uid", "uids", "suid", "id", "ids", "sid", "userid")
    return {name + end_after for name in names for end_after in endings}


ROLES_EN: Final[dict[str, Side]] = {
    **dict.fromkeys(_with_ids(_TEACHER_EN) | {"tuid"}, Side.TEACHER),
    **dict.fromkeys(_with_ids(_STUDENT_EN) | {"suid", "children"}, Side.STUDENT),
}
# These are labels only directly before ":" or "=".
ROLE_LETTERS: Final[dict[str, Side]] = {
    **dict.fromkeys(("t", "tid"), Side.TEACHER),
    **dict.fromkeys(("s", "sid"), Side.STUDENT),
}
# One character is a label only directly before a number: 师10001.
ROLE_CHARACTERS: Final[dict[str, Side]] = {"师": Side.TEACHER, "生": Side.STUDENT}
ROLES_ZH: Final[dict[str, Side]] = {
    **dict.fromkeys(_TEACHER_ZH, Side.TEACHER),
    **dict.fromkeys(_STUDENT_ZH, Side.STUDENT),
}
PLURALS: Final = frozenset({f"{name}s" for name in (*_TEACHER_EN, *_STUDENT_EN)} | {"children"})
# People of a lesson whom no report is about; their numbers belong to neither side.
OTHERS_ZH: Final = ("辅导老师", "助教老师", "班主任老师", "班主任", "助教", "家长")

# True: any word after the label is a name; False: only what looks like a name.
ROOMS_EN: Final[dict[str, bool]] = {
    **dict.fromkeys(("channel", "room", "classroom"), False),
    **dict.fromkeys(
        (
            *("cname", "channelname", "channelid", "channelno"),
            *("roomname", "roomid", "roomno", "classroomname", "classroomid"),
        ),
        True,
    ),
}
ROOMS_ZH: Final[dict[str, bool]] = {
    **dict.fromkeys(("频道", "房间", "教室", "直播间"), False),
    **dict.fromkeys(
        (
            *("频道名称", "频道名字", "频道名", "频道号"),
            *("房间名称", "房间名字", "房间名", "房间号", "房号"),
            *("教室名称", "教室名", "教室号"),
        ),
        True,
    ),
}

IDS: Final = frozenset(
    {"uid", "uids", "id", "ids", "userid", "user", "account", "number", "no"}
    | {
        "编号",
        "账号",
        "帐号",
        "账户",
        "用户",
        "号码",
        "学号",
        "工号",
        "编码",
        "号",
        "端",
        "侧",
    }
)
NAMES: Final = frozenset({"name", "called", "named", "名称", "名字", "名叫", "叫做", "叫"})
LINKS: Final = frozenset(
    {"is", "are", "was", "were", "the", "a", "of", "with", "whose", "has", "having", "as"}
    | {"respectively", "的", "是", "为", "分别", "这个", "该"}
    | {":", "=", "#", "(", "[", "{", ">", "-", "→", "|"}
)
JOINS: Final = frozenset({"and", "和", "与", "跟", "及", "以及", ",", "、", "/", "&", "+"})
CONJUNCTIONS: Final = JOINS - {","}
INSIDE: Final = frozenset({"in", "at", "from", "inside", "在", "于", "从", "进", "进入"})

UNITS_ZH: Final = (
    *("分钟", "小时", "毫秒", "秒", "分", "点", "次", "个", "年", "月", "日", "天", "人", "位"),
    *("名", "节", "帧", "岁", "块", "元", "兆", "倍", "多", "左右", "几", "级", "周", "条", "届"),
)
UNITS: Final = frozenset(
    {"min", "mins", "minute", "minutes", "s", "sec", "secs", "second", "seconds", "ms", "h", "hr"}
    | {"hrs", "hour", "hours", "day", "days", "week", "weeks", "times", "x", "percent", "%", "fps"}
    | {"kbps", "mbps", "am", "pm", "oclock", "people", "persons", "kids", "children", "students"}
    | {"teachers", "pupils", "learners", "tutors", "years", "year", "db", "px", "more", "other"}
    | set(UNITS_ZH)
)
SURNAMES: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范石姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟龙段钱汤尹黎贺龚"
)
# Capitalized words after a label that are no names: "Student Age: 9".
NO_CAPITALS: Final = frozenset(
    {"age", "grade", "level", "phone", "mobile", "device", "rating", "email"}
)
NOT_IN_NAMES: Final = frozenset("不没听看卡说见有无的是在和与跟了这那掉进出用")

# After a label these mean that no name is given, or continue the sentence.
NO_NAMES: Final = frozenset(
    {"is", "was", "and", "or", "not", "the", "a", "an", "unknown", "missing", "none", "null", "nil"}
    | {"undefined", "na", "n", "wrong", "empty", "tbd", "what", "which", "with", "for", "in", "on"}
    | {"to", "please", "here", "this", "that", "same", "has", "had", "no", "name", "id", "uid"}
    | {"true", "false", "test", "also", "but", "bad", "good", "ok", "fine", "yes", "cannot", "can"}
)

_DEVICES = (
    "iphone|ipad|ipod|ios|ipados|android|windows|win|macos|macbook|mac|osx|chrome|firefox|safari"
    "|edge|webrtc|wifi|wi-fi|wlan|lte|usb|hdmi|bluetooth|bt|huawei|mate|honor|redmi|xiaomi|mi|oppo"
    "|vivo|galaxy|samsung|pixel|nova|hevc|opus|aac|mp|http|https|ipv|tcp|udp|utf|sha|covid|gpt"
    "|ver|version|sdk|app|build|ld|intel|amd|core|rtx|gtx|ddr|error|err|code|img|screenshot|pic"
    "|photo|image|video|screen|level|grade|page|chapter|step|day|week|part|round|top|no|issue|bug"
    "|ticket|case|unit|firmware|sm|uid|id"
)
_UNITS_EN = (
    "mins?|minutes?|ms|s|secs?|seconds?|h|hrs?|hours?|fps|kbps|mbps|kb|mb|gb|k|m|g|p|x|st|nd|rd|th"
    "|am|pm|z|d|days?|weeks?|years?|px|db|hz|khz|mhz|ghz|v|w|way|person|people|star|times?"
)
_ENDINGS = (
    "png|jpe?g|gif|webp|heic|mp4|mov|avi|mkv|m4a|mp3|wav|log|txt|pdf|zip|rar|csv|docx?|xlsx?|pptx?"
    "|com|cn|net|org|io|html?|php|exe|apk|dmg|py|js"
)
# Words with digits that name a device, a quantity, a file, a person ... but no channel.
NOT_ROOM: Final = re.compile(
    rf"(?:{_DEVICES})[-_.]?\d[\w.]*|[a-z]\d{{1,3}}|[a-z]\d{{2,3}}[a-z]|sm-\w+|\d+(?:\.\d+)?[-_]?(?:{_UNITS_EN})"
    rf"|\d+(?:v|x|on|to|vs|of)\d+|\d{{4}}-\d\d-\d\dt[\w.+\-]*|\d+[-.][\d\-.]*(?:{_UNITS_EN})"
    rf"|\d{{1,2}}(?::?\d\d)?(?:am|pm)?-\d{{1,2}}(?::?\d\d)?(?:am|pm)"
    rf"|[\w.\-]*\.(?:{_ENDINGS})|[hxvp]\.?26[45]|v\d+(?:\.\d+)+"
    rf"|(?:{'|'.join(_TEACHER_EN + _STUDENT_EN)})"
    r"s?[-_]?\d+|[uctw]0[a-z0-9]{6,}",
    re.ASCII | re.IGNORECASE,
)
# Words before or after "room" and "channel" in sentences that are no names.
NOT_ROOM_WORDS: Final = frozenset(
    {"app", "wifi", "ipad", "iphone", "android", "ios", "mac", "windows", "chrome", "zoom", "slack"}
    | {"vip", "rtc", "agora", "ok", "ui", "pc", "web", "sdk", "id", "uid", "ppt", "pad", "bug"}
)
ROOM_STEM: Final = re.compile(
    r"(?:class|room|lesson|course|channel|live|ke|kecheng|math)", re.IGNORECASE
)
