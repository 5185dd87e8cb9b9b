from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.setting_reader import SettingError
from bot.settings import (
    SLACK_SETTINGS,
    Settings,
    read_operator_locale,
    read_settings,
    read_system_locale,
    require,
)

ROOT = Path(__file__).parents[2]
AGORA = {"AGORA_APPS": "kids=A1", "AGORA_CUSTOMER_ID": "id", "AGORA_CUSTOMER_SECRET": "secret"}
VOLCENGINE = {
    "VOLCENGINE_APPS": "talk=V1",
    "VOLCENGINE_ACCESS_KEY": "key",
    "VOLCENGINE_SECRET_KEY": "secret",
}
HUAWEI = {"HUAWEI_APPS": "class=H1", "HUAWEI_PROJECT_ID": "p1"}
BY_KEY = {"HUAWEI_ACCESS_KEY": "key", "HUAWEI_SECRET_KEY": "secret"}
BY_USER = {
    "HUAWEI_IAM_USER": "user",
    "HUAWEI_IAM_PASSWORD": "password",
    "HUAWEI_IAM_DOMAIN": "domain",
    "HUAWEI_IAM_PROJECT": "cn-north-4",
}
WHOLE = {**AGORA, **VOLCENGINE, **HUAWEI}


class Recording(Mapping[str, str]):
    """An environment that records the requested names, in order."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_ = values
        self.requested: list[str] = []

    def __getitem__(self, name: str) -> str:
        self.requested.append(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def names_read() -> set[str]:
    """Every name that some environment makes the settings read."""
    names: set[str] = set()
    for values in ({**WHOLE, **BY_KEY}, {**WHOLE, **BY_USER}):
        environment = Recording(values)
        read_settings(environment)
        names |= set(environment.requested)
    return names


def test_defaults() -> None:
    """An empty environment is valid, with the contract's defaults."""
    settings = read_settings({})
    assert (
        settings.database_url,
        settings.host,
        settings.port,
    ) == ("sqlite:///lagdesk.db", "127.0.0.1", 3000)
    assert (
        settings.default_locale,
        settings.timezone,
        settings.summary_schedule,
        settings.escalate_after_s,
        settings.mask_uids,
    ) == ("zh", "Asia/Shanghai", "0 9 * * MON", 900.0, True)
    assert (
        settings.slack_api_url,
        settings.clouds,
        settings.has_oauth,
    ) == ("https://slack.com/api/", (), False)


@pytest.mark.parametrize("value", ["", "   ", "\t"])
def test_empty_is_unset(value: str) -> None:
    """An empty value is none."""
    assert read_settings({}) == read_settings(dict.fromkeys(names_read(), value))


@pytest.mark.parametrize(
    ("name", "full_width", "half_width"),
    [
        ("QUIET_HOURS", "22：00－08：00，12：00～13：00", "22:00-08:00,12:00-13:00"),
        ("QUIET_HOURS", "22：00—08：00　Asia／Tokyo", "22:00-08:00 Asia/Tokyo"),
        ("PORT", "３０００", "3000"),
        ("ESCALATE_AFTER", "３０ｍ", "30m"),
        ("ESCALATE_TO", "U1，U2", "U1,U2"),
        ("REPORT_EMOJI", "：ticket：", "ticket"),
        ("RESOLVE_TARGET", "2h， kids ＝ 60m", "120m,kids=1h"),
        ("RESOLUTIONS", " 换了网线。｜ 换了网络。|换了网线。|", "换了网线。|换了网络。"),
        ("SUMMARY_SCHEDULE", "0　9　＊　＊　MON", "0 9 * * MON"),
        ("MASK_UIDS", "ｆalse", "false"),
        ("SLACK_API_URL", "https：／／slack.example/api", "https://slack.example/api"),
        ("AGORA_APPS", "kids＝A1，adults＝A2", "kids=A1,adults=A2"),
    ],
)
def test_full_width_signs(name: str, full_width: str, half_width: str) -> None:
    """The signs of a Chinese keyboard mean the same in every setting that people type."""
    environment = {name: full_width, "AGORA_CUSTOMER_ID": "id", "AGORA_CUSTOMER_SECRET": "secret"}
    assert read_settings(environment) == read_settings(environment | {name: half_width})


