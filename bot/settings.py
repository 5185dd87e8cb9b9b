"""Settings, read from the environment and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.cloud_settings import (
    AlertSettings,
    CloudSettings,
    read_alerts,
    read_clouds,
    read_record_rules,
)
from bot.cron import is_schedule
from bot.integration_settings import (
    OnCallSettings,
    TrackerSettings,
    read_on_call,
    read_trackers,
)
from bot.locales import DEFAULT_LANGUAGE, LOCALES, language_of
from bot.quiet_hours import NEVER_QUIET, QuietHours, read_quiet_hours
from bot.setting_reader import N_, SettingError, SettingReader, raise_first, read_duration_s
from bot.webhook_settings import WebhookSettings, read_webhook_settings

CLOUD_APPS: Final = "AGORA_APPS"  # stands for the apps of any cloud
# What every process that talks to Slack needs.
SLACK_SETTINGS: Final = ("SLACK_BOT_TOKEN", "ESCALATION_CHANNEL", CLOUD_APPS)
EVERY_APP: Final = ""  # the key of a target for apps without one of their own
_MIN_TICKET_RETENTION_S: Final = 30 * 86400.0
_MAX_OPTIONS: Final = 100  # of a menu of Slack, and the length of each
_OPTION_LENGTH: Final = 75
_APP_LISTS: Final = ("AGORA_APPS", "VOLCENGINE_APPS", "HUAWEI_APPS")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=")
_CHANNEL: Final = ("CG", N_("a channel's id such as C0123456789"))
_GROUP: Final = ("S", N_("a user group's id such as S0123456789"))


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked."""

    slack_bot_token: str = field(default="", repr=False)
    slack_signing_secret: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_client_id: str = ""
    slack_client_secret: str = field(default="", repr=False)
    slack_api_url: str = "https://slack.com/api/"
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)  # the newest first
    allowed_teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # and their apps
    database_url: str = field(default="sqlite:///lagdesk.db", repr=False)
    host: str = "127.0.0.1"
    port: int = 3000
    public_url: str = ""  # of the links to tickets, "" for none
    metrics_token: str = field(default="", repr=False)
    metrics_port: int = 0  # 0 for none
    http_api: bool = False
    mcp: bool = False
    default_locale: str = DEFAULT_LANGUAGE  # or "both"
    timezone: str = "Asia/Shanghai"
    escalation_channel: str = ""
    summary_channel: str = ""
    summary_schedule: str = "0 9 * * MON"
    support_group: str = ""
    escalate_after_s: float = 900.0
    escalate_to: tuple[str, ...] = ()
    on_call: OnCallSettings = field(default_factory=OnCallSettings)
    quiet_hours: QuietHours = NEVER_QUIET
    evidence_retention_s: float = 400 * 86400.0
    ticket_retention_s: float = 0.0  # 0: without limit
    claim_target_s: Mapping[str, float] = field(default_factory=dict)
    resolve_target_s: Mapping[str, float] = field(default_factory=dict)
    report_emoji: str = "ticket"  # "" for none
    resolutions: tuple[str, ...] = ()
    mask_uids: bool = True
    person_limit: int = 1200  # requests a minute, 0 for no limit
    log_level: str = "INFO"
    log_format: Literal["text", "json"] = "text"
    clouds: tuple[CloudSettings, ...] = ()
    huawei_callback_key: str = field(default="", repr=False)
    huawei_record_rules: Mapping[str, str] = field(default_factory=dict)
    trackers: TrackerSettings = field(default_factory=TrackerSettings)
    allow_private_addresses: bool = False
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)

    @property
    def apps(self) -> dict[str, CloudSettings]:
        """The cloud of each app, by the app's name, in the configured order."""
        return {app: cloud for cloud in self.clouds for app in cloud.apps}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must not appear in a log."""
        slack = (self.slack_bot_token, self.slack_signing_secret, self.slack_app_token)
        keys = (self.slack_client_secret, self.huawei_callback_key, self.metrics_token)
        clouds = (secret for cloud in self.clouds for secret in cloud.secrets.values())
        password = urlsplit(self.database_url).password or ""
        others = (*self.encryption_keys, password, self.alerts.secret)
        theirs = (*clouds, *self.on_call.secrets, *self.trackers.secrets, *self.webhooks.secrets)
        return tuple(filter(None, (*slack, *keys, *others, *theirs)))

    @property
    def has_access_tokens(self) -> bool:
        """Return whether people can use personal access tokens for something."""
        return self.http_api or self.mcp

    @property
    def has_oauth(self) -> bool:
        """Return whether several workspaces may install Lagdesk."""
        return bool(self.slack_client_id and self.slack_client_secret)


def _database_url(read: SettingReader) -> str:
    text = read.text("DATABASE_URL", "sqlite:///lagdesk.db")
    try:
        return read_database_url("DATABASE_URL", text)
    except SettingError as error:
        read.report(error.name, error.expected)
        return text


def read_database_url(name: str, text: str) -> str:
    """Read a database URL; `name` is the setting in the SettingError for a wrong one."""
    url = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", text)
    if not _is_database(url):
        raise SettingError(name, N_("sqlite:///file or postgresql://host/name"))
    return url


def _is_database(url: str) -> bool:
    """Check a database URL; in memory, each connection would have its own database."""
    if url.startswith("sqlite:///"):
        return ":memory:" not in url and "mode=memory" not in url and not url.endswith("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme == "postgresql+psycopg" and len(parts.path) > 1


def _metrics_token(read: SettingReader) -> str:
    """Read a secret that is sent as a header, and long enough not to be guessed."""
    token = read.text("METRICS_TOKEN")
    if token and not re.fullmatch(r"[!-~]{16,}", token):
        read.report("METRICS_TOKEN", N_("at least 16 letters, digits and signs without a blank"))
    return token


def _ticket_retention_s(read: SettingReader) -> float:
    """Read how long resolved tickets are kept; too short a time would delete what is discussed."""
    text = read.half_width("TICKET_RETENTION")
    seconds = read_duration_s(text) if text else 0.0
    if seconds is None or 0 < seconds < _MIN_TICKET_RETENTION_S:
        read.report("TICKET_RETENTION", N_("a duration of at least 30d"))
        return 0.0
    return seconds


def _cron(read: SettingReader) -> str:
    value = read.half_width("SUMMARY_SCHEDULE", "0 9 * * MON")
    if not is_schedule(value):
        read.report("SUMMARY_SCHEDULE", N_("five cron fields such as 0 9 * * MON"))
    return value


def _quiet_hours(read: SettingReader, zone: str) -> QuietHours:
    found = read_quiet_hours(read.half_width("QUIET_HOURS"), zone)
    if found is None:
        read.report("QUIET_HOURS", N_("hours such as 22:00-08:00, optionally followed by a zone"))
    return found or NEVER_QUIET


def _target_s(read: SettingReader, name: str) -> dict[str, float]:
    """Read `15m,kids=5m`: for every app, and for single ones."""
    targets_s: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in read.half_width(name).split(","))):
        app, equals, value = part.rpartition("=")
        seconds = read_duration_s(value.strip())
        key = app.strip() if equals else EVERY_APP
        if seconds is None or key in targets_s or bool(equals) != bool(key):
            read.report(name, N_("durations such as 15m or 15m,kids=5m"))
        targets_s[key] = seconds or 0.0
    return targets_s


def _report_emoji(read: SettingReader) -> str:
    """Read an emoji's name, with or without its colons; `off` for none."""
    name = read.half_width("REPORT_EMOJI", "ticket").strip(":")
    if not re.fullmatch(r"[a-z0-9_+'\-]{1,100}", name):
        read.report("REPORT_EMOJI", N_("the name of an emoji such as ticket, or off"))
    return "" if name == "off" else name


