"""How people really complain: first person, reported speech, labels of all kinds, other numbers."""

from __future__ import annotations

import pytest

from bot.services.prefill import parse_sentence

# Each row: text, cname, teacher, student, side.
WHO_SUFFERS = [
    # The writer, as they say who they are or whom they write about
    ("学生能听见我，可是我听不见学生", "", "", "", "teacher"),
    ("他听得到我说话，我听不到他，class_9，学生20002", "class_9", "", "20002", "teacher"),
    ("My student hears me fine, but I can't see him, room lesson-9", "lesson-9", "", "", "teacher"),
    ("老师您好，我进不去教室", "", "", "", "student"),
    ("class_9 我为什么看不到老师？我是学生20002", "class_9", "", "20002", "student"),
    ("I'm teacher 10001, can't hear student 20002, class_9", "class_9", "10001", "20002", "teacher"),
    ("they can hear me but I can't hear them", "", "", "", ""),
    ("我这边听学生声音很卡，他说听我是正常的，学生20002", "", "", "20002", "teacher"),
    ("&gt; Student 20002: I can't hear anything\nclass_9 teacher 10001", "class_9", "10001", "20002", "student"),
    ("我进不了教室，学生20002", "", "", "20002", ""),
    ("Student 20002 could hear but not see teacher 10001", "", "10001", "20002", "student"),
    ("I got disconnected twice (teacher 10001)", "", "10001", "", ""),
    ("My student had no sound in lesson-9", "lesson-9", "", "", "student"),
    # The writer's own uid, where the writer's side is clear
    ("我的uid是10001，听不到学生20002，class_9", "class_9", "", "20002", "teacher"),
    ("我是10001，听不到学生", "", "", "", "teacher"),
    ("老师您好，我是20002，进不去教室", "", "", "", "student"),
    ("我是学生，我的账号：20002，听不到老师", "", "", "", "student"),
    ("I am 10001 and the student 20002 is frozen", "", "", "20002", ""),
    ("my id is 10001 the kid can't hear me", "", "", "", "student"),
    ("我是10001，class_9 卡", "class_9", "", "", ""),
    ("我是10001，家长反馈孩子听不到", "", "", "", "student"),
    ("Hi, I am 10001. My student can't hear me", "", "", "", "student"),
    ("我是10001号老师，听不到学生", "", "10001", "", "teacher"),
    ("student here, my id is 20002", "", "", "", ""),
    ("我是客服，我的工号是30003，学生20002听不到", "", "", "20002", "student"),
    ("我是家长，我的id是30003，孩子听不到老师", "", "", "", "student"),
    ("I am 20002, the student, and hear nothing", "", "", "", "student"),
    ("我是20002的家长，听不到老师", "", "", "", "student"),
    # Somebody reports for somebody
    ("学生反馈老师声音断断续续，class_9", "class_9", "", "", "student"),
    ("家长投诉说听不到老师，学生20002", "", "", "20002", "student"),
    ("Student's dad says she can't see the teacher. lesson-9", "lesson-9", "", "", "student"),
    ("老师说学生20002掉线了，class_9", "class_9", "", "20002", "student"),
    ("老师王(10001)说student 20002 hear不到，room math-3b", "math-3b", "10001", "20002", "student"),
    ("助教说老师10001没声音，class_9", "class_9", "10001", "", ""),
    ("家长反映孩子20002上课一直卡，老师10001", "", "10001", "20002", "student"),
    ("Student 20002 says audio is choppy", "", "", "20002", ""),
    ("学生说画面一直卡，class_9", "class_9", "", "", "student"),
    ("学生反馈没声音，老师10001", "", "10001", "", "student"),
    ("My student says the video freezes in class_9", "class_9", "", "", "student"),
    ("学生说声音断断续续", "", "", "", ""),
    ("学生说现在不卡了", "", "", "", ""),
    ("学生说他那边卡", "", "", "", "student"),
    ("老师说一直卡", "", "", "", ""),
    ("the video froze in class_77_2, student 20002", "class_77_2", "", "20002", ""),
    ("学生20002说我的声音断断续续，我是老师10001", "", "10001", "20002", "student"),
    ("【投诉】家长反映class_9上老师一直卡，学生20002", "class_9", "", "20002", "student"),
    ("家长说孩子这边没问题，老师10001老是卡住", "", "10001", "", ""),
    ("Student 20002 reports that teacher 10001 sounds robotic", "", "10001", "20002", "student"),
    # The one who is heard is not the one who suffers
    ("听不到老师的声音", "", "", "", "student"),
    ("老师的声音听不到", "", "", "", ""),
    ("Nobody in class_9 can hear teacher 10001", "class_9", "10001", "", "student"),
    ("Student cannot be heard by teacher 10001 in lesson-9", "lesson-9", "10001", "", "teacher"),
    ("Teacher 10001 was frozen for student 20002", "", "10001", "20002", "student"),
    ("老师10001听学生20002断断续续，class_9", "class_9", "10001", "20002", "teacher"),
    ("学生20002声音很卡，老师10001听不清，class_9", "class_9", "10001", "20002", "teacher"),
    ("student 20002 sees me frozen, teacher 10001", "", "10001", "20002", "student"),
    # Cut off
    ("学员20002闪退，重进后听不到讲师10001", "", "10001", "20002", "student"),
    ("Kid kept dropping, student id 20002", "", "", "20002", "student"),
    ("teacher 10001 got kicked out of class_9 twice", "class_9", "10001", "", "teacher"),
    ("Student 20002's iPad shows error 0x8007 when joining", "", "", "20002", "student"),
    ("學生進不去教室math-3b", "math-3b", "", "", "student"),
    ("學生20002聽不見，觀眾斷線", "", "", "20002", "student"),
    ("错误码1101，学生20002加入不了class_9", "class_9", "", "20002", "student"),
    ("Students 20002, 20003 and 20004 all dropped from lesson-9", "lesson-9", "", "", "student"),
    # Where it is bad, and where it is not
    ("老师10001这边没问题，学生20002那边很卡", "", "10001", "20002", "student"),
    ("学生20002老是卡，老师10001网络正常", "", "10001", "20002", "student"),
    ("不是学生20002的问题，是老师10001那边卡", "", "10001", "20002", "teacher"),
    ("Teacher 10001 is fine but freezes on the student's side", "", "10001", "", "student"),
    ("学生端正常，老师端没画面", "", "", "", "teacher"),
    ("老师10001 学生20002 卡", "", "10001", "20002", ""),
    ("学生20002，老师10001，听不到", "", "10001", "20002", ""),
    ("TID 10001\nSID 20002\nIssue: no audio on student end", "", "10001", "20002", "student"),
    ("The teacher, 10001, and the student, 20002, can't hear each other", "", "10001", "20002", ""),
    ("Both teacher 10001 and student 20002 got disconnected", "", "10001", "20002", ""),
    ("学生20002、20003都掉线，老师10001", "", "10001", "", "student"),
]  # fmt: skip