def test_a_secret_and_a_path_stay_as_they_are() -> None:
    """A folder's name may have full-width signs."""
    environment = {"SLACK_SIGNING_SECRET": "ａ", "DATABASE_URL": "sqlite:///数据（新）.db"}
    settings = read_settings(environment)
    assert settings.slack_signing_secret == "ａ"
    assert settings.database_url == "sqlite:///数据（新）.db"


WRONG = [
    ("SLACK_BOT_TOKEN", ["token", "xapp-1-2", "xoxb-\n1", "xoxb-é"]),
    ("SLACK_APP_TOKEN", ["xoxb-1", "token"]),
    ("SLACK_API_URL", ["slack.com", "ftp://slack.com", "https://", "https://[", "https://x:y/"]),
    (
        "DATABASE_URL",
        [
            "lagdesk.db",
            "sqlite://",
            "sqlite:///",
            "sqlite:///:memory:",
            "sqlite:///file:x?mode=memory",
            "mysql://h/n",
            "postgresql://",
            "postgresql://host",
            "postgresql://host/",
            "postgresql://host:port/name",
            "postgresql+psycopg2://host/name",
            "oracle:",
        ],
    ),
    ("PORT", ["-1", "65536", "http", "3000.0", "²", "9" * 5000, "0x50", "1_0"]),
    ("DEFAULT_LOCALE", ["fr", "zh-CN", "zh,en", "1"]),
    ("TIMEZONE", ["Shanghai", "UTC+8", "../etc/passwd", "Asia", "/etc/localtime", "Asia/Nowhere"]),
    ("ESCALATION_CHANNEL", ["#escalations", "escalations", "C1 C2", "<#C1>", "U1"]),
    ("SUMMARY_CHANNEL", ["#leads"]),
    (
        "SUMMARY_SCHEDULE",
        ["9", "* * * *", "0 9 * * MON *", "60 9 * * 1", "0 24 * * 1", "0 9 0 * 1", "0 9 * 13 1"],
    ),
    ("SUPPORT_GROUP", ["@support", "support", "<!subteam^S1>"]),
    (
        "ESCALATE_AFTER",
        ["0", "0m", "-5m", "soon", "15 minutes", "1.5h", "١٥m", "9" * 12 + "d", "15m 3s", "m"],
    ),
    ("REPORT_EMOJI", ["🎫", "two words"]),
    ("CLAIM_TARGET", ["soon", "15m,5m", "=5m", "kids=", "kids=5m,kids=6m"]),
    ("RESOLUTIONS", ["x" * 76, "|".join(map(str, range(101)))]),
    ("ESCALATE_TO", ["@maya", "<@U1>", "maya", "U1 U2", "U1,maya", "S0123456789"]),
    (
        "QUIET_HOURS",
        [
            "night",
            "22-8",
            "22:00",
            "24:00-08:00",
            "22:00-24:30",
            "08:00-08:00",
            "00:00-12:00,12:00-24:00",
            "22:00-08:00 Mars/Base",
            "22:00-08:00 /etc/localtime",
            ",",
            "22:00-08:00,night",
        ],
    ),
    ("MASK_UIDS", ["maybe", "2", "y"]),
    ("LOG_LEVEL", ["LOUD", "10", "NOTSET"]),
    ("LOG_FORMAT", ["xml"]),
    ("AGORA_APPS", ["kids", "kids=", "=A1", "kids=A1,kids=A2", ",", "kids=A1,adults"]),
    ("AGORA_BASE_URL", ["api.agora.io"]),
    ("AGORA_API", ["v2"]),
    ("AGORA_PLAN", ["free"]),
    ("AGORA_REPORT", ["on"]),
    ("AGORA_ALERT_SECRET", ["x" * 23, "x" * 24 + "/", "x" * 24 + " x", "é" * 24]),
    ("AGORA_ALERT_LIMIT", ["many", "-1", "1.5"]),
    ("VOLCENGINE_BASE_URL", ["x"]),
    ("VOLCENGINE_API_VERSION", ["2020-12-02"]),
    ("HUAWEI_BASE_URL", ["x"]),
    ("HUAWEI_IAM_URL", ["x"]),
    ("HUAWEI_ARRAY_STYLE", ["csv", "commas"]),
    ("HUAWEI_CLIENT_EVENTS", ["true", "maybe"]),
]


