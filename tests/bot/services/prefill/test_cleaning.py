"""Chat markup as readable text, and as plain text of the same length for the parser."""

from __future__ import annotations

import pytest

from bot.services.prefill.cleaning import clean, to_half_width


@pytest.mark.parametrize(
    ("text", "readable", "plain"),
    [
        ("<@U1>", "@U1", "   "),
        ("<@U1|ann>", "@ann", "    "),
        ("<#C1|talk>", "#talk", "     "),
        ("<#C1>", "#C1", "   "),
        ("<!channel>", "@channel", "        "),
        ("<!date^1^{date}|noon>", "noon", "    "),
        ("<!subteam^S1>", "@subteam", "        "),
        ("<https://x.example/77>", "https://x.example/77", " " * 20),
        ("<https://x.example/77|class_77>", "class_77", "class_77"),
        ("<https://x.example|https://y.example>", "https://y.example", " " * 17),
        ("<mailto:a@b.c|a@b.c>", "a@b.c", "a@b.c"),
        ("a <class_77> b", "a <class_77> b", "a <class_77> b"),
        ("a &lt;b&gt; &amp; c", "a <b> & c", "a <b> & c"),
        ("&amp;lt;", "&lt;", "&lt;"),
        ("one\r\ntwo\rthree\u2028four\u2029five", "one\ntwo\nthree\nfour\nfive", None),
        ("a\u200bb\x00c", "abc", "abc"),
        ("１２３ＡＢ", "１２３ＡＢ", "123AB"),
        ("see http://x.example now", "see http://x.example now", "see                  now"),
        ("ok :tada: 7", "ok :tada: 7", "ok        7"),
        ("at 20:15:30", "at 20:15:30", "at 20:15:30"),
    ],
)
def test_clean(text: str, readable: str, plain: str | None) -> None:
    """Mentions, addresses and emoji name no call: they are blank in the plain text."""
    cleaned = clean(text)
    assert cleaned.readable == readable
    assert cleaned.plain == (readable if plain is None else plain)
    assert len(cleaned.plain) == len(cleaned.readable)


@pytest.mark.parametrize(
    ("characters", "half_width"),
    [
        ("\u3000\u00a0\u2002\u2003\u2009\u202f", " "),
        ("“”„「」『』«»＂", '"'),
        ("‘’＇", "'"),
        ("‐‑–—−", "-"),
        ("【《〔（", "("),
        ("】》〕）", ")"),
        ("！", "!"),
        ("～", "~"),
        ("＠", "@"),
    ],
)
def test_half_width(characters: str, half_width: str) -> None:
    """Each character becomes one, so that positions stay the same."""
    assert to_half_width(characters) == half_width * len(characters)
