"""Hints from sentences and arguments, in both languages; ambiguous input gives none."""

from __future__ import annotations

import pytest

from bot.services.prefill import PrefilledReport, parse_arguments, parse_sentence

# Each row: text, cname, teacher, student, side.
CLEAR = [
    # English
    ("class_77_1 teacher 10001 student 20002", "class_77_1", "10001", "20002", ""),
    ("teacher 10001 student 20002 class_77_1", "class_77_1", "10001", "20002", ""),
    ("student 20002, teacher 10001, class_77_1", "class_77_1", "10001", "20002", ""),
    (
        "Student 20002 cannot hear teacher 10001 in room lesson-9",
        "lesson-9",
        "10001",
        "20002",
        "student",
    ),
    (
        "Teacher 10001 can't see student 20002 in class_77_1.",
        "class_77_1",
        "10001",
        "20002",
        "teacher",
    ),
    ("channel name is abc123; t: 10001 s: 20002", "abc123", "10001", "20002", ""),
    ("T=10001 S=20002 in class_77_1", "class_77_1", "10001", "20002", ""),
    ("The teacher's uid is 10001, the student's is 20002, cname abc", "abc", "10001", "20002", ""),
    ("10001 (teacher) and 20002 (student) in lesson-9", "lesson-9", "10001", "20002", ""),
    ("10001 is the teacher, 20002 is the student, room lesson-9", "lesson-9", "10001", "20002", ""),
    (
        "teacher Anna (uid 10001) and student Bob Smith 20002, room 12",
        "12",
        "10001",
        "20002",
        "",
    ),
    ("teacher and student: 10001, 20002 in class_77_1", "class_77_1", "", "", ""),
    ("Please look at class_77_1 10001 20002, thanks", "class_77_1", "10001", "20002", ""),
    (
        "class_77_1 10001 20002 teacher cannot hear anything",
        "class_77_1",
        "10001",
        "20002",
        "teacher",
    ),
    ("room 15056678066620: teacher #10001, student #20002", "15056678066620", "10001", "20002", ""),
    ("teacher: li_hua, student: zhang_s, room: 42", "42", "li_hua", "zhang_s", ""),
    ("teacher li_hua and student zhang_s in math-3b", "math-3b", "", "", ""),
    ("teacher uid: anna, student uid: bob, cname: algebra", "algebra", "anna", "bob", ""),
    ("cname=class_77_1 teacher=10001 student=20002", "class_77_1", "10001", "20002", ""),
    ("cname=class_77_1&amp;teacher_uid=10001", "class_77_1", "10001", "", ""),
    ("cname:class_77_1,teacher_uid:10001,student_uid:20002", "class_77_1", "10001", "20002", ""),
    (
        '{"cname": "class_77_1", "teacher_uid": 10001, "student_uid": "20002"}',
        "class_77_1",
        "10001",
        "20002",
        "",
    ),
    (
        '{"channel":"class_77_1","teacherUid":"10001","studentUid":"20002","abnormalSide":"student"}',
        "class_77_1",
        "10001",
        "20002",
        "student",
    ),
    ("student 20002 has trouble hearing, room class_77_1", "class_77_1", "", "20002", "student"),
    ("Student 20002 couldn’t join class_77_1", "class_77_1", "", "20002", "student"),
    ("Video froze on the teacher’s side in class_77_1", "class_77_1", "", "", "teacher"),
    ("Student 20002 sees a black screen in class_77_1", "class_77_1", "", "20002", "student"),
    ("Tutor 10001, pupil 20002, lesson class_77_1", "class_77_1", "10001", "20002", ""),
    ("Student 20002 was in class_77_1 for 45 minutes", "class_77_1", "", "20002", ""),
    (
        "Teacher 10001 lost 3 students at 20:15 in class_77_1 on iphone12",
        "class_77_1",
        "10001",
        "",
        "",
    ),
    ("student no. 20002 teacher no. 10001 channel no. 77", "77", "10001", "20002", ""),
    ("the student with uid 20002 can't see the teacher with uid 10001 in lesson-9", "lesson-9", "10001", "20002", "student"),
    ("I'm teacher 10001 and I can't hear student 20002 in class_77_1", "class_77_1", "10001", "20002", "teacher"),
    ("Teacher 10001's student 20002 cannot hear in lesson-9", "lesson-9", "10001", "20002", "student"),
    # Chinese
    ("class_77_1频道，10001老师听不到20002学生", "class_77_1", "10001", "20002", "teacher"),
    ("在频道class_77_1中，uid为10001的老师听不到uid为20002的学生", "class_77_1", "10001", "20002", "teacher"),
    ("学生(20002)在class_77_1听不到老师(10001)的声音", "class_77_1", "10001", "20002", "student"),
    ("教师 10001 在 class_77_1 频道上课时学员 20002 看不到画面", "class_77_1", "10001", "20002", "student"),
    ("我是老师10001，听不到学生20002，class_77_1", "class_77_1", "10001", "20002", "teacher"),
    ("老师10001和学生20002在class_77_1里卡住了", "class_77_1", "10001", "20002", ""),
    ("频道 math-3b，教师uid：10001，学员 20002 听不到声音", "math-3b", "10001", "20002", "student"),
    ("学生uid 20002 老师uid 10001 频道名 class_77_1", "class_77_1", "10001", "20002", ""),
    ("频道：１５０５６６７８０６６６２０，老师：１０００１，学生：２０００２", "15056678066620", "10001", "20002", ""),
    ("房间号15056678066620老师10001学生20002", "15056678066620", "10001", "20002", ""),
    ("15056678066620 这个房间，老师 10001 看不到学生 20002", "15056678066620", "10001", "20002", "teacher"),
    ("10001 老师 20002 学生 class_77_1", "class_77_1", "10001", "20002", ""),
    ("10001（老师）和20002（学生）在 lesson-9 上课", "lesson-9", "10001", "20002", ""),
    ("10001是老师，20002是学生，房间lesson-9", "lesson-9", "10001", "20002", ""),
    ("老师和学生的uid分别是10001和20002，房间号 math", "math", "", "", ""),
    ("老师、学生uid：10001、20002，频道：math", "math", "", "", ""),
    ("老师的uid是10001，学生的uid是20002，频道是class_77_1", "class_77_1", "10001", "20002", ""),
    ("学生20002说听不到老师10001，频道class_77_1", "class_77_1", "10001", "20002", "student"),
    ("老师 10001 反馈听不清学生 20002，class_77_1", "class_77_1", "10001", "20002", "teacher"),
    ("老师10001的声音学生20002听不到，在class_77_1", "class_77_1", "10001", "20002", "student"),
    ("学生 20002 看老师画面一直卡顿 class_77_1", "class_77_1", "", "20002", "student"),
    ("学生那边很卡，频道 class_77_1", "class_77_1", "", "", "student"),
    ("学生进不去房间 class_77_1", "class_77_1", "", "", "student"),
    ("异常方：老师，频道：class_77_1", "class_77_1", "", "", "teacher"),
    ("老师李华（10001）和学生王小明 20002 在 class_77_1", "class_77_1", "10001", "20002", ""),
    ("频道【class_77_1】老师【10001】学生【20002】", "class_77_1", "10001", "20002", ""),
    ("老师：li_hua 学生：zhang_s 频道：class_77_1", "class_77_1", "li_hua", "zhang_s", ""),
    ("class_77_1 里老师 10001 迟到了 10 分钟", "class_77_1", "10001", "", ""),
    ("老师等了 300 秒，学生 20002 掉线，class_77_1", "class_77_1", "", "20002", "student"),
    ("学生 20002 卡了 3 次，2026-11-21 20:15，class_77_1", "class_77_1", "", "20002", ""),
    ("助教 30003、老师 10001、学生 20002，class_77_1", "class_77_1", "10001", "20002", ""),
    ("外教 10001 同学 20002 教室 class_77_1", "class_77_1", "10001", "20002", ""),
    ("老師 10001 學生 20002 頻道 class_77_1", "class_77_1", "10001", "20002", ""),
    # Layout and markup
    ("频道\nclass_77_1\n老师\n10001\n学生\n20002", "class_77_1", "10001", "20002", ""),
    ("频道：class_77_1\n老师：10001\n学生：20002\n听不到", "class_77_1", "10001", "20002", ""),
    ("Channel: class_77_1\r\nTeacher: 10001\r\nStudent: 20002", "class_77_1", "10001", "20002", ""),
    ("| cname | teacher | student |\n|---|---|---|\n| class_77_1 | 10001 | 20002 |", "class_77_1", "10001", "20002", ""),
    ("cname,teacher_uid,student_uid\nclass_77_1,10001,20002", "class_77_1", "10001", "20002", ""),
    ("cname teacher student\nclass_77_1 10001 20002", "class_77_1", "10001", "20002", ""),
    ("`class_77_1` teacher *10001* student _20002_", "class_77_1", "10001", "20002", ""),
    ("*class_77_1* 老师 `10001` 学生 `20002`", "class_77_1", "10001", "20002", ""),
    ("_class_77_1_ teacher 10001", "class_77_1", "10001", "", ""),
    ("```\ncname: class_77_1\nteacher: 10001\n```", "class_77_1", "10001", "", ""),
    ("&gt; class_77_1 teacher 10001 student 20002", "class_77_1", "10001", "20002", ""),
    ("<@U0123ABCD> class_77_1 teacher 10001 student 20002", "class_77_1", "10001", "20002", ""),
    ("<#C0123ABCD|support-2> teacher 10001 in class_77_1", "class_77_1", "10001", "", ""),
    ("teacher <@U0123ABCD|li> 10001 in class_77_1", "class_77_1", "10001", "", ""),
    ("class_77_1 <https://x.example/room_9?id=3|the recording> teacher 10001", "class_77_1", "10001", "", ""),
    ("class_77_1 <https://x.example/room_9?id=3> teacher 10001", "class_77_1", "10001", "", ""),
    ("频道 <http://class77.example|class_77_1> 老师 10001", "class_77_1", "10001", "", ""),
    ("房间 <tel:15056678066620|15056678066620> 老师 10001", "15056678066620", "10001", "", ""),
    (":sob_9: class_77_1 teacher 10001 :+1:", "class_77_1", "10001", "", ""),
    # Which value belongs to which label
    ("channel name is the 15056 teacher cannot hear", "15056", "", "", "teacher"),
    ("teacher and student: 10001, 20002 student in class_77_1", "class_77_1", "", "", ""),
    ("class_77_1 10001 20002 teacher li_hua", "class_77_1", "10001", "20002", ""),
    ("老师李 10001", "", "10001", "", ""),
    ("老师李小 10001", "", "10001", "", ""),
    ("teacher Anna 4294967295", "", "4294967295", "", ""),
    ("." * 9986 + " teacher 10001", "", "10001", "", ""),
    ("Student 20002 of the teacher cannot hear", "", "", "20002", "student"),
    ("Black screen on student 20002's side", "", "", "20002", "student"),
    ("teacher 99999999999 student 20002", "", "99999999999", "20002", ""),
    ("teacher: alice_1", "", "alice_1", "", ""),
    ("1010 teacher", "", "1010", "", ""),
    ("teacher, student 10001, 20002 room", "20002", "", "10001", ""),
    ("5号学生在 class_77_1 听不到", "class_77_1", "", "", "student"),
    ("卡\n频道\nmath\n听", "math", "", "", ""),
    ("teacher-10001 cannot hear student-20002", "", "10001", "20002", "teacher"),
    ("teacher -> 10001", "", "10001", "", ""),
    ("teacher 12345678901234567890", "", "12345678901234567890", "", ""),
    ("1506 频道", "1506", "", "", ""),
]  # fmt: skip

