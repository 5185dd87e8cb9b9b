"""Texts nobody would write: the longest, and random ones; they are read quickly and safely."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.prefill import parse_arguments, parse_sentence

LONGEST = 40_000  # characters of a Slack message
TIME_LIMIT_S = 20.0  # generous for a busy machine; quadratic readers take minutes

ADVERSARIAL = [
    "x", "1 ", "_", "a.", "a ", "a_1 ", "<", "<@", "<@U1>", "&amp;", '"a', "`a ", "*", "'s", ":a", "\n", "|a", ",", "(",
    "老师", "老师的", "1老师 ", "学生和老师", "teacher:", "t:1 ", "teacher and student ", "channel name is ", "频道：", "在a1里",
    "学生听不到", "cannot a ", "student cannot hear ", "异常方", "uid ", "老师王", "cname | teacher\n", "cname,teacher\n1,2\n",
    "http://a ", "class_77_1 10001 20002 ", "20:15 ", "- ", "\ud800", "\x00", "\u0301", "\u3000", "😀", "students 1 and 2 ",
]  # fmt: skip


@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_reads_the_longest_text_at_once(piece: str) -> None:
    """Whatever is repeated for forty thousand characters is read in next to no time."""
    text = (piece * LONGEST)[:LONGEST]
    started = time.process_time()
    assert len(parse_sentence(text).comments) <= 1000
    assert len(parse_arguments("class_77_1 " + text).comments) <= 1000
    assert time.process_time() - started < TIME_LIMIT_S


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ADVERSARIAL), st.text(max_size=8)), max_size=30))
def test_reads_anything(pieces: list[str]) -> None:
    """For any text, the hints fit the form, and every name occurs in the text."""
    text = "".join(pieces)
    for hints in (parse_sentence(text), parse_arguments(text)):
        assert len(hints.cname) <= 64
        assert max(len(hints.teacher_uid), len(hints.student_uid)) <= 64
        assert hints.abnormal_side in ("", "teacher", "student")
        assert len(hints.comments) <= 1000
        hints.comments.encode()
        assert "\x00" not in f"{hints.cname}{hints.comments}"


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1000, 2**32 - 1),
    st.integers(1000, 2**32 - 1),
    st.from_regex(r"class_[0-9]{1,6}_[0-9]", fullmatch=True),
    st.permutations(["频道 {c}", "老师 {t}", "学生 {s}"]),
    st.sampled_from(["，", "\n", " ", "; ", ", "]),
)
def test_order_and_punctuation_do_not_matter(
    teacher: int, student: int, cname: str, parts: list[str], between: str
) -> None:
    """Labelled names are recognized in any order and with any punctuation."""
    text = between.join(parts).format(c=cname, t=teacher, s=student)
    hints = parse_sentence(text)
    values = (hints.cname, hints.teacher_uid, hints.student_uid)
    assert (cname, str(teacher), str(student)) == values
