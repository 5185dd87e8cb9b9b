"""The words people use for channels, people and quantities, in English and Chinese."""

from __future__ import annotations

import re
from typing import Final

# Signs of Unicode's private use area, which stand for words in a text.
TEACHER, STUDENT, FAMILY, OTHER = "\ue001", "\ue002", "\ue003", "\ue004"
ROOM, ROOM_ZH, ID, NAME = "\ue005", "\ue006", "\ue007", "\ue008"  # labels
NOISE = "\ue009"  # what is no name

_TEACHER_EN: Final = "teacher tutor instructor lecturer host"
_STUDENT_EN: Final = "student pupil learner trainee kid child audience"
ROLES_EN: Final = "|".join(f"{_TEACHER_EN} {_STUDENT_EN}".split())
_IDS: Final = ("uid", "uids", "suid", "id", "ids", "sid", "userid")
_ENDINGS: Final = {"": "", "s": "", **dict.fromkeys(_IDS, ID)}


def _labels(signs: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), signs)


# English labels without hyphens and underscores.
LABELS_EN: Final[dict[str, str]] = {
    **{f"{n}{end}": TEACHER + u for n in _TEACHER_EN.split() for end, u in _ENDINGS.items()},
    **{f"{n}{end}": STUDENT + u for n in _STUDENT_EN.split() for end, u in _ENDINGS.items()},
    **_labels(TEACHER + ID, "tuid tid"),
    **_labels(STUDENT, "children son daughter"),
    **_labels(STUDENT + ID, "suid sid"),
    **_labels(FAMILY, "parent parents mom mother dad father"),
    **_labels(ROOM, "channel room classroom"),
    **_labels(ROOM + ID, "cname channelname channelid channelno roomname roomid roomno"),
    **_labels(ROOM + ID, "roomnumber classroomname classroomid"),
    **_labels(ID, "uid uids id ids userid user account number"),
    **_labels(NAME, "name called named"),
}
LABELS_ZH: Final[dict[str, str]] = {
    **_labels(TEACHER, "主讲老师 授课老师 任课老师 老师 教师 讲师 导师 主讲 外教 主播"),
    **_labels(STUDENT, "学生 学员 小朋友 同学 孩子 观众"),
    # People of a lesson whom no report is about; their numbers belong to neither side.
    **_labels(OTHER, "辅导老师 助教老师 班主任老师 班主任 助教"),
    **_labels(FAMILY, "家长"),
    **_labels(ROOM_ZH, "频道 房间 教室 直播间"),
    **_labels(ROOM + ID, "频道名称 频道名字 频道名 频道号 房间名称 房间名字 房间名 房间号 房号"),
    **_labels(ROOM + ID, "教室名称 教室名 教室号"),
    **_labels(ID, "编号 账号 帐号 账户 用户 号码 学号 工号 编码 号 端 侧"),
    **_labels(NAME, "名称 名字 名叫 叫做 叫"),
}
SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范石姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟龙段钱汤尹黎贺龚"
)
NOT_IN_NAMES: Final = "不没听看卡说见有无的是在和与跟了这那掉进出用"
# After a label these mean that no name is given, or continue the sentence.
NO_NAMES: Final = re.compile(
    r"is|was|and|or|not|the|a|an|unknown|missing|none|null|nil|undefined|na|n|wrong|empty|tbd|what"
    r"|which|with|for|in|on|to|please|here|this|that|same|has|had|true|false|test|also|but|bad"
    r"|good|ok|fine|yes|cannot|can",
    re.IGNORECASE,
)
# Words before or after "room" and "channel" in sentences that are no names.
NOT_ROOM_WORDS: Final = re.compile(
    r"app|wifi|ipad|iphone|android|ios|mac|windows|chrome|zoom|slack|vip|rtc|agora|ok|ui|pc|web"
    r"|sdk|ppt|pad|bug",
    re.IGNORECASE,
)