@pytest.mark.parametrize(("name", "values"), WRONG, ids=[name for name, _ in WRONG])
def test_wrong_settings_are_named(name: str, values: list[str]) -> None:
    """A wrong value is refused by its setting's name and with what is expected."""
    for value in values:
        with pytest.raises(SettingError) as caught:
            read_settings({**WHOLE, **BY_KEY, name: value})
        assert name == caught.value.name, value
        assert caught.value.expected


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({**AGORA, "AGORA_CUSTOMER_ID": ""}, "AGORA_CUSTOMER_ID"),
        ({**AGORA, "AGORA_CUSTOMER_SECRET": ""}, "AGORA_CUSTOMER_SECRET"),
        ({**VOLCENGINE, "VOLCENGINE_ACCESS_KEY": ""}, "VOLCENGINE_ACCESS_KEY"),
        ({**VOLCENGINE, "VOLCENGINE_SECRET_KEY": ""}, "VOLCENGINE_SECRET_KEY"),
        (HUAWEI, "HUAWEI_ACCESS_KEY"),
        ({**HUAWEI, **BY_KEY, "HUAWEI_SECRET_KEY": ""}, "HUAWEI_SECRET_KEY"),
        ({**HUAWEI, **BY_KEY, "HUAWEI_PROJECT_ID": ""}, "HUAWEI_PROJECT_ID"),
        ({**HUAWEI, **BY_USER, "HUAWEI_IAM_USER": ""}, "HUAWEI_IAM_USER"),
        ({**HUAWEI, **BY_USER, "HUAWEI_IAM_PASSWORD": ""}, "HUAWEI_IAM_PASSWORD"),
        ({**HUAWEI, **BY_USER, "HUAWEI_IAM_DOMAIN": ""}, "HUAWEI_IAM_DOMAIN"),
        ({**HUAWEI, **BY_USER, "HUAWEI_IAM_PROJECT": ""}, "HUAWEI_IAM_PROJECT"),
        ({**AGORA, **VOLCENGINE, "VOLCENGINE_APPS": "kids=V1"}, "VOLCENGINE_APPS"),
        ({"SLACK_CLIENT_ID": "1.2"}, "SLACK_CLIENT_SECRET"),
        ({"SLACK_CLIENT_SECRET": "s"}, "SLACK_CLIENT_ID"),
        ({"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s"}, "ENCRYPTION_KEY"),
        ({"ENCRYPTION_KEY": "short"}, "ENCRYPTION_KEY"),
        ({"ALLOWED_TEAMS": "my-company"}, "ALLOWED_TEAMS"),
        ({"ALLOWED_TEAMS": "T1=kids+"}, "ALLOWED_TEAMS"),
        ({**AGORA, "ALLOWED_TEAMS": "T1=kid"}, "ALLOWED_TEAMS"),
    ],
)
def test_missing_settings_are_named(environment: dict[str, str], name: str) -> None:
    """What a cloud or a pair still needs is named."""
    with pytest.raises(SettingError) as caught:
        read_settings(environment)
    assert name == caught.value.name


