"""The table of causes: its rows are complete, and every code maps to one."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bot.call import Code, Direction, Media
from bot.cause_codes import CAUSES_BY_CODE, cause_of
from bot.causes import CAUSES, RESOLUTION_TITLES, Cause, advice_for, cause_phrase, resolution_title
from bot.i18n.messages import Message
from bot.i18n.translator import Translator, has_code
from bot.services.tickets.cause_search import find_causes

ROOT: Final = Path(__file__).resolve().parents[2]
CAUSES_TSV: Final = ROOT.parent / "shared" / "reference" / "causes.tsv"
EN, ZH = Translator("en"), Translator("zh")


@pytest.mark.parametrize("key", CAUSES)
def test_every_row_is_complete(key: str) -> None:
    """A cause has a title, a phrase and advice for each reader, all of them in both languages."""
    row = CAUSES[key]
    advice = row.advice
    for msg in (row.title, row.phrase, advice.person, advice.teacher, advice.support):
        assert EN.translate(msg)
        assert ZH.translate(msg) not in {"", EN.translate(msg)}
    assert row.key == key
    assert (resolution_title(key), cause_phrase(key)) == (row.title, row.phrase)
    assert advice_for(key) is advice


def test_titles_and_phrases_are_unique() -> None:
    """No two causes have the same name."""
    assert len({row.title.id for row in CAUSES.values()}) == len(CAUSES)
    assert len({row.phrase.id for row in CAUSES.values()}) == len(CAUSES)
    assert len({ZH.translate(row.title) for row in CAUSES.values()}) == len(CAUSES)


def test_an_unknown_key_is_displayed_unchanged() -> None:
    """A stored ticket may have a cause that a later version removed."""
    names = (resolution_title("network.gone"), cause_phrase("network.gone"))
    assert [EN.translate(name) for name in names] == ["network.gone", "network.gone"]
    assert advice_for("network.gone") is None
    assert advice_for("none") is None


def test_a_ticket_can_be_resolved_without_a_cause() -> None:
    """`none`, `unknown` and `not_found` come before the causes."""
    assert list(RESOLUTION_TITLES) == ["none", "unknown", "not_found", *CAUSES]
    assert EN.translate(resolution_title("none")) == "The call was fine"


@pytest.mark.skipif(not CAUSES_TSV.is_file(), reason="the reference tables are not here")
def test_codes_map_onto_causes_as_in_the_reference() -> None:
    """Each code in causes.tsv has its cause, medium and direction; rules have no codes."""
    with CAUSES_TSV.open(encoding="utf-8") as lines:
        coded = [row for row in csv.DictReader(lines, delimiter="\t") if row["code"] != "-"]
        for row in coded:
            expected = Cause(
                row["group"],
                row["cause"],
                None if row["media"] == "-" else Media(row["media"]),
                None if row["direction"] == "-" else Direction(row["direction"]),
            )
            assert cause_of(Code(row["source"], row["code"])) == expected
            assert expected.key in CAUSES


def test_every_code_of_the_table_has_a_cause_and_a_text() -> None:
    """A cloud's code leads to a row, and the catalogs know the code."""
    for kind, causes in CAUSES_BY_CODE.items():
        assert {cause.key for cause in causes.values()} <= CAUSES.keys()
        assert all(has_code(kind, code) for code in causes)


@pytest.mark.parametrize(
    ("printed", "code"), [("9000004", "90000004"), ("1000001", "10000001"), ("31000003",) * 2]
)
def test_a_misprinted_code_is_understood(printed: str, code: str) -> None:
    """Huawei's 13.14 prints some codes with a digit less than 13.13 does."""
    kind = "huawei.abnormal_factor.type1"
    assert cause_of(Code(kind, printed)) == cause_of(Code(kind, code)) is not None


def test_an_unknown_code_has_no_cause() -> None:
    """A number of another table does not count."""
    assert cause_of(Code("agora.factor_id", "999")) is None
    assert cause_of(Code("zoom.factor", "1")) is None


def literal_causes() -> Iterator[str]:
    """Every `Cause("group", "name", ...)` written in the product, as its key."""
    for path in [*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/**/*.py")]:
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source if "Cause(" in source else "")):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                words = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
                if node.func.id == "Cause" and len(words) == 2:
                    yield ".".join(map(str, words))


def test_rules_name_only_causes_of_the_table() -> None:
    """A cause that a rule or a fake names has a row."""
    named = set(literal_causes())
    assert named <= CAUSES.keys()
    assert "network.wifi_weak" in named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("network.loss", ("network.loss",)),
        ("Wifi_Weak", ("network.wifi_weak",)),
        ("none", ("none",)),
        ("weak wifi", ("network.wifi_weak",)),
        ("掉包", ("network.loss",)),
        ("黑屏", ("media.peer_no_frames", "server.no_downlink_frames")),
        ("lag", ("network.latency",)),
        ("the", ()),
        ("the wifi", ()),
        ("", ()),
        ("a wifi", ()),
        ("--", ()),
        ("holiday", ()),
    ],
)
def test_causes_are_searchable_by_alias(text: str, expected: tuple[str, ...]) -> None:
    """By key, by the key's last part, by words of a title in either language, by alias."""
    assert find_causes(text) == expected


@pytest.mark.parametrize("locale", [EN, ZH])
def test_every_cause_is_searchable_by_title(locale: Translator) -> None:
    """At least one word of each title finds the cause."""

    def words(title: Message) -> list[str]:
        return locale.translate(title).replace(":", " ").replace("：", " ").split()

    for key, row in CAUSES.items():
        assert any(key in find_causes(word) for word in words(row.title)), key