def _resolutions(read: SettingReader) -> tuple[str, ...]:
    """Read texts between vertical bars, each short enough for a menu of Slack."""
    texts = [part.strip() for part in re.split("[|\uff5c]", read.text("RESOLUTIONS"))]
    texts = list(dict.fromkeys(filter(None, texts)))
    if len(texts) > _MAX_OPTIONS or any(len(text) > _OPTION_LENGTH for text in texts):
        read.report("RESOLUTIONS", N_("up to 100 texts of up to 75 characters, separated by |"))
    return tuple(texts)


def _encryption_keys(read: SettingReader) -> tuple[str, ...]:
    """Read the keys of stored tokens, which workspaces that install Lagdesk themselves have."""
    keys = tuple(part.strip() for part in read.text("ENCRYPTION_KEY").split(",") if part.strip())
    is_needed = bool(read.text("SLACK_CLIENT_ID"))
    if (is_needed and not keys) or not all(_KEY.fullmatch(key) for key in keys):
        read.report("ENCRYPTION_KEY", N_("32 random bytes in base64, or several such keys"))
    return keys


def _allowed_teams(read: SettingReader) -> dict[str, tuple[str, ...]]:
    """Read `T1,T2=kids+adults`: workspaces or organizations, and the apps they may choose."""
    teams: dict[str, tuple[str, ...]] = {}
    known = {app for name in _APP_LISTS for app in read.apps(name)}
    for part in filter(None, read.half_width("ALLOWED_TEAMS").replace(" ", "").split(",")):
        team, equals, names = part.partition("=")
        apps = tuple(names.split("+")) if equals else ()
        if not re.fullmatch(r"[TE][A-Z0-9]+", team) or "" in apps:
            read.report("ALLOWED_TEAMS", N_("ids of workspaces such as T01234567,T012=kids+adults"))
        elif known and not known.issuperset(apps):
            read.report("ALLOWED_TEAMS", N_("apps that the app list of a cloud has"))
        teams[team] = apps
    return teams


def read_settings(
    environment: Mapping[str, str] | None = None, *, required: Sequence[str] = ()
) -> Settings:
    """Read the settings from an environment, by default the process's, and `.env` below it.

    `required` are those that must not be empty. Raises SettingError for all that are wrong.
    """
    read = SettingReader(_process_environment() if environment is None else environment)
    settings = _read_all(read)
    for error in _missing(settings, required):
        read.report(error.name, error.expected)
    raise_first(read.problems)
    return settings


