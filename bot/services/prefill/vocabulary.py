"""The words of complaints about calls, in English and Chinese, each with a one-letter sign.

A text becomes a string of these signs, which short patterns read. The signs of other words, numbers
and names are in `_sign_of` in `tokens.py`.
"""

from __future__ import annotations

import re
from typing import Final

from bot.call import Side

FLAGS: Final = re.IGNORECASE | re.ASCII
SIDES: Final = {"T": Side.TEACHER, "S": Side.STUDENT}
CNAME_LENGTH: Final = 64
TEACHER_EN: Final = "teacher|tutor|instructor|lecturer|host"
STUDENT_EN: Final = "student|pupil|learner|trainee|kid|child|audience"
ROLES_EN: Final = f"{TEACHER_EN}|{STUDENT_EN}"
LABELS_EN: Final = rf"{ROLES_EN}|channel|room|class ?room|class|lesson|course|[ts]"

_UNITS_ZH: Final = "分钟|小时|毫秒|左右|[秒分点次个年月日天人位名节帧岁块元兆倍多几级周条届星遍]"
_UNITS_EN: Final = (
    "mins?|minutes?|ms|secs?|seconds?|h|hrs?|hours?|days?|weeks?|years?|times?|percent|fps|[kmg]?bps"
    "|[kmg]b|[kmg]hz|hz|px|db|am|pm|oclock|people|persons?|students|teachers|kids|children|pupils"
    "|learners|tutors|more|other|star|ways?|st|nd|rd|th|[kmgpxzdvw]"
)
_THINGS: Final = (  # whose number or name is no channel and no person
    "code|ticket|case|order|issue|bug|grade|level|unit|page|chapter|step|day|week"
    "|part|round|top|version|ver|build|screenshot|img|image|pic|photo|age|rated|rating|wechat id|qq"
)
_DEVICES: Final = (
    "iphone|ipad|ipod|ios|ipados|android|windows|win|macos|macbook|mac|osx|chrome|firefox|safari|edge"
    "|webrtc|wifi|wi-fi|wlan|lte|usb|hdmi|bluetooth|bt|huawei|mate|honor|redmi|xiaomi|mi|oppo|vivo"
    "|galaxy|samsung|pixel|nova|hevc|opus|aac|mp|http|https|ipv|tcp|udp|utf|sha|covid|gpt|sdk|app|ld"
    "|intel|amd|core|rtx|gtx|ddr|video|screen|no|firmware|sm|uid|id|rtc|jira|bug|task"
)
# Words with digits that name a device, a quantity, a file, a time ... but no channel.
NOT_ROOM: Final = re.compile(
    rf"(?:{_DEVICES}|{_THINGS})[-_.]?\d[\w.,]*|[a-z]\d{{1,3}}|[st]\d+|[a-z]\d{{2,3}}[a-z]|sm-\w+|\d\dh\d"
    rf"|\d+(?:\.\d+)?[-_]?(?:s|{_UNITS_EN})|\d+(?:on|to|vs|of)\d+|\d+[-.][\d\-.]*(?:{_UNITS_EN})?"
    rf"|\d{{1,2}}(?::?\d\d)?(?:am|pm)?-\d{{1,2}}(?::?\d\d)?(?:am|pm)|[\w.\-]*\.[a-z]{{2,4}}[34]?"
    rf"|0x\w+|[hxvp]\.?26[45]|v\d+(?:\.\d+)+|[uctw]0[a-z0-9]{{6,}}|\d{{1,2}}h\d\d|[^@]+@.+",
    FLAGS,
)
# Words after "room" and "channel" that are no names.
NO_NAMES: Final = re.compile(
    r"is|was|and|or|not|the|a|an|unknown|missing|none|null|nil|undefined|na|n|wrong|empty|tbd|what"
    r"|which|with|for|in|on|to|please|here|this|that|same|has|had|true|false|test|also|but|bad"
    r"|good|ok|fine|yes|app|wifi|ipad|iphone|android|ios|mac|windows|chrome|zoom|slack|vip|rtc|agora"
    r"|ui|pc|web|sdk|ppt|pad|bug",
    re.IGNORECASE,
)
ROOM_STEM: Final = re.compile(
    r"class|room|lesson|course|channel|live|ke|kecheng|math", re.IGNORECASE
)
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范石姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟龙段钱汤尹黎贺龚小阿"
)
_NOT: Final = (
    r"\b(?:can(?: ?no|')?t|could(?: no|n'?)t|unable to|(?:is|was)n'?t able to|not able to"
    r"|no longer|never|(?:do|does|did|is|was|were)(?: no|n'?)t)"
)
_TROUBLE: Final = r"\b(?:trouble|problems?|difficult(?:y|ies))(?: in)?"
_MEDIA: Final = "sound|audio|voice|video|picture"