LABELS_AND_NUMBERS = [
    ("老师uid10001学生uid20002房间号class_9", "class_9", "10001", "20002", ""),
    ("TID:10001 SID:20002 class_9", "class_9", "10001", "20002", ""),
    ("课堂ID：99887766 主播：10001 观众：20002", "99887766", "10001", "20002", ""),
    ("Host 10001, audience 20002, Lesson ID 5566", "5566", "10001", "20002", ""),
    ("Class ID: 15056\nTeacher ID: 10001\nStudent ID: 20002", "15056", "10001", "20002", ""),
    ("房号880123 师10001 生20002", "880123", "10001", "20002", ""),
    ("直播間：880123 老師10001 學生20002", "880123", "10001", "20002", ""),
    ("老师10,001 学生20,002", "", "10001", "20002", ""),
    ("teacher10,001 student20,002", "", "10001", "20002", ""),
    ("TID10001 SID20002 频道class_9", "class_9", "10001", "20002", ""),
    ("学生uid：-1294967296，老师 10001", "", "10001", "3000000000", ""),
    ("class_9\n10001\n20002", "class_9", "10001", "20002", ""),
    ("lesson-9 | 10001 | 20002 | echo", "lesson-9", "10001", "20002", ""),
    ("观众20002看主播10001，直播间id 880123", "880123", "10001", "20002", ""),
    ("*Room:* lesson-9\n*Teacher:* 10001\n*Student:* 20002", "lesson-9", "10001", "20002", ""),
    ("student_20002 and teacher_10001 in class_9", "class_9", "teacher_10001", "student_20002", ""),
    ("频道：kids-0921，老师10001", "kids-0921", "10001", "", ""),
    # Names in between
    ("学生 小明 20002", "", "", "20002", ""),
    ("老师小李 10001", "", "10001", "", ""),
    ("Teacher Karen, uid 10001, room lesson-9: student Leo, uid 20002", "lesson-9", "10001", "20002", ""),
    # Numbers that are no uids, words that are no channels
    ("Student Age: 9\nLevel: 4\nRating: 4.5", "", "", "", ""),
    ("学生9岁，给了3星，手机13912345678", "", "", "", ""),
    ("家长电话13912345678，学生20002，频道class_9", "class_9", "", "20002", ""),
    ("晚上1930学生的画面，频道class_9", "class_9", "", "", ""),
    ("during my 8pm-9pm class, student id 20002", "", "", "20002", ""),
    ("学生用vivo Y93s上课", "", "", "", ""),
    ("my student has a Galaxy Tab A7 SM-T505", "", "", "", ""),
    ("Grade 4, Unit 5 Lesson 2, teacher 10001", "", "10001", "", ""),
    ("WeChat id wx12345, student 20002", "", "", "20002", ""),
    ("LD-12 again: error 1101, student 20002, class_9", "class_9", "", "20002", ""),
    ("UTC+8 20:05 class_9 teacher 10001", "class_9", "10001", "", ""),
    ("Parent at 555-010-9988: daughter 20002, lesson-9", "lesson-9", "", "20002", ""),
    ("QQ群123456789，学生用iPad Air 4，app版本5.12.3", "", "", "", ""),
    ("学生20002，2003年生，评分2分，丢包率35%，延迟800ms", "", "", "20002", ""),
    ("Rated 3/5, Windows 11, Chrome 119, 5 GHz, order #55120987, student 20002", "", "", "20002", ""),
]  # fmt: skip