# Nothing may be invented: for ambiguous text or small talk the fields are empty.
UNCLEAR = [
    ("", "", "", "", ""),
    ("10001 20002", "", "", "", ""),
    ("call me at 15056678066620", "", "", "", ""),
    ("打 15056678066620 找我", "", "", "", ""),
    ("the channel is very bad", "", "", "", ""),
    ("The room crashed.", "", "", "", ""),
    ("频道里很卡", "", "", "", ""),
    ("房间 3 个人都卡", "", "", "", ""),
    ("in room 5 minutes", "", "", "", ""),
    ("Slack channel support-2 is noisy", "", "", "", ""),
    ("iphone12 on wifi6 at 720p, LD-12", "", "", "", ""),
    ("screenshot_1.png 2026-11-21T04:00:00Z anna2@x.example", "", "", "", ""),
    ("class_77_1 or class_77_2?", "", "", "", ""),
    ("频道 class_77_1 和频道 class_77_2", "", "", "", ""),
    ("students 20002 and 20003 in class_77_1", "class_77_1", "", "", ""),
    ("学生 20002、20003 听不到，class_77_1", "class_77_1", "", "", "student"),
    ("teacher 10001 ... teacher 10002, class_77_1", "class_77_1", "", "", ""),
    ("老师听不到20002", "", "", "", "teacher"),
    ("teacher and student uid 10001", "", "", "", ""),
    ("Teacher: hello, can you hear me?", "", "", "", ""),
    ("teacher uid is unknown", "", "", "", ""),
    ("teacher 0 student 99999999999999999999999", "", "", "", ""),
    ("老师3个，学生20人", "", "", "", ""),
    ("学生 20:15 进来，老师 8 点", "", "", "", ""),
    ("Grade 3 teacher", "", "", "", ""),
    ("error 1101 teacher app v2.3.1 build_77", "", "", "", ""),
    ("学生端 5.1.2 版本，老师端 4.0", "", "", "", ""),
    ("teacher uid: 2026-11-21", "", "", "", ""),
    ("Teacher reported 10001 ms latency", "", "", "", ""),
    ("老师：\n学生：20002", "", "", "20002", ""),
    ("10001 听不到 20002", "", "", "", ""),
    ("老师的声音听不到", "", "", "", ""),
    ("teacher cannot be heard", "", "", "", ""),
    ("the student can hear the teacher", "", "", "", ""),
    ("老师和学生互相听不到", "", "", "", ""),
    ("teacher and student cannot hear each other", "", "", "", ""),
    ("老师听不到学生，学生也听不到老师", "", "", "", ""),
    ("The student of teacher 10001 cannot hear", "", "10001", "", "student"),
    ("老师那边一切正常", "", "", "", ""),
    ("老师来了。听不到", "", "", "", ""),
    ("class_77_1 10001 20002 30003", "class_77_1", "", "", ""),
    ("Greetings to the teacher\n10001", "", "", "", ""),
    ("Teacher reported 10001", "", "", "", ""),
    ("老师李小明华 10001", "", "", "", ""),
    ("学生 20002、20003 这个频道", "", "", "", ""),
    ("频道：class_77_1 异常方：", "class_77_1", "", "", ""),
    ("teacher uid: unknown", "", "", "", ""),
    (f"teacher {'a_' * 32}", "", "", "", ""),
    ("cname,cname\na,b", "", "", "", ""),
    ("/a1b", "", "", "", ""),
    ("teacher 31号", "", "", "", ""),
    (f"room {'9' * 65}", "", "", "", ""),
    ("32号的房间 很卡", "", "", "", ""),
    ("see <https://x.example?room=class_9>", "", "", "", ""),
    ("<@U0123ABCD> <!channel> <#C0123ABCD|room_9> <https://x.example/class_1>", "", "", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cname", "teacher", "student", "side"), [*CLEAR, *UNCLEAR])
def test_read_sentence(text: str, cname: str, teacher: str, student: str, side: str) -> None:
    """A sentence gives the values it states clearly, and no more."""
    hints = parse_sentence(text)
    values = (hints.cname, hints.teacher_uid, hints.student_uid, hints.abnormal_side)
    assert (cname, teacher, student, side) == values


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("  老师卡了！\n", "老师卡了！"),
        ("<@U0123ABCD> and <@U0456ABCD|li>", "@U0123ABCD and @li"),
        ("<#C0123ABCD|support> <#C0456ABCD>", "#support #C0456ABCD"),
        ("<!channel> <!subteam^S012|@desk> <!date^1^{date}|noon>", "@channel @desk noon"),
        ("<https://x.example/a?b=1&amp;c=2|here> <https://x.example>", "here https://x.example"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;"),
        ("a<b> <>", "a<b> <>"),
        ("nul \x00 and half \ud83d gone", "nul  and half  gone"),
        ("left\u200b\u202eright", "leftright"),
        ("*bold* `code` 😀 :smile:", "*bold* `code` 😀 :smile:"),
        ("x" * 1001, "x" * 1000),
        ("<@U0123ABCD|" + "y" * 2000 + ">", "@" + "y" * 999),
    ],
)
def test_comments(text: str, comments: str) -> None:
    """The comment is the whole text, readable, and as long as the form takes."""
    assert comments == parse_sentence(text).comments


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("", PrefilledReport()),
        ("   ", PrefilledReport()),
        ("class_77_1", PrefilledReport("class_77_1")),
        ("15056678066620", PrefilledReport("15056678066620")),
        ("class_77_1 10001", PrefilledReport("class_77_1", "10001")),
        ("class_77_1 10001 20002", PrefilledReport("class_77_1", "10001", "20002")),
        (
            "class_77_1 10001 20002 视频卡",
            PrefilledReport("class_77_1", "10001", "20002", "", "视频卡"),
        ),
        (
            "  class_77_1   10001\t20002   a  b ",
            PrefilledReport("class_77_1", "10001", "20002", "", "a  b"),
        ),
        ("class_77_1 10001 视频卡", PrefilledReport("class_77_1", "10001", "", "", "视频卡")),
        ("15056678066620 10001 20002", PrefilledReport("15056678066620", "10001", "20002")),
        ("algebra 10001 20002", PrefilledReport("algebra", "10001", "20002")),
        ("class_77_1, 10001, 20002", PrefilledReport("class_77_1", "10001", "20002")),
        ("class_77_1 １０００１ ２０００２", PrefilledReport("class_77_1", "10001", "20002")),
        ("`class_77_1` 10001 20002", PrefilledReport("class_77_1", "10001", "20002")),
        ("*class_77_1* 10001 20002", PrefilledReport("class_77_1", "10001", "20002")),
        ('"my class" 1 2', PrefilledReport("my class", "1", "2")),
        ("class_77_1 1 -1294967296", PrefilledReport("class_77_1", "1", "-1294967296")),
        ("“my class” 1 2 很卡", PrefilledReport("my class", "1", "2", "", "很卡")),
        ("'my class' 1 2", PrefilledReport("my class", "1", "2")),
        ("a&amp;b=c 1 2 &lt;3", PrefilledReport("a&b=c", "1", "2", "", "<3")),
        (
            "class_77_1 li_hua zhang_s 卡",
            PrefilledReport("class_77_1", "li_hua", "zhang_s", "", "卡"),
        ),
        (
            "class_77_1 10001 20002 老师听不到学生",
            PrefilledReport("class_77_1", "10001", "20002", "teacher", "老师听不到学生"),
        ),
        (
            "class_77_1 10001 20 minutes freeze",
            PrefilledReport("class_77_1", "10001", "", "", "20 minutes freeze"),
        ),
        (
            "class_77_1 10001 20002 10 minutes freeze",
            PrefilledReport("class_77_1", "10001", "20002", "", "10 minutes freeze"),
        ),
        (
            "class_77_1 10001 20002 <@U0123ABCD|li> <!channel>",
            PrefilledReport("class_77_1", "10001", "20002", "", "@li @channel"),
        ),
        (
            "class_77_1 10001 20002 30003",
            PrefilledReport("class_77_1", "10001", "20002", "", "30003"),
        ),
        ("x" * 64, PrefilledReport("x" * 64)),
        # Not in this order: read as sentences.
        ("algebra 10001", PrefilledReport(comments="algebra 10001")),
        ("class_77_1 视频卡", PrefilledReport("class_77_1", comments="class_77_1 视频卡")),
        ("video is frozen", PrefilledReport(comments="video is frozen")),
        ("卡", PrefilledReport(comments="卡")),
        (
            "class_77_1 10001 老师听不到",
            PrefilledReport("class_77_1", "10001", "", "teacher", "class_77_1 10001 老师听不到"),
        ),
        (
            "class_77_1 20002 学生听不到",
            PrefilledReport("class_77_1", "", "20002", "student", "class_77_1 20002 学生听不到"),
        ),
        (
            "class_77_1 teacher 10001 student 20002",
            PrefilledReport(
                "class_77_1", "10001", "20002", "", "class_77_1 teacher 10001 student 20002"
            ),
        ),
        (
            "cname=class_77_1 10001 20002",
            PrefilledReport("class_77_1", "10001", "20002", "", "cname=class_77_1 10001 20002"),
        ),
        (
            "class_77_1,10001,20002",
            PrefilledReport("class_77_1", "10001", "20002", "", "class_77_1,10001,20002"),
        ),
        (
            "老师10001和学生20002在class_77_1里卡住了",
            PrefilledReport(
                "class_77_1", "10001", "20002", "", "老师10001和学生20002在class_77_1里卡住了"
            ),
        ),
        (
            "class_77_1 10min late",
            PrefilledReport("class_77_1", comments="class_77_1 10min late"),
        ),
        ("*class_77_1*、 #10001 20002。", PrefilledReport("class_77_1", "10001", "20002")),
        ("class_77_1. 10001, 20002. 卡", PrefilledReport("class_77_1", "10001", "20002", "", "卡")),
        ('"my class 1 2', PrefilledReport(comments='"my class 1 2')),
        ("x" * 65, PrefilledReport(comments="x" * 65)),
    ],
)
def test_read_arguments(text: str, hints: PrefilledReport) -> None:
    """Arguments in their order are taken as they are, anything else is read as a sentence."""
    assert hints == parse_arguments(text)
