"""Search terms of texts and of typed words."""

from __future__ import annotations

import pytest

from bot.store.tickets.tokenizer import field_term, index_terms, query_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("卡", {"卡"}),
        ("卡顿", {"卡", "顿", "卡顿"}),
        ("听不清", {"听", "不", "清", "听不", "不清"}),
        ("聽不清", {"听", "不", "清", "听不", "不清"}),
        ("カメラ", {"カ", "メ", "ラ", "カメ", "メラ"}),
        ("화면", {"화", "면", "화면"}),
        ("it", {"it"}),
        ("lag", {"lag"}),
        ("lags", {"lag", "lags"}),
        ("freezing", {"fre", "free", "freez", "freezi", "freezin", "freezing"}),
        ("freezings", {"fre", "free", "freez", "freezi", "freezin", "freezing"}),
        ("FROZE", {"fro", "froz", "froze"}),
        ("10001", {"10001"}),
        ("1234", {"1234"}),
        ("9" * 41, {"9" * 40}),
        ("h264", {"h", "264", "_h_264"}),
        ("2.5", {"2", "5", "_2_5"}),
        ("a_b", {"a", "b", "_a_b"}),
        ("a b", {"a", "b"}),
        ("a卡b", {"a", "卡", "b"}),
        ("a-1-c", {"a", "1", "c", "_a_1", "_1_c"}),
        ("Wi-Fi wi fi WIFI", {"wif", "wifi"}),
        ("swi-fi", {"swi", "fi", "_swi_fi"}),
        ("ＣＬＡＳＳ", {"cla", "clas", "class"}),
        ("<@U1|ann> &amp; &lt;b&gt; <!channel>", {"b"}),
        ("a<b", {"a", "b", "_a_b"}),
        ("... !?", set()),
        ("", set()),
    ],
)
def test_terms_of_a_text(text: str, terms: set[str]) -> None:
    """East Asian characters alone and in pairs, words by their prefixes, numbers as they are."""
    assert index_terms(text) == terms


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("卡", ["卡"]),
        ("卡顿", ["卡顿"]),
        ("听不清", ["听不", "不清"]),
        ("卡頓", ["卡顿"]),
        ("it", ["it"]),
        ("lag", ["lag"]),
        ("freezingly", ["freezing"]),
        ("10001", ["10001"]),
        ("a_b", ["_a_b"]),
        ("class_77", ["_class_77"]),
        ("77_cla", ["cla", "77"]),
        ("classroom_cla", ["cla", "classroo"]),
        ("a_77_cla", ["_a_77", "cla"]),
        ("77_cl", ["_77_cl"]),
        ("class_77_1", ["_class_77", "_77_1"]),
        ("卡a", ["卡", "a"]),
        ("lag_lag", ["lag"]),
        ("wi-fi", ["wifi"]),
        ("9" * 41, ["9" * 40]),
        ("a_" + "b" * 2 + "_" + "9" * 41, ["_a_bb", "_bb_" + "9" * 40]),
        ("x" * 41 + "_1", ["_" + "x" * 40 + "_1"]),
        ("*", []),
    ],
)
def test_terms_of_a_typed_word(word: str, terms: list[str]) -> None:
    """All must match; a word at the end may be unfinished, punctuation alone has none."""
    assert query_terms(word) == terms


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("freez", "the screen was freezing"),
        ("class_77", "class_77_1"),
        ("77_1", "class_77_1"),
        ("class_cla", "class_class"),
        ("卡顿", "视频卡顿"),
        ("2.5", "at 2.5 Mbps"),
    ],
)
def test_typed_words_match_the_texts_they_begin(word: str, text: str) -> None:
    """What a text contains is matched by its beginning."""
    assert set(query_terms(word)) <= index_terms(text)


@pytest.mark.parametrize(
    ("field", "value", "term"),
    [
        ("app", "kids", "=app:kids"),
        ("app", "Kids", "=app:kids"),
        ("cause", "network.loss", "=cause:network.loss"),
        ("cname", "class_1-2", "=cname:class_1-2"),
        ("cname", "琴 A", "=cname:%7434%20a"),
        ("cname", "'%'", "=cname:%27%25%27"),
    ],
)
def test_term_of_a_field(field: str, value: str, term: str) -> None:
    """Other characters are written as numbers, so that no text can be cut into such a term."""
    assert field_term(field, value) == term
