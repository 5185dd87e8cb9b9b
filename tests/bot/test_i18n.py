"""Messages, catalogs and the choice of locale."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.i18n import translator
from bot.i18n.messages import (
    CatalogName,
    Domain,
    Duration,
    LocaleName,
    Message,
    Percentage,
    PersonId,
    TimeRange,
    Uid,
    code_message,
    message,
    plural,
)
from bot.i18n.serialization import dump_message, load_message
from bot.i18n.translator import Translator, choose_locale, join_languages

NOON = dt.datetime(2026, 11, 21, 4, 0, tzinfo=dt.UTC)
LOCALES: tuple[LocaleName, ...] = ("zh", "en", "both")

ZH_PO = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

msgid "Room %(room)s is empty"
msgstr "房间 %(room)s 没有人"

msgid "%(count)s ticket"
msgid_plural "%(count)s tickets"
msgstr[0] "%(count)s 张工单"

msgid "Not translated yet"
msgstr ""

msgid "%(count)s call"
msgid_plural "%(count)s calls"
msgstr[0] ""

msgid "50% done"
msgstr "完成 50%"

msgid "Ticket"
msgstr "工单"
"""


@pytest.fixture
def small_catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Chinese catalog of our own and no English one."""
    folder = tmp_path / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(ZH_PO, encoding="utf-8")
    monkeypatch.setattr(translator, "LOCALES_DIR", tmp_path)
    monkeypatch.setattr(translator, "_catalogs", {})
    translator._code_text.cache_clear()
    yield
    translator._code_text.cache_clear()


@pytest.mark.usefixtures("small_catalogs")
@pytest.mark.parametrize(
    ("expected", "locale", "user_message"),
    [
        ("房间 a 没有人", "zh", message("Room %(room)s is empty", room="a")),
        ("Room a is empty", "en", message("Room %(room)s is empty", room="a")),
        (
            "房间 a 没有人 / Room a is empty",
            "both",
            message("Room %(room)s is empty", room="a"),
        ),
        (
            "2 张工单 / 2 tickets · a · 工单 / Ticket 5%",
            "both",
            message("Room %(room)s is empty", room="a").in_facts(
                plural("%(count)s ticket", "%(count)s tickets", count=2),
                message("in the room").in_facts("a"),
                (message("Ticket"), Percentage(5)),
            ),
        ),
        ("1 张工单", "zh", plural("%(count)s ticket", "%(count)s tickets", count=1)),
        ("2 张工单", "zh", plural("%(count)s ticket", "%(count)s tickets", count=2)),
        ("1 ticket", "en", plural("%(count)s ticket", "%(count)s tickets", count=1)),
        ("0 tickets", "en", plural("%(count)s ticket", "%(count)s tickets", count=0)),
        ("2 张工单 / 2 tickets", "both", plural("%(count)s ticket", "%(count)s tickets", count=2)),
        ("Not translated yet", "zh", message("Not translated yet")),
        ("1 call", "zh", plural("%(count)s call", "%(count)s calls", count=1)),
        ("3 calls", "zh", plural("%(count)s call", "%(count)s calls", count=3)),
        ("Never heard of", "both", message("Never heard of")),
        ("完成 50%", "zh", message("50% done")),
        ("at most 5 %", "zh", message("at most 5 %%")),
        ("100% and 5% of x", "zh", message("100%% and 5% of %(x)s", x="x")),
        (
            "Room 100%(room)s %d is empty",
            "en",
            message("Room %(room)s is empty", room="100%(room)s %d"),
        ),
        ("Room %(room)s is empty", "en", message("Room %(room)s is empty", rom="a")),
        ("", "zh", message("")),
        ("房间 工单 没有人", "zh", message("Room %(room)s is empty", room=message("Ticket"))),
        (
            "房间 工单、b 没有人",
            "zh",
            message("Room %(room)s is empty", room=[message("Ticket"), "b"]),
        ),
        (
            "Room Ticket, b is empty",
            "en",
            message("Room %(room)s is empty", room=(message("Ticket"), "b")),
        ),
    ],
)
def test_translate(expected: str, locale: LocaleName, user_message: Message) -> None:
    """A message is translated for the reader, or English where the catalog has none."""
    assert expected == Translator(locale).translate(user_message)


@pytest.mark.parametrize(
    ("zh", "en", "value"),
    [
        ("3 分钟 20 秒", "3 min 20 s", Duration(200)),
        ("3 分钟", "3 min", Duration(180)),
        ("1 小时", "1 h", Duration(3600.2)),
        ("1 小时 1 分钟", "1 h 1 min", Duration(3661)),
        ("2 天 3 小时", "2 d 3 h", Duration(2 * 86400 + 3 * 3600 + 59)),
        ("0.4 秒", "0.4 s", Duration(0.4)),
        ("0 秒", "0 s", Duration(0)),
        ("1 分钟", "1 min", Duration(59.7)),
        ("-15 分钟", "-15 min", Duration(-900)),
        ("–", "–", Duration(float("nan"))),
        ("1 分钟 30 秒", "1 min 30 s", dt.timedelta(seconds=90)),
        ("12.5%", "12.5%", Percentage(12.54)),
        ("100%", "100%", Percentage(100)),
        ("1,234.57", "1,234.57", 1234.5678),
        ("0.5", "0.5", 0.5),
        ("3", "3", 3.0),
        ("0", "0", -0.001),
        ("1,000", "1,000", 1000.0),
        ("–", "–", Percentage(float("nan"))),
        ("–", "–", float("inf")),
        ("10001", "10001", 10001),
        ("10001", "10001", Uid("10001")),
        ("–", "–", None),
        ("2026-11-21 12:00 UTC+8", "2026-11-21 12:00 UTC+8", NOON),
        (
            "视频上行网络丢包",
            "Upstream packet loss in video transmission",
            code_message("agora.factor_id", "21"),
        ),
    ],
)
def test_params(zh: str, en: str, value: object) -> None:
    """A parameter is written the way the language writes it."""
    user_message = message("%(value)s", value=value)
    assert zh == Translator("zh", "Asia/Shanghai").translate(user_message)
    assert en == Translator("en", "Asia/Shanghai").translate(user_message)


@pytest.mark.parametrize(
    ("expected", "user_message"),
    [
        ("Room 5% is empty", message("Room %(room)s is empty", room="5%")),
        ("2 tickets", plural("%(count)s ticket", "%(count)s tickets", count=2)),
        ("1 ticket", plural("%(count)s ticket", "%(count)s tickets", count=1)),
        ("took 3 min 20 s, 5%", message("took %(a)s, %(b)s", a=Duration(200), b=Percentage(5))),
        ("no %(place)s", message("no %(place)s", other=1)),
        ("agora.factor_id.21", code_message("agora.factor_id", "21")),
    ],
)
def test_log_form(expected: str, user_message: Message) -> None:
    """Logs show the English sentence."""
    assert expected == str(user_message)


def test_render_sees_what_only_a_surface_can_write() -> None:
    """People, uids and times reach the renderer as they are, our own numbers as text."""
    seen: list[object] = []

    def render(value: object) -> str:
        seen.append(value)
        return f"<{value}>"

    params = {
        "who": PersonId("U1"),
        "at": NOON,
        "n": 3,
        "rate": Percentage(5),
        "for_": Duration(60),
    }
    text = "%(who)s %(at)s %(n)s %(rate)s %(for_)s"
    texts = Translator("zh").translate(Message(text, params), render)
    assert texts == f"<U1> <{NOON}> <3> <5%> <1 分钟>"
    assert [PersonId, dt.datetime, int, str, str] == [type(value) for value in seen]


def test_each_renders_within_its_language() -> None:
    """With both languages, a nested message is translated once in each, not twice."""
    user_message = message(
        "%(words)s (%(code)s)", words=code_message("agora.exp_id", "4"), code="4"
    )
    assert Translator("both").translate(user_message) == "视频卡顿（4） / Video freeze (4)"


@pytest.mark.parametrize(
    ("expected", "chosen", "slack_locale", "default"),
    [
        ("en", "en", "zh-CN", "zh"),
        ("zh", None, "zh-CN", "en"),
        ("zh", None, "zh_TW", "en"),
        ("zh", "auto", "zh-Hans", "en"),
        ("en", "", "en-GB", "zh"),
        ("both", "both", "en-US", "zh"),
        ("both", None, "de-DE", "both"),
        ("zh", None, "zho", "zh"),
        ("en", None, None, "en"),
    ],
)
def test_choose_locale(
    expected: str, chosen: str | None, slack_locale: str | None, default: LocaleName
) -> None:
    """One's own choice counts first, then Slack's, then the company's."""
    assert expected == choose_locale(chosen, slack_locale, default)


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        ("工单 / Ticket", ["工单", "Ticket"]),
        ("LD-12", ["LD-12", "LD-12"]),
        (
            "短\nA sentence that is longer than that.",
            ["短", "A sentence that is longer than that."],
        ),
        ("一\n二\na\nb", ["一\n二", "a\nb"]),
        ("", []),
    ],
)
def test_join_languages(expected: str, texts: list[str]) -> None:
    """Short words stand side by side, long ones one above the other, equal ones once."""
    assert expected == join_languages(texts)


