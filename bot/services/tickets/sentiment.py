"""The meaning of a reply to a resolution: thanks, all well, or still a problem."""

from __future__ import annotations

import re
from typing import Final

from bot.services.prefill.cleaning import clean

_TROUBLE: Final = (
    "freez\\w*|froz\\w*|lag\\w*|echo\\w*|nois\\w*|drop\\w*|stuck|stutter\\w*|disconnect\\w*|"
    "problems?|issues?|errors?|trouble|delay\\w*|choppy|cutting out"
)
_KA: Final = "卡顿?|掉线|断线?|黑屏|杂音|回声|回音|延迟|延时|花屏|噪音|问题|毛病"
_NO: Final = "(?:\\bnot|n't)"
_FINE: Final = (
    "works?|working|worked|fixed|solved|resolved|fine|good|better|perfect\\w*|smooth\\w*|sorted|"
    "clear(?:ly)?|gone|all set|all right|alright|excellent"
)
_HARDLY: Final = "yet|really|quite|been|very|completely|fully|all|any|get|getting|much|so"
# Matched from left to right; of several at one position the first counts.
_POLITE: Final = (
    r"不客气|没关系|\bno problem\b|\bnot at all\b|\b(?:thanks?|thank you)(?: \w+)? again\b|"
    r"\bagain,? thanks?\b|\b(?:try|retry|check|test|talk to you|see you|look)(?: it)? again\b"
)
_NOTHING: Final = "(?:网|声|显)卡|卡片|不好意思|继续观察|再观察"
_GONE: Final = (
    r"(?:sound|audio|voice|video|picture|image|screen|mic\w*|camera)(?: (?:is|was|has|went|just))*"
    r" (?:gone|lost|missing|black)"
)
_WELL_AFTER_ALL: Final = (
    f"(?:没有?|没什么|没啥|无|不(?:再|会再|会)?)(?:再|出现|发生|什么|任何|大)*(?:{_KA})(?:了|过)?|"
    f"(?:{_KA})(?:都|已经?|就)*(?:没有?了|没了|解决了|消失了|好了)(?!吗|么|没)|没事儿?了?|"
    "又好了|还好|还可以|还不错|还行|挺好|不错|"
    rf"\b(?:no|without|zero)(?: more| longer| further| any)? (?:{_TROUBLE})|"
    rf"(?:{_NO}|\b(?:no longer|never|stopped))(?: \w+)? (?:{_TROUBLE}|happen\w*)"
    "(?: any ?more| again)?|"
    rf"\b(?:{_TROUBLE})(?: is| are| has been| have been|'s)? (?:gone|fixed|solved|resolved|over)\b"
)
_NOT_WELL: Final = (
    "还是|还在|还会|还有|还没|还不|仍|依然|依旧|又|再次|没修?好|没有修?好|没(?:有|能)?解决|未解决|不行|"
    "不好|不太好|不是很好|不能|没法|无法|听不|看不|没有?(?:声音|画面|图像|用|效果|反应)|不对|重现|复现|"
    f"失败|很差|更差|更糟|(?:修?好|ok|可以)了?(?:吗|么|没有?)|[没不]ok|但是?|不过|可是|然而|怎么|为什么|{_KA}|"
    "没(?:有|什么|啥|任何)*(?:改善|变化|好转)|"
    rf"\b{_GONE}\b|{_NO}(?: (?:{_HARDLY}))* (?:{_FINE})\b|"
    rf"\bstill\b|\bagain\b|{_NO}\b|\bcannot\b|\bno (?:sound|audio|video|picture|luck|change)\b|"
    r"\b(?:worse|broken|breaks?|bad|fail\w*|but|however|unfortunately|same|yet|back)\b|"
    rf"\bhappen\w*|\b(?:{_TROUBLE})\b"
)
_WELL: Final = (
    "好了|好啦|好多了|好一?点了?|好些了?|改善|好转|可以关|关闭吧|先这样|"
    "解决了|已解决|修好|正常了?|恢复了?|可以了|(?:能|可以)用了|好使了|能[听看][到见]了|[听看]得[到见清]了|流畅|清楚了?|搞定|完美|有用|有效|有帮助|"
    rf"\bhelped\b|\b(?:{_FINE})\b"
)
_THANKS: Final = (
    "再见|拜拜|晚安|"
    "谢谢?|多谢|感谢|辛苦|麻烦(?:你|大家|各位)?了|好的|好滴|好哒|好嘞|收到|明白|了解|知道了|棒|厉害|赞|"
    r"给力|\b(?:thanks?|thank you|thx|tks|ty|cheers|ok(?:ay)?|kk?|great|cool|nice|awesome|got it|"
    r"noted|merci|danke|obliged|bye|let you know|"
    r"appreciate\w*|understood|wonderful|lovely|brilliant|yes|yep|sure)\b"
)
_EMOJI: Final = re.compile(r":[a-z0-9_+\-]{1,60}:")
_SIGNS: Final = re.compile(
    f"(?P<polite>{_POLITE})|(?P<nothing>{_NOTHING})|(?P<well_after_all>{_WELL_AFTER_ALL})|(?P<not_well>{_NOT_WELL})|"
    f"(?P<well>{_WELL})|(?P<thanks>{_THANKS})",
    re.ASCII,  # a Chinese character ends a word: ok了
)
_FILLER: Final = re.compile(  # with what people agree by in a word: +1, 666, 可以
    r"(?<![0-9a-z])(?:haha\w*|lol|hi|hello|all|1+|66+|886?|3q|tx|np|done|get|roger|gotcha|lgtm|"
    r"ack|okk+|okey|okie|yeah|yup)(?![0-9a-z])|[\W_嗯哦噢哈啊呀啦了呢吧哎好行很对妥的]|"
    r"可以?|是的|解决|已处理|老师"
)


def wants_reopening(text: str) -> bool:
    """Return whether a reply to a resolution is anything but thanks or that all is well.

    The last statement counts: "it froze again, but works now" is well, "好了两天，又卡了" is not.
    """
    plain = _EMOJI.sub(" ", clean(text).plain.lower())
    signs = [match.lastgroup for match in _SIGNS.finditer(plain)]
    states = [sign for sign in signs if sign in ("well", "well_after_all", "not_well")]
    if states:
        return states[-1] == "not_well"
    if "thanks" in signs or "polite" in signs:
        return False
    return bool(_FILLER.sub("", plain))