@pytest.mark.parametrize(
    ("credentials", "names"),
    [
        (BY_KEY, {"access_key", "secret_key"}),
        (BY_USER, {"iam_user", "iam_password", "iam_domain", "iam_project"}),
        ({**BY_KEY, **BY_USER}, {"access_key", "secret_key"}),
    ],
)
def test_huawei_by_key_or_by_user(credentials: dict[str, str], names: set[str]) -> None:
    """Huawei takes a key or an IAM user; with both, the key."""
    (cloud,) = read_settings({**HUAWEI, **credentials}).clouds
    assert names == set(cloud.secrets)


def test_huaweis_switches() -> None:
    """The settings for list requests and client events reach the cloud."""
    (cloud,) = read_settings({**HUAWEI, **BY_KEY}).clouds
    assert (cloud.options["array_style"], cloud.options["client_events"]) == ("comma", "auto")
    env = {"HUAWEI_ARRAY_STYLE": "Repeat", "HUAWEI_CLIENT_EVENTS": "OFF"}
    (cloud,) = read_settings({**HUAWEI, **BY_KEY, **env}).clouds
    assert (cloud.options["array_style"], cloud.options["client_events"]) == ("repeat", "off")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://u:p@h:5432/n", "postgresql+psycopg://u:p@h:5432/n"),
        ("postgresql://h/n?sslmode=require", "postgresql+psycopg://h/n?sslmode=require"),
        ("postgresql+psycopg://h/n", "postgresql+psycopg://h/n"),
        ("postgresql:///n?host=/run", "postgresql+psycopg:///n?host=/run"),
        ("sqlite:////srv/lagdesk.db", "sqlite:////srv/lagdesk.db"),
    ],
)
def test_forms_of_database_url(text: str, expected: str) -> None:
    """Hosts write postgres://, SQLAlchemy wants its driver named."""
    assert expected == read_settings({"DATABASE_URL": text}).database_url


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("15", 900), ("2H", 7200), ("1 d", 86400)]
)
def test_durations(text: str, seconds: float) -> None:
    """Seconds, minutes, hours and days; minutes without a unit."""
    assert seconds == read_settings({"ESCALATE_AFTER": text}).escalate_after_s


@pytest.mark.parametrize(
    ("words", "value"), [("true 1 yes on TRUE", True), ("false 0 no off Off", False)]
)
def test_words_of_a_switch(words: str, *, value: bool) -> None:
    """In upper or lower case."""
    for word in words.split():
        assert read_settings({"MASK_UIDS": word}).mask_uids is value


def test_file_beside_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` is read, and the environment wins over it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text('PORT=4000\nexport HOST="0.0.0.0"\n# no\nLOG_LEVEL=debug\n')
    monkeypatch.setenv("PORT", "5000")
    for name in ("HOST", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    settings = read_settings()
    assert (settings.port, settings.host, settings.log_level) == (5000, "0.0.0.0", "DEBUG")  # noqa: S104 - only read


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.env` that is no text is named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe\n")
    with pytest.raises(SettingError) as caught:
        read_settings()
    assert caught.value.name == ".env"


@pytest.mark.parametrize(
    ("value", "locale"), [("en", "en"), ("", "zh"), ("both", "both"), ("fr", "en")]
)
def test_operators_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, locale: str
) -> None:
    """The language of errors does not need the other settings to be right."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEFAULT_LOCALE", value)
    monkeypatch.setenv("PORT", "wrong")
    assert locale == read_operator_locale()


@pytest.mark.parametrize(("value", "locale"), [("zh_CN.UTF-8", "zh"), ("C", "en"), ("", "en")])
def test_terminals_language(monkeypatch: pytest.MonkeyPatch, value: str, locale: str) -> None:
    """The demo uses the terminal's language."""
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", value)
    assert locale == read_system_locale()


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings(slack_bot_token="xoxb-1"), ["ESCALATION_CHANNEL", "AGORA_APPS"]),
        (Settings(slack_client_id="1.2", slack_client_secret="s"), ["AGORA_APPS"]),
        (Settings(), ["SLACK_BOT_TOKEN", "ESCALATION_CHANNEL", "AGORA_APPS"]),
        (read_settings({**AGORA, "SLACK_BOT_TOKEN": "xoxb-1", "ESCALATION_CHANNEL": "C1"}), []),
    ],
)
def test_required(settings: Settings, missing: list[str]) -> None:
    """All that a command needs are named; workspaces that install Lagdesk bring their token."""
    if not missing:
        require(settings, *SLACK_SETTINGS)
        return
    with pytest.raises(SettingError) as caught:
        require(settings, *SLACK_SETTINGS)
    assert [each.name for each in (caught.value, *caught.value.others)] == missing