def test_preload_compiles_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the start no catalog is compiled any more."""
    monkeypatch.setattr(translator, "_catalogs", {})
    translator.load_catalogs()
    assert len(translator._catalogs) == 4
    monkeypatch.setattr(translator, "_compile", None)
    assert Translator("en").translate(message("Ticket")) == "Ticket"


@pytest.mark.usefixtures("small_catalogs")
def test_preload_misses_a_catalog() -> None:
    """A checkout without its catalogs fails at the start."""
    with pytest.raises(FileNotFoundError, match=r"codes\.po"):
        translator.load_catalogs()


def test_catalogs_compile_once_in_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that translate at the same moment share one compilation."""
    compiled: list[tuple[str, str]] = []
    compile_ = translator._compile
    everybody = threading.Barrier(4)

    def count(domain: Domain, locale: CatalogName) -> object:
        compiled.append((domain, locale))
        return compile_(domain, locale)

    def translate() -> None:
        everybody.wait()
        Translator("zh").translate(message("Ticket"))

    monkeypatch.setattr(translator, "_catalogs", {})
    monkeypatch.setattr(translator, "_compile", count)
    threads = [threading.Thread(target=translate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert compiled == [("messages", "zh")]


@pytest.mark.parametrize(
    "user_message",
    [
        message("Ticket"),
        plural("%(count)s ticket", "%(count)s tickets", count=2),
        code_message("agora.factor_id", "21"),
        message("%(a)s %(b)s", a=Uid("10001"), b=PersonId("U1")),
        message("%(a)s %(b)s", a=NOON, b=None),
        message("%(a)s", a=TimeRange(NOON, NOON + dt.timedelta(days=1))),
        message("%(a)s %(b)s", a=Duration(90.5), b=Percentage(12.5)),
        message("%(a)s %(b)s", a=[1, Uid("10001"), 2.5], b=message("x %(c)s", c=True)),
    ],
)
def test_stored_message(user_message: Message) -> None:
    """A message survives JSON, its uids and users still typed as such."""
    loaded = load_message(json.loads(json.dumps(dump_message(user_message))))
    assert user_message == loaded
    kinds = [type(value) for value in user_message.params.values()]
    assert kinds == [type(value) for value in loaded.params.values()]


@pytest.mark.parametrize("value", [float("nan"), Duration(float("inf")), Percentage(float("nan"))])
def test_stored_number_beyond_json(value: object) -> None:
    """What JSON has no number for is stored as unknown."""
    assert dump_message(message("%(a)s", a=value))["params"] == {"a": None}


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes()
    | st.datetimes(timezones=st.timezones())
    | st.timedeltas()
    | st.builds(TimeRange, *[st.datetimes(timezones=st.timezones())] * 2)
    | st.builds(Duration, st.floats())
    | st.builds(Percentage, st.floats())
    | st.builds(PersonId, st.text())
    | st.builds(Uid, st.text())
)
_msgids = st.text() | st.lists(
    st.sampled_from(["%(a)s", "%(b)s", "%(count)s", "%", "%%", "%s", "%(", "%(a)d", "工单", "x"])
).map("".join)
_params = st.dictionaries(
    st.sampled_from(["a", "b", "count"]), st.deferred(lambda: _values), max_size=3
)
_messages: st.SearchStrategy[Message] = st.builds(
    Message,
    _msgids,
    _params,
    domain=st.sampled_from(["messages", "codes"]),
    plural=st.none() | _msgids,
)
_values: st.SearchStrategy[object] = _scalars | st.lists(_scalars, max_size=2) | _messages


@given(_messages, st.sampled_from(LOCALES), st.sampled_from(["UTC", "Asia/Shanghai", "?"]))
@example(message("%(a)s %(b)s", a=1.7e308, b=Duration(1.7e308)), "zh", "UTC")
def test_no_message_ever_raises(user_message: Message, locale: LocaleName, timezone: str) -> None:
    """For any message, a reader gets some text, and so does the log."""
    assert isinstance(Translator(locale, timezone).translate(user_message), str)
    assert isinstance(Translator(locale, timezone).translate(user_message, repr), str)
    assert isinstance(str(user_message), str)
    stored = json.dumps(dump_message(user_message), allow_nan=False)
    assert isinstance(Translator(locale).translate(load_message(json.loads(stored))), str)


@given(st.text())
def test_params_are_never_placeholders(text: str) -> None:
    """User input is inserted literally, whatever it looks like."""
    assert Translator("en").translate(message("%(a)s|%(b)s", a=text, b=text)) == f"{text}|{text}"
