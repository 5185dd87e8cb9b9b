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
JIRA: Final = {
    "JIRA_URL": "https://school.atlassian.net",
    "JIRA_PROJECT": "SUP",
    "JIRA_EMAIL": "a@b.example",
    "JIRA_TOKEN": "hush-3",
}
ZENDESK: Final = {
    "ZENDESK_URL": "https://school.zendesk.com/",
    "ZENDESK_EMAIL": "a@b.example",
    "ZENDESK_TOKEN": "hush-4",
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
        ({"PAGERDUTY_TOKEN": "tök"}, "PAGERDUTY_TOKEN"),
        ({"PAGERDUTY_TOKEN": "a\r\nHost: b"}, "PAGERDUTY_TOKEN"),
        ({"PAGERDUTY_URL": "pagerduty.com"}, "PAGERDUTY_URL"),
        ({**JIRA, "JIRA_URL": "school.atlassian.net"}, "JIRA_URL"),
        ({**JIRA, "JIRA_URL": ""}, "JIRA_URL"),
        ({**JIRA, "JIRA_PROJECT": ""}, "JIRA_PROJECT"),
        ({**JIRA, "JIRA_PROJECT": "the project"}, "JIRA_PROJECT"),
        ({**JIRA, "JIRA_EMAIL": ""}, "JIRA_EMAIL"),
        ({**JIRA, "JIRA_TOKEN": ""}, "JIRA_TOKEN"),
        ({**ZENDESK, "ZENDESK_URL": ""}, "ZENDESK_URL"),
        ({**ZENDESK, "ZENDESK_EMAIL": ""}, "ZENDESK_EMAIL"),
        ({**ZENDESK, "ZENDESK_TOKEN": ""}, "ZENDESK_TOKEN"),
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
    settings = read_settings(
        {**APPS, **JIRA, **ZENDESK, "ON_CALL": on_call, "PAGERDUTY_TOKEN": "hush-2"}
    )
    assert "hush" not in repr(settings)
    secrets = {"https://h/hush-1.ics", *(f"hush-{number}" for number in (2, 3, 4))}
    assert secrets <= set(settings.secrets)


def test_trackers() -> None:
    """Each is on when it is set; the address has no slash at its end."""
    assert read_settings({}).trackers.names == ()
    assert read_settings(JIRA).trackers.names == ("jira",)
    both = read_settings({**JIRA, **ZENDESK}).trackers
    assert both.names == ("jira", "zendesk")
    assert both.jira is not None
    assert both.zendesk is not None
    assert (both.jira.issue_type, both.zendesk.url) == ("Task", "https://school.zendesk.com")