# Of several at one position the first counts; numbers come before words with digits.
NUMBERS: Final = ("r", "x")
VOCABULARY: Final[dict[str, str]] = {
    # An error with its code
    "r": r"(?:\berrors?(?: code)?|\berr|报错|错误码?)\W{0,2}\w*\d[\w.]*",
    # Numbers that belong to no call, with the words that say so
    "x": r"\b\d{4}-\d\d-\d\dt[\w.+:\-]*|20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}"
    r"|\d{1,2}:\d\d(?::\d\d)?(?!\d)|(?:[早晚]上|[上下中]午|凌晨|[今昨明]晚|\b(?:at|around|about)) ?"
    r"(?:[01]?\d|2[0-3])[0-5]\d(?![\d\-])"
    r"|\+\d{1,3}[ \-]?(?:\(\d+\)[ \-]?)?\d[\d \-]{5,12}\d|\b\d{3}-\d{3,4}-\d{4}\b"
    r"|(?<!\w)1[3-9]\d(?:\d{8}| \d{4} \d{4})(?!\w)|\b0\d{2,3}-\d{7,8}\b|\b(?:\d{1,3}\.){3}\d{1,3}\b"
    rf"|(?<![\w.\-])\d+(?:\.\d+)?(?: ?(?:{_UNITS_ZH}|%)| (?:s|{_UNITS_EN})\b(?! ?[:=]| u?id))"
    rf"|\bslack channel \S+|\b(?:{_THINGS}|lesson(?= \d{{1,2}}\b))[^\w\n]{{0,2}}(?!id)\w*\d[\w.]*"
    r"|(?:订单号?|电话|手机号?|qq群?|微信号?|工[单号]号?|版本)\W{0,2}(?!id)\w*\d[\w.]*"
    r"|(?<!\d)(?:[012]?\d|3[01])号(?!老师|学|频道|房间|教室)|\b(?:utc|gmt)[+\-]\d+|\$\d[\d.]*",
    # Whom a text is about: teacher, student, their family, others; "I" and "me"
    "O": "辅导老师|助教老师|班主任老师|班主任|助教|客服|教务",
    "T": r"(?:主讲|授课|任课)?老师|教师|讲师|导师|主讲|外教|主播"
    rf"|\b(?:{TEACHER_EN})s?\b|\bt(?= ?[:=]| id\b| \d{{4}})|(?<![\u3400-\u9fff])师(?=\d)",
    "S": r"学生|学员|小朋友|同学|孩子|宝贝|观众|女儿|儿子|娃|学号"
    rf"|\b(?:(?:{STUDENT_EN})s?|children|son|daughter)\b|\bs(?= ?[:=]| id\b| \d{{4}})"
    r"|(?<![\u3400-\u9fff])生(?=\d)",
    "F": r"家长|妈妈|爸爸|\b(?:parents?|mom|mother|dad|father)\b",
    "I": r"\bi\b|我",
    "M": r"\bm[ey]\b",
    "Y": r"[他她]|\b(?:s?he|they|him|her|them)\b",
    # Labels: a channel, in English and in Chinese; ids; names
    "R": r"\b(?:channel|class ?room|room|(?:class|lesson|course) (?=id|no\b|name|number|code))",
    "Z": "频道|房间|教室|直播间|房(?=号)|课[堂程节](?= ?(?:id|编号|号))",
    "n": r"名称|名字|名叫|叫做|叫|(?<=[道间室])名|\b(?:name|called|named)\b",
    "i": r"编号|账号|帐号|账户|用户|号码|编码|号"
    r"|\b(?:u?ids?|user ?id|user|account|number|code|no(?= *[#\d]))\b",
    # What happens: cannot be heard; cannot hear or see; cannot join or stay; join
    "K": rf"{_NOT} be (?:heard|seen)",
    "h": rf"{_NOT}(?: (?!be\b)\w{{1,12}}){{0,2}}? (?:hear|see|view|watch|listen|understand)\b"
    rf"|\bnot (?:hear|see)\b|{_TROUBLE} (?:hearing|seeing)\b"
    rf"|\b(?:has|had|have|gets?|got) no (?:{_MEDIA})|\blost (?:the )?(?:{_MEDIA})"
    r"|(?:[听看]|hear|see) ?不太?[到见清着了懂]|没[有能]?[听看][到见清]|不能[听看]|无法[听看]",
    "j": rf"{_NOT}(?: \w{{1,12}}){{0,2}}? (?:join|enter|connect|log ?in|get in(?:to)?|load)\b"
    rf"|{_TROUBLE} joining\b|(?:一直|老是|总是|频繁)[掉断]"
    r"|\b(?:kicked|dropped|lo(?:st|ses|sing) (?:the )?connection|disconnect(?:s|ed|ing)?)\b"
    r"|\b(?:keeps?|kept|is|was) dropping\b|\bnot (?:load|show)\w*"
    r"|[进连登入]不[去来了上]|无法[进加连登]|(?:加载|显示)不出|掉线|断[线网]|被踢|闪退|失败|掉了",
    "J": r"\bjoin(?:s|ing)?\b",
    # How it is: no sound, bad, a bad sound, good
    "B": r"没有?声音?|无声音?",
    "b": r"卡(?!片|号)|[黑花白]屏|没有?画面?|无画面|(?<=声音).{0,2}小|断断续续|断|延[迟时]?|慢"
    r"|模糊|糊|定格|静止|忽[大高]忽[小低]"
    r"|\b(?:freez|froze|black|lag|choppy|stuck|blurr|drop|robotic|disappear|cut|delay)\w*"
    rf"|\b(?:break(?:s|ing)? up|no (?:{_MEDIA})|nothing|only)\b",
    "c": r"[杂噪回]音|回声|自己的?声音|\b(?:echo|noise|myself)\w*",
    "g": r"不卡|正常|没问题|很好|流畅|\b(?:fine|ok|okay|normal|good)\b",
    # What belongs to somebody: a sound, a picture; where; saying, hearing
    "s": r"声音|\b(?:audio|sound|voice|mic)\w*",
    "Q": r"画面|视频|图像|麦克风|摄像头|网络|屏幕|课件|\b(?:video|picture|camera|slides)\b",
    "e": r"那边|这边|那头|端|一?侧|一方|\b(?:side|end|screen)\b",
    "~": r"说话|讲话",
    "v": r"说|反映|反馈|表示|投诉|称|\b(?:says?|said|report(?:s|ed)|complain(?:s|ed))\b",
    "H": r"[听看]|\b(?:hears?|heard|sees?|saw|has|had|gets?|got)\b",
    # Both; nobody; a greeting; not; the label of the affected side
    "P": r"互相|双方|两边|对方|彼此|\b(?:both|each other|neither)\b",
    "z": r"没人|\b(?:nobody|no one|none)\b",
    "y": r"[您你]?好|\b(?:hi|hello|dear)\b",
    "N": rf"不是|\bnot(?: the)? (?={TEACHER_EN}|{STUDENT_EN})",
    "E": r"(?:异常|受影响)的?一?[方侧端]|\b(?:abnormal|affected|suffering)",
    # Between the words: for, by, of, from, in, and, 's; a surname; is, the
    "f": r"\bfor\b",
    "k": r"\bby\b",
    "o": r"\bof\b",
    "m": r"\bfrom\b",
    "p": r"\b(?:in|at|inside)\b|[在于从进入里]",
    "&": r"和|与|跟|及|以及|[&+、]|\band\b|/(?! )",
    "'": r"'s\b|的",
    "%": f"[{_SURNAMES}]",
    "l": r"是|为|分别|这个|该|'m\b"
    r"|\b(?:is|am|are|was|were|the|an?|with|whose|having|as|respectively)\b",
    ":": r"->|=>|[:=→]",
    "(": r"[(\[{<]",
    ")": r"[)\]}>]",
    ".": r"[。;!?]|\.(?=\s|$)",
    "\t": r"[|\t]",
    ",": r"[,/]|\bbut\b|但是?",
    "\n": r"\n",
}