def _read_all(read: SettingReader) -> Settings:
    timezone = read.zone("TIMEZONE", "Asia/Shanghai")
    api_url = read.url("SLACK_API_URL", "https://slack.com/api/") + "/"
    clouds = read_clouds(read)
    allow_private = read.flag("ALLOW_PRIVATE_ADDRESSES", default=False)
    return Settings(
        slack_bot_token=read.token("SLACK_BOT_TOKEN", "xox"),
        slack_signing_secret=read.text("SLACK_SIGNING_SECRET"),
        slack_app_token=read.token("SLACK_APP_TOKEN", "xapp-"),
        slack_client_id=_paired(read, "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"),
        slack_client_secret=_paired(read, "SLACK_CLIENT_SECRET", "SLACK_CLIENT_ID"),
        slack_api_url=api_url,
        encryption_keys=_encryption_keys(read),
        allowed_teams=_allowed_teams(read),
        database_url=_database_url(read),
        host=read.text("HOST", "127.0.0.1"),
        port=read.port("PORT", 3000),
        public_url=read.url("PUBLIC_URL", "") if read.text("PUBLIC_URL") else "",
        metrics_token=_metrics_token(read),
        metrics_port=read.port("METRICS_PORT", 0),
        http_api=read.flag("HTTP_API", default=False),
        mcp=read.flag("MCP", default=False),
        default_locale=read.choice("DEFAULT_LOCALE", LOCALES, DEFAULT_LANGUAGE),
        timezone=timezone,
        escalation_channel=read.slack_id("ESCALATION_CHANNEL", *_CHANNEL),
        summary_channel=read.slack_id("SUMMARY_CHANNEL", *_CHANNEL),
        summary_schedule=_cron(read),
        support_group=read.slack_id("SUPPORT_GROUP", *_GROUP),
        escalate_after_s=read.duration_s("ESCALATE_AFTER", "15m"),
        escalate_to=read.user_ids("ESCALATE_TO"),
        on_call=read_on_call(read, [app for cloud in clouds for app in cloud.apps]),
        quiet_hours=_quiet_hours(read, timezone),
        evidence_retention_s=read.duration_s("EVIDENCE_RETENTION", "400d"),
        ticket_retention_s=_ticket_retention_s(read),
        claim_target_s=_target_s(read, "CLAIM_TARGET"),
        resolve_target_s=_target_s(read, "RESOLVE_TARGET"),
        report_emoji=_report_emoji(read),
        resolutions=_resolutions(read),
        mask_uids=read.flag("MASK_UIDS", default=True),
        person_limit=read.number("PERSON_LIMIT", 1200),
        log_level=read.choice(
            "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "INFO"
        ),
        log_format=read.choice("LOG_FORMAT", ("text", "json"), "text"),  # type: ignore[arg-type]
        clouds=clouds,
        huawei_callback_key=read.text("HUAWEI_CALLBACK_KEY"),
        huawei_record_rules=read_record_rules(read),
        trackers=read_trackers(read),
        allow_private_addresses=allow_private,
        webhooks=read_webhook_settings(read, allow_private=allow_private),
        alerts=read_alerts(read),
    )


def _process_environment() -> dict[str, str]:
    """Return the process's environment over `.env` in the working directory."""
    try:
        from_file = {key: value or "" for key, value in dotenv_values(".env").items()}
    except (OSError, UnicodeError):
        raise SettingError(".env", N_("a readable text file in UTF-8")) from None
    return {**from_file, **os.environ}


def _paired(read: SettingReader, name: str, counterpart: str) -> str:
    """Read one of two settings that are only valid together."""
    value = read.text(name)
    if not value and read.text(counterpart):
        read.report(name, N_("a value, since its counterpart is set"))
    return value


def read_operator_locale(default: str = DEFAULT_LANGUAGE) -> str:
    """Read DEFAULT_LOCALE alone, the language of errors; English when it is wrong."""
    try:
        read = SettingReader(_process_environment())
    except SettingError:
        return "en"
    locale = read.choice("DEFAULT_LOCALE", LOCALES, default)
    return "en" if read.problems else locale


def read_system_locale(default: str = "en") -> str:
    """Return the terminal's language, for when there are no settings yet."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next(filter(None, names), ""), default)


def require(settings: Settings, *names: str) -> None:
    """Raise SettingError for those of these settings (by variable name) that are empty."""
    raise_first(list(_missing(settings, names)))


def _missing(settings: Settings, names: Sequence[str]) -> Iterator[SettingError]:
    """Yield the empty ones; workspaces that install Lagdesk bring a token and choose a channel."""
    theirs = ("SLACK_BOT_TOKEN", "ESCALATION_CHANNEL") if settings.has_oauth else ()
    exempt = (CLOUD_APPS, *theirs)
    for name in names:
        if name == CLOUD_APPS and not settings.clouds:
            yield SettingError(name, N_("the apps of at least one cloud"))
        elif name not in exempt and not getattr(settings, name.lower()):
            yield SettingError(name, N_("a value"))