# Who suffers, where nobody has a uid
SIDES = [
    ("老师听学生的声音很小", "teacher"),
    ("学生看老师的视频很模糊，老师看学生正常", "student"),
    ("孩子那边听老师讲课一卡一卡的", "student"),
    ("老师的麦克风坏了，学生都听不见", "student"),
    ("我讲课学生说听不清", "student"),
    ("学生的麦克风坏了，我听不到他", "teacher"),
    ("老师看不到学生，但是学生能看到老师", "teacher"),
    ("学生听老师有延迟", "student"),
    ("老师这边听学生有回音", "teacher"),
    ("学生共享屏幕我看不到", "teacher"),
    ("老师共享的课件学生那边显示不出来", "student"),
    ("我和学生都听不到对方", ""),
    ("老师断网了，学生一个人在教室", "teacher"),
    ("学生上课中途退出，重进不去", "student"),
    ("老师说孩子没开摄像头", ""),
    ("学生迟到了10分钟，进教室后听不到", "student"),
    ("听不到学生声音，学生能听到老师", "teacher"),
    ("看不见老师画面，但能听到老师", "student"),
    ("学生说老师那边很吵", ""),
    ("家长说老师网络不好", ""),
    ("老师掉线后学生就看不到课件了", ""),
    ("the student cannot see my slides", "student"),
    ("my slides are not showing for the student", "student"),
    ("The student's audio was choppy for me", "teacher"),
    ("the student's mic is broken so I can't hear him", "teacher"),
    ("Teacher audio is robotic on the student side", "student"),
    ("Student reports that they can't hear the teacher but the teacher can hear them", "student"),
    ("the kid could see me but there was no sound", ""),
    ("I was kicked out and the student waited", "teacher"),
    ("I can hear the student perfectly but he hears nothing from me", "student"),
    ("teacher left the class because of lag", ""),
    ("We couldn't hear each other", ""),
    ("students complained they could not hear the teacher", "student"),
    ("teacher complained she could not hear the students", "teacher"),
    ("student was not able to unmute, so the teacher heard nothing", "teacher"),
    ("student joined late and couldn't see the whiteboard", "student"),
    ("the tutor said the learner's video was frozen the whole time", "teacher"),
    ("parent says the teacher was lagging a lot", "student"),
    ("video of the teacher is black for all students", "student"),
    ("Can't see the teacher's screen", "student"),
    ("student can't hear, teacher can hear fine", "student"),
    ("it was the student who dropped, not me", "student"),
]


@pytest.mark.parametrize(("text", "side"), SIDES)
def test_side(text: str, side: str) -> None:
    """The side is the one that cannot hear, see or stay."""
    assert parse_sentence(text).abnormal_side == side


@pytest.mark.parametrize(
    ("text", "cname", "teacher", "student", "side"), [*WHO_SUFFERS, *LABELS_AND_NUMBERS]
)
def test_complaint(text: str, cname: str, teacher: str, student: str, side: str) -> None:
    """A complaint gives what it states, and no more: empty is better than wrong."""
    hints = parse_sentence(text)
    values = (hints.cname, hints.teacher_uid, hints.student_uid, hints.abnormal_side)
    assert (cname, teacher, student, side) == values


@pytest.mark.parametrize(
    ("text", "issue_type"),
    [
        ("【求助】class_9 老师10001 听不到学生", "2"),
        ("家長投訴：聽不到老師", "3"),
        ("Parents of 20002 complained about class_9", "3"),
        ("class_9 切课，老师10001 掉线", "1"),
        ("家长投诉，请求助教切课", ""),
        ("不是投诉，学生20002 卡", ""),
        ("class_9 10001 20002 can you help?", ""),
    ],
)
def test_issue_type(text: str, issue_type: str) -> None:
    """The type follows the one word for it."""
    assert parse_sentence(text).issue_type == issue_type
