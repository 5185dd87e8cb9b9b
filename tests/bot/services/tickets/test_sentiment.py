"""The meaning of a reply under a resolved ticket: thanks do nothing, trouble reopens."""

from __future__ import annotations

import pytest

from bot.services.tickets.sentiment import wants_reopening

CONTENT = """
谢谢
谢谢！
谢谢老师，辛苦了
好的
好的，谢谢
好的，我再试试
收到
收到，多谢
嗯嗯
OK
ok
okay thanks
thanks!
Thanks so much, that was quick
thx
ty :pray:
:+1:
:tada: :tada:
👍
👍🏻 🙏
！！
<@U07SAM00003> 谢谢
<@U07SAM00003> :heart:
已经好了
已经好了，谢谢！
好了
好一点了
可以关闭了
我再观察一下，谢谢
再见
I'll let you know
现在好了
不卡了
现在不卡了，谢谢
没问题了
没有问题了
没再掉线
没有再出现卡顿
问题解决了
问题已经解决了，感谢
声音正常了
现在可以了
换了网卡，好了
刚才又卡了一下，现在好了
有帮助，谢谢
还好，没事了
不客气
可以了，辛苦
works now
It works now, thank you
it's fixed
all good
all good now
Fixed, cheers
no more freezing, thanks
no longer freezing
It hasn't happened again
the echo is gone
It froze again at first, but works now
Perfect!
ok will try again tomorrow, thanks
thanks again
no problem, thanks
Great, thank you all
got it
Yes, thanks
ok了
OK啦，谢谢
已ok
good了
+1
:+1::skin-tone-2:
+1 谢谢
1
666
👌
可以
妥了
对的
get了
done
lgtm
能听到了
可以用了
看得到了
解决
"""
UNWELL = """
还是卡
没有改善
没什么变化
Thank you! One thing: the sound is gone
谢谢，但还是卡
谢谢，还是卡
好的，不过声音还是断断续续
还是不行
没好
没有解决
问题没解决
又卡了
又掉线了
好了两天，又卡了
已经好了，但是声音还是小
还没好
没有声音
还是听不到
仍然黑屏
依然有回声
换了网卡也没用
修好了吗？
好了吗
好了没
ok了吗
可以吗
可以再看看吗
还没ok
不ok
ok了，但是又卡了
+1 还卡
我也是
对不起
1个学生进不来
怎么又断了
不好意思，还是卡
问题依旧
今天上课再次掉线
卡
thanks but still broken
thanks, but it still freezes
Still no sound
still broken
It is not fixed
it's not working
Doesn't work
It doesn't work, thanks anyway
it happened again
声音没有了
学生听不到老师
Not resolved yet, thanks
it isn't any better
same problem today
Same again
it was fine yesterday but froze again today
ok, but the echo is back
no sound
I can't hear the student
not better
Unfortunately it is worse
works now but the video still lags
didn't help
That did not help
the call dropped
明天十点还有一节课
学生换了一台电脑
Which cable was it?
The student used another computer
<@U07SAM00003> 还是卡
"""


@pytest.mark.parametrize("text", CONTENT.strip().splitlines())
def test_content(text: str) -> None:
    """Thanks, agreement, and that all is well."""
    assert not wants_reopening(text)


@pytest.mark.parametrize("text", UNWELL.strip().splitlines())
def test_unwell(text: str) -> None:
    """Trouble, questions, and news, whatever thanks stand around them."""
    assert wants_reopening(text)


def test_empty_reply() -> None:
    """An empty reply, such as a picture alone, does nothing."""
    assert not wants_reopening(" \n")
