"""Messages as Slack's markup: user input is escaped, uids are masked."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.i18n.messages import PersonId, TimeRange, Uid, message
from bot.i18n.translator import Translator
from handlers.ui.renderer import (
    Link,
    Renderer,
    date,
    escape,
    link_to,
    mask_numbers,
    mask_uids,
)

SHY = "\u00ad"
MOMENT = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
EN = Renderer(Translator("en"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("&lt;", "&amp;lt;"),
        ("class_77_1", "class_77_1"),
        ("a * b * c", "a * b * c"),
        ("2*3=6", "2*3=6"),
        ("*bold*", f"{SHY}*bold*"),
        ("_x_ and ~y~", f"{SHY}_x_ and {SHY}~y~"),
        ("*alone", "*alone"),
        ("a`b`", f"a{SHY}`b{SHY}`"),
        ("```x```", f"{SHY}`" * 3 + "x" + f"{SHY}`" * 3),
        ("> quoted", f"{SHY}&gt; quoted"),
        ("a > b", "a &gt; b"),
        ("a\u202ecba\u2069 \U0001f469\u200d\U0001f3eb", "acba \U0001f469\u200d\U0001f3eb"),
        ("", ""),
    ],
)
def test_escape(text: str, expected: str) -> None:
    """Mentions, links, styles, code and quotes are escaped; ordinary names are unchanged."""
    assert expected == escape(text)


@pytest.mark.parametrize(
    ("text", "uids", "expected"),
    [
        ("student 20002", ("20002",), "student •••02"),
        ("student20002号", ("20002",), "student•••02号"),
        ("u_20002.", ("20002",), "u_•••02."),
        ("120002 200021", ("20002",), "120002 200021"),
        ("２０００２，２000２", ("20002",), "•••02，•••02"),
        ("1 of 10 in class1", ("1",), "••• of 10 in class1"),
        ("anna.b and annab", ("anna.b",), "•••.b and annab"),
        ("nothing", ("", ""), "nothing"),
    ],
)
def test_hide_uids(text: str, uids: tuple[str, ...], expected: str) -> None:
    """Known uids are masked wherever they occur, in any width; other numbers are unchanged."""
    assert expected == mask_uids(text, uids)


@pytest.mark.parametrize(("mask", "expected"), [(True, "•••01"), (False, "10001")])
def test_a_uid_in_a_sentence(mask: object, expected: str) -> None:
    """MASK_UIDS decides."""
    user_message = message("Student %(uid)s", uid=Uid("10001"))
    renderer = Renderer(Translator("en"), mask=bool(mask))
    assert renderer.plain_text(user_message).endswith(expected)
    assert renderer.mrkdwn(user_message).endswith(expected)


def test_values_in_markup() -> None:
    """People become mentions, times Slack's dates, links links; texts are escaped."""
    text_message = message(
        "%(who)s %(when)s %(link)s %(text)s",
        who=PersonId("U1"),
        when=MOMENT,
        link=Link("https://x.example/a", "a<b>"),
        text="<!here>",
    )
    assert EN.mrkdwn(text_message) == (
        "<@U1> <!date^1795231200^{date_short_pretty} {time}|2026-11-21 03:20 UTC> "
        "<https://x.example/a|a&lt;b&gt;> &lt;!here&gt;"
    )


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0.02, "03:20>–<!date^1795231272^{time}|03:21 UTC>"),
        (11.9, "03:20>–<!date^1795274040^{time}|15:14 UTC>"),
        (
            12,
            "03:20 UTC> – <!date^1795274400^{date_short_pretty} {time}|2026-11-21 15:20 UTC>",
        ),
    ],
)
def test_a_time_range_in_markup(hours: float, expected: str) -> None:
    """Slack names the day of a short range once; plain text names it once for each day."""
    until = MOMENT + dt.timedelta(hours=hours)
    range_message = message("%(times)s", times=TimeRange(MOMENT, until))
    start = "<!date^1795231200^{date_short_pretty} {time}|2026-11-21 "
    assert EN.mrkdwn(range_message) == start + expected
    assert EN.plain_text(range_message) == f"2026-11-21 03:20–{until:%H:%M} UTC"


def test_a_range_within_a_minute_is_one_time() -> None:
    """Two times that are written the same are written once."""
    until = MOMENT + dt.timedelta(seconds=59)
    range_message = message("%(times)s", times=TimeRange(MOMENT, until))
    assert EN.mrkdwn(range_message) == date(MOMENT, EN.translator)
    assert EN.plain_text(range_message) == "2026-11-21 03:20 UTC"