def test_all_problems_are_named_once() -> None:
    """What is wrong and what is missing, in one error."""
    environment = {"PORT": "x", "TIMEZONE": "Mars", "AGORA_APPS": "kids=A1"}
    with pytest.raises(SettingError) as caught:
        read_settings(environment, required=("SLACK_BOT_TOKEN",))
    assert {each.name for each in (caught.value, *caught.value.others)} == {
        *("PORT", "TIMEZONE", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET", "SLACK_BOT_TOKEN"),
    }
    assert len(caught.value.others) == 4


def test_secrets_are_not_in_reprs() -> None:
    """Neither settings nor a cloud's settings show a secret; all are known to the logs."""
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-hush-1",
        "SLACK_SIGNING_SECRET": "hush-2",
        "SLACK_APP_TOKEN": "xapp-hush-3",
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "hush-4",
        "ENCRYPTION_KEY": "hush-9" + "k" * 37 + "=",
        "DATABASE_URL": "postgresql://u:hush-5@h/n",
        "AGORA_CUSTOMER_SECRET": "hush-6",
        "VOLCENGINE_SECRET_KEY": "hush-7",
        "HUAWEI_IAM_PASSWORD": "hush-8",
        "AGORA_ALERT_SECRET": "hush-10" + "x" * 24,
    }
    settings = read_settings({**WHOLE, **BY_USER, **secrets})
    assert "hush" not in repr(settings)
    assert len({secret for secret in settings.secrets if "hush" in secret}) == 10


CONTRACT = """
    SLACK_BOT_TOKEN SLACK_SIGNING_SECRET SLACK_APP_TOKEN SLACK_CLIENT_ID SLACK_CLIENT_SECRET
    SLACK_API_URL DATABASE_URL HOST PORT DEFAULT_LOCALE TIMEZONE ESCALATION_CHANNEL
    SUMMARY_CHANNEL SUMMARY_SCHEDULE SUPPORT_GROUP ESCALATE_AFTER MASK_UIDS LOG_LEVEL LOG_FORMAT
    AGORA_APPS AGORA_CUSTOMER_ID AGORA_CUSTOMER_SECRET AGORA_BASE_URL AGORA_API AGORA_PLAN
    AGORA_REPORT VOLCENGINE_APPS VOLCENGINE_ACCESS_KEY VOLCENGINE_SECRET_KEY VOLCENGINE_BASE_URL
    VOLCENGINE_API_VERSION HUAWEI_APPS HUAWEI_PROJECT_ID HUAWEI_ACCESS_KEY HUAWEI_SECRET_KEY
    HUAWEI_IAM_USER HUAWEI_IAM_PASSWORD HUAWEI_IAM_DOMAIN HUAWEI_IAM_PROJECT HUAWEI_BASE_URL
    HUAWEI_IAM_URL
"""


def test_example_lists_every_setting() -> None:
    """`.env.example` lists exactly what is read, in the contract's order, each with a comment."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = [m[1] for m in (re.match(r"#?([A-Z_]+)=", line) for line in lines) if m]
    assert sorted(names_read()) == sorted(listed)
    contract = CONTRACT.split()
    assert contract == [name for name in listed if name in contract]


def test_example_is_a_legal_environment() -> None:
    """The defaults named in `.env.example` are the defaults."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))
    pairs["AGORA_APPS"] = ""
    assert read_settings({}) == read_settings(pairs)
