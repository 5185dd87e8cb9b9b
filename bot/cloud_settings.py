"""Settings of the RTC clouds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.setting_reader import N_, SettingReader

_IAM: Final = ("IAM_USER", "IAM_PASSWORD", "IAM_DOMAIN", "IAM_PROJECT")


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """One cloud's settings: `apps` maps each app's name to its id at the cloud."""

    name: str
    apps: Mapping[str, str]
    base_url: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Agora's alert callbacks: the secret in their address, "" for off.

    `daily_limit` is how many of an app's alerts are checked a day.
    """

    secret: str = field(default="", repr=False)
    daily_limit: int = 30


def read_alerts(read: SettingReader) -> AlertSettings:
    """Read the settings of Agora's alert callbacks."""
    secret = read.text("AGORA_ALERT_SECRET")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{24,}", secret):
        read.report("AGORA_ALERT_SECRET", N_("at least 24 letters, digits, - and _"))
    return AlertSettings(secret, read.number("AGORA_ALERT_LIMIT", 30))


def _agora(read: SettingReader) -> CloudSettings | None:
    apps = read.apps("AGORA_APPS")
    options = {
        "api": read.choice("AGORA_API", ("seed", "current", "auto"), "auto"),
        "plan": read.choice("AGORA_PLAN", ("standard", "premium", "enterprise"), "standard"),
        "report": read.choice("AGORA_REPORT", ("reportV2", "report", "off"), "reportV2"),
    }
    base_url = read.url("AGORA_BASE_URL", "https://api.agora.io")
    if not apps:
        return None
    secrets = {
        "customer_id": read.required("AGORA_CUSTOMER_ID"),
        "customer_secret": read.required("AGORA_CUSTOMER_SECRET"),
    }
    return CloudSettings("agora", apps, base_url, secrets, options)


def _volcengine(read: SettingReader) -> CloudSettings | None:
    apps = read.apps("VOLCENGINE_APPS")
    versions = ("2020-12-01", "2023-11-01")
    options = {"api_version": read.choice("VOLCENGINE_API_VERSION", versions, versions[0])}
    base_url = read.url("VOLCENGINE_BASE_URL", "https://rtc.volcengineapi.com")
    if not apps:
        return None
    secrets = {
        "access_key": read.required("VOLCENGINE_ACCESS_KEY"),
        "secret_key": read.required("VOLCENGINE_SECRET_KEY"),
    }
    return CloudSettings("volcengine", apps, base_url, secrets, options)


def _huawei(read: SettingReader) -> CloudSettings | None:
    apps = read.apps("HUAWEI_APPS")
    base_url = read.url("HUAWEI_BASE_URL", "https://rtc-api.myhuaweicloud.com")
    other_options = {
        "iam_url": read.url("HUAWEI_IAM_URL", "https://iam.myhuaweicloud.com"),
        "array_style": read.choice("HUAWEI_ARRAY_STYLE", ("comma", "repeat"), "comma"),
        "client_events": read.choice("HUAWEI_CLIENT_EVENTS", ("auto", "on", "off"), "auto"),
    }
    if not apps:
        return None
    by_key, by_user = ("ACCESS_KEY", "SECRET_KEY"), _IAM
    has_key = any(read.text(f"HUAWEI_{name}") for name in by_key)
    has_user = any(read.text(f"HUAWEI_{name}") for name in by_user)
    names = by_user if has_user and not has_key else by_key
    secrets = {name.lower(): read.required(f"HUAWEI_{name}") for name in names}
    options = {"project_id": read.required("HUAWEI_PROJECT_ID"), **other_options}
    return CloudSettings("huawei", apps, base_url, secrets, options)


def read_record_rules(read: SettingReader) -> dict[str, str]:
    """Read the recording rule (of Huawei's console) of each app."""
    rules, apps = read.apps("HUAWEI_RECORD_RULES"), read.apps("HUAWEI_APPS")
    if not set(rules) <= set(apps):
        read.report("HUAWEI_RECORD_RULES", N_("names that are also in HUAWEI_APPS"))
    return rules


def read_clouds(read: SettingReader) -> tuple[CloudSettings, ...]:
    """Read every cloud whose apps are set."""
    found = tuple(cloud for cloud in (_agora(read), _volcengine(read), _huawei(read)) if cloud)
    used_names: set[str] = set()
    for cloud in found:
        if used_names & set(cloud.apps):
            read.report(f"{cloud.name.upper()}_APPS", N_("names that no other cloud's apps have"))
        used_names |= set(cloud.apps)
    return found