def test_fallback_text_has_no_markup() -> None:
    """Slack parses the text above the blocks as markup, so it must have none."""
    text_message = message("%(room)s at %(when)s", room="<!channel>", when=MOMENT)
    assert EN.fallback_text(text_message) == "&lt;!channel&gt; at 2026-11-21 03:20 UTC"


def test_quotations_fit_sections() -> None:
    """A text that escaping makes too long is split, without losing anything."""
    text = "&" * 1000
    pieces = EN.quote(text, ())
    assert len(pieces) > 1
    assert all(len(piece) <= 3000 for piece in pieces)
    assert all(piece.startswith("> ") for piece in pieces)
    assert sum(piece.count("&amp;") for piece in pieces) == 1000
    assert EN.quote("", ()) == []
    assert EN.quote("a\n\nb", ()) == ["> a\n> \n> b"]


@pytest.mark.parametrize(
    ("length", "lines_in_pieces"),
    [(463, [6]), (464, [5, 1]), (466, [5, 1]), (467, [10, 2])],
)
def test_quotations_are_as_full_as_a_section_allows(
    length: int,
    lines_in_pieces: list[int],
) -> None:
    """A piece stays under 2800 characters; a line that escaping could make too long is split."""
    pieces = EN.quote("\n".join(["x" * length] * 6), ())
    assert [piece.count("> ") for piece in pieces] == lines_in_pieces


def test_quotations_mask_uids() -> None:
    """The ticket's uids and other long numbers, only where the surface masks."""
    text = "student 20002 and 30003 in room 7"
    assert EN.quote(text, ("20002",)) == ["> student •••02 and •••03 in room 7"]
    assert Renderer(Translator("en"), mask=False).quote(text, ("20002",)) == [f"> {text}"]


@pytest.mark.parametrize(("url", "expected"), [("https://x", "<https://x|LD-7>"), ("", "LD-7")])
def test_links(url: str, expected: str) -> None:
    """A ticket without a thread yet has its name only."""
    assert EN.mrkdwn(message("%(ticket)s", ticket=link_to(url, "LD-7"))) == expected
    assert EN.plain_text(message("%(ticket)s", ticket=link_to(url, "LD-7"))) == "LD-7"


def test_a_links_label_is_translated() -> None:
    """A label may be a sentence of the catalogs."""
    link = message("%(text)s", text=Link("https://x", message("its thread")))
    assert Renderer(Translator("zh")).mrkdwn(link) == "<https://x|工单消息列>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("student 30003 heard nothing", "student •••03 heard nothing"),
        ("另一个学生３０００３也卡", "另一个学生•••０３也卡"),
        ("uid30003、uid：4294967295", "uid•••03、uid：•••95"),
        ("(30003) 30004,30005.", "(•••03) •••04,•••05."),
        ("1234 people, 12345678901", "1234 people, 12345678901"),
        ("on 20261121 in class_77100, room77100", "on 20261121 in class_77100, room77100"),
        ("2026-11-21 11:30:15, 192.168.10.12345", "2026-11-21 11:30:15, 192.168.10.12345"),
        ("30000 ms, 25000kbps, 10000 次", "30000 ms, 25000kbps, 10000 次"),
        ("error 110017, 错误码：10002", "error 110017, 错误码：10002"),
        ("LD-12345, #54321", "LD-12345, #54321"),
        ("another student20003, user_30004", "another student•••03, user_•••04"),
        ("10001/20004-20005", "•••01/•••04-•••05"),
        ("•••01/20004", "•••01/•••04"),
        ("https://x.example/77100/2 30000/1000 ms", "https://x.example/77100/2 30000/1000 ms"),
        ("家长电话13800138000，QQ30004", "家长电话•••00，QQ•••04"),
        ("手机１３８００１３８０００", "手机•••００"),
        ("138-0013-8000, +86 138 0013 8000", "•••00, •••00"),
        ("call +1 415 555 0123 or 010-12345678", "call •••23 or •••78"),
    ],
)
def test_hide_numbers(text: str, expected: str) -> None:
    """Numbers that may be a uid or a phone are masked; dates, units, codes and names are not."""
    assert expected == mask_numbers(text)
