"""The words of complaints about calls, in English and Chinese, by kind.

Texts are read in simplified Chinese and in half-width characters.
"""

from __future__ import annotations

import re
from typing import Final

FLAGS: Final = re.IGNORECASE | re.ASCII
TEACHER_EN: Final = "teacher|tutor|instructor|lecturer|host"
STUDENT_EN: Final = "student|pupil|learner|trainee|kid|child|audience"
ROLES_EN: Final = f"{TEACHER_EN}|{STUDENT_EN}"
LABELS_EN: Final = rf"{ROLES_EN}|channel|class ?room|room|class|lesson|course|[ts]"
UNITS: Final = (  # behind a number that is no uid: 20 minutes, 300 秒
    r"(?: ?(?:分钟|小时|毫秒|左右|[秒分点次个年月日天人位名节帧岁块元倍多级周届星遍%])"
    r"| ?(?:m?s|mins?|minutes?|secs?|seconds?|hrs?|hours?|days?|weeks?|years?|times?|percent|fps"
    r"|[kmg]?bps|[kmg]b|hz|px|[ap]m|people|persons?|students|teachers|kids|children|more|others?"
    r"|stars?)\b(?! ?[:=]| u?id))"
)
# Words with a digit and a hyphen or an underscore that name no channel: devices, ticket keys, times
NO_ROOM: Final = re.compile(
    r"(?i:(?:code|ticket|case|order|issue|bug|task|grade|level|unit|page|step|day|week|part|version|build"
    r"|screenshot|ima?ge?|photo|iphone|ipad|android|win|wifi|sdk|http|utf|v)[-_]?\d.*|sm-.*)"
    r"|[A-Z]{2,8}-\d+|[\d:.]+[ap]?m?-[\d:.\-]+(?i:[a-z]{0,5})|.*\.[a-z0-9]{2,4}",
    re.ASCII,
)
# Words after "room name:" that are no names.
NO_NAME: Final = re.compile(
    r"and|or|not|the|a|an|unknown|missing|none|null|undefined|na|n|wrong|empty|tbd|what|which|with|for"
    r"|in|on|to|please|here|this|that|same|true|false|test|also|but|bad|ok|fine",
    re.IGNORECASE,
)
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪"
    "田任姜范石姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟龙段钱汤尹黎贺龚小阿"
)
_NOT: Final = (
    r"\b(?:can(?: ?no|')?t|can (?:barely|hardly)|could(?: no|n'?)t|unable to|(?:is|was)n'?t able to"
    r"|not able to|no longer|never|(?:do|does|did|is|was|were)(?: no|n'?)t)"
)
_MEDIA: Final = "sound|audio|voice|video|picture"