_UNITS_ZH: Final = (
    "分钟|小时|毫秒|秒|分|点|次|个|年|月|日|天|人|位|名|节|帧|岁|块|元|兆|倍|多|左右|几|级|周|条|届"
)
_UNITS_EN: Final = (
    "mins?|minutes?|ms|secs?|seconds?|h|hrs?|hours?|days?|weeks?|years?|times?|percent|fps|[kmg]?bps"
    "|[kmg]b|[kmg]hz|hz|px|db|am|pm|oclock|people|persons?|students|teachers|kids|children|pupils"
    "|learners|tutors|more|other|star|ways?|st|nd|rd|th|[kmgpxzdvw]"
)
_THINGS: Final = (  # whose number or name is no channel and no person
    "errors?|err|code|ticket|case|order|issue|bug|grade|level|unit|page|chapter|step|day|week"
    "|part|round|top|version|ver|build|screenshot|img|image|pic|photo|age|rated|rating|wechat id|qq"
)
_DEVICES: Final = (
    "iphone|ipad|ipod|ios|ipados|android|windows|win|macos|macbook|mac|osx|chrome|firefox|safari|edge"
    "|webrtc|wifi|wi-fi|wlan|lte|usb|hdmi|bluetooth|bt|huawei|mate|honor|redmi|xiaomi|mi|oppo|vivo"
    "|galaxy|samsung|pixel|nova|hevc|opus|aac|mp|http|https|ipv|tcp|udp|utf|sha|covid|gpt|sdk|app|ld"
    "|intel|amd|core|rtx|gtx|ddr|video|screen|no|firmware|sm|uid|id"
)
_FILES: Final = (
    "png|jpe?g|gif|webp|heic|mp4|mov|avi|mkv|m4a|mp3|wav|log|txt|pdf|zip|rar|csv|docx?|xlsx?|pptx?"
    "|com|cn|net|org|io|html?|php|exe|apk|dmg|py|js"
)
# Words with digits that name a device, a quantity, a file, a time ... but no channel.
NOT_ROOM: Final = re.compile(
    rf"(?:{_DEVICES}|{_THINGS})[-_.]?\d[\w.,]*|[a-z]\d{{1,3}}|[a-z]\d{{2,3}}[a-z]|sm-\w+"
    rf"|\d+(?:\.\d+)?[-_]?(?:s|{_UNITS_EN})|\d+(?:on|to|vs|of)\d+|\d+[-.][\d\-.]*(?:{_UNITS_EN})?"
    rf"|\d{{1,2}}(?::?\d\d)?(?:am|pm)?-\d{{1,2}}(?::?\d\d)?(?:am|pm)|[\w.\-]*\.(?:{_FILES})"
    rf"|0x\w+|[hxvp]\.?26[45]|v\d+(?:\.\d+)+|[uctw]0[a-z0-9]{{6,}}|\d{{1,2}}h\d\d",
    re.ASCII | re.IGNORECASE,
)
# Numbers that belong to no call, with the words that say so.
NO_NAME: Final = re.compile(
    r"\b\d{4}-\d\d-\d\dt[\w.+:\-]*|20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}:\d\d(?::\d\d)?(?!\d)"
    r"|(?:[早晚]上|[上下中]午|凌晨|[今昨明]晚|\b(?:at|around|about)) ?"
    r"(?:[01]?\d|2[0-3])[0-5]\d(?![\d\-])"
    r"|\+\d{1,3}[ \-]?(?:\(\d+\)[ \-]?)?\d[\d \-]{5,12}\d|\b\d{3}-\d{3,4}-\d{4}\b"
    rf"|(?<!\w)1[3-9]\d{{9}}(?!\w)|(?<![\w.\-])\d+(?:\.\d+)?(?: ?(?:{_UNITS_ZH}|%)"
    rf"| (?:s|{_UNITS_EN})\b(?! ?[:=]))|(?P<thing>\b(?:{_THINGS}|lesson(?= \d{{1,2}}\b))"
    r"|错误码|订单号?|电话|手机号?|qq群?|微信号?|工单号?)\W{0,2}(?!id)\w*\d[\w.]*"
    rf"|(?<!\d)(?:[012]?\d|3[01])号(?!{'|'.join(LABELS_ZH)})|\b(?:utc|gmt)[+\-]\d+",
    re.ASCII | re.IGNORECASE,
)
ROOM_STEM: Final = re.compile(
    r"(?:class|room|lesson|course|channel|live|ke|kecheng|math)", re.IGNORECASE
)
