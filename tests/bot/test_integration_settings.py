from __future__ import annotations

from typing import Final

import pytest

from bot.setting_reader import SettingError
from bot.settings import read_settings

APPS: Final = {
    "AGORA_APPS": "kids=1,adults=2",
    "AGORA_CUSTOMER_ID": "id",
    "AGORA_CUSTOMER_SECRET": "secret",
}


@pytest.mark.parametrize(
    ("text", "kids", "adults"),
    [
        ("", "", ""),
        ("kids=webcal://h/a.ics?x=1", "https://h/a.ics?x=1", ""),
        ("https://h/a.ics,kids=pagerduty:PABC12", "pagerduty:PABC12", "https://h/a.ics"),
        ("kids＝https://h/a.ics， adults=http://h:8/b.ics", "https://h/a.ics", "http://h:8/b.ics"),
    ],
)
def test_the_rota_of_an_app(text: str, kids: str, adults: str) -> None:
    """An own one, or that of every app."""
    on_call = read_settings({**APPS, "ON_CALL": text, "PAGERDUTY_TOKEN": "token"}).on_call
    assert [on_call.rota_of(app) for app in ("kids", "adults")] == [kids, adults]


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"ON_CALL": "kids"}, "ON_CALL"),
        ({"ON_CALL": "kids="}, "ON_CALL"),
        ({"ON_CALL": "kids=ftp://h/a.ics"}, "ON_CALL"),
        ({"ON_CALL": "kids=https://"}, "ON_CALL"),
        ({"ON_CALL": "kids=pagerduty:"}, "ON_CALL"),
        ({"ON_CALL": "kids=https://h/a,kids=https://h/b"}, "ON_CALL"),
        ({"ON_CALL": "https://h/a,https://h/b"}, "ON_CALL"),
        ({"ON_CALL": "piano=https://h/a.ics"}, "ON_CALL"),
        ({"ON_CALL": "pagerduty:PABC12"}, "PAGERDUTY_TOKEN"),
        ({"PAGERDUTY_URL": "pagerduty.com"}, "PAGERDUTY_URL"),
        ({"ALLOW_PRIVATE_ADDRESSES": "sometimes"}, "ALLOW_PRIVATE_ADDRESSES"),
    ],
)
def test_wrong_settings_are_named(environment: dict[str, str], name: str) -> None:
    """A wrong value is refused by its setting's name."""
    with pytest.raises(SettingError) as caught:
        read_settings({**APPS, **environment})
    assert caught.value.name == name


def test_secrets_are_not_in_reprs() -> None:
    """The address of a calendar is one: it is enough to read it."""
    on_call = "kids=https://h/hush-1.ics,adults=pagerduty:PABC12"
    settings = read_settings({**APPS, "ON_CALL": on_call, "PAGERDUTY_TOKEN": "hush-2"})
    assert "hush" not in repr(settings)
    assert {"hush-2", "https://h/hush-1.ics"} <= set(settings.secrets)