# The kinds of words. Of several at one position the first counts.
VOCABULARY: Final[dict[str, str]] = {
    # Numbers that belong to no call: error codes, dates, times, phones, amounts, orders
    "other": r"(?:\berrors?(?: code)?|\berr|报错|错误码?)\W{0,2}\w*\d[\w.]*"
    r"|20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}:\d\d(?::\d\d)?(?!\d)"
    r"|(?:[早晚]上|[上下中]午|凌晨|[今昨明]晚|\b(?:at|around|about)) ?[012]?\d[0-5]\d(?![\d\-])"
    r"|\+\d{1,3}[ \-]?(?:\(\d+\)[ \-]?)?\d[\d \-]{5,12}\d"
    rf"|(?<!\w)1[3-9]\d(?:\d{{8}}| \d{{4}} \d{{4}})(?!\w)|(?<![\w.\-])\d+(?:\.\d+)?{UNITS}"
    r"|\bslack channel \S+|(?:订单|电话|手机|qq|微信|工[单号]|版本)[号群]?\W{0,2}(?!id)\w*\d[\w.]*"
    r"|(?<=\n)\d{1,2}\)",
    "": r"(?<!\w)(?=[\w.@+\-]*[\d_])[a-z0-9_](?:[\w.@+\-]*\w)?",
    # People; "staff" speak for others
    "staff": "(?:辅导|助教|班主任)老师|班主任|助教|客服|教务",
    "teacher": r"(?:主讲|授课|任课)?老师|教师|讲师|导师|主讲|外教|主播"
    rf"|\b(?:{TEACHER_EN})s?\b|\bt(?= ?[:=]| id\b| \d{{4}}| can)|(?<![\u3400-\u9fff])师(?=\d)",
    "student": r"学生|学员|小朋友|同学|孩子|宝贝|观众|女儿|儿子|娃|学号"
    rf"|\b(?:(?:{STUDENT_EN})s?|children|son|daughter)\b|\bs(?= ?[:=]| id\b| \d{{4}}| can)"
    r"|(?<![\u3400-\u9fff])生(?=\d)",
    "parent": r"家长|妈妈|爸爸|\b(?:parents?|mom|mother|dad|father)\b",
    "my": r"\bmy\b|我(?=家|们?的|学生|孩子|女儿|儿子)",
    "me": rf"\bthis (?=is (?:the )?(?:{ROLES_EN}))|\b(?:i|me)\b|我",
    "you": r"[你您]|\byou\b",
    "they": r"[他她]|\b(?:s?he|they|him|her|them)\b",
    "person": rf"[{_SURNAMES}](?!.?老师|.{{0,2}}同学)[\u4e00-\u9fff]{{0,2}}"
    r"(?=[\s(:,]*(?:uid)?[\s:]*\d)",
    # Labels
    "channel": r"\b(?:channel|(?:class ?)?room|(?:class|lesson|course) (?=id|n[ou]|name|code))"
    "|频道|房间|教室|直播间|房(?=号)|课[堂程节](?= ?(?:id|编号|号))",
    "named": r"名称|姓名|名字|叫做|叫|(?<=[道间室])名|\b(?:name|called|named)\b",
    "id": r"编号|[账帐]号|账户|用户|号码|编码|号"
    r"|\b(?:u?ids?|user ?id|user|account|number|code|no(?= *[#\d]))\b",
    "affected": r"(?:异常|受影响|问题)的?一?[方侧端]"
    r"|\b(?:abnormal|affected|suffering)[_ ]?(?:side)?\b",
    # What happens
    "unheard": rf"{_NOT} be (?:heard|seen)",
    "cannot": rf"{_NOT}(?: (?!be\b)\w{{1,12}}){{0,2}}? (?:hear|see|view|watch|listen|understand)\b"
    r"|\bnot (?:hear|see)\b|\b(?:trouble|problems?) (?:hearing|seeing)\b"
    rf"|\b(?:ha[sd]|have|gets?|got) no (?:{_MEDIA})|\blost (?:the )?(?:{_MEDIA})"
    r"|(?:[听看]|hear|see) ?不太?[到见清着了懂]|没[有能]?[听看][到见清]|(?:(?<!能)不能|无法)[听看]",
    "cut": rf"{_NOT}(?: \w{{1,12}}){{0,2}}? (?:join|enter|connect|log ?in|get in(?:to)?|load)\b"
    r"|\b(?:trouble|when) joining\b|\b(?:keeps?|kept|is|was) dropping\b|\bnot (?:load|show)\w*"
    r"|\b(?:kicked|dropped|lo(?:st|ses|sing) (?:the )?connection|disconnect(?:s|ed|ing)?)\b"
    r"|[进连登入]不[去来了上]|无法[进加连登]|(?:加载|显示)不出|(?:一直|老是|总是|频繁)[掉断]"
    r"|掉线|断[线网了]|被踢|闪退|失败|掉了",
    "silent": r"没有?声音?|无声音?",
    "bad": r"卡(?!片|号)|[黑花白]屏|没有?画面?|无画面|(?<=声音).{0,2}小|断断续续|断|延[迟时]?|慢"
    r"|模?糊|定格|静止|忽[大高]忽[小低]|[杂噪回]音|电流|回声|自己的?声音"
    r"|\b(?:freez|froze|black|lag|choppy|stuck|blurr|drop|robotic|disappear|cut|delay|echo|noise"
    rf"|myself)\w*|\b(?:break(?:s|ing)? up|no (?:{_MEDIA})|nothing|only)\b",
    "fine": r"不卡|正常|没问题|很好|流畅|\b(?:fine|ok|okay|normal|good)\b",
    "says": r"说|反映|反馈|表示|投诉|称|\b(?:says?|said|report(?:s|ed)|complain(?:s|ed))\b",
    "hears": r"[听看]|\b(?:hears?|heard|sees?|saw|has|had|gets?|got)\b",
    "sound": r"声音|\b(?:audio|sound|voice|mic)\w*",
    "place": r"那边|这边|那头|端|一?侧|一方|\b(?:side|end|screen)\b",
    "both": r"互相|双方|两边|对方|彼此|\b(?:both|each other|neither)\b",
    "nobody": r"没人|\b(?:nobody|no one|none)\b",
    "not": rf"不是|除了|\bexcept\b|\bnot(?: the)? (?={ROLES_EN})",
    # Between the words
    "for": r"\bfor\b",
    "by": r"\bby\b",
    "of": r"\bof\b",
    "and": r"和|与|跟|以?及|[&+、]|\band\b|/(?! )",
    "'s": r"'s\b|的",
    "is": r"是|为|分别|这个|该|'m\b|\b(?:is|am|are|was|were|with|whose|having|as)\b",
    "the": r"\b(?:the|an?)\b",
    ":": r"->|=>|[:=→]",
    "(": r"[(\[{<]",
    ")": r"[)\]}>]",
    ".": r"[。;!?]|\.(?=\s|$)",
    "|": r"[|\t]",
    ",": r"[,/]|\bbut\b|但是?",
    "newline": r"\n",
}
