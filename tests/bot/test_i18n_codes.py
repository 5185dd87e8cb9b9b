"""Names of codes, causes and metrics in both catalogs."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.call import Code
from bot.cause_codes import CAUSES_BY_CODE
from bot.clouds.agora import metrics as agora
from bot.clouds.huawei import metrics as huawei
from bot.clouds.volcengine import metrics as volcengine
from bot.i18n.messages import LocaleName, code_message
from bot.i18n.translator import Translator, has_code
from tests.bot.test_i18n import LOCALES


@pytest.mark.parametrize(
    ("expected", "kind", "code"),
    [
        (True, "agora.factor_id", "21"),
        (True, "agora.factor_id", "18"),
        (True, "huawei.error_code", "APIGW.0301"),
        (True, "volcengine.error_code", "100002"),
        (True, "volcengine.call_metric", "视频上行丢包率"),
        (False, "agora.factor_id", "999"),
        (False, "agora.factor_id", ""),
        (False, "agora.factor_id", "1.5"),
        (False, "", ""),
    ],
)
def test_has_code(expected: bool, kind: str, code: str) -> None:  # noqa: FBT001 - a table's column
    """Known codes are distinguished from unknown ones."""
    assert expected is has_code(kind, code)


@pytest.mark.parametrize(
    ("zh", "en", "code"),
    [
        (
            "视频上行网络丢包（21）",
            "Upstream packet loss in video transmission (21)",
            Code("agora.factor_id", "21"),
        ),
        (
            "未知代码 99（agora.factor_id）",
            "Unknown code 99 (agora.factor_id)",
            Code("agora.factor_id", "99"),
        ),
        ("未知代码 5%s（x）", "Unknown code 5%s (x)", Code("x", "5%s")),
    ],
)
def test_code_message(zh: str, en: str, code: Code) -> None:
    """A code is its catalog text with its number, an unknown one its number and kind."""
    assert zh == Translator("zh").translate(code.user_message)
    assert en == Translator("en").translate(code.user_message)


@pytest.mark.parametrize("locale", LOCALES)
def test_unknown_code_is_its_kind_and_number(locale: LocaleName) -> None:
    """A code that no catalog has is its kind and number, percent signs included."""
    assert Translator(locale).translate(code_message("x", "9%(a)s%%")) == "x.9%(a)s%%"


def test_every_cause_is_in_both_catalogs() -> None:
    """Whatever code our causes know, its words differ from the code and between languages."""
    pairs = [(kind, code) for kind, codes in CAUSES_BY_CODE.items() for code in codes]
    texts = {
        pair: (
            Translator("zh").translate(code_message(*pair)),
            Translator("en").translate(code_message(*pair)),
        )
        for pair in pairs
    }
    assert len(texts) >= 74
    assert [pair for pair, (zh, en) in texts.items() if not zh or not en or zh == en] == []
    assert [pair for pair, both in texts.items() if ".".join(pair) in both] == []


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("agora.mid", agora.KINDS["seed"]),
        ("agora.mid.current", agora.KINDS["current"]),
        ("huawei.mid", huawei.MIDS),
        ("volcengine.call_metric", volcengine.DESCS),
    ],
)
def test_every_metric_is_in_both_catalogs(kind: str, codes: Iterable[str]) -> None:
    """Every metric that a cloud's client knows is in the catalogs."""
    unknown = [code for code in codes if not has_code(kind, code)]
    texts = [Translator("en").translate(code_message(kind, code)) for code in codes]
    assert unknown == []
    assert [text for text in texts if not text.isascii()] == []
